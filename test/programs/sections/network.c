// Sockets, and the ways an address can be given. ARGUMENT of an attempt: `PORT` or `ADDRESS:PORT`, by default as below.
#include "sections.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

static struct sockaddr_in address4(const char *text, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, text, &address.sin_addr);
	return address;
}
static struct sockaddr_in6 address6(const char *text, int port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	inet_pton(AF_INET6, text, &address.sin6_addr);
	return address;
}
static int port_of(const char *argument)
{
	return argument ? atoi(argument) : 7001;
}
// Nobody listens: what is not denied is refused, and that is as good.
static int reached(long result)
{
	return result < 0 && errno != ECONNREFUSED && errno != EINPROGRESS && errno != EADDRINUSE ? errno : 0;
}
static int new_socket(int family, int type, int protocol)
{
	int file = socket(family, type, protocol);

	if (file < 0)
		exit(errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT || errno == ESOCKTNOSUPPORT ? 255 : errno);
	return file;
}
static int connect4(int type, const char *text, int port)
{
	struct sockaddr_in address = address4(text, port);

	return reached(connect(new_socket(AF_INET, type | SOCK_NONBLOCK, 0), (void *)&address, sizeof address));
}
static int connect6(int type, const char *text, int port)
{
	struct sockaddr_in6 address = address6(text, port);

	return reached(connect(new_socket(AF_INET6, type | SOCK_NONBLOCK, 0), (void *)&address, sizeof address));
}

static int tcp4(const char *a)
{
	return connect4(SOCK_STREAM, "127.0.0.2", port_of(a));
}
static int tcp4_other(const char *a)
{
	return connect4(SOCK_STREAM, "127.0.0.3", port_of(a));
}
static int tcp4_any(const char *a)
{
	return connect4(SOCK_STREAM, "0.0.0.0", port_of(a));
}
static int tcp6(const char *a)
{
	return connect6(SOCK_STREAM, "::1", port_of(a));
}
static int tcp6_any(const char *a)
{
	return connect6(SOCK_STREAM, "::", port_of(a));
}
static int tcp_mapped(const char *a)
{
	return connect6(SOCK_STREAM, "::ffff:127.0.0.2", port_of(a));
}
static int udp4(const char *a)
{
	return connect4(SOCK_DGRAM, "127.0.0.2", port_of(a));
}
static int udp6_to_4(const char *a)
{
	struct sockaddr_in address = address4("127.0.0.2", port_of(a));

	return reached(connect(new_socket(AF_INET6, SOCK_DGRAM, 0), (void *)&address, sizeof address));
}
static int mptcp(const char *a)
{
	struct sockaddr_in address = address4("127.0.0.2", port_of(a));

	return reached(connect(new_socket(AF_INET, SOCK_STREAM, 262), (void *)&address, sizeof address));
}
static int send_to(int family, int type, const void *address, socklen_t length, int flags)
{
	return reached(sendto(new_socket(family, type, 0), "x", 1, flags, address, length));
}
static int udp_sendto(const char *a)
{
	struct sockaddr_in address = address4("127.0.0.2", port_of(a));

	return send_to(AF_INET, SOCK_DGRAM, &address, sizeof address, 0);
}
static int udp_sendto_other(const char *a)
{
	struct sockaddr_in address = address4("127.0.0.3", port_of(a));

	return send_to(AF_INET, SOCK_DGRAM, &address, sizeof address, 0);
}
static int udp_sendto_no_family(const char *a)
{
	struct sockaddr_in address = address4("127.0.0.2", port_of(a));

	address.sin_family = AF_UNSPEC;
	return send_to(AF_INET, SOCK_DGRAM, &address, sizeof address, 0);
}
static int udp_sendto_mapped(const char *a)
{
	struct sockaddr_in6 address = address6("::ffff:127.0.0.2", port_of(a));

	return send_to(AF_INET6, SOCK_DGRAM, &address, sizeof address, 0);
}
static int udp_sendto6(const char *a)
{
	struct sockaddr_in6 address = address6("::1", port_of(a));

	return send_to(AF_INET6, SOCK_DGRAM, &address, sizeof address, 0);
}
static int udp_sendmmsg(const char *a)
{
	struct sockaddr_in fine = address4("127.0.0.3", port_of(a)), denied = address4("127.0.0.2", port_of(a));
	struct iovec data = { "x", 1 };
	struct mmsghdr messages[2] = {
		{ .msg_hdr = { .msg_name = &fine, .msg_namelen = sizeof fine, .msg_iov = &data, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_name = &denied, .msg_namelen = sizeof denied, .msg_iov = &data, .msg_iovlen = 1 } },
	};
	int sent = sendmmsg(new_socket(AF_INET, SOCK_DGRAM, 0), messages, 2, 0);

	// an error of a later message is not told, only that fewer were sent
	return sent == 2 ? 0 : sent == 1 ? EPERM : errno;
}
static int fast_open(const char *a)
{
	struct sockaddr_in address = address4("127.0.0.2", port_of(a));

	return send_to(AF_INET, SOCK_STREAM, &address, sizeof address, MSG_FASTOPEN | MSG_DONTWAIT);
}
static int bind4(const char *text, int port)
{
	struct sockaddr_in address = address4(text, port);

	return reached(bind(new_socket(AF_INET, SOCK_STREAM, 0), (void *)&address, sizeof address));
}
static int bind_denied(const char *a)
{
	return bind4("127.0.0.2", port_of(a));
}
static int bind_other(const char *a)
{
	return bind4("127.0.0.3", port_of(a));
}
static int bind_all(const char *a)
{
	return bind4("0.0.0.0", port_of(a));
}
static int bind_all6(const char *a)
{
	struct sockaddr_in6 address = address6("::", port_of(a));

	return reached(bind(new_socket(AF_INET6, SOCK_STREAM, 0), (void *)&address, sizeof address));
}
static int bind_mapped(const char *a)
{
	struct sockaddr_in6 address = address6("::ffff:127.0.0.2", port_of(a));

	return reached(bind(new_socket(AF_INET6, SOCK_STREAM, 0), (void *)&address, sizeof address));
}
static int listen_on(const char *text, int port)
{
	struct sockaddr_in address = address4(text, port);
	int file = new_socket(AF_INET, SOCK_STREAM, 0);

	if (bind(file, (void *)&address, sizeof address))
		return ABSENT;
	return outcome(listen(file, 1));
}
static int listen_denied(const char *a)
{
	return listen_on("127.0.0.4", port_of(a));
}
static int listen_other(const char *a)
{
	return listen_on("127.0.0.3", port_of(a));
}
static int raw(const char *a)
{
	int file = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	return outcome(file);
}
static int packet(const char *a)
{
	return outcome(socket(AF_PACKET, SOCK_RAW, 0));
}
static int netlink(const char *a)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int file = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	if (file < 0)
		return errno;
	struct nlmsghdr nothing = { .nlmsg_len = sizeof nothing, .nlmsg_type = NLMSG_NOOP };
	return outcome(sendto(file, &nothing, sizeof nothing, 0, (void *)&address, sizeof address));
}
static int unix_stream(const char *a)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/no/such/socket" };
	long result = connect(new_socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof address);

	return result < 0 && errno == ENOENT ? 0 : outcome(result);
}
static int unix_datagram(const char *a)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/no/such/socket" };
	long result = sendto(new_socket(AF_UNIX, SOCK_DGRAM, 0), "x", 1, 0, (void *)&address, sizeof address);

	return result < 0 && errno == ENOENT ? 0 : outcome(result);
}

// A socket that another process made and handed over.
static int passed_socket(const char *a)
{
	int ends[2], file;
	char control[CMSG_SPACE(sizeof file)] = { 0 }, byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
	};

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return ABSENT;
	if (fork() == 0) {
		file = socket(AF_INET, SOCK_STREAM, 0);
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);

		*head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof file) };
		memcpy(CMSG_DATA(head), &file, sizeof file);
		sendmsg(ends[1], &message, 0);
		_exit(0);
	}
	if (recvmsg(ends[0], &message, 0) != 1)
		return ABSENT;
	memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
	struct sockaddr_in address = address4("127.0.0.2", port_of(a));
	return reached(connect(file, (void *)&address, sizeof address));
}

static int uring_connect(const char *a)
{
	struct io_uring_params p = { 0 };
	int ring = syscall(SYS_io_uring_setup, 4, &p);
	struct sockaddr_in address = address4("127.0.0.2", port_of(a));

	if (ring < 0)
		return ABSENT;
	size_t size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
	char *sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	char *cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE,
			MAP_SHARED, ring, IORING_OFF_CQ_RING);
	struct io_uring_sqe *entries =
		mmap(NULL, p.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	entries[0] = (struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT, .flags = IOSQE_ASYNC, .fd = new_socket(AF_INET, SOCK_STREAM, 0),
		.addr = (unsigned long)&address, .off = sizeof address,
	};
	((unsigned *)(sq + p.sq_off.array))[0] = 0;
	*(unsigned *)(sq + p.sq_off.tail) = 1;
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return ABSENT;
	int result = ((struct io_uring_cqe *)(cq + p.cq_off.cqes))[0].res;
	errno = -result;
	return reached(result < 0 ? -1 : 0);
}

// Not an attempt but a load: so many sockets that connect to a port where nobody listens. Prints nanoseconds of each.
static int connects(const char *a)
{
	long count = a ? atol(a) : 1, denied = 0;
	struct sockaddr_in address = address4("127.0.0.1", 7001);
	struct timespec from, to;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (long i = 0; i < count; i++) {
		int file = socket(AF_INET, SOCK_STREAM, 0);

		denied += connect(file, (void *)&address, sizeof address) < 0 && errno == EPERM;
		close(file);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	if (denied)
		return EPERM;
	if (a)
		printf("ns_each %ld\n", ((to.tv_sec - from.tv_sec) * 1000000000L + to.tv_nsec - from.tv_nsec) / count);
	fflush(stdout);
	return 0;
}

const struct attempt network_attempts[] = {
	{ "tcp4", tcp4 },
	{ "tcp4_other", tcp4_other },
	{ "tcp4_any", tcp4_any },
	{ "tcp6", tcp6 },
	{ "tcp6_any", tcp6_any },
	{ "tcp_mapped", tcp_mapped },
	{ "udp4", udp4 },
	{ "udp6_to_4", udp6_to_4 },
	{ "mptcp", mptcp },
	{ "udp_sendto", udp_sendto },
	{ "udp_sendto_other", udp_sendto_other },
	{ "udp_sendto_no_family", udp_sendto_no_family },
	{ "udp_sendto_mapped", udp_sendto_mapped },
	{ "udp_sendto6", udp_sendto6 },
	{ "udp_sendmmsg", udp_sendmmsg },
	{ "fast_open", fast_open },
	{ "bind_denied", bind_denied },
	{ "bind_other", bind_other },
	{ "bind_all", bind_all },
	{ "bind_all6", bind_all6 },
	{ "bind_mapped", bind_mapped },
	{ "listen_denied", listen_denied },
	{ "listen_other", listen_other },
	{ "raw", raw },
	{ "packet", packet },
	{ "netlink", netlink },
	{ "unix_stream", unix_stream },
	{ "unix_datagram", unix_datagram },
	{ "passed_socket", passed_socket },
	{ "uring_connect", uring_connect },
	{ "connects", connects },
	{ NULL, NULL },
};
