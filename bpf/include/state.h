/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Maps and settings: what user space gives the programs, and where they leave what they saw. */
#ifndef RW_STATE_H
#define RW_STATE_H

/* Set before load. */
const volatile __u64 rw_layout_hash = RW_LAYOUT_HASH;
const volatile __u32 rw_self_tgid;
/* Index in css_set.subsys of the v1 hierarchy that names containers; -1: the v2 hierarchy. */
const volatile __s32 rw_cgroup_subsys = -1;
const volatile __u32 rw_cgroup_hierarchy;

/*
 * What to do with a system call number. `scope` bit 0: send it for containers, bit 1: for the host.
 * `fd_arg` is the argument that is a descriptor (0-5), RW_FD_RESULT, or RW_FD_NONE; `path_arg`/`dir_arg`
 * and `text_arg` are argument indices or RW_ARG_NONE; `data_arg` points at bytes moved, `data_len_arg` -1
 * means the result is their count; `addr_arg` a sockaddr whose length is the next argument.
 */
#define RW_ARG_NONE 0xff
#define RW_FD_RESULT 0xfe
struct rw_dispatch {
	__u16 type;
	__u8 family;
	__u8 scope;
	__u8 fd_arg;
	__u8 path_arg[2];
	__u8 dir_arg[2];
	__u8 text_arg[2];
	__u8 data_arg;
	__u8 addr_arg;
	__u8 special;
	__u8 pad[2];
};

enum rw_family { RW_FAM_OPEN = 1, RW_FAM_PATH = 2, RW_FAM_FD = 3, RW_FAM_SYS = 4, RW_FAM_EXEC = 5 };

enum rw_special {
	RW_SPECIAL_OPENAT = 1, /* flags in args[2], mode in args[3] */
	RW_SPECIAL_OPEN = 2,   /* flags in args[1] */
	RW_SPECIAL_CREAT = 3,
	RW_SPECIAL_OPENAT2 = 4,
	RW_SPECIAL_MSG = 5,   /* args[1] is a struct msghdr */
	RW_SPECIAL_SEND = 6,  /* bytes read from args[1], at most args[2] */
	RW_SPECIAL_RECV = 7,  /* bytes written to args[1], result many */
	RW_SPECIAL_CWD = 8,   /* report the working directory after the call */
	RW_SPECIAL_ACCEPT = 9,
	RW_SPECIAL_CONNECT = 10,
	RW_SPECIAL_BY_HANDLE = 11,
	RW_SPECIAL_IOV = 12,
	RW_SPECIAL_LISTEN = 13,
};

#define RW_NATIVE_CALLS 1024
#define RW_COMPAT_CALLS 512
#define RW_URING_OPS 64
struct rw_dispatch rw_native[RW_NATIVE_CALLS];
struct rw_dispatch rw_compat[RW_COMPAT_CALLS];
/* i386 socketcall(2) sub-calls 1-20. */
struct rw_dispatch rw_socketcall[32];
/* io_uring operations. */
struct rw_dispatch rw_uring[RW_URING_OPS];

/*
 * Interest in opens: a record is sent when one clause holds. `mask`/`want` test RW_O_* facts; `group` is a
 * bit in the path sketches or 0. Sketches are small tables indexed by a hash of (length, first 8 bytes) of a
 * name: false positives only cost a record, false negatives cannot happen.
 */
enum rw_open_fact {
	RW_O_READ = 1,
	RW_O_WRITE = 2,
	RW_O_FAILED = 4,
	RW_O_TRUNC = 8,
	RW_O_CREAT = 16,
	RW_O_DOTDOT = 32,
	RW_O_NOT_REGULAR = 64,
	RW_O_CREATED = 128,
	RW_O_OTHER = 256,
	RW_O_DIRECTORY = 512,
};
struct rw_open_clause {
	__u32 mask;
	__u32 want;
	__u32 group;
	__u32 host; /* bit 0: applies to containers, bit 1: to the host */
};
#define RW_OPEN_CLAUSES 32
#define RW_SKETCH 4096
__u32 rw_open_clause_count;
__u32 rw_open_wants_dotdot;
__u32 rw_open_wants_top;
struct rw_open_clause rw_open_clauses[RW_OPEN_CLAUSES];
__u32 rw_leaf_sketch[RW_SKETCH];
__u32 rw_parent_sketch[RW_SKETCH];
__u32 rw_top_sketch[RW_SKETCH];

/* How many data bytes to copy, 0 for none; whether exec carries the environment. */
__u32 rw_data_len;
__u32 rw_want_env;
/* Where the host's root is: dentry of pid 1's root mount, set by the iterator. */
__u64 rw_host_root;

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
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} rw_families SEC(".maps");

#endif
