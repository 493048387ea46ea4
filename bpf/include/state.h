/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Maps: what user space gives the programs, and where they leave what they saw. */
#ifndef RW_STATE_H
#define RW_STATE_H

const volatile struct rw_boot rw_boot SEC(".rodata.boot") = {
	.layout_hash = RW_LAYOUT_HASH,
	.cgroup_subsys = -1,
};

struct rw_settings rw_settings SEC(".data.settings");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} rw_ring SEC(".maps");

struct rw_scratch {
	__u8 record[RW_MAX_RECORD];
	__u8 path[8704];
};
enum rw_slot { RW_SLOT_SYS = 0, RW_SLOT_PROC = 1, RW_SLOT_URING = 2, RW_SLOTS = 3 };
/* One per slot and CPU, index cpu * RW_SLOTS + slot; too large for a per-CPU array. Sized before load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RW_SLOTS * 64);
	__type(key, __u32);
	__type(value, struct rw_scratch);
} rw_scratches SEC(".maps");

/* Records lost, by type & 255, per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} rw_drops SEC(".maps");

/* cgroup ids user space knows to be containers: their tasks count even after they left the container's root. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} rw_containers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RW_NARROWED_SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct rw_narrowed);
} rw_narrowed_processes SEC(".maps");

/* By cgroup; begun for every container while anything is learnt, removed by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct rw_learnt);
} rw_learnt_groups SEC(".maps");

/* What an entry begins as; too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rw_learnt);
} rw_learnt_nothing SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} rw_families SEC(".maps");

#endif
