/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The maps of isolation. User space pins them: what is cut off stays so when the process that did it ends. */
#ifndef RW_ISOLATE_MAPS_H
#define RW_ISOLATE_MAPS_H

const volatile struct rw_isolate_boot rw_isolate_boot SEC(".rodata.boot") = {
	.layout_hash = RW_ISOLATE_LAYOUT_HASH,
	.cgroup_subsys = -1,
};

/* cgroup id → number of its isolation */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} rw_isolated SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct rw_isolation);
} rw_isolations SEC(".maps");

/* Apart from the isolations, so that changing one loses no count. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct rw_isolation_count);
} rw_isolate_counts SEC(".maps");

struct {
	__uint(type, 11); /* BPF_MAP_TYPE_LPM_TRIE */
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct rw_isolate_allow);
	__type(value, __u8);
} rw_isolate_allowed SEC(".maps");

/*
 * The cgroup of an isolated container, on the sockets it makes or holds: a socket itself names its group of version 2
 * only. What it accepts begins with its listener's.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, __u64);
} rw_isolate_sockets SEC(".maps");

#endif
