// SPDX-License-Identifier: Apache-2.0
//
// How long a process that does something forbidden goes on: COUNT times a child opens /etc/shadow and then notes the time
// until it is stopped. Prints one JSON line: nanoseconds from just before the call to its last note, and how many were left
// alone for two seconds.
//
//   react COUNT EVERY_US
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct note {
	volatile long long began;
	volatile long long last;
};

static const long long PATIENCE = 2000000000LL;

static long long nanoseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void act(struct note *note)
{
	note->began = note->last = nanoseconds();
	syscall(SYS_openat, AT_FDCWD, "/etc/shadow", O_RDONLY, 0);
	while (note->last - note->began < PATIENCE)
		note->last = nanoseconds();
	_exit(0);
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 100;
	long every = argc > 2 ? atol(argv[2]) : 20000;
	long missed = 0;
	const char *separator = "";
	struct note *note = mmap(NULL, sizeof(*note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (note == MAP_FAILED)
		return 1;
	printf("{\"ns\":[");
	for (long i = 0; i < count; i++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			act(note);
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 1;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
			printf("%s%lld", separator, note->last - note->began);
			separator = ",";
		} else
			missed++;
		usleep(every + rand() % every);
	}
	printf("],\"missed\":%ld}\n", missed);
	return 0;
}
