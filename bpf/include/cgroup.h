/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* How a task's cgroup is named: the same number for the sensor, enforcement and user space. */
#ifndef RW_CGROUP_H
#define RW_CGROUP_H

/*
 * Which cgroup a task is in: its v2 group; where that is only the root (pure v1 hosts, and hybrid hosts whose
 * runtime makes no v2 group) the group of the chosen v1 hierarchy (`subsys`, its index in css_set.subsys; -1: there
 * is none), told apart by RW_V1_ID.
 */
#define RW_V1_ID (1ULL << 52)
#define RW_ROOT_ID 1

static __always_inline __u64 rw_v1_cgroup_id(__u64 css, __s32 subsys)
{
	struct cgroup_subsys_state *state = 0, **slots = (void *)css + bpf_core_field_offset(struct css_set, subsys);

	bpf_probe_read_kernel(&state, sizeof state, slots + subsys);
	return BPF_CORE_READ(state, cgroup, kn, id) | RW_V1_ID;
}

static __always_inline __u64 rw_cgroup_id(struct task_struct *task, __s32 subsys)
{
	struct css_set *css = rw_untrusted(task)->cgroups;
	__u64 id = css->dfl_cgrp->kn->id;

	return subsys < 0 || id != RW_ROOT_ID ? id : rw_v1_cgroup_id((__u64)css, subsys);
}

/* The same of a task that is known by its address alone. */
static __always_inline __u64 rw_cgroup_id_at(__u64 task, __s32 subsys)
{
	__u64 css = (__u64)rw_get(struct task_struct, task, cgroups);
	__u64 group = (__u64)rw_get(struct css_set, css, dfl_cgrp);
	__u64 id = rw_get(struct kernfs_node, rw_get(struct cgroup, group, kn), id);

	return subsys < 0 || id != RW_ROOT_ID ? id : rw_v1_cgroup_id(css, subsys);
}

/* The same of a group that is known by its address; 0 for one in a hierarchy that names nobody. */
static __always_inline __u64 rw_id_of_group(__u64 cgroup, __s32 subsys, __u32 v1_hierarchy)
{
	__u64 root = (__u64)rw_get(struct cgroup, cgroup, root);
	__u32 hierarchy = rw_get(struct cgroup_root, root, hierarchy_id);
	__u64 id = rw_get(struct kernfs_node, rw_get(struct cgroup, cgroup, kn), id);

	if (!hierarchy)
		return id;
	if (subsys < 0 || hierarchy != v1_hierarchy)
		return 0;
	return id | RW_V1_ID;
}

#endif
