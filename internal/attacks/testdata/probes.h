// What the probes have in common. Each is a thing that native code of an
// attacker would try in a process that shows pages.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// What a probe returns: the errno of its failure, or one of these.
#define OPEN 0     // it did what it should not be able to
#define ABSENT 255 // there is nothing here that it could try

// FORK runs a probe in a process of its own: it may crash, block, or change
// the process that it runs in.
#define FORK 1

struct probe {
	const char *name;
	int (*run)(void);
	int flags;
};

extern const struct probe files[], programs[], processes[], sockets[], clients[], broker[], kernel[], tricks[];

// The processes that are attacked.
enum process { HOST, NETWORK, WEB };
extern enum process self;

// target is what the test has planted for a probe, "" for nothing.
const char *target(const char *name);
long number(const char *name);

// result turns what a system call returned into what a probe returns.
int result(long got);
// reached is for calls that have nothing to work with: they are open if the
// kernel looked at their arguments at all.
int reached(long got);
// spawned runs f in a new process and returns what it returned.
int spawned(int (*f)(void));
// dial connects to a socket with a path, or with a name that begins with @. It
// returns a descriptor, or -1.
int dial(const char *name);
// join makes the path of a file in a folder. It uses one static buffer.
const char *join(const char *dir, const char *name);
// in_new makes new namespaces, in a user namespace where it must, and takes
// care that no mount of theirs is seen elsewhere. It returns 0 or an errno.
int in_new(int namespaces);
