// Races with the broker: what it reads, and what it connects, must be the same.
#include "probes.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/un.h>

static struct sockaddr_un good, bad, shown;
static struct sockaddr_in good4, bad4, shown4;
static volatile int stop;

// written keeps the compiler from leaving out what is overwritten at once.
#define written() __asm__ volatile("" : : : "memory")

// The rounds are many for one process only: each is a call to the Core.
static long rounds(void) { return self == WEB ? number("rounds") : 300; }

// more tells whether a race goes on: a few times longer if no round has come
// through yet, for that would prove nothing.
static int more(long done, long rounds, int connected) { return done < rounds || (!connected && done < 10 * rounds); }

static void *rewrite_unix(void *arg) {
	(void)arg;
	while (!stop) {
		memcpy(&shown, &bad, sizeof shown);
		written();
		memcpy(&shown, &good, sizeof shown);
		written();
	}
	return NULL;
}
static void *rewrite_tcp(void *arg) {
	(void)arg;
	while (!stop) {
		memcpy(&shown4, &bad4, sizeof shown4);
		written();
		memcpy(&shown4, &good4, sizeof shown4);
		written();
	}
	return NULL;
}

static void set(struct sockaddr_un *a, const char *name) {
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	snprintf(a->sun_path, sizeof a->sun_path, "%s", name);
}

// reached_unix tells whether a socket is connected to the forbidden one.
static int reached_unix(int fd) {
	struct sockaddr_un a;
	socklen_t n = sizeof a;
	memset(&a, 0, sizeof a);
	return getpeername(fd, (struct sockaddr *)&a, &n) == 0 && !strcmp(a.sun_path, bad.sun_path);
}

// at_once tells whether the forbidden one can be had without any race.
static int at_once(void) {
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int e = connect(fd, (struct sockaddr *)&bad, sizeof bad) == 0;
	close(fd);
	return e;
}

static int race_unix(void) {
	set(&good, target("display"));
	set(&bad, target("bus"));
	if (at_once()) return OPEN;
	shown = good;
	pthread_t t;
	if (pthread_create(&t, NULL, rewrite_unix, NULL)) return errno;
	int e = EACCES, connected = 0;
	for (long i = 0; more(i, rounds(), connected) && e != OPEN; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&shown, sizeof shown) == 0) connected++;
		if (reached_unix(fd)) e = OPEN;
		close(fd);
	}
	stop = 1;
	pthread_join(t, NULL);
	return e == OPEN ? OPEN : connected ? EACCES : ENOTCONN;
}

static int race_tcp(void) {
	if (!*target("proxy")) return ABSENT;
	good4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(number("proxy")), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bad4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(number("port")), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	shown4 = good4;
	int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int at_once = connect(probe, (struct sockaddr *)&bad4, sizeof bad4) == 0;
	close(probe);
	if (at_once) return OPEN;
	pthread_t t;
	if (pthread_create(&t, NULL, rewrite_tcp, NULL)) return errno;
	int e = EACCES, connected = 0;
	for (long i = 0; more(i, rounds() / 20, connected) && e != OPEN; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&shown4, sizeof shown4) == 0) connected++;
		struct sockaddr_in a = {0};
		socklen_t n = sizeof a;
		if (getpeername(fd, (struct sockaddr *)&a, &n) == 0 && a.sin_port == bad4.sin_port) e = OPEN;
		close(fd);
	}
	stop = 1;
	pthread_join(t, NULL);
	return e == OPEN ? OPEN : connected ? EACCES : ENOTCONN;
}

// The number of the descriptor is given to another socket during the call.
static int number_of_socket, others[2];

static void *replace(void *arg) {
	(void)arg;
	while (!stop) {
		dup2(others[0], number_of_socket);
		dup2(others[1], number_of_socket);
		close(number_of_socket);
	}
	return NULL;
}
static int race_number(void) {
	set(&good, target("display"));
	set(&bad, target("bus"));
	if (at_once()) return OPEN;
	number_of_socket = 900;
	pthread_t t;
	others[0] = others[1] = -1;
	int e = EACCES;
	for (int round = 0; round < 20 && e != OPEN; round++) {
		stop = 0;
		others[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		others[1] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		if (pthread_create(&t, NULL, replace, NULL)) return errno;
		for (long i = round; i < round + rounds() / 40; i++) {
			// Both by turns, and each of them first: were the address of one taken with the socket
			// of the other, something would get there.
			connect(number_of_socket, (struct sockaddr *)(i % 2 ? &good : &bad), sizeof good);
			if (reached_unix(number_of_socket) || reached_unix(others[0]) || reached_unix(others[1])) {
				e = OPEN;
				break;
			}
		}
		stop = 1;
		pthread_join(t, NULL);
		close(others[0]);
		close(others[1]);
	}
	return e;
}

static int other_names(void) {
	char name[108];
	const char *forms[] = {"/proc/self/root%s", "/proc/self/cwd/../../../../..%s", "/.%s", "/%s"};
	for (int i = 0; i < 4; i++) {
		struct sockaddr_un a;
		snprintf(name, sizeof name, forms[i], target("bus"));
		set(&a, name);
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0) return errno;
		int e = result(connect(fd, (struct sockaddr *)&a, sizeof a));
		close(fd);
		if (e == OPEN) return OPEN;
	}
	return EACCES;
}
// A socket in the private folder that is a symbolic link to one outside.
static int by_link(void) {
	struct sockaddr_un a;
	char name[108];
	snprintf(name, sizeof name, "%s/bus%d", target("private"), getpid());
	if (symlink(target("bus"), name)) return errno;
	set(&a, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int e = fd < 0 ? errno : result(connect(fd, (struct sockaddr *)&a, sizeof a));
	unlink(name);
	if (fd >= 0) close(fd);
	return e;
}

const struct probe broker[] = {
	{"broker: rewrite the address of a socket during connect()", race_unix, FORK},
	{"broker: rewrite a TCP address during connect()", race_tcp, FORK},
	{"broker: replace the descriptor during connect()", race_number, FORK},
	{"broker: other names of a socket", other_names},
	{"broker: a symbolic link to a socket", by_link},
	{NULL},
};
