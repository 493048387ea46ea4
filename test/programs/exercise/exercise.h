// What every group of acts shares. An act does one precise thing and returns what the kernel returned: a
// non-negative value, or -1 with errno set.
#ifndef EXERCISE_H
#define EXERCISE_H

#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// The kernel, the architecture or the build lacks what the act needs.
#define EXIT_UNSUPPORTED 77

struct act {
	const char *name;
	const char *arguments;
	int needed; // how many arguments at least
	long (*run)(int argc, char **argv);
};

extern const struct act file_acts[], path_acts[], mount_acts[], network_acts[], process_acts[], program_acts[],
	kernel_acts[], name_acts[], way_acts[];

// Runs the act that argv names and reports it; the exit code of the program.
int perform(int argc, char **argv);
// Adds detail to the line that reports the act.
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Ends the program: the preparation of an act failed, not the act.
void give_up(const char *what) __attribute__((noreturn));
// A non-negative return value of preparation, or the end.
long sure(long result, const char *what);

long number(const char *text);
// `r,creat,trunc` and the like, for open(2).
int open_flags(const char *words);
// `mnt,pid` and the like, for unshare(2).
int namespace_flags(const char *words);
// Bytes of the file, which the caller frees.
char *slurp(const char *path, size_t *size);
void copy_file(const char *from, const char *to);
// A pair of TCP sockets connected over loopback: [0] connected, [1] accepted.
void tcp_pair(int pair[2]);
// The pid of a child that only sleeps; end_child ends and reaps it.
pid_t sleeping_child(void);
void end_child(pid_t child);

#endif
