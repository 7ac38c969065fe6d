// Sockets: of the session, of the machine, of the network.
#include "probes.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/un.h>

static int family(int f, int kind, int protocol) {
	int fd = socket(f, kind | SOCK_CLOEXEC, protocol);
	if (fd < 0) return errno;
	close(fd);
	return OPEN;
}

static socklen_t unix_address(struct sockaddr_un *a, const char *name) {
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	snprintf(a->sun_path, sizeof a->sun_path, "%s", name);
	socklen_t n = offsetof(struct sockaddr_un, sun_path) + strlen(a->sun_path);
	if (*name == '@') a->sun_path[0] = 0;
	else n++;
	return n;
}
int dial(const char *name) {
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, unix_address(&a, name)) == 0) return fd;
	int e = errno;
	close(fd);
	return errno = e, -1;
}
static int connect_unix(const char *name, int kind) {
	struct sockaddr_un a;
	if (!*name) return ABSENT;
	int fd = socket(AF_UNIX, kind | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	int e = result(connect(fd, (struct sockaddr *)&a, unix_address(&a, name)));
	close(fd);
	return e;
}
static int session_bus(void) { return connect_unix(target("bus"), SOCK_STREAM); }
static int abstract(void) { return connect_unix(target("abstract"), SOCK_STREAM); }
static int agent(void) { return connect_unix(target("agent"), SOCK_STREAM); }
static int packets(void) { return connect_unix(target("packets"), SOCK_SEQPACKET); }
static int private_socket(void) { return connect_unix(target("outside"), SOCK_STREAM); }
static int display(void) { return connect_unix(target("display"), SOCK_STREAM); }
static int system_bus(void) {
	const char *name = "/run/dbus/system_bus_socket";
	return access(target("systembus"), F_OK) && access(name, F_OK) ? ENOENT : connect_unix(*target("systembus") ? target("systembus") : name, SOCK_STREAM);
}
static int datagram(void) {
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	int e = result(sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&a, unix_address(&a, target("datagram"))));
	close(fd);
	return e;
}
static int raw_unix(void) {
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	int e = result(sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&a, unix_address(&a, target("datagram"))));
	close(fd);
	return e;
}
static int pair_datagram(void) {
	struct sockaddr_un a;
	int s[2];
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, s)) return errno;
	int e = result(sendto(s[0], "x", 1, MSG_DONTWAIT, (struct sockaddr *)&a, unix_address(&a, target("datagram"))));
	close(s[0]);
	close(s[1]);
	return e;
}
// A descriptor can leave only over a connection to somebody outside.
static int send_descriptor(void) {
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	if (connect(fd, (struct sockaddr *)&a, unix_address(&a, target("outside")))) return errno;
	int give = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char room[CMSG_SPACE(sizeof give)] = {0};
	struct iovec v = {"x", 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof give);
	memcpy(CMSG_DATA(c), &give, sizeof give);
	int e = result(sendmsg(fd, &m, MSG_NOSIGNAL));
	close(give);
	close(fd);
	return e;
}
static int do_listen(void) {
	struct sockaddr_un a;
	char path[512];
	snprintf(path, sizeof path, "%s/l%d", target("private"), getpid());
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	int e = bind(fd, (struct sockaddr *)&a, unix_address(&a, path)) ? errno : result(listen(fd, 1));
	unlink(path);
	close(fd);
	return e;
}

// finish waits for a connection and for the greeting of the test's listener.
static int finish(int fd, int got) {
	if (got < 0 && errno != EINPROGRESS) {
		int e = errno;
		close(fd);
		return e;
	}
	struct pollfd p = {fd, POLLIN, 0};
	char c;
	int e = ETIMEDOUT;
	if (poll(&p, 1, 500) == 1) {
		ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);
		e = n == 1 && c == 'm' ? OPEN : n < 0 ? errno : ENODATA;
	}
	close(fd);
	return e;
}
static int tcp(const char *host, long port, int protocol) {
	if (!*host || !port) return ABSENT;
	int fd = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, (long)protocol);
	if (fd < 0) return errno;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, host, &a.sin_addr);
	return finish(fd, connect(fd, (struct sockaddr *)&a, sizeof a));
}
static int loopback(void) { return tcp("127.0.0.1", number("port"), 0); }
static int other_loopback(void) { return tcp("127.0.0.2", number("port"), 0); }
static int proxy_elsewhere(void) { return tcp("127.0.0.2", *target("proxy") ? number("proxy") : number("port"), 0); }
static int outside(void) { return tcp(target("address4"), number("port"), 0); }
static int mptcp(void) { return tcp("127.0.0.1", number("port"), 262); }
// The kernel looks at the lower half of an argument, a filter may compare all.
static int mptcp_high(void) {
	int fd = syscall(SYS_socket, (long)AF_INET, (long)SOCK_STREAM, 262 | 1l << 32);
	if (fd < 0) return errno;
	int protocol = 0;
	socklen_t n = sizeof protocol;
	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n);
	close(fd);
	return protocol == 262 ? OPEN : EPROTONOSUPPORT;
}
static int sctp(void) { return family(AF_INET, SOCK_STREAM, 132); }
static int sctp_packets(void) { return family(AF_INET, SOCK_SEQPACKET, 0); }
static int smc(void) { return family(AF_INET, SOCK_STREAM, 256); }
static int proxy(void) { return *target("proxy") ? tcp("127.0.0.1", number("proxy"), 0) : ABSENT; }
static int tcp6(void) {
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) return errno;
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(number("port")), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	return finish(fd, connect(fd, (struct sockaddr *)&a, sizeof a));
}
static int tcp6_mapped(void) {
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) return errno;
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(number("port"))};
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &a.sin6_addr);
	return finish(fd, connect(fd, (struct sockaddr *)&a, sizeof a));
}
static int fast_open(int by_message) {
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(number("port")), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct iovec v = {"x", 1};
	struct mmsghdr m = {.msg_hdr = {.msg_name = &a, .msg_namelen = sizeof a, .msg_iov = &v, .msg_iovlen = 1}};
	int flags = MSG_FASTOPEN | MSG_NOSIGNAL | MSG_DONTWAIT;
	long n;
	if (by_message == 2) n = sendmmsg(fd, &m, 1, flags);
	else if (by_message) n = sendmsg(fd, &m.msg_hdr, flags);
	else n = sendto(fd, "x", 1, flags, (struct sockaddr *)&a, sizeof a);
	return finish(fd, n < 0 ? -1 : 0);
}
static int fast_sendto(void) { return fast_open(0); }
static int fast_sendmsg(void) { return fast_open(1); }
static int fast_sendmmsg(void) { return fast_open(2); }
static int send_unconnected(void) {
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof one);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(number("port")), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	long n = connect(fd, (struct sockaddr *)&a, sizeof a);
	if (n == 0) n = send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	return finish(fd, n);
}
static int udp(const char *to, int version6) {
	if (!*to) return ABSENT;
	int fd = socket(version6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(number("udp"))};
	struct sockaddr_in6 b = {.sin6_family = AF_INET6, .sin6_port = htons(number("udp")), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	inet_pton(AF_INET, to, &a.sin_addr);
	long n = version6 ? sendto(fd, "q", 1, 0, (struct sockaddr *)&b, sizeof b) : sendto(fd, "q", 1, 0, (struct sockaddr *)&a, sizeof a);
	return finish(fd, n);
}
static int udp_loopback(void) { return udp("127.0.0.1", 0); }
static int udp_outside(void) { return udp(target("address4"), 0); }
static int udp6(void) { return udp("::1", 1); }
static int dns(void) {
	// The test listens for nothing here: that a query leaves is enough.
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(53)};
	if (!*target("address4")) return ABSENT;
	inet_pton(AF_INET, target("address4"), &a.sin_addr);
	int e = result(sendto(fd, "\0\1\1\0\0\1\0\0\0\0\0\0\1x\0\0\1\0\1", 19, MSG_DONTWAIT, (struct sockaddr *)&a, sizeof a));
	close(fd);
	return e;
}
static int do_bind(void) {
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return errno;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int e = bind(fd, (struct sockaddr *)&a, sizeof a) ? errno : result(listen(fd, 1));
	close(fd);
	return e;
}
static int raw(void) { return family(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static int ping(void) { return family(AF_INET, SOCK_DGRAM, IPPROTO_ICMP); }
static int packet(void) { return family(AF_PACKET, SOCK_RAW, 0); }
static int netlink(void) { return family(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }
static int audit(void) { return family(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT); }
static int vsock(void) { return family(40, SOCK_STREAM, 0); }
static int alg(void) { return family(38, SOCK_SEQPACKET, 0); }
static int bluetooth(void) { return family(31, SOCK_SEQPACKET, 0); }
static int key(void) { return family(15, SOCK_RAW, 2); }
static int tipc_pair(void) {
	int s[2];
	if (socketpair(30, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s)) {
		// EAFNOSUPPORT and ESOCKTNOSUPPORT come of the kernel, after it has
		// looked for a module to load.
		return errno == EPERM || errno == EACCES ? errno : OPEN;
	}
	close(s[0]);
	close(s[1]);
	return OPEN;
}

// What was inherited. A folder would lead out; a connection would speak to
// somebody else; a device could be anything.
static int walk(int (*f)(int fd, struct stat *)) {
	for (int fd = 0; fd < 1024; fd++) {
		struct stat s;
		if (fstat(fd, &s) == 0 && f(fd, &s)) return OPEN;
	}
	return EBADF;
}
static int leads_out(int fd, struct stat *s) {
	if (!S_ISDIR(s->st_mode)) return 0;
	char path[512];
	snprintf(path, sizeof path, "../../../../../../../../../..%s", target("secret"));
	int got = openat(fd, path, O_RDONLY | O_CLOEXEC);
	if (got >= 0) close(got);
	return got >= 0;
}
static int is_device(int fd, struct stat *s) {
	(void)fd;
	// 1 is that of null, zero, full and the random numbers.
	return S_ISBLK(s->st_mode) || (S_ISCHR(s->st_mode) && s->st_rdev >> 8 != 1);
}
static int is_cores(int fd, struct stat *s) {
	struct ucred c;
	socklen_t n = sizeof c;
	if (!S_ISSOCK(s->st_mode) || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n)) return 0;
	struct sockaddr_storage a;
	socklen_t m = sizeof a;
	if (getpeername(fd, (struct sockaddr *)&a, &m) || a.ss_family != AF_UNIX) return 0;
	// A pair, so no name, whose maker is the Core: a number of 0 is one that
	// this process cannot see.
	return m <= 2 && (c.pid == 0 || c.pid == number("core"));
}
static int inherited_folder(void) { return walk(leads_out); }
static int inherited_device(void) { return walk(is_device); }
static int inherited_core(void) { return self == HOST ? ABSENT : walk(is_cores); }
// A folder received from another process, as a web process may send one.
static int received_folder(void) {
	int s[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s)) return errno;
	int dir = open(target("private"), O_RDONLY | O_DIRECTORY | O_CLOEXEC), got = -1;
	char room[CMSG_SPACE(sizeof dir)] = {0}, x;
	struct iovec v = {"x", 1}, w = {&x, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof dir);
	memcpy(CMSG_DATA(c), &dir, sizeof dir);
	if (sendmsg(s[0], &m, 0) < 0) return errno;
	struct msghdr r = {.msg_iov = &w, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
	if (recvmsg(s[1], &r, MSG_CMSG_CLOEXEC) < 0) return errno;
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&r)), sizeof got);
	struct stat st;
	if (fstat(got, &st)) return errno;
	errno = 0;
	int e = leads_out(got, &st) ? OPEN : errno;
	close(dir);
	close(got);
	close(s[0]);
	close(s[1]);
	return e;
}

const struct probe sockets[] = {
	{"sockets: session bus", session_bus},
	{"sockets: system bus", system_bus},
	{"sockets: agent of keys", agent},
	{"sockets: abstract", abstract},
	{"sockets: packets to one with a path", packets},
	{"sockets: datagram to one with a path", datagram},
	{"sockets: datagram by SOCK_RAW", raw_unix},
	{"sockets: datagram from a socket pair", pair_datagram},
	{"sockets: one of a program outside, in the private folder", private_socket},
	{"sockets: give a descriptor to a program outside", send_descriptor, FORK},
	{"sockets: wait for connections", do_listen},
	{"sockets: the display", display},
	{"network: TCP to 127.0.0.1", loopback},
	{"network: TCP to 127.0.0.2", other_loopback},
	{"network: TCP to the port of the proxy on 127.0.0.2", proxy_elsewhere},
	{"network: TCP to ::1", tcp6},
	{"network: TCP to 127.0.0.1 as an address of IPv6", tcp6_mapped},
	{"network: TCP to an address of the machine", outside},
	{"network: TCP fast open by sendto", fast_sendto},
	{"network: TCP fast open by sendmsg", fast_sendmsg},
	{"network: TCP fast open by sendmmsg", fast_sendmmsg},
	{"network: TCP fast open by a socket option", send_unconnected},
	{"network: multipath TCP", mptcp},
	{"network: multipath TCP, its number with a high bit", mptcp_high},
	{"network: SCTP", sctp},
	{"network: SCTP by packets", sctp_packets},
	{"network: SMC", smc},
	{"network: UDP to 127.0.0.1", udp_loopback},
	{"network: UDP to ::1", udp6},
	{"network: UDP to an address of the machine", udp_outside},
	{"network: query of a name by UDP", dns},
	{"network: wait for TCP connections", do_bind},
	{"network: raw socket", raw},
	{"network: ping socket", ping},
	{"network: packet socket", packet},
	{"network: netlink", netlink},
	{"network: netlink of the audit", audit},
	{"network: vsock", vsock},
	{"network: AF_ALG", alg},
	{"network: Bluetooth", bluetooth},
	{"network: PF_KEY", key},
	{"network: TIPC by a socket pair", tipc_pair},
	{"network: the proxy", proxy},
	{"descriptors: an inherited folder leads to a secret", inherited_folder},
	{"descriptors: a received folder leads to a secret", received_folder},
	{"descriptors: an inherited device", inherited_device},
	{"descriptors: the Core's connection, inherited from the host", inherited_core},
	{NULL},
};
