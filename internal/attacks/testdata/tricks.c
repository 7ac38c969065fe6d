// Odds and ends: what /proc offers a process, and what it may do to itself.
#include "probes.h"
#include <sys/personality.h>
#include <sys/prctl.h>

static int opened(const char *path, int flags) {
	int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0) return errno;
	close(fd);
	return OPEN;
}
static int core_pattern(void) { return opened("/proc/sys/kernel/core_pattern", O_WRONLY); }
static int modprobe(void) { return opened("/proc/sys/kernel/modprobe", O_WRONLY); }
static int sysrq(void) { return opened("/proc/sysrq-trigger", O_WRONLY); }
static int sysctl(void) { return opened("/proc/sys/vm/drop_caches", O_WRONLY); }
static int kcore(void) { return opened("/proc/kcore", O_RDONLY); }
static int keys(void) {
	int fd = open("/proc/keys", O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	char b[64];
	ssize_t n = read(fd, b, sizeof b);
	close(fd);
	return n > 0 ? OPEN : ENODATA;
}
// Names of sockets that others listen on.
static int sockets_list(void) {
	static char b[1 << 20];
	int fd = open("/proc/self/net/unix", O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	size_t n = 0;
	ssize_t got;
	while (n < sizeof b - 1 && (got = read(fd, b + n, sizeof b - 1 - n)) > 0) n += got;
	close(fd);
	b[n] = 0;
	return strstr(b, target("bus")) ? OPEN : ENODATA;
}
static int mounts_list(void) {
	static char b[1 << 18];
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	size_t n = 0;
	ssize_t got;
	while (n < sizeof b - 1 && (got = read(fd, b + n, sizeof b - 1 - n)) > 0) n += got;
	close(fd);
	return n > 0 ? OPEN : ENODATA;
}
static int own_program(void) { return opened("/proc/self/exe", O_WRONLY); }
static int lower_score(void) {
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	int e = result(write(fd, "-500", 4));
	close(fd);
	return e;
}
static int attr(void) { int e = opened("/proc/self/attr/current", O_WRONLY); return e; }
static int uid_map(void) {
	int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	int e = result(write(fd, "0 0 1\n", 6));
	close(fd);
	return e;
}
static int own_memory(void) {
	static const char letter[4096] __attribute__((aligned(4096))) = "r";
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0) return errno;
	int e = result(pwrite(fd, "r", 1, (off_t)(uintptr_t)letter));
	close(fd);
	return e;
}
static int cgroup(void) { return opened("/sys/fs/cgroup/cgroup.procs", O_WRONLY); }
static int token(void) { return getenv("ATTACKS_SECRET_TOKEN") ? OPEN : ENOENT; }
static int agent_variable(void) { return getenv("SSH_AUTH_SOCK") ? OPEN : ENOENT; }
static int session(void) { return result(setsid()); }
static int no_random(void) { return result(personality(ADDR_NO_RANDOMIZE)); }
static int dump(void) { return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }
static int traced(void) { return result(prctl(PR_SET_PTRACER, number("victim"))); }
static int more_privileges(void) { int n = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); return n < 0 ? errno : n ? EPERM : OPEN; }
static int name_of_host(void) {
	char b[256] = "";
	gethostname(b, sizeof b - 1);
	return strcmp(b, "localhost") ? OPEN : ENODATA;
}
static int program_of_app(void) {
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno;
	close(fd);
	return OPEN;
}

const struct probe tricks[] = {
	{"/proc: open sys/kernel/core_pattern to write", core_pattern},
	{"/proc: open sys/kernel/modprobe to write", modprobe},
	{"/proc: open sys/vm/drop_caches to write", sysctl},
	{"/proc: open sysrq-trigger to write", sysrq},
	{"/proc: open kcore", kcore},
	{"/proc: names of the user's keys", keys},
	{"/proc: names of sockets of others", sockets_list},
	{"/proc: list of one's own mounts", mounts_list},
	{"/proc: write one's own program", own_program},
	{"/proc: read one's own program", program_of_app},
	{"/proc: lower one's own oom_score_adj", lower_score, FORK},
	{"/proc: open self/attr/current to write", attr},
	{"/proc: write self/uid_map", uid_map},
	{"/proc: write one's own memory that is read-only", own_memory},
	{"/sys: open cgroup.procs to write", cgroup},
	{"environment: a token of the Core", token},
	{"environment: the agent of keys", agent_variable},
	{"itself: setsid", session, FORK},
	{"itself: personality", no_random, FORK},
	{"itself: be dumpable", dump, FORK},
	{"itself: let another process trace it", traced, FORK},
	{"itself: gain privileges by a setuid program", more_privileges},
	{"itself: learn the machine's name", name_of_host},
	{NULL},
};
