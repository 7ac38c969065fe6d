// Other processes: one of the same user outside, the Core, the host.
#include "probes.h"
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <dirent.h>
#include <mqueue.h>

static pid_t victim(void) { return number("victim"); }
static pid_t core(void) { return number("core"); }

static int do_kill(pid_t pid) { return result(kill(pid, SIGURG)); } // which is ignored
static int do_ptrace(pid_t pid) { return result(ptrace(PTRACE_SEIZE, pid, 0, 0)); }

static int of(pid_t pid, const char *what, int flags) {
	char path[64], c;
	snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
	int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0) return errno;
	int e = OPEN;
	if (flags == O_RDONLY && read(fd, &c, 1) < 0) e = errno;
	close(fd);
	return e;
}
static int memory(pid_t pid, const char *address) {
	char path[64], c;
	snprintf(path, sizeof path, "/proc/%d/mem", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	int e = OPEN;
	if (*address && pread(fd, &c, 1, strtoull(address, NULL, 0)) != 1) e = errno;
	close(fd);
	return e;
}
static int vm(pid_t pid, int writing) {
	char c;
	struct iovec here = {&c, 1}, there = {(void *)strtoull(target("address"), NULL, 0), 1};
	long n = syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0);
	if (n < 0 || !writing) return result(n);
	return result(syscall(SYS_process_vm_writev, pid, &here, 1, &there, 1, 0));
}
static int link_of(pid_t pid, const char *what) {
	char path[64], to[512];
	snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
	return result(readlink(path, to, sizeof to));
}
static int through_root(void) {
	char path[512];
	snprintf(path, sizeof path, "/proc/%d/root%s", victim(), target("secret"));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	close(fd);
	return OPEN;
}
static int descriptors(pid_t pid) {
	char path[64], b[1024];
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return errno;
	int e = result(syscall(SYS_getdents64, fd, b, sizeof b));
	close(fd);
	return e;
}
static int getfd(pid_t pid) {
	int fd = syscall(SYS_pidfd_open, pid, 0);
	// pidfd_getfd looks at its arguments only after the filter has.
	int got = syscall(SYS_pidfd_getfd, fd, 0, 0);
	int e = result(got);
	if (got >= 0) close(got);
	if (fd >= 0) close(fd);
	return e;
}
static int pidfd_kill(pid_t pid) {
	int fd = syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0) return errno;
	int e = result(syscall(SYS_pidfd_send_signal, fd, SIGURG, NULL, 0));
	close(fd);
	return e;
}
static int v_kill(void) { return do_kill(victim()); }
static int v_zero(void) { return result(kill(victim(), 0)); }
static int v_pidfd_kill(void) { return pidfd_kill(victim()); }
static int v_queue(void) {
	siginfo_t i = {.si_signo = SIGURG, .si_code = SI_QUEUE};
	return result(syscall(SYS_rt_sigqueueinfo, victim(), SIGURG, &i));
}
static int v_ptrace(void) { return do_ptrace(victim()); }
static int v_readv(void) { return vm(victim(), 0); }
static int v_writev(void) { return vm(victim(), 1); }
static int v_mem(void) { return memory(victim(), target("address")); }
static int v_environ(void) { return of(victim(), "environ", O_RDONLY); }
static int v_maps(void) { return of(victim(), "maps", O_RDONLY); }
static int v_cmdline(void) { return of(victim(), "cmdline", O_RDONLY); }
static int v_status(void) { return of(victim(), "status", O_RDONLY); }
static int v_stack(void) { return of(victim(), "syscall", O_RDONLY); }
static int v_cwd(void) { return link_of(victim(), "cwd"); }
static int v_exe(void) { return link_of(victim(), "exe"); }
static int v_fds(void) { return descriptors(victim()); }
static int v_fd(void) { return link_of(victim(), "fd/0"); }
static int v_ns(void) { return link_of(victim(), "ns/mnt"); }
static int v_oom(void) { return of(victim(), "oom_score_adj", O_WRONLY); }
static int v_pidfd(void) {
	int fd = syscall(SYS_pidfd_open, victim(), 0);
	if (fd < 0) return errno;
	close(fd);
	return OPEN;
}
static int v_getfd(void) { return getfd(victim()); }
static int v_prlimit(void) { struct rlimit r; return result(syscall(SYS_prlimit64, victim(), RLIMIT_CORE, NULL, &r)); }
static int v_affinity(void) {
	cpu_set_t c;
	memset(&c, 0xff, sizeof c);
	return result(sched_setaffinity(victim(), sizeof c, &c));
}
// Its own value, which it may have even where all of them were started by nice.
static int v_priority(void) { return result(setpriority(PRIO_PROCESS, victim(), getpriority(PRIO_PROCESS, 0))); }
static int v_scheduler(void) { struct sched_param p = {0}; return result(sched_setscheduler(victim(), SCHED_OTHER, &p)); }
static int v_ioprio(void) { return result(syscall(SYS_ioprio_set, 1, victim(), 0)); }
static int v_robust(void) { void *p; size_t n; return result(syscall(SYS_get_robust_list, victim(), &p, &n)); }
static int v_kcmp(void) { return result(syscall(SYS_kcmp, getpid(), victim(), 1, 0, 0)); }
static int v_madvise(void) {
	int fd = syscall(SYS_pidfd_open, victim(), 0);
	struct iovec there = {(void *)strtoull(target("address"), NULL, 0), 1};
	int e = reached(syscall(SYS_process_madvise, fd, &there, 1, 20, 0));
	if (fd >= 0) close(fd);
	return fd < 0 && e == OPEN ? EBADF : e;
}

static int c_kill(void) { return do_kill(core()); }
static int c_thread(void) { return result(syscall(SYS_tgkill, core(), number("corethread"), SIGURG)); }
static int c_ptrace(void) { return do_ptrace(core()); }
static int c_mem(void) { return memory(core(), ""); }
static int c_environ(void) { return of(core(), "environ", O_RDONLY); }
static int c_getfd(void) { return getfd(core()); }
static int c_fds(void) { return descriptors(core()); }
static int c_ns(void) { return link_of(core(), "ns/mnt"); }

static int h_kill(void) { return self == HOST ? ABSENT : result(kill(getppid(), 0)); }
static pid_t host; // the parent, also in a forked child
static int h_ptrace(void) { return self == HOST ? ABSENT : do_ptrace(host); }
static int h_mem(void) { return self == HOST ? ABSENT : memory(getppid(), ""); }
static int h_environ(void) { return self == HOST ? ABSENT : of(getppid(), "environ", O_RDONLY); }
static int h_readv(void) {
	if (self == HOST) return ABSENT;
	char c;
	struct iovec here = {&c, 1}, there = {NULL, 1};
	// The address is no one's: EFAULT comes after the check.
	return reached(syscall(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0));
}
static int h_getfd(void) { return self == HOST ? ABSENT : getfd(getppid()); }
static int h_socket(void) {
	if (self == HOST) return ABSENT;
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/fd/3", getppid());
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) return errno;
	close(fd);
	return OPEN;
}

// The other helper process of the engine.
static int sibling_memory(void) {
	if (self == HOST) return ABSENT;
	const char *name = self == WEB ? "WebKitNetworkPr" : "WebKitWebProces";
	DIR *d = opendir("/proc");
	if (!d) return errno;
	int e = ESRCH;
	for (struct dirent *f; (f = readdir(d));) {
		char path[64], b[512] = "";
		int pid = atoi(f->d_name);
		if (pid <= 0) continue;
		snprintf(path, sizeof path, "/proc/%d/stat", pid);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) continue;
		ssize_t n = read(fd, b, sizeof b - 1);
		close(fd);
		char *end = strrchr(b, ')');
		int parent = 0;
		if (n <= 0 || !end || sscanf(end, ") %*c %d", &parent) != 1) continue;
		if (parent != getppid() || !strstr(b, name)) continue;
		e = memory(pid, "");
		if (e == OPEN) break;
	}
	closedir(d);
	return e;
}

static int broadcast(void) {
	// kill(-1, 0) reaches all that may be signalled. Only descendants of the
	// host may be left; the test's victim must not be among them.
	if (kill(-1, 0) != 0) return errno;
	return v_zero();
}
static int shm(void) {
	char *p = shmat(number("shm"), NULL, 0);
	if (p == (void *)-1) return errno;
	shmdt(p);
	return OPEN;
}
static int shm_stat(void) { struct shmid_ds d; return result(shmctl(number("shm"), IPC_STAT, &d)); }
static int sem(void) { return result(semctl(number("sem"), 0, GETVAL)); }
static int msg(void) { struct msqid_ds d; return result(msgctl(number("msg"), IPC_STAT, &d)); }
static int mq(void) {
	int fd = syscall(SYS_mq_open, target("mq") + 1, O_RDWR, 0600, NULL);
	if (fd < 0) return errno;
	close(fd);
	return OPEN;
}

static int peer_pidfd(void) {
	if (self != HOST) return ABSENT;
	int fd = -1;
	socklen_t n = sizeof fd;
	if (getsockopt(3, SOL_SOCKET, 77 /* SO_PEERPIDFD */, &fd, &n)) return errno;
	int e = result(syscall(SYS_pidfd_send_signal, fd, SIGURG, NULL, 0));
	close(fd);
	return e;
}
static int peer_namespace(void) {
	if (self != HOST) return ABSENT;
	int fd = -1;
	socklen_t n = sizeof fd;
	if (getsockopt(3, SOL_SOCKET, 77, &fd, &n)) return errno;
	int ns = syscall(SYS_ioctl, fd, 0xff03ul /* PIDFD_GET_MNT_NAMESPACE */, 0);
	int e = result(ns);
	if (ns >= 0) close(ns);
	close(fd);
	return e;
}

__attribute__((constructor)) static void remember(void) { host = getppid(); }

const struct probe processes[] = {
	{"processes: signal 0 to one of the user", v_zero},
	{"processes: signal to one of the user", v_kill},
	{"processes: signal by pidfd", v_pidfd_kill},
	{"processes: signal by rt_sigqueueinfo", v_queue},
	{"processes: signal to all", broadcast},
	{"processes: ptrace", v_ptrace, FORK},
	{"processes: process_vm_readv", v_readv},
	{"processes: process_vm_writev", v_writev},
	{"processes: /proc/N/mem", v_mem},
	{"processes: /proc/N/environ", v_environ},
	{"processes: /proc/N/maps", v_maps},
	{"processes: /proc/N/root to a secret", through_root},
	{"processes: /proc/N/cwd", v_cwd},
	{"processes: /proc/N/exe", v_exe},
	{"processes: /proc/N/fd listed", v_fds},
	{"processes: /proc/N/fd/0 read as a link", v_fd},
	{"processes: /proc/N/ns/mnt", v_ns},
	{"processes: /proc/N/cmdline", v_cmdline},
	{"processes: /proc/N/status", v_status},
	{"processes: /proc/N/syscall", v_stack},
	{"processes: /proc/N/oom_score_adj opened to write", v_oom},
	{"processes: pidfd_open", v_pidfd},
	{"processes: pidfd_getfd", v_getfd},
	{"processes: prlimit", v_prlimit},
	{"processes: sched_setaffinity", v_affinity},
	{"processes: sched_setscheduler", v_scheduler},
	{"processes: setpriority", v_priority},
	{"processes: ioprio_set", v_ioprio},
	{"processes: get_robust_list", v_robust},
	{"processes: kcmp", v_kcmp},
	{"processes: process_madvise", v_madvise},
	{"Core: signal", c_kill},
	{"Core: signal to the thread of the broker", c_thread},
	{"Core: ptrace", c_ptrace, FORK},
	{"Core: /proc/N/mem", c_mem},
	{"Core: /proc/N/environ", c_environ},
	{"Core: /proc/N/fd listed", c_fds},
	{"Core: /proc/N/ns/mnt", c_ns},
	{"Core: pidfd_getfd", c_getfd},
	{"Core: signal by the pidfd of its socket", peer_pidfd},
	{"Core: namespace by the pidfd of its socket", peer_namespace},
	{"host: signal", h_kill},
	{"host: ptrace", h_ptrace, FORK},
	{"host: process_vm_readv", h_readv},
	{"host: /proc/N/mem", h_mem},
	{"host: /proc/N/environ", h_environ},
	{"host: pidfd_getfd", h_getfd},
	{"host: open its connection to the Core through /proc", h_socket},
	{"engine: memory of its other process", sibling_memory},
	{"IPC: System V shared memory of the user", shm},
	{"IPC: System V shared memory, its state", shm_stat},
	{"IPC: System V semaphores of the user", sem},
	{"IPC: System V messages of the user", msg},
	{"IPC: POSIX message queue of the user", mq},
	{NULL},
};
