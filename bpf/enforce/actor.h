/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Who acts: the set a task is bound to. */
#ifndef RW_ENFORCE_ACTOR_H
#define RW_ENFORCE_ACTOR_H

#define RW_EPERM 1
#define rw_opaque(x) asm volatile("" : "+r"(x))

/*
 * What a hook returns. Newer kernels want to see that it is 0 or an error; a compiler that knows `denied` to be 0 or 1
 * would work it out by arithmetic, which the verifier does not follow.
 */
#define rw_refused(denied)                                                                                     \
	({                                                                                                     \
		int rw_denied = (denied);                                                                      \
		rw_opaque(rw_denied);                                                                          \
		rw_denied ? -RW_EPERM : 0;                                                                     \
	})

struct rw_actor {
	__u64 cgroup;
	struct rw_set *set;
	struct rw_member *member; /* of the current task; 0 when it could not be had */
	__u32 set_id;
	__u32 lost; /* bound to a set that is not there: deny */
	__u64 epoch;
};

static __always_inline __u64 rw_cgroup_of(struct task_struct *task)
{
	return rw_cgroup_id(task, rw_enforce_boot.cgroup_subsys);
}

static __always_inline __u32 rw_mount_ns_at(__u64 task)
{
	__u64 ns = (__u64)rw_get(struct task_struct, task, nsproxy);

	return ns ? rw_get(struct mnt_namespace, rw_get(struct nsproxy, ns, mnt_ns), ns.inum) : 0;
}

static __always_inline __u32 rw_mount_ns_of(struct task_struct *task)
{
	struct nsproxy *ns = rw_untrusted(task)->nsproxy;

	return ns ? rw_get(struct mnt_namespace, rw_get(struct nsproxy, ns, mnt_ns), ns.inum) : 0;
}

/* Fills in the set a cgroup is bound to; false when it is bound to none. */
static __always_inline bool rw_set_of_cgroup(__u64 cgroup, struct rw_actor *a)
{
	struct rw_binding *b;

	a->cgroup = cgroup;
	a->set = 0;
	a->member = 0;
	a->lost = 0;
	/* Between the two look-ups the cgroup may be bound anew and the old set removed: then look again. */
	for (int i = 0; i < 3; i++) {
		b = bpf_map_lookup_elem(&rw_bound, &a->cgroup);
		if (!b)
			return false;
		a->set_id = b->set;
		a->lost = b->fail_closed;
		a->epoch = b->epoch;
		if (*(volatile __u64 *)&b->cgroup != a->cgroup)
			continue; /* replaced, and its room in use for another already */
		a->set = bpf_map_lookup_elem(&rw_sets, &a->set_id);
		if (a->set) {
			a->lost = 0;
			return true;
		}
	}
	return a->lost;
}

/*
 * Finds the set a task's cgroup is bound to; false when it is bound to none. Whether the task is the container's
 * or its runtime's does not matter here: for those something is done to.
 */
static __always_inline bool rw_find_set(struct task_struct *task, struct rw_actor *a)
{
	return rw_set_of_cgroup(rw_cgroup_of(task), a);
}

static __always_inline struct rw_member *rw_own_membership(struct task_struct *task)
{
	struct rw_member *m = bpf_task_storage_get(&rw_members, task, 0, 0);
	struct task_struct *leader;

	if (m)
		return m->home ? m : 0;
	/* threads the kernel makes for io_uring are forked without a word */
	leader = task->group_leader;
	if (!leader)
		return 0;
	m = bpf_task_storage_get(&rw_members, leader, 0, 0);
	return m && m->home ? m : 0;
}

/* A task that was moved out of its container's cgroups is still its container's. */
static __noinline bool rw_find_home(struct rw_actor *a)
{
	struct rw_member *m = rw_own_membership(bpf_get_current_task_btf());

	if (!m || !rw_set_of_cgroup(m->home, a))
		return false;
	a->member = m;
	return true;
}

/*
 * The same for the current task where it acts for its container. Hooks begin with it:
 *
 *	if (!rw_acting(&a)) return 0;
 *	if (!a.set) return -RW_EPERM;
 */
static __always_inline bool rw_acting(struct rw_actor *a)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 key = 0;

	if (!rw_find_set(task, a)) {
		__u64 *strays = bpf_map_lookup_elem(&rw_strays, &key);

		return strays && *strays && rw_find_home(a);
	}
	a->member = rw_own_membership(task);
	return a->member != 0;
}

/* The cgroup of the container that a cgroup is in. */
static __always_inline __u64 rw_container_of(__u64 cgroup)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &cgroup);

	return place && place->container ? place->container : cgroup;
}

#endif
