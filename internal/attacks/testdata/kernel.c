// The kernel: parts of it that a page has no use for.
#include "probes.h"
#include <linux/filter.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/quota.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>

static int closing(long fd) {
	int e = result(fd);
	if (fd >= 0) close(fd);
	return e;
}

static int aio(void) {
	unsigned long context = 0;
	int e = result(syscall(SYS_io_setup, 1, &context));
	if (context) syscall(SYS_io_destroy, context);
	return e;
}
static int secret_memory(void) { return closing(syscall(447, 0)); }
static int filter_socket(int level, int option) {
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return errno;
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog program = {1, &all};
	long level_and_bit = level | 1L << 32, option_and_bit = option | 1L << 32;
	int e = result(setsockopt(pair[0], level, option, &program, sizeof program));
	if (e) e = result(syscall(SYS_setsockopt, pair[0], level_and_bit, option_and_bit, &program, sizeof program));
	close(pair[0]);
	close(pair[1]);
	return e;
}
static int attach_filter(void) { return filter_socket(SOL_SOCKET, SO_ATTACH_FILTER); }
static int do_unshare(void) { return result(unshare(CLONE_NEWUSER)); }
static int in_clone(unsigned long flags) {
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) _exit(0);
	if (pid < 0) return errno;
	waitpid(pid, NULL, 0);
	return OPEN;
}
static int do_clone(void) { return in_clone(CLONE_NEWUSER); }
static int clone_net(void) { return in_clone(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID); }
static int do_clone3(void) {
	uint64_t args[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
	long pid = syscall(SYS_clone3, args, sizeof args);
	if (pid == 0) _exit(0);
	if (pid < 0) return errno;
	waitpid(pid, NULL, 0);
	return OPEN;
}
static int enter(const char *path) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	// The filter answers before anybody looks at the descriptor.
	int e = result(setns(fd, 0));
	if (fd >= 0) close(fd);
	return e;
}
static int setns_core(void) {
	char path[64];
	snprintf(path, sizeof path, "/proc/%ld/ns/net", number("core"));
	return enter(path);
}
static int setns_first(void) { return enter("/proc/1/ns/uts"); }
static int do_mount(void) {
	int e = in_new(CLONE_NEWNS);
	if (e) return e;
	return result(mount("tmpfs", target("private"), "tmpfs", 0, NULL));
}
static int bind_mount(void) {
	int e = in_new(CLONE_NEWNS);
	if (e) return e;
	return result(mount("/usr", target("private"), NULL, MS_BIND, NULL));
}
static int remount(void) {
	int e = in_new(CLONE_NEWNS);
	if (e) return e;
	return result(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, NULL));
}
static int do_umount(void) {
	int e = in_new(CLONE_NEWNS);
	if (e) return e;
	if (mount("tmpfs", target("private"), "tmpfs", 0, NULL)) return errno;
	return result(umount2(target("private"), MNT_DETACH));
}
static int clone_tree(void) {
	int e = in_new(CLONE_NEWNS);
	if (e) return e;
	return closing(syscall(SYS_open_tree, AT_FDCWD, "/usr", 1));
}
static int do_fsopen(void) {
	int e = in_new(CLONE_NEWNS);
	if (e) return e;
	return closing(syscall(SYS_fsopen, "tmpfs", 0));
}
static int pivot(void) {
	int e = in_new(CLONE_NEWNS);
	if (e) return e;
	return reached(syscall(SYS_pivot_root, ".", "."));
}
static int do_chroot(void) {
	int e = in_new(CLONE_NEWNS);
	if (e) return e;
	return result(chroot(target("private")));
}
static int hostname(void) {
	int e = in_new(CLONE_NEWUTS);
	if (e) return e;
	return result(sethostname("x", 1));
}

static int io_uring(void) { uint32_t p[30] = {0}; return closing(syscall(SYS_io_uring_setup, 1, p)); }
static int uffd(void) { return closing(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY | O_CLOEXEC)); }
static int bpf(void) {
	struct { uint32_t type, key, value, entries; char rest[100]; } a = {2, 4, 4, 1, {0}};
	return closing(syscall(SYS_bpf, 0, &a, sizeof a));
}
static int perf(void) {
	struct { uint32_t type, size; uint64_t config; char rest[112]; } a = {1, 128, 0, {0}}; // the clock
	((uint32_t *)a.rest)[6] = 0x60; // neither the kernel nor the hypervisor
	return closing(syscall(SYS_perf_event_open, &a, 0, -1, -1, 8));
}
static int keyring(void) { return result(syscall(SYS_keyctl, 0, -3, 0)); }
static int add_key(void) { return result(syscall(SYS_add_key, "user", "mullion", "x", 1, -2)); }
static int request_key(void) { return reached(syscall(SYS_request_key, "user", "mullion-none", NULL, 0)); }
static int by_handle(void) { return reached(syscall(SYS_open_by_handle_at, AT_FDCWD, (int[]){8, 1, 0, 0}, O_RDONLY)); }
static int name_to_handle(void) {
	struct { unsigned bytes; int type; char f[128]; } h = {128, 0, {0}};
	int mount;
	return result(syscall(SYS_name_to_handle_at, AT_FDCWD, target("private"), &h, &mount, 0));
}
static int fanotify(void) { return closing(syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY)); }
static int quota(void) { return reached(quotactl(QCMD(Q_SYNC, 0), NULL, 0, NULL)); }
static int swap(void) { return reached(swapon("/nonexistent", 0)); }
static int account(void) { return reached(syscall(SYS_acct, "/nonexistent")); }
static int set_time(void) { return result(syscall(SYS_settimeofday, NULL, NULL)); }
static int adjust(void) { struct timex t = {0}; return result(adjtimex(&t)); }
static int kexec(void) { return reached(syscall(SYS_kexec_load, 0, 0, NULL, 0xff)); }
static int module(void) { return reached(syscall(SYS_init_module, NULL, 0, NULL)); }
static int module_file(void) { return reached(syscall(SYS_finit_module, -1, "", 0)); }
static int unload(void) { return reached(syscall(SYS_delete_module, "mullion_none", O_NONBLOCK)); }
static int restart(void) { return reached(syscall(SYS_reboot, 1, 2, 3, NULL)); }
static int log_read(void) { char b[64]; return result(syscall(SYS_syslog, 3, b, sizeof b)); }
#ifdef __x86_64__
static int ldt(void) { char b[64]; return result(syscall(SYS_modify_ldt, 0, b, sizeof b)); }
static int io_level(void) { return reached(syscall(SYS_iopl, 3)); }
static int int80(void) {
	long got = 20; // getpid
	__asm__ volatile("int $0x80" : "+a"(got) : : "memory", "r8", "r9", "r10", "r11");
	return got > 0 ? OPEN : -got;
}
static int x32(void) { return result(syscall(0x40000000 | SYS_getpid)); }
#else
static int ldt(void) { return ABSENT; }
static int io_level(void) { return ABSENT; }
static int int80(void) { return ABSENT; }
static int x32(void) { return ABSENT; }
#endif
static int beyond(void) {
	for (long n = 468; n < 560; n++)
		if (syscall(n, -1, 0, 0, 0, 0, 0) >= 0 || errno != ENOSYS) return errno == EPERM ? EPERM : OPEN;
	return ENOSYS;
}
static int splice_memory(void) {
	int p[2];
	if (pipe2(p, O_CLOEXEC)) return errno;
	struct iovec { void *base; size_t n; } v = {"x", 1};
	int e = result(syscall(SYS_vmsplice, p[1], &v, 1, 0));
	close(p[0]);
	close(p[1]);
	return e;
}
static int pages(void) { return reached(syscall(SYS_move_pages, 0, 0, NULL, NULL, NULL, 0)); }
static int policy_of_memory(void) { return reached(syscall(SYS_set_mempolicy, 0, NULL, 0)); }
static int landlock(void) { return result(syscall(444, NULL, 0, 1)); }
static int seccomp(void) { return reached(syscall(SYS_seccomp, 2, 0, (uint32_t[]){0x7fff0000})); }
static int terminal(unsigned long command) {
	char c = 'x';
	// Whether it is a terminal is looked at after the filter.
	return reached(syscall(SYS_ioctl, 0, command, &c));
}
static int sti(void) { return terminal(TIOCSTI); }
static int sti_high(void) { return terminal(TIOCSTI | 1ul << 32); }
static int linux_console(void) { return terminal(0x541C); }
static int linux_console_high(void) { return terminal(0x541C | 1ul << 32); }
static int terminals(void) { return closing(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)); }
static int own_terminal(void) { return closing(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)); }

static int make_device(void) {
	char path[512];
	snprintf(path, sizeof path, "%s/d%d", target("private"), getpid());
	int e = result(mknod(path, S_IFCHR | 0600, makedev(1, 1)));
	unlink(path);
	return e;
}
static int make_fifo(void) {
	char path[512];
	snprintf(path, sizeof path, "%s/p%d", target("private"), getpid());
	int e = result(mknod(path, S_IFIFO | 0600, 0));
	unlink(path);
	return e;
}
static int device(const char *name) {
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int e = result(fd);
	if (fd >= 0) close(fd);
	return e;
}
static int dev_mem(void) { return device("/dev/mem"); }
static int dev_kmsg(void) { return device("/dev/kmsg"); }
static int dev_disk(void) {
	const char *names[] = {"/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/loop0"};
	int e = ENOENT;
	for (int i = 0; i < 4 && e == ENOENT; i++) e = device(names[i]);
	return e;
}
static int dev_fuse(void) { return device("/dev/fuse"); }
static int dev_kvm(void) { return device("/dev/kvm"); }
static int dev_net(void) { return device("/dev/net/tun"); }
static int dev_uffd(void) { return device("/dev/userfaultfd"); }
static int dev_vsock(void) { return device("/dev/vsock"); }
static int dev_shm(void) {
	char path[64];
	snprintf(path, sizeof path, "/dev/shm/mullion-attack%d", getpid());
	int e = closing(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	unlink(path);
	return e;
}
static int dev_input(void) { int e = device("/dev/input/event0"); return e == ENOENT ? device("/dev/tty0") : e; }

const struct probe kernel[] = {
	{"namespaces: unshare", do_unshare, FORK},
	{"namespaces: clone", do_clone, FORK},
	{"namespaces: clone with several", clone_net, FORK},
	{"namespaces: clone3", do_clone3, FORK},
	{"namespaces: setns to one of the Core", setns_core, FORK},
	{"namespaces: setns to one of process 1", setns_first, FORK},
	{"mounts: mount", do_mount, FORK},
	{"mounts: bind", bind_mount, FORK},
	{"mounts: remount", remount, FORK},
	{"mounts: umount", do_umount, FORK},
	{"mounts: open_tree", clone_tree, FORK},
	{"mounts: fsopen", do_fsopen, FORK},
	{"mounts: pivot_root", pivot, FORK},
	{"mounts: chroot", do_chroot, FORK},
	{"kernel: sethostname", hostname, FORK},
	{"kernel: io_uring", io_uring},
	{"kernel: legacy AIO", aio},
	{"kernel: memfd_secret", secret_memory},
	{"kernel: a filter of packets for a socket", attach_filter},
	{"kernel: userfaultfd", uffd},
	{"kernel: bpf", bpf},
	{"kernel: perf_event_open", perf},
	{"kernel: keyctl of the session's keys", keyring},
	{"kernel: add_key", add_key, FORK},
	{"kernel: request_key", request_key, FORK},
	{"kernel: open_by_handle_at", by_handle},
	{"kernel: name_to_handle_at", name_to_handle},
	{"kernel: fanotify", fanotify},
	{"kernel: quotactl", quota},
	{"kernel: swapon", swap},
	{"kernel: acct", account},
	{"kernel: settimeofday", set_time},
	{"kernel: adjtimex", adjust},
	{"kernel: kexec_load", kexec},
	{"kernel: init_module", module},
	{"kernel: finit_module", module_file},
	{"kernel: delete_module", unload},
	{"kernel: reboot", restart},
	{"kernel: syslog", log_read},
	{"kernel: modify_ldt", ldt, FORK},
	{"kernel: iopl", io_level, FORK},
	{"kernel: calls of 32 bits by int 0x80", int80, FORK},
	{"kernel: numbers of x32", x32, FORK},
	{"kernel: numbers beyond the last known", beyond, FORK},
	{"kernel: vmsplice", splice_memory},
	{"kernel: move_pages", pages},
	{"kernel: set_mempolicy", policy_of_memory},
	{"kernel: landlock_create_ruleset", landlock},
	{"kernel: seccomp", seccomp},
	{"terminal: TIOCSTI", sti},
	{"terminal: TIOCSTI with a high bit", sti_high},
	{"terminal: TIOCLINUX", linux_console},
	{"terminal: TIOCLINUX with a high bit", linux_console_high},
	{"terminal: make one", terminals},
	{"terminal: open one's own", own_terminal},
	{"devices: make one", make_device},
	{"devices: make a pipe with a name by mknod", make_fifo},
	{"devices: /dev/mem", dev_mem},
	{"devices: /dev/kmsg", dev_kmsg},
	{"devices: a disk", dev_disk},
	{"devices: /dev/fuse", dev_fuse},
	{"devices: /dev/kvm", dev_kvm},
	{"devices: /dev/net/tun", dev_net},
	{"devices: /dev/userfaultfd", dev_uffd},
	{"devices: /dev/vsock", dev_vsock},
	{"devices: create in /dev/shm", dev_shm},
	{"devices: an input device or console", dev_input},
	{NULL},
};
