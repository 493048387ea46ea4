// File and network operations through io_uring, by system call alone (no library):
//   uring [--async] [--skip] [--sqpoll] [--reuse] OPERATION ARGUMENTS…
//   --async   IOSQE_ASYNC: a kernel worker thread does it, not this task
//   --skip    IOSQE_CQE_SKIP_SUCCESS: no completion when it succeeds (a linked no-op tells when it is done)
//   --sqpoll  a kernel thread reads the queue: this program makes no system call for the operation
//   --reuse   the operation takes the memory of a request that wanted no completion
// Prints `OPERATION: RESULT`. Exit codes: 0 done, 1 failed, 2 wrong usage, 77 io_uring or the operation is missing.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
	int file;
	unsigned setup;
	unsigned *sq_head, *sq_tail, *sq_mask, *sq_array, *sq_flags;
	unsigned *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *completions;
};

enum { OPERATION = 1, NO_OPERATION = 2 };

static void end_with(int code, const char *what)
{
	fprintf(stderr, "uring: %s: %s\n", what, strerror(errno));
	exit(code);
}

static struct ring make_ring(unsigned setup)
{
	struct io_uring_params parameters = { .flags = setup, .sq_thread_idle = 2000 };
	struct ring ring = { .setup = setup };
	ring.file = syscall(SYS_io_uring_setup, 8, &parameters);
	if (ring.file < 0)
		end_with(77, "io_uring_setup");
	size_t sq_size = parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned);
	size_t cq_size = parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe);
	const int protection = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_POPULATE;
	char *sq = mmap(NULL, sq_size, protection, kind, ring.file, IORING_OFF_SQ_RING);
	char *cq = mmap(NULL, cq_size, protection, kind, ring.file, IORING_OFF_CQ_RING);
	ring.entries = mmap(NULL, parameters.sq_entries * sizeof *ring.entries, protection, kind, ring.file,
			    IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || ring.entries == MAP_FAILED)
		end_with(1, "mmap");
	ring.sq_head = (unsigned *)(sq + parameters.sq_off.head);
	ring.sq_tail = (unsigned *)(sq + parameters.sq_off.tail);
	ring.sq_mask = (unsigned *)(sq + parameters.sq_off.ring_mask);
	ring.sq_flags = (unsigned *)(sq + parameters.sq_off.flags);
	ring.sq_array = (unsigned *)(sq + parameters.sq_off.array);
	ring.cq_head = (unsigned *)(cq + parameters.cq_off.head);
	ring.cq_tail = (unsigned *)(cq + parameters.cq_off.tail);
	ring.cq_mask = (unsigned *)(cq + parameters.cq_off.ring_mask);
	ring.completions = (struct io_uring_cqe *)(cq + parameters.cq_off.cqes);
	return ring;
}

static void push(struct ring *ring, struct io_uring_sqe entry)
{
	unsigned tail = *ring->sq_tail, slot = tail & *ring->sq_mask;
	ring->entries[slot] = entry;
	ring->sq_array[slot] = slot;
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
}

static void submit(struct ring *ring, unsigned count)
{
	unsigned flags = IORING_ENTER_GETEVENTS;
	if (ring->setup & IORING_SETUP_SQPOLL) {
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!(__atomic_load_n(ring->sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP))
			return;
		flags = IORING_ENTER_SQ_WAKEUP;
	}
	if (syscall(SYS_io_uring_enter, ring->file, count, flags & IORING_ENTER_GETEVENTS ? 1 : 0, flags, NULL, 0) < 0)
		end_with(1, "io_uring_enter");
}

// The next completion, without a system call while one is there.
static struct io_uring_cqe next(struct ring *ring)
{
	unsigned head = *ring->cq_head;
	while (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE)) {
		if (!(ring->setup & IORING_SETUP_SQPOLL))
			syscall(SYS_io_uring_enter, ring->file, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	}
	struct io_uring_cqe completion = ring->completions[head & *ring->cq_mask];
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return completion;
}

// The operation's result. With a skipped completion, the linked no-op's stands for success.
static int perform(struct ring *ring, struct io_uring_sqe entry)
{
	int is_skipped = entry.flags & IOSQE_CQE_SKIP_SUCCESS;
	entry.user_data = OPERATION;
	if (is_skipped)
		entry.flags |= IOSQE_IO_LINK;
	push(ring, entry);
	if (is_skipped)
		push(ring, (struct io_uring_sqe){ .opcode = IORING_OP_NOP, .user_data = NO_OPERATION });
	submit(ring, is_skipped ? 2 : 1);
	struct io_uring_cqe completion = next(ring);
	return completion.user_data == OPERATION ? completion.res : 0;
}

static uint64_t address_of(const void *bytes) { return (uintptr_t)bytes; }

// A request done at once and in silence: the kernel takes its memory for the next one of this ring.
static void leave_request(struct ring *ring)
{
	push(ring, (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = address_of("/"),
					  .flags = IOSQE_CQE_SKIP_SUCCESS });
	if (syscall(SYS_io_uring_enter, ring->file, 1, 0, 0, NULL, 0) < 0)
		end_with(1, "io_uring_enter");
}

static struct sockaddr_in peer;
// ADDRESS PORT; the address `self` is a listener of this program's own on loopback.
static void parse_peer(char **argv)
{
	socklen_t size = sizeof peer;
	int is_self = strcmp(argv[0], "self") == 0;
	peer = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])) };
	inet_pton(AF_INET, is_self ? "127.0.0.1" : argv[0], &peer.sin_addr);
	if (!is_self)
		return;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&peer, size) < 0 || listen(listener, 1) < 0)
		end_with(1, "listen");
	getsockname(listener, (struct sockaddr *)&peer, &size);
}

static struct io_uring_sqe two_paths(int opcode, char **argv)
{
	return (struct io_uring_sqe){ .opcode = opcode, .fd = AT_FDCWD, .addr = address_of(argv[0]),
				      .len = AT_FDCWD, .addr2 = address_of(argv[1]) };
}

static struct open_how read_only = { .flags = O_RDONLY };
static char received[64];

static struct io_uring_sqe op_openat(struct ring *ring, char **argv)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = address_of(argv[0]) };
}
static struct io_uring_sqe op_creat(struct ring *ring, char **argv)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = address_of(argv[0]),
				      .len = 0644, .open_flags = O_WRONLY | O_CREAT | O_TRUNC };
}
static struct io_uring_sqe op_openat2(struct ring *ring, char **argv)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT2, .fd = AT_FDCWD, .addr = address_of(argv[0]),
				      .len = sizeof read_only, .off = address_of(&read_only) };
}
// The file goes into the ring's own table: no descriptor of the process ever names it.
static struct io_uring_sqe op_fixed_open(struct ring *ring, char **argv)
{
	int none[1] = { -1 };
	if (syscall(SYS_io_uring_register, ring->file, IORING_REGISTER_FILES, none, 1) < 0)
		end_with(77, "io_uring_register");
	struct io_uring_sqe entry = op_openat(ring, argv);
	entry.file_index = 1;
	return entry;
}
static struct io_uring_sqe op_unlinkat(struct ring *ring, char **argv)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_UNLINKAT, .fd = AT_FDCWD, .addr = address_of(argv[0]) };
}
static struct io_uring_sqe op_rmdir(struct ring *ring, char **argv)
{
	struct io_uring_sqe entry = op_unlinkat(ring, argv);
	entry.unlink_flags = AT_REMOVEDIR;
	return entry;
}
static struct io_uring_sqe op_renameat(struct ring *ring, char **argv)
{
	return two_paths(IORING_OP_RENAMEAT, argv);
}
static struct io_uring_sqe op_mkdirat(struct ring *ring, char **argv)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_MKDIRAT, .fd = AT_FDCWD, .addr = address_of(argv[0]),
				      .len = 0755 };
}
static struct io_uring_sqe op_symlinkat(struct ring *ring, char **argv)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_SYMLINKAT, .fd = AT_FDCWD, .addr = address_of(argv[0]),
				      .addr2 = address_of(argv[1]) };
}
static struct io_uring_sqe op_linkat(struct ring *ring, char **argv)
{
	return two_paths(IORING_OP_LINKAT, argv);
}
static struct io_uring_sqe op_connect(struct ring *ring, char **argv)
{
	parse_peer(argv);
	return (struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .fd = socket(AF_INET, SOCK_STREAM, 0),
				      .addr = address_of(&peer), .off = sizeof peer };
}
static struct io_uring_sqe op_socket_packet(struct ring *ring, char **argv)
{
	const int op_socket = 45; // newer than the kernel headers of some distributions
	return (struct io_uring_sqe){ .opcode = op_socket, .fd = AF_PACKET, .off = SOCK_RAW };
}
static struct io_uring_sqe op_send(struct ring *ring, char **argv)
{
	parse_peer(argv);
	int file = socket(AF_INET, SOCK_DGRAM, 0);
	if (connect(file, (struct sockaddr *)&peer, sizeof peer) < 0)
		end_with(1, "connect");
	return (struct io_uring_sqe){ .opcode = IORING_OP_SEND, .fd = file, .addr = address_of(argv[2]),
				      .len = strlen(argv[2]) };
}
static struct io_uring_sqe op_sendmsg(struct ring *ring, char **argv)
{
	static struct iovec part;
	static struct msghdr message;
	parse_peer(argv);
	part = (struct iovec){ argv[2], strlen(argv[2]) };
	message = (struct msghdr){ .msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &part, .msg_iovlen = 1 };
	return (struct io_uring_sqe){ .opcode = IORING_OP_SENDMSG, .fd = socket(AF_INET, SOCK_DGRAM, 0),
				      .addr = address_of(&message), .len = 1 };
}
static struct io_uring_sqe op_read(struct ring *ring, char **argv)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_READ, .fd = open(argv[0], O_RDONLY),
				      .addr = address_of(received), .len = sizeof received };
}
static struct io_uring_sqe op_write(struct ring *ring, char **argv)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_WRITE, .fd = open(argv[0], O_WRONLY | O_CREAT, 0644),
				      .addr = address_of(argv[1]), .len = strlen(argv[1]) };
}
// READV_FIXED and WRITEV_FIXED, newer than the kernel headers of some distributions, and PIPE.
static struct io_uring_sqe fixed_vector(struct ring *ring, int opcode, int file, void *bytes, size_t length)
{
	static struct iovec part;
	part = (struct iovec){ bytes, length };
	if (syscall(SYS_io_uring_register, ring->file, IORING_REGISTER_BUFFERS, &part, 1) < 0)
		end_with(77, "io_uring_register");
	return (struct io_uring_sqe){ .opcode = opcode, .fd = file, .addr = address_of(&part), .len = 1 };
}
static struct io_uring_sqe op_readv_fixed(struct ring *ring, char **argv)
{
	return fixed_vector(ring, 60, open(argv[0], O_RDONLY), received, sizeof received);
}
static struct io_uring_sqe op_writev_fixed(struct ring *ring, char **argv)
{
	strncpy(received, argv[1], sizeof received - 1);
	return fixed_vector(ring, 61, open(argv[0], O_WRONLY | O_CREAT, 0644), received, strlen(received));
}
static struct io_uring_sqe op_pipe(struct ring *ring, char **argv)
{
	static int ends[2];
	return (struct io_uring_sqe){ .opcode = 62, .addr = address_of(ends) };
}
static struct io_uring_sqe op_setxattr(struct ring *ring, char **argv)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_SETXATTR, .addr = address_of(argv[1]),
				      .addr2 = address_of(argv[2]), .addr3 = address_of(argv[0]),
				      .len = strlen(argv[2]) };
}

static const struct {
	const char *name;
	int needed;
	struct io_uring_sqe (*prepare)(struct ring *, char **);
} operations[] = {
	{ "openat", 1, op_openat }, { "creat", 1, op_creat }, { "openat2", 1, op_openat2 },
	{ "fixed-open", 1, op_fixed_open }, { "unlinkat", 1, op_unlinkat }, { "rmdir", 1, op_rmdir },
	{ "renameat", 2, op_renameat }, { "mkdirat", 1, op_mkdirat }, { "symlinkat", 2, op_symlinkat },
	{ "linkat", 2, op_linkat }, { "connect", 2, op_connect }, { "socket-packet", 0, op_socket_packet },
	{ "send", 3, op_send }, { "sendmsg", 3, op_sendmsg }, { "read", 1, op_read }, { "write", 2, op_write },
	{ "setxattr", 3, op_setxattr }, { "readv-fixed", 1, op_readv_fixed },
	{ "writev-fixed", 2, op_writev_fixed }, { "pipe", 0, op_pipe },
};

int main(int argc, char **argv)
{
	unsigned setup = 0, flags = 0;
	int at = 1, is_reusing = 0;
	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
		if (strcmp(argv[at], "--async") == 0)
			flags |= IOSQE_ASYNC;
		else if (strcmp(argv[at], "--skip") == 0)
			flags |= IOSQE_CQE_SKIP_SUCCESS;
		else if (strcmp(argv[at], "--sqpoll") == 0)
			setup |= IORING_SETUP_SQPOLL;
		else if (strcmp(argv[at], "--reuse") == 0)
			is_reusing = 1;
		else
			return 2;
	}
	for (size_t which = 0; at < argc && which < sizeof operations / sizeof *operations; which++) {
		if (strcmp(operations[which].name, argv[at]) || argc - at - 1 < operations[which].needed)
			continue;
		struct ring ring = make_ring(setup);
		struct io_uring_sqe entry = operations[which].prepare(&ring, argv + at + 1);
		entry.flags |= flags;
		if (is_reusing)
			leave_request(&ring);
		int result = perform(&ring, entry);
		if (result >= 0)
			printf("%s: %d\n", argv[at], result);
		else
			printf("%s: %s\n", argv[at], strerrorname_np(-result));
		// An operation the kernel does not know is an invalid one.
		return result >= 0 ? 0 : result == -EINVAL || result == -EOPNOTSUPP ? 77 : 1;
	}
	fprintf(stderr, "usage: uring [--async] [--skip] [--sqpoll] [--reuse] OPERATION ARGUMENTS…; operations:");
	for (size_t which = 0; which < sizeof operations / sizeof *operations; which++)
		fprintf(stderr, " %s", operations[which].name);
	fprintf(stderr, "\n");
	return 2;
}
