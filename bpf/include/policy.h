/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel↔TypeScript contract of enforcement: what user space compiles an effective policy to (a *set*, never
 * changed in place), how cgroups are bound to sets, and the verdicts that come back.
 *
 * As in events.h: fixed widths, explicit padding, no bit-fields, no pointers. Written to
 * packages/enforce/src/layout.generated.ts, with a hash of its own.
 */
#ifndef RW_POLICY_H
#define RW_POLICY_H

#include <linux/types.h>

/* In the order of SECTIONS of packages/policy. */
enum rw_section {
	RW_SECTION_PROCESS = 0,
	RW_SECTION_FILE = 1,
	RW_SECTION_NETWORK = 2,
	RW_SECTION_CAPABILITIES = 3,
	RW_SECTION_SYSCALLS = 4,
	RW_SECTION_SURFACE = 5,
	RW_SECTION_PRIVILEGE = 6,
	RW_SECTION_COUNT = 7,
};

/* Bits; those of files in the order of FILE_OPERATIONS of packages/policy. */
enum rw_operation {
	RW_OP_READ = 1,
	RW_OP_WRITE = 2,
	RW_OP_CREATE = 4,
	RW_OP_DELETE = 8,
	RW_OP_RENAME = 16,
	RW_OP_LINK = 32,
	RW_OP_CHMOD = 64,
	RW_OP_CHOWN = 128,
	RW_OP_MOUNT = 256,
	RW_OP_EXECUTE = 512, /* mapping as code */
	RW_OP_START = 1024,  /* the process section: starting a program */
};

/* The two evaluations of docs/adr/0050: what protect denies, and what protect and monitor would. */
enum rw_evaluation {
	RW_ENFORCED = 1,
	RW_WATCHED = 2,
};

/* Lines are numbered from 1. */
#define RW_NO_LINE 0

/* A decision that needs no look at paths or addresses. `denied` has bits of rw_evaluation. */
struct rw_choice {
	__u32 denied;
	__u32 enforced_line; /* what decided, whether for or against; or RW_NO_LINE */
	__u32 watched_line;
	__u32 pad;
};

enum rw_section_flag {
	RW_SECTION_FAIL_CLOSED = 1, /* what cannot be judged is denied */
	RW_SECTION_KILL = 2,        /* besides denying, end the process */
	RW_SECTION_ENFORCED = 4,    /* some policy has it in protect */
	RW_SECTION_DENY_LINES = 8,  /* some line denies, the default apart */
};
struct rw_section_rules {
	__u32 flags;
	/* Bits of rw_operation that some line or the default can deny; for other sections not 0 when any can. */
	__u32 deniable;
	struct rw_choice fallback; /* when no line matches */
};

/* In the order of LIMITED of packages/policy. */
enum rw_limited {
	RW_LIMITED_CONNECTIONS = 0, /* of TCP and SCTP that a container begins, loopback apart */
	RW_LIMITED_EGRESS = 1,      /* bytes of packets that leave its sockets, loopback apart */
	RW_LIMITED_INGRESS = 2,
	RW_LIMITED_COUNT = 3,
};
/* Two for each: by what is in protect, and by what is in protect or monitor. */
struct rw_limit {
	__u64 per_second; /* 0: none */
	__u32 line;
	__u32 pad;
};
struct rw_bucket_key {
	__u64 container;
	__u32 which; /* index in rw_set.limits */
	__u32 pad;
};
/* What was taken is paid for until then: at most a second ahead. */
struct rw_bucket {
	__u64 until_ns; /* CLOCK_BOOTTIME */
	__u64 told_ns;
};

#define RW_MAX_NAMES 64
#define RW_DIGEST_BYTES 32
struct rw_set {
	__u8 policy[RW_DIGEST_BYTES]; /* id of the effective policy: how an agent that starts anew knows it */
	__u32 id;
	__u32 line_count; /* the highest number of a line */
	__u64 class_hash;  /* of the list of classes of programs; 0: the set asks for none */
	__u32 path_start;  /* state of the automaton a path starts in */
	__u32 args_start;  /* state a list of arguments starts in; 0: no line asks for arguments */
	__u32 digest_used; /* some line asks for digests */
	__u32 network_ranges;     /* how many ranges of addresses there are */
	__u32 network_create_row; /* of the lines about creating sockets; 0: there are none */
	__u32 limited;            /* bits by enum rw_limited */
	struct rw_section_rules sections[RW_SECTION_COUNT];
	struct rw_limit limits[6]; /* enum rw_limited, twice each: enforced, watched */
	struct rw_choice drift;
	struct rw_choice fileless;
	struct rw_choice no_new_privileges;
	struct rw_choice setuid_execution;
	struct rw_choice read_only_root;
	struct rw_choice capabilities[RW_MAX_NAMES]; /* by number of the capability */
	struct rw_choice surface[RW_MAX_NAMES];      /* by index in KERNEL_SURFACE */
	__u8 byte_class[256];                        /* 1 to 255 */
};

/*
 * The automaton: a comb of states over one array of cells. A state is the index of its head; the cell for byte
 * class c is at state + c and belongs to the state when `check` says so. Without one, the head's default is next.
 * State 0 is dead: nothing that begins so can match.
 */
#define RW_CELL_OWNED 0x80000000
/* In `next` of a head: no line restricts anything from here on, in that evaluation. */
#define RW_HEAD_FREE_ENFORCED 0x80000000
#define RW_HEAD_FREE_WATCHED 0x40000000
#define RW_HEAD_ACCEPT 0x3fffffff
struct rw_cell {
	__u32 check; /* head: the default state; else the owner | RW_CELL_OWNED */
	__u32 next;  /* head: index of the accept row | free bits; else the next state */
};

enum rw_rule_flag {
	RW_RULE_DENY = 1,
	RW_RULE_ENFORCED = 2, /* of a section in protect; else only watched */
	RW_RULE_OWNER = 4,    /* only where the acting user owns the file */
};
/*
 * One line as it applies to the paths of an accept state: denials before permissions, then as tried. The first
 * entry of a row is its head: `from` the classes of programs these paths belong to, `arguments` those of
 * argument lists, `operations` all of its lines', `line` how many follow.
 */
struct rw_rule {
	__u64 from;      /* classes of the acting program, any of; 0: no matter */
	__u64 ancestors; /* the same of its ancestors */
	__u64 arguments;
	__u32 operations;
	__u32 line;
	__u32 digest; /* id of the file's digest; 0: no matter */
	__u32 flags;
};

#define RW_MAX_ROWS 512

/* Bits, in the order of NETWORK_OPERATIONS, NETWORK_FAMILIES and NETWORK_PROTOCOLS of packages/policy. */
enum rw_network_operation {
	RW_NET_CONNECT = 1,
	RW_NET_BIND = 2,
	RW_NET_LISTEN = 4,
	RW_NET_CREATE = 8,
	RW_NET_ACCEPT = 16,
};
/* Of verdicts alone, beside those: a limit of bandwidth. */
enum rw_bandwidth_operation {
	RW_NET_SEND = 32,
	RW_NET_RECEIVE = 64,
};
enum rw_network_family {
	RW_FAMILY_IPV4 = 1,
	RW_FAMILY_IPV6 = 2,
	RW_FAMILY_UNIX = 4,
	RW_FAMILY_NETLINK = 8,
	RW_FAMILY_PACKET = 16,
	RW_FAMILY_OTHER = 32,
};
enum rw_network_protocol {
	RW_PROTOCOL_TCP = 1,
	RW_PROTOCOL_UDP = 2,
	RW_PROTOCOL_RAW = 4,
	RW_PROTOCOL_SCTP = 8,
	RW_PROTOCOL_ICMP = 16,
};

/*
 * One line as it applies to the addresses of a range, or to all addresses, and one range of ports: rows as those of
 * rw_rule, each with a head, whose `line` says how many follow and whose `operations` are all of theirs. Row 0 has
 * the lines that name no address; it is tried besides that of the address, and the line with the lower number
 * decides. Lines are numbered in the order they are tried.
 */
struct rw_network_rule {
	__u64 from; /* classes of the acting program, any of; 0: no matter */
	__u32 line;
	__u16 operations;
	__u16 families;  /* 0: no matter */
	__u16 protocols; /* 0: no matter */
	__u16 flags;     /* RW_RULE_DENY, RW_RULE_ENFORCED */
	__u16 port_first;
	__u16 port_last; /* 0 to 65535: no matter, also for what has no ports */
	__u32 name; /* number of a pattern of names the address must have been given; 0: no matter */
	__u32 pad;
};

/*
 * Addresses from here up to the next range, sorted. In host order; an IPv4 address is ::ffff:a.b.c.d. `row` 0: no
 * line names these addresses.
 */
struct rw_network_range {
	__u64 high;
	__u64 low;
	__u32 row;
	__u32 pad;
};

/* Whose a socket is, and what was decided of its connection: kept with the socket, handed on to those it accepts. */
enum rw_socket_role {
	RW_SOCKET_UNKNOWN = 0,
	RW_SOCKET_CONNECTS = 1,
	RW_SOCKET_ACCEPTS = 2,
};
enum rw_socket_denial {
	RW_SOCKET_DENIED = 1,
	RW_SOCKET_CUT = 2, /* somebody sent by it who may not: what is in it must not leave later */
};
struct rw_socket {
	__u64 cgroup; /* of the process that made it */
	__u64 epoch;  /* of the binding `denied` was decided under; 0: not yet */
	__u32 role;
	__u32 denied;
};

/* Who began to exchange datagrams: what answers is no new contact. */
struct rw_exchange_key {
	__u64 container;
	__u64 high, low; /* the remote address, as in struct rw_network_range */
	__u16 remote_port;
	__u16 local_port;
	__u32 protocol; /* number of the IP protocol */
};
struct rw_exchange {
	__u64 epoch;
	__u32 began_there;
	__u32 denied;
};

/* Names backwards, with a 0 behind: `tset.ipa`; a pattern for all names below one ends in a dot instead. */
#define RW_NAME_BYTES 252
struct rw_name_key {
	__u32 bits;
	__u8 name[RW_NAME_BYTES];
};
/* Numbers of the patterns that fit a name, those of the longest and of all it contains; 0: no more. */
#define RW_NAME_PATTERNS 4
struct rw_name_patterns {
	__u32 number[RW_NAME_PATTERNS];
};

/* Which patterns fit the names that a container was told an address has. */
struct rw_told_key {
	__u64 container;
	__u64 high, low;
};
struct rw_told {
	__u64 until_ns; /* CLOCK_BOOTTIME: for new connections; those that are there stay */
	__u32 number[RW_NAME_PATTERNS];
};

/* A segment of TCP from elsewhere that was denied: user space answers for a port that is closed. */
struct rw_refusal {
	__u8 network[40]; /* the packet's beginning: of IPv6 its whole header, of IPv4 the header's first 20 bytes */
	__u8 transport[20];
	__u32 length;  /* of the packet */
	__u32 offset;  /* of the transport in the packet */
	__u32 netns;   /* number of the network namespace it came to */
	__u32 ifindex; /* by which device */
	__u32 is_ipv6;
};

/* A TCP socket that is connected to whom its policies deny now; rw_denied_sockets writes one for each descriptor. */
struct rw_denied_socket {
	__u64 socket; /* inode */
	__u32 tgid;
	__u32 fd;
};

/* How often a line decided, and when it last did, in nanoseconds of CLOCK_BOOTTIME. */
struct rw_line_count {
	__u64 hits;
	__u64 last_ns;
};

struct rw_binding {
	__u64 cgroup; /* its key: an entry may be reused while it is looked at */
	__u32 set;
	__u32 fail_closed; /* a set that cannot be found denies */
	__u64 epoch; /* another one for each time it is bound: what was decided before is decided anew */
};

/* What is known of a bound cgroup besides its set; survives a change of sets. */
struct rw_place {
	__u32 mount_ns; /* the container's own; 0: its first program has not been started */
	__u32 pad0;
	__u64 image_ns; /* CLOCK_REALTIME; where no layer tells, files changed after this are not the image's; 0: unknown */
	__u32 root_dev; /* of the container's root file system; 0: not known */
	__u32 pad;
	__u64 root;      /* address of the dentry the container's root mount begins at; 0: not known */
	__u64 container; /* the cgroup user space bound: that of the container, whatever is made below; 0: this one */
	__u64 window_ns; /* verdicts are sent at a bounded rate per cgroup; all are counted */
	__u32 window_count;
	__u32 suppressed;
	__u64 refusals_ns; /* so are answers to who was denied */
	__u32 refusals;
	__u32 pad1;
};

/* Names a file's contents: with ctime and size, any change of the file ends what is known of it. */
struct rw_file_key {
	__u64 ino;
	__u64 ctime_ns;
	__u64 length;
	__u32 dev;
	__u32 pad;
};

struct rw_digest {
	__u8 sha256[RW_DIGEST_BYTES];
};

/* What user space asks the iterators about. */
struct rw_asked {
	__u32 first_tgid; /* of a container that runs already: the process whose mounts and root are the container's */
	__u32 files_tgid; /* whose descriptors to name the files of */
};
/* What rw_name_files writes for each descriptor of that process that is a file. */
struct rw_named_file {
	__u32 fd;
	__u32 pad;
	struct rw_file_key key;
};

enum rw_member_flag {
	RW_MEMBER_LOADER = 1, /* it was started as the loader of programs: what it maps as code, it runs */
};

/*
 * A task that runs a program of its container. A task of a bound cgroup without this mark is the container runtime's:
 * it has joined, has not yet started the container's program, and is not judged. The mark is set by exec and by user
 * space at bind, and inherited by fork. `own` and `ancestors`: which classes of programs the process and its ancestors
 * belong to, of the sets with that class_hash.
 */
struct rw_member {
	__u64 home; /* the cgroup it is bound by, wherever it moves; 0: not marked yet */
	__u64 class_hash;
	__u64 own;
	__u64 ancestors;
	/* rows of the program being started that ask for its arguments: judged once these are in place */
	__u32 pending_set;
	__u32 pending_count;
	__u32 pending_row[4];
	__u32 flags;
	__u32 pad;
};

enum rw_outcome_of_verdict {
	RW_DENIED = 1,
	RW_KILLED = 2,
	RW_WOULD_DENY = 3,
};
enum rw_mechanism {
	RW_BY_LSM = 1,
	RW_BY_KILL_AT_EXEC = 2,
	RW_BY_CGROUP = 4,
	RW_BY_SECCOMP = 5,
	RW_BY_FANOTIFY = 6,
};
enum rw_verdict_flag {
	RW_V_UNRESOLVED = 1, /* could not be judged: onFailure decided */
	RW_V_MOVED = 2,      /* a rename or link that would have given rights the mover does not have */
	RW_V_PACKET = 8,     /* decided of a packet: no process is known to be at it */
	RW_V_LIMIT = 16,     /* it was allowed, and more than a limit takes */
	RW_V_OTHER_NAME = 4, /* decided by another name of the file than the one it was reached by */
};

/* `operation` of verdicts of the surface section; in the order of KERNEL_SURFACE of packages/policy. */
enum rw_handle {
	RW_HANDLE_MODULES = 0,
	RW_HANDLE_BPF = 1,
	RW_HANDLE_PTRACE = 2,
	RW_HANDLE_PERF = 3,
	RW_HANDLE_USERFAULTFD = 4,
	RW_HANDLE_MOUNT = 5,
	RW_HANDLE_PIVOT_ROOT = 6,
	RW_HANDLE_SETNS = 7,
	RW_HANDLE_UNSHARE_USER = 8,
	RW_HANDLE_UNSHARE = 9,
	RW_HANDLE_IO_URING = 10,
	RW_HANDLE_KEYCTL = 11,
	RW_HANDLE_KEXEC = 12,
	RW_HANDLE_RAW_DEVICES = 13,
	RW_HANDLE_KERNEL_MEMORY = 14,
	RW_HANDLE_CORE_PATTERN = 15,
	RW_HANDLE_MODPROBE_PATH = 16,
	RW_HANDLE_UEVENT_HELPER = 17,
	RW_HANDLE_RELEASE_AGENT = 18,
	RW_HANDLE_CGROUP_FILES = 19,
	RW_HANDLE_BINFMT_MISC = 20,
	RW_HANDLE_SYSRQ = 21,
	RW_HANDLE_SYSCTL = 22,
	RW_HANDLE_KERNEL_LOG = 23,
	RW_HANDLE_SIGNAL_OUTSIDE = 24,
	RW_HANDLE_RUNTIME_SOCKET = 25,
	RW_HANDLE_HOST_PROCESS_FILES = 26,
	RW_HANDLE_COUNT = 27,
};

/* `operation` of verdicts of the privilege section; in the order of PRIVILEGES of packages/policy. */
enum rw_privilege {
	RW_SETUID_EXECUTION = 0,
	RW_NEW_PRIVILEGES = 1,
	RW_ROOT_WRITE = 2,
};

/* Travels rw_verdicts; `path_len` bytes of path follow. */
struct rw_verdict {
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 cgroup_id;
	__u64 start_ns; /* of the process: with tgid, its identity */
	__u64 detail[3]; /* network: port, family and protocol as bits (0: no name fits) */
	__u32 tgid;
	__u32 tid;
	__u32 uid;
	__u32 set;
	__u32 line;
	__u32 operation; /* bit of rw_operation or rw_network_operation, number of a capability, index of a handle, rw_privilege */
	__u16 section;
	__u8 outcome;
	__u8 mechanism;
	__u16 flags;
	__u16 path_len;
	char comm[16];
	__u8 address[16]; /* network: of the end that was judged, network order, IPv4 as ::ffff:a.b.c.d */
	__u32 suppressed; /* verdicts of this cgroup that were counted but not sent, so far */
	__u32 pad;
};

struct rw_enforce_boot {
	__u64 layout_hash;
	__s32 cgroup_subsys; /* as rw_boot of settings.h */
	__u32 cgroup_hierarchy;
	__u32 host_mount_ns;
	__u32 has_lsm;
};

#endif
