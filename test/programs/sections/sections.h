// What a policy's sections are about, tried one after another; each try in a process of its own.
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// 0, or the error as in errno; ABSENT: the kernel has no such thing.
#define ABSENT 1000
struct attempt {
	const char *name;
	int (*run)(const char *argument);
};

extern const struct attempt surface_attempts[], network_attempts[], privilege_attempts[];

static inline int outcome(long result)
{
	return result < 0 ? errno : 0;
}
