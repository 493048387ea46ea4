// SPDX-License-Identifier: Apache-2.0
//
// What a benchmark runs inside a container. One mode per kind of work; prints one JSON line.
//
//   load MODE COUNT [cpu=N] [path=FILE] [every_us=N] [rate=N]
//
//   open      open FILE for reading, close it
//   openw     open FILE for reading and writing, close it
//   getppid   a system call without arguments, which no rule asks for
//   connect   connect a new datagram socket to a port of this machine, close it
//   signal    send itself signal 0, about the cheapest system call that rules do ask for
//   forkexec  fork, execute this program again to do nothing, wait for it
//   mixed     per round: open, read, close, 10 getppid; every 200th round fork and execute
//   secret    open FILE, then sleep between every_us and twice that; prints when each open began and ended
//
// `rate` spreads the work evenly over time, at that many rounds per second. Times are CLOCK_MONOTONIC, except
// for `secret`: CLOCK_REALTIME, to be compared with the clock of the process that reads the detections.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct job {
	const char *mode;
	const char *self;
	const char *path;
	long count;
	long every_us;
	long rate;
};

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long nanoseconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// The raw call: libc's open() may choose another system call, and its cost is not what is measured.
static int open_raw(const char *path, int flags)
{
	int fd = syscall(SYS_openat, AT_FDCWD, path, flags, 0);

	if (fd < 0)
		die(path);
	return fd;
}

static void open_close(const struct job *job)
{
	syscall(SYS_close, open_raw(job->path, O_RDONLY));
}

static void open_write_close(const struct job *job)
{
	syscall(SYS_close, open_raw(job->path, O_RDWR));
}

// Asked about before it is routed: whether the machine's own interface is up makes no difference.
static void connect_close(const struct job *job)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)job;
	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&peer, sizeof peer) != 0 && errno != ENETUNREACH)
		die("connect");
	close(fd);
}

static void parent_id(const struct job *job)
{
	(void)job;
	syscall(SYS_getppid);
}

static void signal_self(const struct job *job)
{
	(void)job;
	syscall(SYS_kill, getpid(), 0);
}

static void fork_exec(const struct job *job)
{
	char *arguments[] = { "load", "nothing", NULL };
	int status;
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		execv(job->self, arguments);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child || status != 0) {
		fprintf(stderr, "load: child ended with %#x\n", status);
		exit(1);
	}
}

static void mixed(const struct job *job)
{
	static long round;
	char data[256];
	int fd = open_raw(job->path, O_RDONLY);

	if (syscall(SYS_read, fd, data, sizeof data) < 0)
		die("read");
	syscall(SYS_close, fd);
	for (int i = 0; i < 10; i++)
		syscall(SYS_getppid);
	if (++round % 200 == 0)
		fork_exec(job);
}

static const struct {
	const char *name;
	void (*round)(const struct job *job);
} MODES[] = {
	{ "open", open_close },
	{ "openw", open_write_close },
	{ "connect", connect_close },
	{ "getppid", parent_id },
	{ "signal", signal_self },
	{ "forkexec", fork_exec },
	{ "mixed", mixed },
};

static int repeat(const struct job *job, void (*round)(const struct job *job))
{
	long long begin = nanoseconds(CLOCK_MONOTONIC);

	for (long i = 0; i < job->count; i++) {
		// Asleep, not spinning, between bursts: whoever reads the events needs a CPU too.
		if (job->rate > 0 && i % 64 == 0) {
			long long due = begin + (long long)(i * (1e9 / job->rate));
			struct timespec until = { due / 1000000000, due % 1000000000 };

			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		}
		round(job);
	}
	printf("{\"mode\":\"%s\",\"count\":%ld,\"elapsedNs\":%lld,\"cpuNs\":%lld}\n", job->mode, job->count,
	       nanoseconds(CLOCK_MONOTONIC) - begin, nanoseconds(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}

static int secret(const struct job *job)
{
	long long *begun = calloc(job->count, sizeof *begun);
	long long *ended = calloc(job->count, sizeof *ended);
	unsigned int seed = 1;

	if (!begun || !ended)
		die("calloc");
	for (long i = 0; i < job->count; i++) {
		usleep(job->every_us + rand_r(&seed) % (job->every_us + 1));
		begun[i] = nanoseconds(CLOCK_REALTIME);
		int fd = open_raw(job->path, O_RDONLY);
		ended[i] = nanoseconds(CLOCK_REALTIME);
		close(fd);
	}
	printf("{\"mode\":\"secret\",\"opens\":[");
	for (long i = 0; i < job->count; i++)
		printf("%s[%lld,%lld]", i ? "," : "", begun[i], ended[i]);
	puts("]}");
	return 0;
}

static void run_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof cpus, &cpus))
		die("sched_setaffinity");
}

int main(int count, char **arguments)
{
	struct job job = { .self = "/proc/self/exe", .path = "/tmp/file", .every_us = 20000 };

	if (count == 2 && !strcmp(arguments[1], "nothing"))
		return 0;
	if (count < 3) {
		fprintf(stderr, "usage: load MODE COUNT [cpu=N] [path=FILE] [every_us=N] [rate=N]\n");
		return 2;
	}
	job.mode = arguments[1];
	job.count = atol(arguments[2]);
	for (int i = 3; i < count; i++) {
		char *value = strchr(arguments[i], '=');

		if (!value)
			return 2;
		*value++ = '\0';
		if (!strcmp(arguments[i], "cpu"))
			run_on(atoi(value));
		else if (!strcmp(arguments[i], "path"))
			job.path = value;
		else if (!strcmp(arguments[i], "every_us"))
			job.every_us = atol(value);
		else if (!strcmp(arguments[i], "rate"))
			job.rate = atol(value);
		else
			return 2;
	}
	if (!strcmp(job.mode, "secret"))
		return secret(&job);
	for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i++)
		if (!strcmp(job.mode, MODES[i].name))
			return repeat(&job, MODES[i].round);
	fprintf(stderr, "load: no mode `%s`\n", job.mode);
	return 2;
}
