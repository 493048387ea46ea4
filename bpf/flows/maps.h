/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The maps of the programs that count flows. Pinned nowhere: they end with the process that made them. */
#ifndef RW_FLOWS_MAPS_H
#define RW_FLOWS_MAPS_H

const volatile struct rw_flow_boot rw_flow_boot SEC(".rodata.boot") = {
	.layout_hash = RW_FLOWS_LAYOUT_HASH,
	.cgroup_subsys = -1,
	.flows_per_cgroup = 4096,
};

/* Not an LRU: what it would evict unread would be lost silently. What finds no room is counted in the cgroup's rest. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct rw_flow_key);
	__type(value, struct rw_flow);
} rw_flows SEC(".maps");

/* Flows of a cgroup that user space read and removed. Written by user space alone. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} rw_flows_removed SEC(".maps");

/* What found not even the rest of its cgroup: the table of flows is full. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rw_flow);
} rw_flows_lost SEC(".maps");

enum { UDP_UNKNOWN = 0, UDP_CLIENT = 1, UDP_BOUND = 2 };

/* Whose a socket is, and for TCP which flow it belongs to. A socket that is accepted begins with its listener's. */
struct rw_flow_socket {
	struct rw_flow_key key;
	__u8 local[16];
	__u32 flags;
	__u8 udp;
	__u8 serves; /* of UDP: the first packet came from outside */
	__u16 pad;
};
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct rw_flow_socket);
} rw_flow_sockets SEC(".maps");

/* Answers of name servers. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} rw_flow_answers SEC(".maps");

/* Answers that found no room. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} rw_flow_answers_lost SEC(".maps");

/* Ports that are listened at when the programs begin. */
struct rw_flow_listener {
	__u32 netns;
	__u32 port;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct rw_flow_listener);
	__type(value, __u8);
} rw_flow_listeners SEC(".maps");

#endif
