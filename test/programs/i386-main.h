// `PROGRAM ACT ARGUMENTS…`: one system call through `int $0x80`, then a line `ACT: RESULT`. Exit codes: 0 the call
// succeeded, 1 it failed, 2 wrong usage, 77 the kernel has no 32-bit calls.
#include "i386-calls.h"

static long act_open(char **argv) { return int80(NR_open, low_text(argv[0]), O_RDONLY, 0, 0, 0); }
static long act_open_write(char **argv)
{
	return int80(NR_open, low_text(argv[0]), O_WRONLY | O_CREAT, 0644, 0, 0);
}
static long act_creat(char **argv) { return int80(NR_creat, low_text(argv[0]), 0644, 0, 0, 0); }
static long act_openat(char **argv) { return int80(NR_openat, AT_FDCWD, low_text(argv[0]), O_RDONLY, 0, 0); }
static long act_openat2(char **argv)
{
	uint64_t how[3] = { O_RDONLY, 0, 0 };
	return int80(NR_openat2, AT_FDCWD, low_text(argv[0]), low(how, sizeof how), sizeof how, 0);
}
static long act_execve(char **argv)
{
	uint32_t list[16] = { 0 }, environment[1] = { 0 };
	for (int at = 0; argv[at] && at < 15; at++)
		list[at] = low_text(argv[at]);
	return int80(NR_execve, list[0], low(list, sizeof list), low(environment, sizeof environment), 0, 0);
}
static long act_unlink(char **argv) { return int80(NR_unlink, low_text(argv[0]), 0, 0, 0, 0); }
static long act_unlinkat(char **argv) { return int80(NR_unlinkat, AT_FDCWD, low_text(argv[0]), 0, 0, 0); }
static long act_rename(char **argv)
{
	return int80(NR_rename, low_text(argv[0]), low_text(argv[1]), 0, 0, 0);
}
static long act_mkdir(char **argv) { return int80(NR_mkdir, low_text(argv[0]), 0755, 0, 0, 0); }
static long act_link(char **argv) { return int80(NR_link, low_text(argv[0]), low_text(argv[1]), 0, 0, 0); }
static long act_symlink(char **argv)
{
	return int80(NR_symlink, low_text(argv[0]), low_text(argv[1]), 0, 0, 0);
}
static long act_chmod(char **argv)
{
	return int80(NR_chmod, low_text(argv[0]), strtol(argv[1], NULL, 8), 0, 0, 0);
}
static long act_setuid(char **argv) { return int80(NR_setuid32, atoi(argv[0]), 0, 0, 0, 0); }
static long act_traceme(char **argv) { (void)argv; return int80(NR_ptrace, 0, 0, 0, 0, 0); }
static long act_memfd(char **argv) { return int80(NR_memfd_create, low_text(argv[0]), 0, 0, 0, 0); }
static long act_dup2(char **argv) { (void)argv; return int80(NR_dup2, 2, 9, 0, 0, 0); }

// ADDRESS PORT; the address `self` is a listener of this program's own on loopback.
static uint32_t low_address(char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])) };
	socklen_t size = sizeof address;
	int is_self = strcmp(argv[0], "self") == 0;
	inet_pton(AF_INET, is_self ? "127.0.0.1" : argv[0], &address.sin_addr);
	if (is_self) {
		int listener = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1) < 0)
			exit(77);
		getsockname(listener, (struct sockaddr *)&address, &size);
	}
	return low(&address, sizeof address);
}
static long act_packet(char **argv) { (void)argv; return int80(NR_socket, AF_PACKET, SOCK_RAW, 0, 0, 0); }
static long act_connect(char **argv)
{
	long file = int80(NR_socket, AF_INET, SOCK_STREAM, 0, 0, 0);
	return int80(NR_connect, file, low_address(argv), sizeof(struct sockaddr_in), 0, 0);
}
// The multiplexed form, which 32-bit programs of older C libraries use.
static long socketcall(int call, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f)
{
	uint32_t arguments[6] = { a, b, c, d, e, f };
	return int80(NR_socketcall, call, low(arguments, sizeof arguments), 0, 0, 0);
}
static long act_socketcall_connect(char **argv)
{
	long file = socketcall(CALL_SOCKET, AF_INET, SOCK_STREAM, 0, 0, 0, 0);
	return socketcall(CALL_CONNECT, file, low_address(argv), sizeof(struct sockaddr_in), 0, 0, 0);
}
static long act_socketcall_sendto(char **argv)
{
	long file = socketcall(CALL_SOCKET, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);
	return socketcall(CALL_SENDTO, file, low_text("hello"), 5, 0, low_address(argv), sizeof(struct sockaddr_in));
}
static long act_socketcall_packet(char **argv)
{
	(void)argv;
	return socketcall(CALL_SOCKET, AF_PACKET, SOCK_RAW, 0, 0, 0, 0);
}

static const struct { const char *name; int needed; long (*run)(char **); } acts[] = {
	{ "open", 1, act_open }, { "open-write", 1, act_open_write }, { "creat", 1, act_creat },
	{ "openat", 1, act_openat }, { "openat2", 1, act_openat2 }, { "execve", 1, act_execve },
	{ "unlink", 1, act_unlink }, { "unlinkat", 1, act_unlinkat }, { "rename", 2, act_rename },
	{ "mkdir", 1, act_mkdir }, { "link", 2, act_link }, { "symlink", 2, act_symlink },
	{ "chmod", 2, act_chmod }, { "setuid", 1, act_setuid }, { "ptrace-traceme", 0, act_traceme },
	{ "memfd-create", 1, act_memfd }, { "dup2", 0, act_dup2 }, { "socket-packet", 0, act_packet },
	{ "connect", 2, act_connect }, { "socketcall-connect", 2, act_socketcall_connect },
	{ "socketcall-sendto", 2, act_socketcall_sendto }, { "socketcall-packet", 0, act_socketcall_packet },
};

int main(int argc, char **argv)
{
	for (size_t at = 0; argc > 1 && at < sizeof acts / sizeof *acts; at++) {
		if (strcmp(acts[at].name, argv[1]) || argc - 2 < acts[at].needed)
			continue;
		long result = acts[at].run(argv + 2);
		if (result >= 0)
			printf("%s: %ld\n", argv[1], result);
		else
			printf("%s: %s\n", argv[1], strerrorname_np(-result));
		return result >= 0 ? 0 : result == -ENOSYS ? 77 : 1;
	}
	fprintf(stderr, "usage: %s ACT ARGUMENTS…; acts:", argv[0]);
	for (size_t at = 0; at < sizeof acts / sizeof *acts; at++)
		fprintf(stderr, " %s", acts[at].name);
	fprintf(stderr, "\n");
	return 2;
}
