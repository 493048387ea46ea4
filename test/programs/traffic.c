// Traffic whose every connection and byte is known beforehand. `traffic` alone lists what it does.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ORDER 32 /* bytes every request begins with: how many to answer, and how to end */

static char block[65536];

static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static socklen_t address_of(const char *text, const char *port, struct sockaddr_storage *to)
{
	if (strchr(text, '/') || text[0] == '@') {
		struct sockaddr_un *un = (void *)to;

		memset(un, 0, sizeof *un);
		un->sun_family = AF_UNIX;
		strncpy(un->sun_path, text, sizeof un->sun_path - 1);
		if (text[0] != '@')
			return sizeof *un;
		un->sun_path[0] = 0;
		return offsetof(struct sockaddr_un, sun_path) + strlen(text);
	}
	struct sockaddr_in *v4 = (void *)to;
	struct sockaddr_in6 *v6 = (void *)to;

	memset(to, 0, sizeof *to);
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(atoi(port));
		return sizeof *v4;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1) {
		printf("no address: %s\n", text);
		exit(2);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(atoi(port));
	return sizeof *v6;
}

static void send_all(int fd, long count)
{
	while (count > 0) {
		ssize_t sent = send(fd, block, count < (long)sizeof block ? count : (long)sizeof block, MSG_NOSIGNAL);

		if (sent < 0)
			die("send");
		count -= sent;
	}
}

static long receive_all(int fd, char *head)
{
	long total = 0;
	ssize_t got;
	char buffer[65536];

	while ((got = recv(fd, buffer, sizeof buffer, 0)) > 0) {
		for (ssize_t i = 0; head && i < got && total + i < ORDER; i++)
			head[total + i] = buffer[i];
		total += got;
	}
	return got < 0 ? -errno : total;
}

static void reset(int fd)
{
	struct linger now = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

/* One request: reads until the client has said all, answers as ordered. */
static void answer(int fd)
{
	char order[ORDER + 1] = {0}, how[ORDER] = "";
	long count = 0;

	if (receive_all(fd, order) < 0) {
		close(fd);
		return;
	}
	sscanf(order, "%ld %31s", &count, how);
	send_all(fd, count);
	if (!strcmp(how, "reset"))
		reset(fd);
	else
		close(fd);
}

__attribute__((noreturn)) static void serve(const char *text, const char *port, int one_by_one)
{
	struct sockaddr_storage at;
	socklen_t length = address_of(text, port, &at);
	int one = 1, fd = socket(at.ss_family, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (void *)&at, length) || listen(fd, 1024))
		die("listen");
	printf("serving\n");
	for (;;) {
		int client = accept(fd, 0, 0);

		if (client < 0)
			die("accept");
		if (one_by_one) {
			answer(client);
			continue;
		}
		if (fork() == 0) {
			/* what it waits for may never come */
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(fd);
			answer(client);
			_exit(0);
		}
		close(client);
	}
}

/* Answers each datagram with one twice as long. */
__attribute__((noreturn)) static void serve_udp(const char *text, const char *port)
{
	struct sockaddr_storage at, from;
	socklen_t length = address_of(text, port, &at);
	int fd = socket(at.ss_family, SOCK_DGRAM, 0);

	if (bind(fd, (void *)&at, length))
		die("bind");
	printf("serving\n");
	for (;;) {
		socklen_t size = sizeof from;
		ssize_t got = recvfrom(fd, block, sizeof block / 2, 0, (void *)&from, &size);

		if (got >= 0)
			sendto(fd, block, 2 * got, 0, (void *)&from, size);
	}
}

/* A name server that knows one address for every name. */
__attribute__((noreturn)) static void serve_names(const char *text, const char *port, const char *known)
{
	struct sockaddr_storage at, from;
	socklen_t length = address_of(text, port, &at);
	int fd = socket(at.ss_family, SOCK_DGRAM, 0);
	unsigned char message[512], record[16] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};

	inet_pton(AF_INET, known, record + 12);
	if (bind(fd, (void *)&at, length))
		die("bind");
	printf("serving\n");
	for (;;) {
		socklen_t size = sizeof from;
		ssize_t got = recvfrom(fd, message, sizeof message - sizeof record, 0, (void *)&from, &size);

		if (got < 17)
			continue;
		/* the question alone, without what may follow it */
		ssize_t end = 12;
		while (end < got && message[end])
			end += message[end] + 1;
		end += 5;
		if (end > got)
			continue;
		int is_a = message[end - 4] == 0 && message[end - 3] == 1;
		message[2] = 0x81;
		message[3] = 0x80;
		memset(message + 6, 0, 6);
		message[7] = is_a;
		memcpy(message + end, record, is_a ? sizeof record : 0);
		sendto(fd, message, end + (is_a ? sizeof record : 0), 0, (void *)&from, size);
	}
}

static int request(const char *text, const char *port, long up, const char *down, const char *how)
{
	struct sockaddr_storage to;
	socklen_t length = address_of(text, port, &to);
	int fd = socket(to.ss_family, SOCK_STREAM, 0);
	long got;

	if (connect(fd, (void *)&to, length)) {
		printf("connect: %s\n", strerror(errno));
		close(fd);
		return 1;
	}
	char order[ORDER + 1];
	memset(order, ' ', ORDER);
	memcpy(order + sprintf(order, "%s %s", down, !strcmp(how, "reset") ? how : "close"), " ", 1);
	if (send(fd, order, ORDER, MSG_NOSIGNAL) != ORDER)
		die("send");
	send_all(fd, up - ORDER);
	if (!strncmp(how, "hold", 4)) { /* hold:SECONDS */
		printf("holding\n");
		fflush(stdout);
		/* Not longer than there is a connection: a reset or a shutdown from outside ends it, the peer's end does not. */
		poll(&(struct pollfd){.fd = fd}, 1, 1000 * atoi(how + 5));
	}
	shutdown(fd, SHUT_WR);
	got = receive_all(fd, 0);
	close(fd);
	if (got < 0)
		printf("receive: %s\n", strerror(-got));
	else
		printf("got %ld\n", got);
	return got < 0;
}

static int request_udp(const char *text, const char *port, long bytes, int is_connected)
{
	struct sockaddr_storage to;
	socklen_t length = address_of(text, port, &to);
	int fd = socket(to.ss_family, SOCK_DGRAM, 0);
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	ssize_t got;

	if (is_connected ? connect(fd, (void *)&to, length) || send(fd, block, bytes, 0) < 0 :
			   sendto(fd, block, bytes, 0, (void *)&to, length) < 0)
		die("send");
	if (poll(&wait, 1, 1000) <= 0) {
		printf("no answer\n");
		return 1;
	}
	got = recv(fd, block, sizeof block, 0);
	if (got < 0)
		printf("receive: %s\n", strerror(errno));
	else
		printf("got %zd\n", got);
	return got < 0;
}

/* A datagram whose header this program writes. */
static int send_raw(const char *text, const char *port)
{
	struct sockaddr_storage to;
	socklen_t length = address_of(text, port, &to);
	int fd = socket(to.ss_family, SOCK_RAW, IPPROTO_UDP);
	unsigned short packet[6] = {htons(40000), htons(atoi(port)), htons(12), 0, 0x4141, 0x4141};

	if (fd < 0)
		die("socket");
	((struct sockaddr_in *)&to)->sin_port = 0;
	if (sendto(fd, packet, sizeof packet, 0, (void *)&to, length) < 0)
		die("send");
	printf("sent\n");
	return 0;
}

/* Connects, and gives the connection to whoever asks at a path. */
static int hand_over(const char *text, const char *port, const char *path)
{
	struct sockaddr_storage to, at;
	socklen_t length = address_of(text, port, &to), at_length = address_of(path, "0", &at);
	int fd = socket(to.ss_family, SOCK_STREAM, 0), there = socket(AF_UNIX, SOCK_STREAM, 0);
	char room[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec byte = {.iov_base = "x", .iov_len = 1};
	struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
	struct cmsghdr *with = CMSG_FIRSTHDR(&message);

	if (connect(fd, (void *)&to, length))
		die("connect");
	unlink(path);
	if (bind(there, (void *)&at, at_length) || listen(there, 1))
		die("listen");
	printf("waiting\n");
	with->cmsg_level = SOL_SOCKET;
	with->cmsg_type = SCM_RIGHTS;
	with->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(with), &fd, sizeof fd);
	if (sendmsg(accept(there, 0, 0), &message, 0) < 0)
		die("hand over");
	sleep(5);
	return 0;
}

/* Uses a connection that another process made. */
static int take_over(const char *path)
{
	struct sockaddr_storage at;
	socklen_t length = address_of(path, "0", &at);
	int there = socket(AF_UNIX, SOCK_STREAM, 0), fd;
	char room[CMSG_SPACE(sizeof fd)], order[ORDER + 1], byte;
	struct iovec into = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
	struct pollfd wait = {.events = POLLIN};

	if (connect(there, (void *)&at, length) || recvmsg(there, &message, 0) < 0 || !CMSG_FIRSTHDR(&message))
		die("take over");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
	memset(order, ' ', ORDER);
	memcpy(order, "7 close", 7);
	if (send(fd, order, ORDER, MSG_NOSIGNAL) != ORDER)
		die("send");
	shutdown(fd, SHUT_WR);
	wait.fd = fd;
	if (poll(&wait, 1, 1000) <= 0) {
		printf("no answer\n");
		return 1;
	}
	printf("got %ld\n", receive_all(fd, 0));
	return 0;
}

/* Connects to so many ports in a row. */
static int scan(const char *text, int first, int count)
{
	struct sockaddr_storage to;
	char port[8];
	int refused = 0;

	for (int i = 0; i < count; i++) {
		sprintf(port, "%d", first + i);
		socklen_t length = address_of(text, port, &to);
		int fd = socket(to.ss_family, SOCK_STREAM, 0);

		if (connect(fd, (void *)&to, length) && errno == ECONNREFUSED)
			refused++;
		close(fd);
	}
	printf("refused %d\n", refused);
	return 0;
}

static double now(clockid_t clock);

/* Takes datagrams; says when the last one came, by CLOCK_REALTIME, once none has for half a second. */
__attribute__((noreturn)) static void note_udp(const char *text, const char *port)
{
	struct sockaddr_storage at;
	socklen_t length = address_of(text, port, &at);
	int fd = socket(at.ss_family, SOCK_DGRAM, 0), is_told = 1;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	double last = 0;

	if (bind(fd, (void *)&at, length))
		die("bind");
	printf("noting\n");
	for (;;) {
		if (poll(&wait, 1, is_told ? -1 : 500) > 0) {
			recv(fd, block, sizeof block, 0);
			last = now(CLOCK_REALTIME);
			is_told = 0;
		} else {
			printf("last %.6f\n", last);
			is_told = 1;
		}
	}
}

/* Sends a datagram every 50 microseconds until it may not. */
static int flood_udp(const char *text, const char *port)
{
	struct sockaddr_storage to;
	socklen_t length = address_of(text, port, &to);
	int fd = socket(to.ss_family, SOCK_DGRAM, 0);
	long sent = 0;

	while (sendto(fd, block, 16, 0, (void *)&to, length) > 0) {
		sent++;
		usleep(50);
	}
	printf("sent %ld: %s\n", sent, strerror(errno));
	return 0;
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* So many short connections, one after the other. */
static int many(const char *text, const char *port, int count)
{
	struct sockaddr_storage to;
	socklen_t length = address_of(text, port, &to);
	double start = now(CLOCK_MONOTONIC);
	char order[ORDER + 1];

	memset(order, ' ', ORDER);
	memcpy(order, "0 close", 7);
	for (int i = 0; i < count; i++) {
		int fd = socket(to.ss_family, SOCK_STREAM, 0);
		char byte;

		if (connect(fd, (void *)&to, length))
			die("connect");
		if (send(fd, order, ORDER, MSG_NOSIGNAL) != ORDER)
			die("send");
		shutdown(fd, SHUT_WR);
		if (recv(fd, &byte, 1, 0) != 0)
			die("recv");
		close(fd);
	}
	printf("connections %d seconds %.6f\n", count, now(CLOCK_MONOTONIC) - start);
	return 0;
}

static void tell_cpu(void)
{
	printf("cpu %.6f\n", now(CLOCK_PROCESS_CPUTIME_ID));
}

static int usage(void)
{
	printf("usage: traffic ACT ARGUMENTS\n"
	       "  serve ADDRESS PORT [one-by-one]           answers requests as they order\n"
	       "  serve-udp ADDRESS PORT                    answers with twice the bytes\n"
	       "  note-udp ADDRESS PORT                     says when the last of a row of datagrams came\n"
	       "  flood-udp ADDRESS PORT                    datagrams, until that is refused\n"
	       "  serve-names ADDRESS PORT IPV4             a name server that knows one address\n"
	       "  request ADDRESS PORT UP DOWN [reset|hold:SECONDS]\n"
	       "  udp ADDRESS PORT BYTES [connected]\n"
	       "  send-raw IPV4 PORT                        a datagram by a raw socket\n"
	       "  hand-over ADDRESS PORT PATH               gives a connection away, at PATH\n"
	       "  take-over PATH PORT                       uses one that was given away\n"
	       "  many ADDRESS PORT COUNT                   short connections, one after the other\n"
	       "  scan ADDRESS FIRST-PORT COUNT\n"
	       "With TRAFFIC_CPU in its environment it ends with its CPU time in seconds.\n"
	       "ADDRESS may be a path, or @NAME, of a unix socket where streams are meant; PORT is then ignored.\n");
	return 2;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	signal(SIGCHLD, SIG_IGN);
	if (argc < 4)
		return usage();
	if (getenv("TRAFFIC_CPU"))
		atexit(tell_cpu);
	const char *act = argv[1], *address = argv[2], *port = argv[3];
	if (!strcmp(act, "serve"))
		serve(address, port, argc > 4);
	if (!strcmp(act, "serve-udp"))
		serve_udp(address, port);
	if (!strcmp(act, "note-udp"))
		note_udp(address, port);
	if (!strcmp(act, "flood-udp"))
		return flood_udp(address, port);
	if (!strcmp(act, "serve-names") && argc > 4)
		serve_names(address, port, argv[4]);
	if (!strcmp(act, "request") && argc > 5)
		return request(address, port, atol(argv[4]), argv[5], argc > 6 ? argv[6] : "close");
	if (!strcmp(act, "udp") && argc > 4)
		return request_udp(address, port, atol(argv[4]), argc > 5);
	if (!strcmp(act, "send-raw"))
		return send_raw(address, port);
	if (!strcmp(act, "hand-over") && argc > 4)
		return hand_over(address, port, argv[4]);
	if (!strcmp(act, "take-over"))
		return take_over(address);
	if (!strcmp(act, "many") && argc > 4)
		return many(address, port, atoi(argv[4]));
	if (!strcmp(act, "scan") && argc > 4)
		return scan(address, atoi(port), atoi(argv[4]));
	return usage();
}
