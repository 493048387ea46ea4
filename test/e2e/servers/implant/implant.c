#define _GNU_SOURCE
#include "implant.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *append(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	return at;
}

static char *append_number(char *at, int value)
{
	char digits[12];
	int count = 0;
	do
		digits[count++] = '0' + value % 10;
	while ((value /= 10) > 0);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

// One line on the server's standard error: `implant NAME allowed|denied|killed STEP NUMBER`.
static void report(const struct attack *attack, const struct progress *progress, int status)
{
	const char *outcome = "allowed";
	int number = progress->error;
	if (WIFSIGNALED(status)) {
		outcome = "killed";
		number = WTERMSIG(status);
	} else if (progress->error != 0) {
		outcome = "denied";
	} else if (WEXITSTATUS(status) != (attack->ran ? attack->ran : 0)) {
		// It became another program, which could not do its work.
		outcome = "denied";
		number = WEXITSTATUS(status);
	}
	char line[200], *at = line;
	at = append(at, "implant ");
	at = append(at, attack->name);
	at = append(at, " ");
	at = append(at, outcome);
	at = append(at, " ");
	at = append(at, progress->step);
	at = append(at, " ");
	at = append_number(at, number);
	at = append(at, "\n");
	(void)!write(2, line, at - line);
}

#define PATIENCE_S 3

static long plain_fork(void)
{
	// No handlers of libc or of the server run, and no lock of theirs is taken.
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

// How an attacker ended. Where waiting for it is denied as well, only what it notes itself can be known, and silence
// counts as success.
static int end_of(long attacker, struct progress *progress, const struct attack *attack)
{
	int status = 0;
	struct timespec from, at;
	for (;;) {
		if (waitpid(attacker, &status, 0) >= 0)
			return status;
		if (errno != EINTR)
			break;
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &at);
	while (!progress->done && at.tv_sec - from.tv_sec < PATIENCE_S);
	return progress->done ? 0 : (attack->ran ? attack->ran << 8 : 0);
}

static void watch(const struct attack *attack)
{
	struct progress *progress =
		mmap(0, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		_exit(1);
	progress->step = "start";
	long attacker = plain_fork();
	if (attacker == 0) {
		now = progress;
		attack->run();
		progress->done = 1;
		_exit(0);
	}
	int status = 0;
	if (attacker < 0)
		progress->error = errno;
	else
		status = end_of(attacker, progress, attack);
	report(attack, progress, status);
	// A server counts a child that failed as a crash of its own.
	_exit(0);
}

static void on_order(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	int error = errno, order = info->si_value.sival_int;
	if (order >= 0 && order < attack_count && plain_fork() == 0) {
		// What the server does with its children is not meant for these.
		struct sigaction plain = { .sa_handler = SIG_DFL };
		sigaction(SIGCHLD, &plain, 0);
		watch(&attacks[order]);
	}
	errno = error;
}

__attribute__((constructor)) static void wait_for_orders(void)
{
	struct sigaction action = { .sa_sigaction = on_order, .sa_flags = SA_SIGINFO | SA_RESTART };
	sigaction(SIGRTMIN + ORDER_OFFSET, &action, 0);
}
