// Sockets. Every peer is an address the caller names (tests: loopback or their own namespace) or this program.
#include "exercise.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t parse(const char *ip, const char *port, union address *address)
{
	memset(address, 0, sizeof *address);
	if (inet_pton(AF_INET, ip, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(number(port));
		return sizeof address->v4;
	}
	if (inet_pton(AF_INET6, ip, &address->v6.sin6_addr) == 1) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons(number(port));
		return sizeof address->v6;
	}
	fprintf(stderr, "exercise: `%s` is no address\n", ip);
	exit(2);
}

static int bound_listener(union address *address)
{
	socklen_t size = sizeof address->v4;
	memset(address, 0, sizeof *address);
	address->v4.sin_family = AF_INET;
	address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int listener = sure(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	sure(bind(listener, &address->any, size), "bind");
	sure(listen(listener, 8), "listen");
	sure(getsockname(listener, &address->any, &size), "getsockname");
	return listener;
}

void tcp_pair(int pair[2])
{
	union address address;
	int listener = bound_listener(&address);
	pair[0] = sure(socket(AF_INET, SOCK_STREAM, 0), "socket");
	sure(connect(pair[0], &address.any, sizeof address.v4), "connect");
	pair[1] = sure(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept4");
	close(listener);
}

static long act_socket(int argc, char **argv)
{
	static const struct { const char *name; int value; } domains[] = {
		{ "unix", AF_UNIX }, { "inet", AF_INET }, { "inet6", AF_INET6 }, { "packet", AF_PACKET },
		{ "netlink", AF_NETLINK }, { "alg", AF_ALG }, { "vsock", AF_VSOCK },
	};
	int domain = -1;
	for (size_t at = 0; at < sizeof domains / sizeof *domains; at++)
		if (strcmp(domains[at].name, argv[0]) == 0)
			domain = domains[at].value;
	int type = strcmp(argv[1], "raw") == 0 ? SOCK_RAW : strcmp(argv[1], "dgram") == 0 ? SOCK_DGRAM :
		   strcmp(argv[1], "seqpacket") == 0 ? SOCK_SEQPACKET : SOCK_STREAM;
	return socket(domain < 0 ? number(argv[0]) : domain, type, argc > 2 ? number(argv[2]) : 0);
}

// ADDRESS PORT; the address `self` is a listener of this program's own on loopback.
static long connect_with(int type, char **argv)
{
	union address address;
	socklen_t size = sizeof address.v4;
	if (strcmp(argv[0], "self") == 0)
		bound_listener(&address);
	else
		size = parse(argv[0], argv[1], &address);
	return connect(sure(socket(address.any.sa_family, type, 0), "socket"), &address.any, size);
}
static long act_connect(int argc, char **argv) { return connect_with(SOCK_STREAM, argv); }
static long act_connect_udp(int argc, char **argv) { return connect_with(SOCK_DGRAM, argv); }

static socklen_t unix_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	strncpy(address->sun_path, path, sizeof address->sun_path - 1);
	size_t length = strlen(address->sun_path);
	if (path[0] == '@')
		address->sun_path[0] = 0;
	return offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '@' ? 0 : 1);
}

static long act_connect_unix(int argc, char **argv)
{
	struct sockaddr_un address;
	socklen_t size = unix_address(argv[0], &address);
	return connect(sure(socket(AF_UNIX, SOCK_STREAM, 0), "socket"), (struct sockaddr *)&address, size);
}

static long act_pair_unix(int argc, char **argv)
{
	struct sockaddr_un address;
	socklen_t size = unix_address(argv[0], &address);
	int listener = sure(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
	sure(bind(listener, (struct sockaddr *)&address, size), "bind");
	sure(listen(listener, 1), "listen");
	sure(act_connect_unix(argc, argv), "connect");
	return accept(listener, NULL, NULL);
}

static long act_bind(int argc, char **argv)
{
	union address address;
	socklen_t size = parse(argv[0], argv[1], &address);
	int listener = sure(socket(address.any.sa_family, SOCK_STREAM, 0), "socket");
	sure(bind(listener, &address.any, size), "bind");
	return listen(listener, 1);
}

static long act_accept(int argc, char **argv)
{
	union address address;
	int listener = bound_listener(&address);
	int client = sure(socket(AF_INET, SOCK_STREAM, 0), "socket");
	sure(connect(client, &address.any, sizeof address.v4), "connect");
	note(" port %d", ntohs(address.v4.sin_port));
	return argc > 0 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : accept(listener, NULL, NULL);
}

static long act_sendto(int argc, char **argv)
{
	union address address;
	socklen_t size = parse(argv[0], argv[1], &address);
	int socket_ = sure(socket(address.any.sa_family, SOCK_DGRAM, 0), "socket");
	return sendto(socket_, argv[2], strlen(argv[2]), 0, &address.any, size);
}

static long act_sendmsg(int argc, char **argv)
{
	union address address;
	socklen_t size = parse(argv[0], argv[1], &address);
	struct iovec part = { argv[2], strlen(argv[2]) };
	struct msghdr message = { .msg_name = &address, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1 };
	return sendmsg(sure(socket(address.any.sa_family, SOCK_DGRAM, 0), "socket"), &message, 0);
}

static long act_sendmmsg(int argc, char **argv)
{
	union address address;
	socklen_t size = parse(argv[0], argv[1], &address);
	struct iovec part = { argv[2], strlen(argv[2]) };
	struct msghdr message = { .msg_name = &address, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1 };
	struct mmsghdr messages[2] = { { .msg_hdr = message }, { .msg_hdr = message } };
	return sendmmsg(sure(socket(address.any.sa_family, SOCK_DGRAM, 0), "socket"), messages, 2, 0);
}

// Bytes from pairs of hexadecimal digits; how many.
static size_t from_hex(const char *text, char *bytes, size_t limit)
{
	size_t count = 0;
	for (unsigned byte; count < limit && sscanf(text + 2 * count, "%2x", &byte) == 1; count++)
		bytes[count] = byte;
	return count;
}

static long act_receive(int argc, char **argv)
{
	int pair[2];
	char bytes[64];
	struct iovec part = { bytes, sizeof bytes };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	size_t length = argc > 0 ? from_hex(argv[0], bytes, sizeof bytes) : 3;
	tcp_pair(pair);
	sure(send(pair[0], argc > 0 ? bytes : "one", length, 0), "send");
	sure(recvfrom(pair[1], bytes, sizeof bytes, 0, NULL, NULL), "recvfrom");
	sure(send(pair[0], "two", 3, 0), "send");
	sure(recvmsg(pair[1], &message, 0), "recvmsg");
	return shutdown(pair[0], SHUT_RDWR);
}

// A reverse shell's move: standard input, output and error become a connection. The peer is this program.
static long act_redirect(int argc, char **argv)
{
	int pair[2];
	int was_stdin = sure(dup(0), "dup"), target = argc > 1 ? number(argv[1]) : 0;
	long result;
	tcp_pair(pair);
	if (strcmp(argv[0], "dup3") == 0)
		result = dup3(pair[0], target, O_CLOEXEC);
	else if (strcmp(argv[0], "dup") == 0)
		result = close(target) < 0 ? -1 : dup(pair[0]);
	else
		result = syscall(SYS_dup2, pair[0], target);
	int error = errno;
	sure(dup2(was_stdin, target), "dup2");
	errno = error;
	return result;
}

static long act_pipe(int argc, char **argv)
{
	int ends[2];
	return argc > 0 ? pipe2(ends, O_CLOEXEC) : syscall(SYS_pipe, ends);
}

const struct act network_acts[] = {
	{ "socket", "DOMAIN TYPE [PROTOCOL]     packet raw, inet stream, netlink raw, …", 2, act_socket },
	{ "connect", "ADDRESS PORT     or `self 0`: its own listener on loopback", 2, act_connect },
	{ "connect-udp", "ADDRESS PORT", 2, act_connect_udp },
	{ "connect-unix", "PATH     @NAME: abstract", 1, act_connect_unix },
	{ "pair-unix", "PATH     binds, connects to itself, accepts", 1, act_pair_unix },
	{ "bind", "ADDRESS PORT     and listens", 2, act_bind },
	{ "accept", "[accept4]     on loopback, from itself", 0, act_accept },
	{ "sendto", "ADDRESS PORT TEXT", 3, act_sendto },
	{ "sendmsg", "ADDRESS PORT TEXT", 3, act_sendmsg },
	{ "sendmmsg", "ADDRESS PORT TEXT", 3, act_sendmmsg },
	{ "receive", "[HEX]     recvfrom (of these bytes), recvmsg, shutdown on loopback", 0, act_receive },
	{ "redirect", "dup|dup2|dup3 [DESCRIPTOR]     a connected socket over standard input", 1, act_redirect },
	{ "pipe", "[pipe2]", 0, act_pipe },
	{ 0 },
};
