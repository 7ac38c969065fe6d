// A library that is loaded before all others. It waits for the word, runs the
// probes one after the other, and writes what came of each.
#include "probes.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

enum process self;

static struct { char name[32], value[224]; } targets[64];
static int known;

const char *target(const char *name) {
	for (int i = 0; i < known; i++)
		if (!strcmp(targets[i].name, name)) return targets[i].value;
	return "";
}

long number(const char *name) { return atol(target(name)); }

int result(long got) { return got < 0 ? errno : OPEN; }

int reached(long got) {
	if (got >= 0) return OPEN;
	switch (errno) {
	case EPERM: case EACCES: case ENOSYS: case EMFILE: case EAFNOSUPPORT: case EOPNOTSUPP: return errno;
	}
	return OPEN;
}

const char *join(const char *dir, const char *name) {
	static char path[512];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

int in_new(int namespaces) {
	if (unshare(namespaces) != 0 && unshare(CLONE_NEWUSER | namespaces) != 0) return errno;
	if (namespaces & CLONE_NEWNS) return result(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	return 0;
}

static void wait_a_bit(void) { poll(NULL, 0, 1); }

// Each probe has this many milliseconds, the races more.
enum { LIMIT = 20000 };

int spawned(int (*f)(void)) {
	pid_t pid = fork();
	if (pid < 0) return errno;
	if (pid == 0) {
		for (int s = 1; s < NSIG; s++) signal(s, SIG_DFL);
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		_exit(f());
	}
	for (int i = 0; i < LIMIT; i++) {
		int status;
		pid_t got = waitpid(pid, &status, WNOHANG);
		if (got == pid && WIFEXITED(status)) return WEXITSTATUS(status);
		if (got == pid) return 128 + WTERMSIG(status); // beyond all errnos but a few that no probe gets
		if (got < 0) return ECHILD;
		wait_a_bit();
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return ETIMEDOUT;
}

static void write_line(int fd, const struct probe *p) {
	char line[256], why[32] = "";
	int got = p->flags & FORK ? spawned(p->run) : p->run();
	const char *outcome = got == OPEN ? "open" : got == ABSENT ? "absent" : "closed";
	if (got == 128 + SIGSYS) strcpy(why, "SIGSYS");
	else if (got > 134 && got < 128 + NSIG) snprintf(why, sizeof why, "SIG%s", sigabbrev_np(got - 128));
	else if (got != OPEN && got != ABSENT) snprintf(why, sizeof why, "%s", strerrorname_np(got) ? strerrorname_np(got) : "?");
	int n = snprintf(line, sizeof line, "%s\t%s\t%s\n", p->name, outcome, why);
	if (write(fd, line, n) != n) return;
}

static void read_targets(int fd) {
	static char text[sizeof targets];
	ssize_t n = 0, got;
	while ((got = read(fd, text + n, sizeof text - 1 - n)) > 0) n += got;
	for (char *save, *line = strtok_r(text, "\n", &save); line && known < 64; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ' ');
		if (!value) continue;
		*value++ = 0;
		snprintf(targets[known].name, sizeof targets[0].name, "%s", line);
		snprintf(targets[known++].value, sizeof targets[0].value, "%s", value);
	}
}

static void *attack(void *dir) {
	static const char *names[] = {"host", "network", "web"};
	char path[512];
	// The word is a file that the test renames to its place when the page is there.
	snprintf(path, sizeof path, "%s/targets", (char *)dir);
	int fd;
	while ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) poll(NULL, 0, 20);
	read_targets(fd);
	close(fd);
	snprintf(path, sizeof path, "%s/%s.%d", (char *)dir, names[self], getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) return NULL;
	const struct probe *lists[] = {files, programs, processes, sockets, clients, broker, kernel, tricks};
	const char *begin = target("from");
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (const struct probe *p = lists[i]; p->name; p++)
			if (!*begin || strstr(p->name, begin)) write_line(fd, p);
	if (write(fd, "end\n", 4) != 4) return NULL;
	close(fd);
	return NULL;
}

__attribute__((constructor)) static void loaded(void) {
	char *dir = getenv("ATTACK_DIR"), *host = getenv("ATTACK_HOST");
	if (!dir || !host || getenv("MULLION_STAGE")) return;
	const char *name = program_invocation_short_name;
	if (!strcmp(name, "WebKitWebProcess")) self = WEB;
	else if (!strcmp(name, "WebKitNetworkProcess")) self = NETWORK;
	else if (!strcmp(name, host)) self = HOST;
	else return;
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_t thread;
	pthread_create(&thread, NULL, attack, strdup(dir));
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}
