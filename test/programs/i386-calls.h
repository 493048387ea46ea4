// System calls through the 32-bit door, `int $0x80`, for a 32-bit program and for a 64-bit one: the numbers and
// layouts are i386's in both. A 64-bit caller must keep every buffer below 4 GiB, which `low` does.
#ifndef I386_CALLS_H
#define I386_CALLS_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// arch/x86/entry/syscalls/syscall_32.tbl
enum {
	NR_open = 5, NR_close = 6, NR_creat = 8, NR_link = 9, NR_unlink = 10, NR_execve = 11, NR_chmod = 15,
	NR_ptrace = 26, NR_rename = 38, NR_mkdir = 39, NR_dup2 = 63, NR_symlink = 83, NR_socketcall = 102,
	NR_mprotect = 125, NR_setuid32 = 213, NR_openat = 295, NR_unlinkat = 301, NR_memfd_create = 356,
	NR_socket = 359, NR_connect = 362, NR_sendto = 369, NR_openat2 = 437,
};
// include/uapi/linux/net.h
enum { CALL_SOCKET = 1, CALL_CONNECT = 3, CALL_SENDTO = 11 };

static inline long int80(long number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
	long result;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory"
#ifdef __x86_64__
			 , "r8", "r9", "r10", "r11"
#endif
	);
	return (int)result;
}

// A copy below 4 GiB, as the 32-bit address of it.
static inline uint32_t low(const void *bytes, size_t size)
{
#ifdef __x86_64__
	const int where = MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT;
#else
	const int where = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
	void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, where, -1, 0);
	if (copy == MAP_FAILED)
		exit(77);
	memcpy(copy, bytes, size);
	return (uint32_t)(uintptr_t)copy;
}

static inline uint32_t low_text(const char *text) { return low(text, strlen(text) + 1); }

#endif
