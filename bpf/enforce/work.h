/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Room to judge a path in: too large for the stack. Programs of these hooks can be preempted by others of the same
 * processor, so each claims a place of its own; there are a few per processor, and any free one will do.
 */
#ifndef RW_ENFORCE_WORK_H
#define RW_ENFORCE_WORK_H

#define RW_LONGEST_PATH 4096
/* Paths are written backwards from here. Before them there is room for a component too many and a verdict. */
#define RW_PATH_END 6144
#define RW_PATH_LOW (RW_PATH_END - RW_LONGEST_PATH)
#define RW_PATH_MASK 8191
#define RW_WAITING_ROW 0x0fffffff
#define RW_WAITING_MODE 28

/* What holds under a name: of a rename or link the old and the new. */
struct rw_standing {
	__u32 enforced, watched; /* operations that are denied under this name */
	__u32 enforced_line, watched_line;
	__u32 below; /* folders: the state behind the name and a slash */
	__u32 free;  /* RW_HEAD_FREE_* of that state, of all names */
};

struct rw_work {
	__u32 busy;
	__u32 start; /* of the path in `path` */
	__u32 state; /* of the automaton behind it */
	__u32 named; /* enum rw_named */

	/* whose question it is: functions the kernel verifies by themselves take numbers and this room */
	__u64 cgroup;
	__u64 mnt, dentry; /* the file: addresses that the kernel takes for pointers cannot be handed over as numbers */
	__u32 set_id;

	/* the question */
	__u32 want; /* bits of rw_operation */
	__u32 is_owner;
	__u32 digest; /* id; 0: not known */
	__u32 knows_arguments;
	__u32 mode;   /* enum rw_judging */
	__u32 accept; /* row of the last name */
	__u32 below;  /* state behind the last name and a slash */
	__u64 own, ancestors, arguments; /* classes */

	/* the answer, over all names of the file */
	__u32 left_enforced, left_watched; /* not decided yet, of the name at hand */
	__u32 denied_enforced, denied_watched;
	__u32 line_enforced, line_watched, line_allowed;
	__u32 asks_arguments; /* some line of the last row has to be judged with the arguments */
	__u32 waits;          /* how many rows have such lines */
	__u32 waiting[4];     /* which: RW_WAITING_MODE and the row */
	__u32 asks_digest;    /* some denial depends on a digest that is not known */
	__u32 names;          /* how many were judged */
	__u32 by_other;       /* another name than the one it was reached by decided */
	__u32 failed;         /* a table of the set is missing */
	__u32 too_long;       /* the name has more than RW_LONGEST_PATH bytes */
	__u32 free;           /* RW_HEAD_FREE_* that hold below all names judged */

	struct rw_standing before, after;
	struct rw_file_key key;
	struct rw_verdict verdict;
	__u8 path[RW_PATH_MASK + 1 + RW_LONGEST_PATH + 512];
};

#define RW_WORKS_PER_CPU 4
#define RW_WORKS_TRIED 8
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64 * RW_WORKS_PER_CPU); /* sized before load */
	__type(key, __u32);
	__type(value, struct rw_work);
} rw_works SEC(".maps");

/* 0 when all that were looked at are in use: then `onFailure` decides. */
static __always_inline struct rw_work *rw_claim_work(void)
{
	__u32 first = bpf_get_smp_processor_id() * RW_WORKS_PER_CPU;

	for (__u32 i = 0; i < RW_WORKS_TRIED; i++) {
		/* beyond this processor's own: those of the next */
		__u32 key = first + i;
		struct rw_work *w = bpf_map_lookup_elem(&rw_works, &key);

		if (!w) {
			key = i;
			w = bpf_map_lookup_elem(&rw_works, &key);
		}
		if (w && __sync_val_compare_and_swap(&w->busy, 0, 1) == 0)
			return w;
	}
	return 0;
}

static __always_inline void rw_release_work(struct rw_work *w)
{
	__sync_val_compare_and_swap(&w->busy, 1, 0);
}

#endif
