/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the programs that count flows share with user space. A flow is everything between the sockets of one cgroup
 * and one remote address at one port of the side that serves: the client's own port is no part of it, so a thousand
 * connections to a database are one flow.
 */
#ifndef RW_FLOWS_H
#define RW_FLOWS_H

#include <linux/types.h>

struct rw_flow_boot {
	__u64 layout_hash;
	__s32 cgroup_subsys; /* as in struct rw_boot */
	__u32 flows_per_cgroup;
};

/* Who began: for TCP who connected, else who sent the first packet. */
enum rw_flow_role {
	RW_ROLE_NONE = 0, /* listening, or what did not fit: see RW_FLOW_REST */
	RW_ROLE_CLIENT = 1,
	RW_ROLE_SERVER = 2,
};

/*
 * An IPv4 address stands as ::ffff:a.b.c.d, whichever family the socket has. A key that is zero but for its cgroup is
 * what did not fit of that cgroup.
 */
struct rw_flow_key {
	__u64 cgroup;
	__u8 remote[16];
	__u32 netns; /* inode number */
	__u16 port;  /* of the side that serves; 0 where the protocol has none */
	__u8 protocol;
	__u8 role;
};

enum rw_flow_flag {
	RW_FLOW_MAPPED = 1,  /* an IPv6 socket that spoke IPv4 */
	RW_FLOW_GUESSED = 2, /* older than the programs, and nothing told who began it */
	RW_FLOW_RAW = 4,     /* packets the sender built itself */
	RW_FLOW_REST = 8,    /* not one flow, but all of the cgroup that found no room */
};

/* Counters only grow; the entry is new when `first_ns` is. Bytes are payload: without the headers of IP, TCP, UDP. */
struct rw_flow {
	__u64 first_ns; /* CLOCK_BOOTTIME */
	__u64 bytes_out;
	__u64 bytes_in;
	__u64 packets_out; /* as the network stack handles them: one may be cut into many on the wire */
	__u64 packets_in;
	__u32 attempts;    /* connections a client began */
	__u32 established; /* of a server: accepted */
	__u32 existing;    /* that were open when the programs began */
	__u32 closed;      /* of the established and existing ones, however they ended */
	__u32 refused;
	__u32 timed_out; /* nobody answered, or no longer */
	__u32 unreachable;
	__u32 abandoned;  /* given up by the client before there was an answer */
	__u32 resets_in;  /* ended by the other side, at once */
	__u32 resets_out; /* ended by this side, at once */
	__u8 local[16];
	__u32 flags;
	__u32 made; /* RW_FLOW_REST: flows made for this cgroup */
};

/* What a name server answered, for the reader to take apart. */
#define RW_ANSWER_BYTES 1232
struct rw_flow_answer {
	__u64 cgroup;
	__u32 length; /* of the message; more than `data` holds when it was cut */
	__u32 pad;
	__u8 data[RW_ANSWER_BYTES];
};

/* A connected unix socket, as one process that has it holds it. `path` is what it is bound to: its listener's name. */
#define RW_UNIX_PATH 108
struct rw_unix_socket {
	__u64 cgroup;
	__u64 socket; /* inode numbers */
	__u64 peer;
	__u32 type;
	__u32 path_length;
	__u8 path[RW_UNIX_PATH];
	__u32 pad;
};

#endif
