/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The maps of enforcement. User space pins them: they outlive the process that made them. */
#ifndef RW_ENFORCE_MAPS_H
#define RW_ENFORCE_MAPS_H

const volatile struct rw_enforce_boot rw_enforce_boot SEC(".rodata.boot") = {
	.layout_hash = RW_ENFORCE_LAYOUT_HASH,
	.cgroup_subsys = -1,
};

/* cgroup id → set. Replaced whole, so that a reader finds the old set or the new, never none. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct rw_binding);
} rw_bound SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct rw_place);
} rw_places SEC(".maps");

/* set id → set */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct rw_set);
} rw_sets SEC(".maps");

/* set id → cells of its automaton, rules, and counters of its lines; the inner maps are as large as needed. */
struct rw_inner_cells {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct rw_cell));
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(__u32));
	__array(values, struct rw_inner_cells);
} rw_automata SEC(".maps");

struct rw_inner_rules {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct rw_rule));
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(__u32));
	__array(values, struct rw_inner_rules);
} rw_rules SEC(".maps");

/* set id → rows of network lines, and the ranges of addresses that lead to them */
struct rw_inner_network {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct rw_network_rule));
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(__u32));
	__array(values, struct rw_inner_network);
} rw_network SEC(".maps");

struct rw_inner_ranges {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct rw_network_range));
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(__u32));
	__array(values, struct rw_inner_ranges);
} rw_ranges SEC(".maps");

/* Sockets of all cgroups: which will be bound is not known when they are made. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct rw_socket);
} rw_sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct rw_exchange_key);
	__type(value, struct rw_exchange);
} rw_exchanges SEC(".maps");

/* How far limits are used up; what is not used longest is forgotten first, and begins anew. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct rw_bucket_key);
	__type(value, struct rw_bucket);
} rw_buckets SEC(".maps");

/* Patterns of names that lines ask for: the longest that fits is found at once. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct rw_name_key);
	__type(value, struct rw_name_patterns);
} rw_names SEC(".maps");

/* Addresses with such names; what is not used longest is forgotten first. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct rw_told_key);
	__type(value, struct rw_told);
} rw_told_names SEC(".maps");

struct rw_inner_lines {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct rw_line_count));
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(__u32));
	__array(values, struct rw_inner_lines);
} rw_lines SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct rw_member);
} rw_members SEC(".maps");

/* Not 0 once a task of a container was moved to a cgroup that is not bound: then its home is asked. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} rw_strays SEC(".maps");

/* Numbers of mount namespaces in which mounts may have been made from inside: there files can have more names. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u32);
} rw_mounted SEC(".maps");

/* What files contain, as far as it is known: what is not used longest is forgotten first. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct rw_file_key);
	__type(value, struct rw_digest);
} rw_digests SEC(".maps");

/* Digests that lines ask for → the number rules name them by, from 1. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct rw_digest);
	__type(value, __u32);
} rw_digest_ids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rw_asked);
} rw_asked SEC(".maps");

/* Verdicts have a ring of their own: events, however many, take none of their room. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} rw_verdicts SEC(".maps");

/* Who is to be told that it was denied. What finds no room is dropped without an answer. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 * 1024);
} rw_refusals SEC(".maps");

/* Verdicts that found the ring full, by section. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} rw_verdict_drops SEC(".maps");

#endif
