/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel↔TypeScript contract: every record that travels the ring.
 *
 * Fixed-width types, explicit padding, no bitfields, no pointers. Strings trail the fixed part and are
 * addressed by `rw_span` (offset from the start of the record, length in bytes, no terminator).
 * packages/events/src/layout.generated.ts is written from this file's BTF; the hash of it sits on both sides.
 */
#ifndef RW_EVENTS_H
#define RW_EVENTS_H

#include <linux/types.h>

#define RW_MAX_RECORD 32768
#define RW_MAX_PATH 4096
#define RW_MAX_ARGS 8191
#define RW_MAX_ENV 8191

enum rw_flag {
	RW_F_COMPAT32 = 1,
	RW_F_IO_URING = 2,
	RW_F_CALLER_MEMORY = 4,
	RW_F_TRUNCATED = 8,
	RW_F_HOST = 16,
	RW_F_NO_RESULT = 32,
};

enum rw_internal_event {
	RW_EV_PROCEXIT = 1000,
	RW_EV_PROCSTART = 1001,
	RW_EV_CGROUPCREATE = 1002,
	RW_EV_CGROUPREMOVE = 1003,
};

/* Ids of packages/events/src/syscalls.ts that programs name themselves. */
#define RW_TYPE_EXECVE 1
#define RW_TYPE_SOCKET 52

/* What a record looks like after the header. */
enum rw_kind {
	RW_K_SYS = 1,
	RW_K_OPEN = 2,
	RW_K_PATH = 3,
	RW_K_FD = 4,
	RW_K_EXEC = 5,
	RW_K_FORK = 6,
	RW_K_EXIT = 7,
	RW_K_CGROUP = 8,
};

struct rw_span {
	__u16 off;
	__u16 len;
};

/* Common to all records. */
struct rw_hdr {
	__u64 time_ns;       /* CLOCK_BOOTTIME */
	__u64 cgroup_id;
	__u64 start_ns;      /* CLOCK_BOOTTIME start of the thread group leader: with tgid, the process's identity */
	__u64 exec_id;       /* counts the programs the process has executed; inherited by fork */
	__s64 result;
	__u64 cap_effective;
	__u64 cap_permitted;
	__u32 tgid;
	__u32 tid;
	__u32 uid;
	__u32 gid;
	__u32 euid;
	__u32 egid;
	__u16 type;
	__u16 flags;
	__u16 cpu;
	__u8 kind;
	__u8 pad;
};

/* Prefix of every record that stands for a system call. Arguments as passed, widened, unsigned. */
struct rw_sys {
	struct rw_hdr hdr;
	__u64 args[6];
	struct rw_span text[2]; /* string arguments that are no paths */
	struct rw_span data;    /* first bytes moved */
	__u32 pad;
};

/* A file or socket. For sockets the addresses come from the kernel's socket. */
struct rw_object {
	__u64 ino;
	__u32 dev; /* kernel encoding: major << 20 | minor */
	__u32 uid;
	__u16 mode;
	__u16 family;
	__u16 sock_type;
	__u16 protocol;
	__u16 local_port;  /* host order */
	__u16 remote_port; /* host order */
	__u8 state;
	__u8 role; /* 0 unknown, 1 client, 2 server */
	__u8 special; /* 1 memfd, 2 anonymous inode */
	__u8 layer;   /* RW_LAYER_*; 0 where the file is in no overlay */
	__u8 local[16];
	__u8 remote[16];
};

struct rw_open {
	struct rw_sys sys;
	struct rw_object object;
	__s32 fd;
	__u32 open_flags;
	__u32 open_mode;
	__u32 file_mode; /* FMODE_* of the open file */
	struct rw_span path;
	struct rw_span raw;
	struct rw_span base; /* what `raw` starts from: a directory, or the task's root; empty when path is known */
	__u32 pad;
};

struct rw_path {
	struct rw_sys sys;
	struct rw_span base[2];
	struct rw_span raw[2];
	struct rw_span cwd; /* chdir, chroot: where the process is now */
	__u32 pad;
};

struct rw_fd {
	struct rw_sys sys;
	struct rw_object object;
	__s32 fd;
	struct rw_span path; /* of the file; of a unix socket: the bound or peer name */
	struct rw_span address; /* struct sockaddr as the caller passed it */
	__u32 pad;
};

struct rw_fork {
	struct rw_hdr hdr; /* the parent's */
	__u64 child_start_ns;
	__u64 child_cgroup_id;
	__u32 child_tgid;
	__u32 child_vpid;
	__u32 child_pid_ns;
	__u32 pad;
	__u8 comm[16]; /* of the parent at that moment */
};

struct rw_exit {
	struct rw_hdr hdr;
	__s32 exit_code;
	__u32 pad;
};

enum rw_layer { RW_LAYER_UPPER = 1, RW_LAYER_LOWER = 2 };

enum rw_exe_fact {
	RW_EXE_UPPER = 1,
	RW_EXE_LOWER = 2,
	RW_EXE_MEMFD = 4,
	RW_EXE_DELETED = 8,
	RW_EXE_SETUID = 16,
	RW_EXE_SETGID = 32,
};

struct rw_exec {
	struct rw_hdr hdr;
	__u64 cap_inheritable;
	__u64 ino;
	__u64 ctime_ns;
	__u64 mtime_ns;
	__u32 dev;
	__u32 file_uid;
	__u32 file_gid;
	__u32 exe_facts;
	__u32 file_mode;
	__u32 ppid;
	__u32 vpid;
	__u32 sid;
	__u32 vsid;
	__u32 pgid;
	__u32 vpgid;
	__u32 loginuid;
	__u32 tty;
	__u32 pid_ns;
	__u32 mnt_ns;
	__u32 net_ns;
	__u32 user_ns;
	__u32 args_len; /* bytes of argv in the process, before any cut */
	__u8 comm[16];
	struct rw_span path;
	struct rw_span cwd;
	struct rw_span args; /* argv, each string ended by NUL */
	struct rw_span env;
};

struct rw_cgroup {
	struct rw_hdr hdr;
	__u64 id;
	__u32 hierarchy;
	struct rw_span path;
};

#endif
