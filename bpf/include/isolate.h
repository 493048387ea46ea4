/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The contract of isolation between the programs and user space. Generated into TypeScript; see scripts/generate.ts. */
#ifndef RW_ISOLATE_H
#define RW_ISOLATE_H

#include <linux/types.h>

struct rw_isolate_boot {
	__u64 layout_hash;
	__s32 cgroup_subsys;    /* index of the v1 controller whose groups name containers; -1: none */
	__u32 cgroup_hierarchy; /* its hierarchy */
};

enum rw_isolation_flag {
	RW_ISOLATION_ENDING = 1, /* open connections are being ended: resets may still leave */
};

#define RW_ISOLATED_ID 128
#define RW_ISOLATED_NAME 256

/* One isolated container. Who it is stands here too: what is in force can be told by an agent that did not begin it. */
struct rw_isolation {
	__u64 deadline_ns; /* CLOCK_BOOTTIME; 0: none */
	__u64 since_ms;    /* wall clock */
	__u32 flags;
	__u32 pad;
	__u8 id[RW_ISOLATED_ID]; /* up to the first zero byte */
	__u8 name[RW_ISOLATED_NAME];
};

struct rw_isolation_count {
	__u64 packets_in;
	__u64 packets_out;
	__u64 refused; /* calls that would have begun a connection or sent a datagram */
	__u64 last_ns; /* CLOCK_BOOTTIME of the last of them */
};

/* A network an isolated container may go on with: a key of a trie of prefixes. */
struct rw_isolate_allow {
	__u32 prefix_length; /* in bits, of what follows */
	__u32 isolation;
	__u8 address[16]; /* IPv4 as ::ffff:a.b.c.d */
};

/* A socket that a process of an isolated container holds. */
struct rw_held_socket {
	__u64 socket; /* inode numbers */
	__u64 peer;   /* of a connected unix socket */
	__u32 tgid;
	__u32 fd;
	__u32 isolation;
	__u32 family;
};

#endif
