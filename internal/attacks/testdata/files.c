// Files of the user and of the system.
#include "probes.h"
#include <dirent.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <linux/fs.h>

static int read_one(const char *path) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	char c;
	ssize_t n = read(fd, &c, 1);
	int e = errno;
	close(fd);
	return n > 0 ? OPEN : n < 0 ? e : ENODATA;
}

static int list_one(const char *path) {
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return errno;
	char b[4096];
	long n = syscall(SYS_getdents64, fd, b, sizeof b);
	int e = errno;
	close(fd);
	return n > 0 ? OPEN : n < 0 ? e : ENODATA;
}

static int open_one(const char *path, int flags) {
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0) return errno;
	close(fd);
	return OPEN;
}

static const char *secret(void) { return target("secret"); }
// home names a file in the home. Each of the three processes has its own: they
// run at the same time.
static const char *home(const char *name) {
	static const char *of[] = {"host", "network", "web"};
	static char path[512];
	snprintf(path, sizeof path, "%s/%s-%s", target("home"), name, of[self]);
	return path;
}
static const char *own(const char *name) {
	static char path[512];
	snprintf(path, sizeof path, "%s/%s-%d", target("private"), name, getpid());
	return path;
}

static int read_secret(void) { return read_one(secret()); }
static int list_home(void) { return list_one(target("home")); }
static int list_tmp(void) { return list_one("/tmp"); }
static int stat_secret(void) { struct stat s; return result(stat(secret(), &s)); }
static int access_secret(void) { return result(faccessat(AT_FDCWD, secret(), R_OK, 0)); }
static int write_secret(void) { return open_one(home("append-to"), O_WRONLY | O_APPEND); }
static int create(void) {
	int e = open_one(home("planted"), O_WRONLY | O_CREAT);
	unlink(home("planted"));
	return e;
}
static int create_tmp(void) {
	char path[64];
	snprintf(path, sizeof path, "/tmp/mullion-attack%d", getpid());
	int e = open_one(path, O_WRONLY | O_CREAT);
	unlink(path);
	return e;
}
static int make_folder(void) {
	int e = result(mkdir(home("folder"), 0700));
	rmdir(home("folder"));
	return e;
}
static int rename_one(void) {
	char to[512];
	snprintf(to, sizeof to, "%s", home("renamed"));
	int e = result(rename(home("rename-me"), to));
	rename(to, home("rename-me"));
	return e;
}
static int move_in(void) {
	char to[512];
	snprintf(to, sizeof to, "%s", own("moved"));
	int e = result(rename(home("rename-me"), to));
	if (!e) e = result(rename(to, home("rename-me")));
	return e;
}
static int unlink_one(void) {
	int e = result(unlink(home("unlink-me")));
	if (!e) open_one(home("unlink-me"), O_WRONLY | O_CREAT);
	return e;
}
static int symlink_one(void) {
	int e = result(symlink("/etc/passwd", home("link")));
	unlink(home("link"));
	return e;
}
static int hard_link(void) {
	char to[512];
	snprintf(to, sizeof to, "%s", own("linked"));
	int e = result(link(secret(), to));
	if (!e) e = read_one(to);
	unlink(to);
	return e;
}
static int symlink_through(void) {
	char at[512];
	snprintf(at, sizeof at, "%s", own("pointer"));
	unlink(at);
	if (symlink(secret(), at) != 0) return errno;
	int e = read_one(at);
	unlink(at);
	return e;
}
static int chmod_one(void) { return result(chmod(secret(), 0600)); }
static int fchmodat2_one(void) { return result(syscall(452, AT_FDCWD, secret(), 0600, AT_SYMLINK_NOFOLLOW)); }
static int chown_one(void) { return result(chown(secret(), getuid(), getgid())); }
static int utimes_one(void) { return result(utimes(secret(), NULL)); }
static int utimensat_one(void) { return result(utimensat(AT_FDCWD, secret(), NULL, 0)); }
static int setxattr_one(void) { return result(setxattr(home("append-to"), "user.mullion", "x", 1, 0)); }
static int setxattrat_one(void) {
	struct { uint64_t value; uint32_t size, flags; } a = {(uintptr_t)"x", 1, 0};
	return result(syscall(463, AT_FDCWD, home("append-to"), 0, "user.mullion", &a, sizeof a));
}
static int listxattr_one(void) { return result(listxattr(secret(), NULL, 0)); }
static int truncate_one(void) { return result(truncate(home("truncate-me"), 0)); }
static int open_truncate(void) { return open_one(home("truncate-me"), O_RDONLY | O_TRUNC); }
static int inotify(void) {
	int fd = inotify_init1(IN_CLOEXEC);
	if (fd < 0) return errno;
	int e = result(inotify_add_watch(fd, target("home"), IN_ALL_EVENTS));
	close(fd);
	return e;
}
static int dnotify(void) {
	int fd = open(target("home"), O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	int e = result(fcntl(fd, F_NOTIFY, DN_CREATE));
	close(fd);
	return e;
}
static int chdir_home(void) { return result(chdir(target("home"))); }
static int stat_home(void) { struct stat s; return result(stat(target("home"), &s)); }
static int read_passwd(void) { return read_one("/etc/passwd"); }
static int read_shadow(void) { return read_one("/etc/shadow"); }
static int read_machine_id(void) { return access("/etc/machine-id", F_OK) ? errno : read_one("/etc/machine-id"); }
static int list_var(void) { return list_one("/var"); }
static int write_usr(void) {
	char path[64];
	snprintf(path, sizeof path, "/usr/lib/mullion-attack%d", getpid());
	int e = open_one(path, O_WRONLY | O_CREAT);
	unlink(path);
	return e;
}

// Files that may be read must not be changed through what was opened to read.
static int granted(int (*f)(int fd)) {
	int fd = open(target("granted"), O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	int e = f(fd);
	close(fd);
	return e;
}
static int do_fchmod(int fd) { return result(fchmod(fd, 0644)); }
static int do_fchown(int fd) { return result(fchown(fd, getuid(), getgid())); }
static int do_fsetxattr(int fd) { return result(fsetxattr(fd, "user.mullion", "x", 1, 0)); }
static int do_futimens(int fd) { return result(futimens(fd, NULL)); }
static int do_flags(int fd) {
	int flags;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return errno;
	return result(ioctl(fd, FS_IOC_SETFLAGS, &flags));
}
static int do_lease(int fd) { return result(fcntl(fd, F_SETLEASE, F_RDLCK)); }
static int granted_write(void) { return open_one(target("granted"), O_WRONLY); }
static int granted_fchmod(void) { return granted(do_fchmod); }
static int granted_fchown(void) { return granted(do_fchown); }
static int granted_fsetxattr(void) { return granted(do_fsetxattr); }
static int granted_futimens(void) { return granted(do_futimens); }
static int granted_flags(void) { return granted(do_flags); }
static int granted_lease(void) { return granted(do_lease); }

// marked makes a file that lends the user's identity, or that of the group, to
// whoever starts it, by the call that makes it.
static int marked(int (*make)(const char *)) {
	static const char *of[] = {"marked-host", "marked-network", "marked-web"};
	char path[4096];
	snprintf(path, sizeof path, "%s", own(of[self]));
	unlink(path);
	int fd = make(path);
	if (fd < 0) return errno;
	struct stat s;
	int e = lstat(path, &s) ? errno : s.st_mode & 06000 ? OPEN : ENODATA;
	if (fd > 0) close(fd);
	unlink(path);
	return e;
}
static int mark_openat(const char *p) { return open(p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 06755); }
static int mark_open(const char *p) {
#ifdef SYS_open
	return syscall(SYS_open, p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 06755);
#else
	return mark_openat(p);
#endif
}
static int mark_creat(const char *p) { return creat(p, 06755); }
static int mark_openat2(const char *p) {
	uint64_t how[3] = {O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 06755, 0};
	return syscall(437, AT_FDCWD, p, how, sizeof how);
}
static int mark_temporary(const char *p) {
	int fd = open(target("private"), O_RDWR | O_TMPFILE | O_CLOEXEC, 06755);
	char name[64];
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	if (fd >= 0 && linkat(AT_FDCWD, name, AT_FDCWD, p, AT_SYMLINK_FOLLOW)) return close(fd), -1;
	return fd;
}
static int by_openat(void) { return marked(mark_openat); }
static int by_open(void) { return marked(mark_open); }
static int by_creat(void) { return marked(mark_creat); }
static int by_openat2(void) { return marked(mark_openat2); }
static int by_temporary(void) { return marked(mark_temporary); }
static int write_private(void) { return open_one(own("note"), O_WRONLY | O_CREAT); }

static int through(const char *prefix) {
	char path[512];
	snprintf(path, sizeof path, "%s%s", prefix, secret());
	return read_one(path);
}
static int through_root(void) { return through("/proc/self/root"); }
static int through_first_root(void) { return through("/proc/1/root"); }
static int through_cwd(void) { return through("/proc/self/cwd/../../../../../../../.."); }
static int through_private(void) {
	char path[512];
	snprintf(path, sizeof path, "%s/../../../../../../../..%s", target("private"), secret());
	return read_one(path);
}

const struct probe files[] = {
	{"files: read a secret in the home", read_secret},
	{"files: list the home", list_home},
	{"files: list /tmp", list_tmp},
	{"files: list /var", list_var},
	{"files: stat a secret", stat_secret},
	{"files: access() of a secret", access_secret},
	{"files: stat the home", stat_home},
	{"files: chdir to the home", chdir_home, FORK},
	{"files: append to a file in the home", write_secret},
	{"files: create in the home", create},
	{"files: make one with setuid by openat", by_openat},
	{"files: make one with setuid by open", by_open},
	{"files: make one with setuid by creat", by_creat},
	{"files: make one with setuid by openat2", by_openat2},
	{"files: make one with setuid by O_TMPFILE", by_temporary},
	{"files: create in /tmp", create_tmp},
	{"files: make a folder in the home", make_folder},
	{"files: rename in the home", rename_one},
	{"files: move from the home to the private folder", move_in},
	{"files: unlink in the home", unlink_one},
	{"files: symbolic link in the home", symlink_one},
	{"files: hard link of a secret into the private folder", hard_link},
	{"files: symbolic link from the private folder to a secret", symlink_through},
	{"files: chmod of a secret", chmod_one},
	{"files: fchmodat2 of a secret", fchmodat2_one},
	{"files: chown of a secret", chown_one},
	{"files: utimes of a secret", utimes_one},
	{"files: utimensat of a secret", utimensat_one},
	{"files: setxattr in the home", setxattr_one},
	{"files: setxattrat in the home", setxattrat_one},
	{"files: listxattr of a secret", listxattr_one},
	{"files: truncate in the home", truncate_one},
	{"files: open with O_TRUNC in the home", open_truncate},
	{"files: inotify of the home", inotify},
	{"files: dnotify of the home", dnotify, FORK},
	{"files: read /etc/passwd", read_passwd},
	{"files: read /etc/shadow", read_shadow},
	{"files: read /etc/machine-id", read_machine_id},
	{"files: create in /usr/lib", write_usr},
	{"files: write a file that may be read", granted_write},
	{"files: fchmod of a file that may be read", granted_fchmod},
	{"files: fchown of a file that may be read", granted_fchown},
	{"files: fsetxattr of a file that may be read", granted_fsetxattr},
	{"files: futimens of a file that may be read", granted_futimens},
	{"files: FS_IOC_SETFLAGS of a file that may be read", granted_flags},
	{"files: lease on a file that may be read", granted_lease},
	{"files: read a secret through /proc/self/root", through_root},
	{"files: read a secret through /proc/1/root", through_first_root},
	{"files: read a secret through /proc/self/cwd/..", through_cwd},
	{"files: read a secret through the private folder and ..", through_private},
	{"files: write the private folder", write_private},
	{NULL},
};
