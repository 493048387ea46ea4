/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What user space tells the programs. `rw_boot` is fixed before load; `rw_settings` may be rewritten while
 * the programs run: each field is read whole, and a stale read costs one record more or less sent.
 */
#ifndef RW_SETTINGS_H
#define RW_SETTINGS_H

#include <linux/types.h>

struct rw_boot {
	__u64 layout_hash;
	__u32 self_tgid;
	__s32 cgroup_subsys; /* index in css_set.subsys of the v1 hierarchy to fall back on; -1: there is none */
	__u32 cgroup_hierarchy; /* number of that hierarchy */
	__u32 pad;
};

/*
 * What to do with a system call number. `scope` bit 0: send it for containers, bit 1: for the host.
 * `fd_arg` is the argument that is a descriptor (0-5), RW_FD_RESULT, or RW_ARG_NONE; `path_arg`, `dir_arg`
 * and `text_arg` are argument indices or RW_ARG_NONE; `addr_arg` a sockaddr whose length is the next
 * argument (of RW_SPECIAL_RECV: one the kernel wrote). Those of `scope` that `only_answers` names are sent nothing but
 * answers of name servers.
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
	__u8 addr_arg;
	__u8 special;
	__u8 wants; /* outcomes worth sending, bits of enum rw_outcome */
	__u8 only_answers;
	__u8 pad;
};

/*
 * How a call ended and what it acted on: bit `kind + failed`. Only calls on descriptors have a kind; all others
 * are RW_ON_OTHER.
 */
enum rw_outcome {
	RW_ON_OTHER = 0, /* files, pipes, and whatever is not known */
	RW_ON_IP = 2,
	RW_ON_UNIX = 4,
	RW_ON_SOCKET = 6, /* of any other family */
	RW_FAILED = 1,
};
#define RW_EVERY_OUTCOME 0xff

enum rw_family { RW_FAM_OPEN = 1, RW_FAM_PATH = 2, RW_FAM_FD = 3, RW_FAM_SYS = 4, RW_FAM_EXEC = 5 };

enum rw_special {
	RW_SPECIAL_OPENAT = 1, /* flags in args[2], mode in args[3] */
	RW_SPECIAL_OPEN = 2,   /* flags in args[1] */
	RW_SPECIAL_CREAT = 3,
	RW_SPECIAL_OPENAT2 = 4,
	RW_SPECIAL_MSG = 5,  /* args[1] is a struct msghdr */
	RW_SPECIAL_SEND = 6, /* bytes read from args[1], at most args[2] */
	RW_SPECIAL_RECV = 7, /* bytes written to args[1], result many */
	RW_SPECIAL_CWD = 8,  /* report the working directory after the call */
	RW_SPECIAL_ACCEPT = 9,
	RW_SPECIAL_CONNECT = 10,
	RW_SPECIAL_BY_HANDLE = 11,
	RW_SPECIAL_IOV = 12,
	RW_SPECIAL_LISTEN = 13,
	RW_SPECIAL_CLONE3 = 14, /* args[0] points at the flags */
	RW_SPECIAL_MMSG = 15,   /* args[1] is an array of struct mmsghdr; the first counts */
};

/*
 * Interest in opens: a record is sent when one clause holds. `mask`/`want` test RW_O_* facts; `group` is a
 * bit in the path sketches or 0; `scope` as in rw_dispatch. Sketches are small tables indexed by a hash of
 * (length, first 8 bytes) of a path component: false positives only cost a record, false negatives cannot
 * happen.
 */
enum rw_open_fact {
	RW_O_READ = 1,
	RW_O_WRITE = 2,
	RW_O_FAILED = 4,
	RW_O_TRUNC = 8,
	RW_O_CREAT = 16,
	RW_O_DOTDOT = 32,
};
struct rw_open_clause {
	__u32 mask;
	__u32 want;
	__u32 group;
	__u32 scope;
};

/*
 * What is worth sending of one process, in the slot its tgid gives. It is about the program that is named by
 * (tgid, start_ns, exec_id) while it is in that cgroup; for any other, and while `version` is odd or changes,
 * everything is sent. User space alone writes it. One cache line.
 */
struct rw_narrowed {
	__u64 start_ns;
	__u64 exec_id;
	__u64 cgroup_id;
	__u32 tgid;
	__u32 epoch;
	__u64 types[3]; /* bit by event type */
	__u32 opens;    /* bit by open clause */
	__u32 version;
};
#define RW_NARROWED_SLOTS 16384
#define RW_NARROWED_TYPES 192

#define RW_NATIVE_CALLS 1024
#define RW_COMPAT_CALLS 512
#define RW_SOCKET_CALLS 32
#define RW_URING_OPS 64
#define RW_DISPATCH_BYTES 32768 /* a power of two above the tables' end */
/* What a container's programs were seen to do, a byte per number: 1 when it happened. Set by the programs alone. */
#define RW_CAPABILITIES 64
struct rw_learnt {
	__u8 native[RW_NATIVE_CALLS];
	__u8 compat[RW_COMPAT_CALLS];
	__u8 capabilities[RW_CAPABILITIES];
};

#define RW_OPEN_CLAUSES 16
#define RW_SKETCH 4096
struct rw_settings {
	struct rw_dispatch native[RW_NATIVE_CALLS];
	struct rw_dispatch compat[RW_COMPAT_CALLS];
	struct rw_dispatch socketcall[RW_SOCKET_CALLS]; /* i386 socketcall(2) sub-calls */
	struct rw_dispatch uring[RW_URING_OPS];
	struct rw_open_clause open_clauses[RW_OPEN_CLAUSES];
	__u32 leaf_sketch[RW_SKETCH];
	__u32 parent_sketch[RW_SKETCH];
	__u32 top_sketch[RW_SKETCH];
	__u64 host_root; /* dentry at the root of pid 1's root mount; found by the iterator */
	__u32 open_clause_count;
	__u32 open_all; /* the rest about opens is being rewritten: send each */
	__u32 open_wants_top;
	__u32 data_len; /* bytes of moved data to copy, 0 for none */
	__u32 answer_len; /* bytes of an answer of a name server to copy, 0 when no rule asks for names */
	__u32 want_env;
	__u32 narrowing; /* the epoch of rw_narrowed in force; 0: none, send everything */
	__u32 polling; /* the reader looks by itself, every few milliseconds: do not wake it */
};

#endif
