/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Interest by process: what user space found that no rule can use of the program a process runs.
 *
 * Nothing here has to be undone when a process executes another program, ends, or moves to another cgroup: the
 * slot names the program it is about, and the kernel's own count of executions (`self_exec_id`) has changed
 * before the new program's first instruction. A process without a slot of its own has everything sent.
 */
#ifndef RW_NARROW_H
#define RW_NARROW_H

#define RW_ALL_OPENS (~0U)

/* arm64 may read later words first; x86 may not. */
#if defined(__TARGET_ARCH_arm64)
#define rw_read_again(x) __sync_fetch_and_add(&(x), 0)
#else
#define rw_read_again(x) (*(volatile __u32 *)&(x))
#endif

static __always_inline struct rw_narrowed *rw_narrowed_of(struct task_struct *task, __u32 *version)
{
	__u32 epoch = rw_settings.narrowing, slot = task->tgid & (RW_NARROWED_SLOTS - 1);
	struct rw_narrowed *n;

	if (!epoch)
		return 0;
	n = bpf_map_lookup_elem(&rw_narrowed_processes, &slot);
	if (!n)
		return 0;
	*version = rw_read_again(n->version);
	if ((*version & 1) || n->epoch != epoch || n->tgid != (__u32)task->tgid ||
	    n->exec_id != task->self_exec_id || n->start_ns != task->group_leader->start_boottime ||
	    n->cgroup_id != rw_cgroup_of(task))
		return 0;
	return n;
}

/* Whether events of this type are worth sending for the program the task runs. */
static __always_inline bool rw_process_wants(struct task_struct *task, __u16 type)
{
	__u32 version = 0, word = type >> 6;
	struct rw_narrowed *n = rw_narrowed_of(task, &version);
	__u64 bits;

	if (!n || word >= RW_NARROWED_TYPES / 64)
		return true;
	bits = *(volatile __u64 *)&n->types[word];
	return (bits >> (type & 63) & 1) || rw_read_again(n->version) != version;
}

/* Which clauses of the open family are worth testing for it. */
static __always_inline __u32 rw_process_opens(struct task_struct *task)
{
	__u32 version = 0, opens;
	struct rw_narrowed *n = rw_narrowed_of(task, &version);

	if (!n)
		return RW_ALL_OPENS;
	opens = *(volatile __u32 *)&n->opens;
	return rw_read_again(n->version) == version ? opens : RW_ALL_OPENS;
}

#endif
