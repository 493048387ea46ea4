/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which classes of programs the acting process and its ancestors belong to: what `from` and `ancestors` ask. */
#ifndef RW_ENFORCE_CLASSES_H
#define RW_ENFORCE_CLASSES_H

#define RW_ANCESTORS 64

static __always_inline __u64 rw_program_classes(struct rw_work *w, __u64 task)
{
	__u64 mm = (__u64)rw_get(struct task_struct, task, mm), file;

	if (!mm)
		return 0;
	file = (__u64)rw_get(struct mm_struct, mm, exe_file);
	if (!file)
		return 0;
	if (rw_name(w, (__u64)rw_get(struct file, file, f_path.mnt), (__u64)rw_get(struct file, file, f_path.dentry)))
		return 0;
	return rw_classes_of_name(w);
}

struct rw_ancestry {
	struct rw_work *work;
	__u64 task;
	__u64 classes;
};

static long rw_ancestor_step(__u32 index, struct rw_ancestry *y)
{
	__u64 parent = (__u64)rw_get(struct task_struct, y->task, real_parent), leader;

	if (!parent || parent == y->task)
		return 1;
	leader = (__u64)rw_get(struct task_struct, parent, group_leader);
	if (rw_cgroup_id_at(leader, rw_enforce_boot.cgroup_subsys) != y->work->cgroup)
		return 1; /* outside the container */
	y->classes |= rw_program_classes(y->work, leader);
	y->task = leader;
	return 0;
}

/* Works them out from the living: for processes that ran before the cgroup was bound to a set with these classes. */
__noinline int rw_classify(struct rw_work *w)
{
	struct rw_ancestry y = { .work = w };

	if (!w)
		return 0;
	y.task = (__u64)rw_get(struct task_struct, bpf_get_current_task(), group_leader);
	w->own = rw_program_classes(w, y.task);
	bpf_loop(RW_ANCESTORS, rw_ancestor_step, &y, 0);
	w->ancestors = y.classes;
	return 0;
}

/* Fills in `own` and `ancestors` of the work for the current task. Uses the room for names. */
static __always_inline void rw_know_classes(struct rw_work *w, struct rw_actor *a)
{
	struct rw_member *m = a->member;

	w->cgroup = a->cgroup;
	w->set_id = a->set_id;
	w->own = w->ancestors = 0;
	if (!a->set->class_hash || !m)
		return; /* nobody asks; or the runtime, which is nobody */
	if (m->class_hash == a->set->class_hash) {
		w->own = m->own;
		w->ancestors = m->ancestors;
		return;
	}
	rw_classify(w);
	m->own = w->own;
	m->ancestors = w->ancestors;
	m->class_hash = a->set->class_hash;
}

#endif
