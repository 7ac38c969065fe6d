// A program of the same user, outside of what is confined. It holds things
// that others could take, says where they are, and ends with its input.
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

static char secret[] = "secret of the victim";

int main(void) {
	char name[64], c;
	int shm = shmget(IPC_PRIVATE, 4096, 0600), sem = semget(IPC_PRIVATE, 1, 0600), msg = msgget(IPC_PRIVATE, 0600);
	snprintf(name, sizeof name, "/mullion-victim%d", getpid());
	mqd_t mq = mq_open(name, O_CREAT | O_RDWR, 0600, NULL);
	printf("victim %d\naddress %p\nshm %d\nsem %d\nmsg %d\nmq %s\n\n", getpid(), (void *)secret, shm, sem, msg, mq < 0 ? "" : name);
	fflush(stdout);
	while (read(0, &c, 1) > 0) {}
	shmctl(shm, IPC_RMID, NULL);
	semctl(sem, 0, IPC_RMID);
	msgctl(msg, IPC_RMID, NULL);
	mq_unlink(name);
	return 0;
}
