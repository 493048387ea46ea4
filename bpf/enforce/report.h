/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Counting the line that decided, and telling user space. */
#ifndef RW_ENFORCE_REPORT_H
#define RW_ENFORCE_REPORT_H

#define RW_SIGKILL 9
#define RW_SECOND_NS 1000000000ULL
/* A container that tries the same thing in a loop must not crowd out the verdicts of others. */
#define RW_VERDICTS_PER_SECOND 256

/* What was tried, by what means it is judged. */
struct rw_act {
	__u32 section;   /* enum rw_section */
	__u32 operation; /* as in struct rw_verdict */
	__u32 mechanism; /* enum rw_mechanism */
	__u32 flags;     /* enum rw_verdict_flag */
	__u64 detail[3];
};

static __always_inline __u32 rw_section_index(struct rw_act *act)
{
	__u32 section = act->section;

	rw_opaque(section);
	return section < RW_SECTION_COUNT ? section : 0;
}

__noinline int rw_count_line(__u32 set, __u32 line)
{
	struct rw_line_count *count;
	void *lines;

	if (line == RW_NO_LINE)
		return 0;
	lines = bpf_map_lookup_elem(&rw_lines, &set);
	if (!lines)
		return 0;
	count = bpf_map_lookup_elem(lines, &line);
	if (!count)
		return 0;
	__sync_fetch_and_add(&count->hits, 1);
	count->last_ns = bpf_ktime_get_boot_ns();
	return 0;
}

static __always_inline void rw_count_verdict_drop(__u32 section)
{
	__u32 key = section & 7;
	__u64 *count = bpf_map_lookup_elem(&rw_verdict_drops, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
}

/* Whether this cgroup may send one more now. Approximate when several processors ask at once. */
static __noinline bool rw_may_send(__u64 cgroup, __u32 *suppressed)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &cgroup);
	__u64 now = bpf_ktime_get_boot_ns();

	*suppressed = 0;
	if (!place)
		return true;
	if (now - place->window_ns > RW_SECOND_NS) {
		place->window_ns = now;
		place->window_count = 0;
	}
	if (place->window_count >= RW_VERDICTS_PER_SECOND) {
		__sync_fetch_and_add(&place->suppressed, 1);
		return false;
	}
	place->window_count += 1;
	*suppressed = place->suppressed;
	return true;
}

static __always_inline void rw_fill_verdict_of(struct rw_verdict *v, __u64 cgroup, __u32 set_id, struct rw_act *act,
					       __u32 line, __u8 outcome)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *plain = rw_untrusted(task);

	__builtin_memset(v, 0, sizeof *v);
	v->time_ns = bpf_ktime_get_boot_ns();
	v->cgroup_id = cgroup;
	v->start_ns = plain->group_leader->start_boottime;
	v->detail[0] = act->detail[0];
	v->detail[1] = act->detail[1];
	v->detail[2] = act->detail[2];
	v->tgid = task->tgid;
	v->tid = task->pid;
	v->uid = plain->cred->uid.val;
	v->set = set_id;
	v->line = line;
	v->operation = act->operation;
	v->section = act->section;
	v->outcome = outcome;
	v->mechanism = act->mechanism;
	v->flags = act->flags;
	bpf_get_current_comm(v->comm, sizeof v->comm);
}

static __always_inline void rw_fill_verdict(struct rw_verdict *v, struct rw_actor *a, struct rw_act *act,
					    __u32 line, __u8 outcome)
{
	rw_fill_verdict_of(v, a->cgroup, a->set_id, act, line, outcome);
}

/* What becomes of a denial in this section; ends the process where the section says so. */
static __always_inline __u8 rw_carry_out_in(struct rw_set *set, struct rw_act *act, bool enforced)
{
	if (!enforced)
		return RW_WOULD_DENY;
	if (act->mechanism == RW_BY_KILL_AT_EXEC ||
	    (set && set->sections[rw_section_index(act)].flags & RW_SECTION_KILL)) {
		bpf_send_signal(RW_SIGKILL);
		return RW_KILLED;
	}
	return RW_DENIED;
}

static __always_inline __u8 rw_carry_out(struct rw_actor *a, struct rw_act *act, bool enforced)
{
	return rw_carry_out_in(a->set, act, enforced);
}

/* Sends a verdict without a path. `address`: 16 bytes in network order, or 0. */
static __noinline void rw_send_verdict(struct rw_actor *a, struct rw_act *act, __u32 line, bool enforced,
				       __u8 *address)
{
	__u8 outcome = rw_carry_out(a, act, enforced);
	struct rw_verdict *v;
	__u32 suppressed;

	if (!rw_may_send(a->cgroup, &suppressed))
		return;
	v = bpf_ringbuf_reserve(&rw_verdicts, sizeof *v, 0);
	if (!v) {
		rw_count_verdict_drop(act->section);
		return;
	}
	rw_fill_verdict(v, a, act, line, outcome);
	v->suppressed = suppressed;
	if (address)
		__builtin_memcpy(v->address, address, sizeof v->address);
	bpf_ringbuf_submit(v, 0);
}

/*
 * Applies a decision that is already made: counts the line, reports a denial. 0, or 1 when it is to be denied.
 *
 *	struct rw_act act = { .section = RW_SECTION_CAPABILITIES, .operation = cap, .mechanism = RW_BY_LSM };
 *	return rw_refused(rw_choose(&a, &a.set->capabilities[cap & 63], &act));
 */
static __noinline __attribute__((unused)) int rw_choose(struct rw_actor *a, struct rw_choice *c, struct rw_act *act)
{
	__u32 denied = c->denied;
	bool enforced = denied & RW_ENFORCED;
	__u32 line = enforced ? c->enforced_line : c->watched_line;

	rw_count_line(a->set_id, line);
	if (!denied)
		return 0;
	rw_send_verdict(a, act, line, enforced, 0);
	return enforced;
}

/*
 * For what cannot be judged: `onFailure` of the section. 0, or 1 when it is to be denied. What makes itself
 * impossible to judge (`evades`) is denied wherever the section enforces.
 */
static __noinline int rw_cannot_judge(struct rw_actor *a, struct rw_act *act, bool evades)
{
	__u32 flags = a->set ? a->set->sections[rw_section_index(act)].flags : 0;
	bool closed = flags & (evades ? RW_SECTION_ENFORCED : RW_SECTION_FAIL_CLOSED);

	act->flags |= RW_V_UNRESOLVED;
	rw_send_verdict(a, act, RW_NO_LINE, closed, 0);
	return closed;
}

#endif
