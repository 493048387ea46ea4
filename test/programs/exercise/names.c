// A name server of a few lines, and questions to it: all on the container's own loopback device.
#include "exercise.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define PORT 53

static struct sockaddr_in loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

// Turns a question into its answer: the address for an A question, none for others.
static size_t answer(unsigned char *message, size_t length, size_t room, struct in_addr address)
{
	static const unsigned char record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4 };
	size_t type = length - 4;
	message[2] = 0x81;
	message[3] = 0x80;
	int is_address = message[type] == 0 && message[type + 1] == 1;
	if (!is_address || length + sizeof record + 4 > room)
		return length;
	message[7] = 1;
	memcpy(message + length, record, sizeof record);
	memcpy(message + length + sizeof record, &address, 4);
	return length + sizeof record + 4;
}

static long act_serve_names(int argc, char **argv)
{
	struct sockaddr_in here = loopback(), peer;
	struct in_addr address;
	unsigned char message[512];
	if (inet_pton(AF_INET, argv[0], &address) != 1)
		give_up(argv[0]);
	int server = sure(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	sure(bind(server, (struct sockaddr *)&here, sizeof here), "bind");
	for (long left = number(argv[1]); left > 0; left--) {
		socklen_t size = sizeof peer;
		long length = sure(recvfrom(server, message, sizeof message, 0, (struct sockaddr *)&peer, &size), "recvfrom");
		if (length < 17)
			continue;
		size_t all = answer(message, length, sizeof message, address);
		sure(sendto(server, message, all, 0, (struct sockaddr *)&peer, size), "sendto");
	}
	return 0;
}

static size_t question(const char *name, unsigned char *message)
{
	size_t length = 12;
	memset(message, 0, length);
	message[2] = 1;
	message[5] = 1;
	for (const char *label = name; *label;) {
		size_t size = strcspn(label, ".");
		message[length++] = size;
		memcpy(message + length, label, size);
		length += size;
		label += size + (label[size] == '.');
	}
	memcpy(message + length, "\0\0\1\0\1", 5);
	return length + 5;
}

// NAME WAY: `read` and `recv` on a connected socket; `recvfrom`, `recvmsg`, `recvmmsg` on one without a peer.
static long act_ask_name(int argc, char **argv)
{
	unsigned char message[512];
	struct sockaddr_in server = loopback(), peer;
	struct iovec part = { message, sizeof message };
	struct mmsghdr many = { .msg_hdr = { .msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &part,
					     .msg_iovlen = 1 } };
	socklen_t size = sizeof peer;
	const char *way = argv[1];
	int is_connected = strcmp(way, "read") == 0 || strcmp(way, "recv") == 0;
	if (strlen(argv[0]) > 250)
		give_up(argv[0]);
	size_t length = question(argv[0], message);
	int client = sure(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	if (is_connected)
		sure(connect(client, (struct sockaddr *)&server, sizeof server), "connect");
	sure(sendto(client, message, length, 0, is_connected ? NULL : (struct sockaddr *)&server,
		    is_connected ? 0 : sizeof server), "sendto");
	if (strcmp(way, "read") == 0)
		return read(client, message, sizeof message);
	if (strcmp(way, "recv") == 0)
		return recv(client, message, sizeof message, 0);
	if (strcmp(way, "recvmsg") == 0)
		return recvmsg(client, &many.msg_hdr, 0);
	if (strcmp(way, "recvmmsg") == 0)
		return recvmmsg(client, &many, 1, 0, NULL);
	return recvfrom(client, message, sizeof message, 0, (struct sockaddr *)&peer, &size);
}

const struct act name_acts[] = {
	{ "serve-names", "ADDRESS COUNT     answers COUNT questions with this address", 2, act_serve_names },
	{ "ask-name", "NAME read|recv|recvfrom|recvmsg|recvmmsg", 2, act_ask_name },
	{ 0 },
};
