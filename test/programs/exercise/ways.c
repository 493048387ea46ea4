// Other ways to an open file than its path.
#include "exercise.h"
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

// Kept off the stack: the structure ends in its bytes.
static union {
	struct file_handle handle;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} named;

static long act_open_handle(int argc, char **argv)
{
	int mount_id, folder;

	named.handle.handle_bytes = MAX_HANDLE_SZ;
	sure(name_to_handle_at(AT_FDCWD, argv[0], &named.handle, &mount_id, 0), "name_to_handle_at");
	folder = sure(open(argc > 1 ? argv[1] : "/", O_RDONLY | O_DIRECTORY), "open");
	return open_by_handle_at(folder, &named.handle, O_RDONLY);
}

static long act_reopen(int argc, char **argv)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", (int)sure(open(argv[0], O_PATH), argv[0]));
	return open(path, argc > 1 ? open_flags(argv[1]) : O_RDONLY);
}

static long act_open_tree_at(int argc, char **argv)
{
	int tree = sure(syscall(SYS_open_tree, AT_FDCWD, argv[0], OPEN_TREE_CLONE), argv[0]);

	return openat(tree, argv[1], O_RDONLY);
}

static int unix_socket(const char *path, struct sockaddr_un *address)
{
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
	return sure(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
}

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static long act_send_file(int argc, char **argv)
{
	int file = sure(open(argv[0], O_RDONLY), argv[0]), peer;
	union control control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
					      .cmsg_type = SCM_RIGHTS } };
	struct iovec data = { .iov_base = "f", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof control };
	struct sockaddr_un address;
	int listener = unix_socket(argv[1], &address);

	memcpy(CMSG_DATA(&control.header), &file, sizeof file);
	sure(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
	sure(listen(listener, 1), "listen");
	peer = sure(accept(listener, NULL, NULL), "accept");
	return sendmsg(peer, &message, 0);
}

static long act_receive_file(int argc, char **argv)
{
	union control control = {};
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof control };
	struct sockaddr_un address;
	int peer = unix_socket(argv[0], &address), file;

	sure(connect(peer, (struct sockaddr *)&address, sizeof address), "connect");
	sure(recvmsg(peer, &message, 0), "recvmsg");
	if (message.msg_controllen < CMSG_LEN(sizeof(int))) {
		errno = EPERM; // the kernel drops descriptors that may not be had, and says no more
		return -1;
	}
	memcpy(&file, CMSG_DATA(&control.header), sizeof file);
	return read(file, &byte, 1);
}

static long act_map_code(int argc, char **argv)
{
	int file = sure(open(argv[0], O_RDONLY), argv[0]);
	void *at = mmap(NULL, 4096, PROT_READ | (argc > 1 ? 0 : PROT_EXEC), MAP_PRIVATE, file, 0);

	if (at == MAP_FAILED)
		return -1;
	return argc > 1 ? mprotect(at, 4096, PROT_READ | PROT_EXEC) : 0;
}

static long act_link_tmpfile(int argc, char **argv)
{
	char path[64];
	int file = sure(open(argv[0], O_TMPFILE | O_RDWR, 0600), argv[0]);

	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	return linkat(AT_FDCWD, path, AT_FDCWD, argv[1], AT_SYMLINK_FOLLOW);
}

const struct act way_acts[] = {
	{ "open-handle", "PATH [MOUNT]     by name_to_handle_at and open_by_handle_at", 1, act_open_handle },
	{ "reopen", "PATH [FLAGS]     an O_PATH descriptor through /proc/self/fd", 1, act_reopen },
	{ "open-tree-at", "FOLDER NAME     below a clone of its mount that is attached nowhere", 2, act_open_tree_at },
	{ "send-file", "PATH SOCKET     sends its descriptor to whoever connects", 2, act_send_file },
	{ "receive-file", "SOCKET     and reads from it", 1, act_receive_file },
	{ "map-code", "PATH [later]     as code, or made code by mprotect", 1, act_map_code },
	{ "link-tmpfile", "FOLDER NAME     a file without a name gets one", 2, act_link_tmpfile },
	{ 0 },
};
