// Programs: what can be started, and what it would gain.
#include "probes.h"
#include <sys/mman.h>
#include <sys/wait.h>

extern char **environ;

static char *quiet[] = {"PATH=/usr/bin:/bin", NULL};

// run starts a program and tells whether it ended well; 17 is what the
// script and the copied program end with.
static int run(const char *path, char *const args[]) {
	int fail[2];
	if (pipe2(fail, O_CLOEXEC)) return errno;
	pid_t pid = fork();
	if (pid == 0) {
		execve(path, args, quiet);
		int e = errno;
		if (write(fail[1], &e, sizeof e) < 0) _exit(1);
		_exit(1);
	}
	close(fail[1]);
	int e = 0, status = 0;
	ssize_t n = read(fail[0], &e, sizeof e);
	close(fail[0]);
	waitpid(pid, &status, 0);
	if (n == sizeof e) return e;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? OPEN : ENOEXEC;
}

static int shell(void) { return run("/bin/sh", (char *[]){"sh", "-c", "exit 0", NULL}); }
static int usr_shell(void) { return run("/usr/bin/env", (char *[]){"env", "true", NULL}); }
static const char *loader(void) {
	const char *names[] = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};
	return access(names[0], F_OK) ? names[1] : names[0];
}
static int by_loader(void) { return run(loader(), (char *[]){"ld.so", "/bin/sh", "-c", "exit 0", NULL}); }

// The test has put a copy of a program and a script into the private folder.
static int copied(void) { return run(join(target("private"), "copied"), (char *[]){"copied", NULL}); }
static int copied_by_loader(void) {
	char path[512];
	snprintf(path, sizeof path, "%s", join(target("private"), "copied"));
	return run(loader(), (char *[]){"ld.so", path, NULL});
}
static int script(void) { return run(join(target("private"), "script"), (char *[]){"script", NULL}); }

static int in_memory(void) {
	int from = open(join(target("private"), "copied"), O_RDONLY | O_CLOEXEC);
	if (from < 0) return -1;
	int fd = memfd_create("x", MFD_CLOEXEC);
	if (fd < 0) return -1;
	char b[65536];
	ssize_t n;
	while ((n = read(from, b, sizeof b)) > 0)
		if (write(fd, b, n) != n) return -1;
	close(from);
	return fd;
}
static int memory_execveat(void) {
	int fd = in_memory();
	if (fd < 0) return errno;
	int end[2];
	if (pipe2(end, O_CLOEXEC)) return errno;
	pid_t pid = fork();
	if (pid == 0) {
		syscall(SYS_execveat, fd, "", (char *[]){"x", NULL}, quiet, AT_EMPTY_PATH);
		_exit(errno);
	}
	int status;
	waitpid(pid, &status, 0);
	close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : ENOEXEC;
}
static int memory_execve(void) {
	int fd = in_memory();
	if (fd < 0) return errno;
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int e = run(path, (char *[]){"x", NULL});
	close(fd);
	return e;
}
static int map_code(void) {
	int fd = open(join(target("private"), "copied"), O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	close(fd);
	return p == MAP_FAILED ? errno : OPEN;
}

// A setuid program: which one there is differs by system.
static int setuid_program(void) {
	const char *names[] = {"/usr/bin/su", "/bin/su", "/usr/bin/mount", "/bin/mount", "/usr/bin/passwd"};
	for (int i = 0; i < 5; i++) {
		struct stat s;
		if (stat(names[i], &s) == 0 && !(s.st_mode & S_ISUID)) continue;
		int e = run(names[i], (char *[]){"x", "--version", NULL});
		if (e != ENOENT) return e == ENOEXEC ? OPEN : e;
	}
	return ENOENT;
}
static int do_setuid(void) { return result(syscall(SYS_setuid, 12345)); }
static int do_setgid(void) { return result(syscall(SYS_setgid, 12345)); }
static int do_setgroups(void) { return result(syscall(SYS_setgroups, 0, NULL)); }
static int do_capset(void) {
	struct { uint32_t version; int pid; } h = {0x20080522, 0};
	struct { uint32_t e, p, i; } d[2] = {{1u << 21, 1u << 21, 0}};
	return result(syscall(SYS_capset, &h, d));
}
static int ambient(void) {
	char b[4096], *p;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	ssize_t n = read(fd, b, sizeof b - 1);
	close(fd);
	if (n < 0) return errno;
	b[n] = 0;
	const char *sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};
	for (int i = 0; i < 5; i++)
		if ((p = strstr(b, sets[i])) && strtoull(p + 7, NULL, 16)) return OPEN;
	return EPERM;
}

const struct probe programs[] = {
	{"programs: /bin/sh", shell, FORK},
	{"programs: /usr/bin/env", usr_shell, FORK},
	{"programs: /bin/sh by the loader", by_loader, FORK},
	{"programs: a copy in the private folder", copied, FORK},
	{"programs: a script in the private folder", script, FORK},
	{"programs: a copy in the private folder by the loader", copied_by_loader, FORK},
	{"programs: a memfd by execveat", memory_execveat, FORK},
	{"programs: a memfd by execve of /proc/self/fd", memory_execve, FORK},
	{"programs: map code of the private folder", map_code},
	{"programs: a setuid program", setuid_program, FORK},
	{"rights: setuid", do_setuid, FORK},
	{"rights: setgid", do_setgid, FORK},
	{"rights: setgroups", do_setgroups, FORK},
	{"rights: capset", do_capset, FORK},
	{"rights: any capability, even one to be had later", ambient},
	{NULL},
};
