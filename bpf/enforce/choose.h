/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Decisions that are already made, of sections that need no look at paths; and who belongs to one container. */
#ifndef RW_ENFORCE_CHOOSE_H
#define RW_ENFORCE_CHOOSE_H

/* As rw_choose, and the verdict has the file's name. */
static __noinline int rw_choose_named(struct rw_actor *a, struct rw_choice *c, struct rw_act *act, __u64 mnt,
				      __u64 dentry)
{
	__u32 denied = c->denied;
	bool enforced = denied & RW_ENFORCED;
	__u32 line = enforced || !denied ? c->enforced_line : c->watched_line;
	struct rw_work *w;

	rw_count_line(a->set_id, line);
	if (!denied)
		return 0;
	w = rw_claim_work();
	if (!w) {
		rw_send_verdict(a, act, line, enforced, 0);
		return enforced;
	}
	w->cgroup = a->cgroup;
	w->set_id = a->set_id;
	rw_name(w, mnt, dentry);
	rw_send_path_verdict(w, act, line, enforced);
	rw_release_work(w);
	return enforced;
}

static __always_inline struct rw_choice *rw_handle_choice(struct rw_actor *a, __u64 handle)
{
	rw_opaque(handle);
	return &a->set->surface[handle & (RW_MAX_NAMES - 1)];
}

static __always_inline bool rw_may_deny_handles(struct rw_actor *a)
{
	return a->set->sections[RW_SECTION_SURFACE].deniable;
}

/* Of an actor that is known: 1 when it is to be denied. */
static __always_inline int rw_choose_handle(struct rw_actor *a, __u32 handle)
{
	struct rw_act act = { .section = RW_SECTION_SURFACE, .operation = handle, .mechanism = RW_BY_LSM };

	return rw_may_deny_handles(a) ? rw_choose(a, rw_handle_choice(a, handle), &act) : 0;
}

/* 0 or -EPERM: whether the current task may take hold of this. */
static __noinline int rw_take_handle(__u32 handle)
{
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	return rw_refused(rw_choose_handle(&a, handle));
}

static __always_inline bool rw_is_outside(struct rw_actor *a, struct task_struct *task)
{
	struct rw_member *m = bpf_task_storage_get(&rw_members, task, 0, 0);
	__u64 cgroup = m && m->home ? m->home : rw_cgroup_of(task);

	return cgroup != a->cgroup && rw_container_of(cgroup) != rw_container_of(a->cgroup);
}

#endif
