/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a learnt workload does that no record tells: which system calls its programs enter, and which capabilities the
 * kernel grants them. A byte per number and container, set where it is not set yet. Attached only while something
 * is learnt; until then it costs nothing.
 */

/*
 * Still in the mounts of whoever put it into the group: what a runtime's process does before it makes the container's.
 * The host's own root is no help: seen from a namespace it may not be known.
 */
static __always_inline bool rw_is_on_its_way(struct task_struct *task, __u64 spaces)
{
	__u64 parent = (__u64)rw_untrusted(task)->real_parent;
	__u64 theirs = (__u64)rw_get(struct task_struct, parent, nsproxy);

	if (!theirs || rw_get(struct nsproxy, theirs, mnt_ns) != rw_get(struct nsproxy, spaces, mnt_ns))
		return false;
	return rw_cgroup_id_at(parent, rw_boot.cgroup_subsys) != rw_cgroup_of(task);
}

/*
 * A container's program, not that of its runtime, whose own program lies outside of the container's mounts. One in no
 * mount (memfd) is taken for the runtime's as well, which is how runtimes keep their own.
 */
static __always_inline bool rw_runs_inside(struct task_struct *task)
{
	__u64 mm = (__u64)rw_untrusted(task)->mm;
	__u64 spaces = (__u64)rw_untrusted(task)->nsproxy;

	if (!mm || !spaces)
		return false;
	__u64 file = (__u64)rw_get(struct mm_struct, mm, exe_file);

	if (!file)
		return false;
	__u64 mount = (__u64)rw_get(struct file, file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);

	return rw_get(struct mount, mount, mnt_ns) == rw_get(struct nsproxy, spaces, mnt_ns) &&
	       !rw_is_on_its_way(task, spaces);
}

/* Begun with the container's first call: who it is, and whether it is learnt, user space finds out later. */
static __always_inline struct rw_learnt *rw_learnt_of(struct task_struct *task)
{
	__u64 id = rw_cgroup_of(task);
	struct rw_learnt *known = bpf_map_lookup_elem(&rw_learnt_groups, &id);
	__u32 zero = 0;
	void *nothing;

	if (known)
		return known;
	if (task->tgid == rw_boot.self_tgid || !rw_is_container(task) || !rw_runs_inside(task))
		return 0;
	nothing = bpf_map_lookup_elem(&rw_learnt_nothing, &zero);
	if (!nothing)
		return 0;
	bpf_map_update_elem(&rw_learnt_groups, &id, nothing, BPF_NOEXIST);
	return bpf_map_lookup_elem(&rw_learnt_groups, &id);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(rw_learn_call, struct pt_regs *regs, long id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rw_learnt *learnt = rw_learnt_of(task);
	__u32 nr = id;
	__u8 *seen;

	if (!learnt)
		return 0;
	if (rw_is_compat(task)) {
		if (nr >= RW_COMPAT_CALLS)
			return 0;
		seen = &learnt->compat[nr];
	} else {
		nr &= ~0x40000000; /* x32 */
		if (nr >= RW_NATIVE_CALLS)
			return 0;
		seen = &learnt->native[nr];
	}
	/* The line of memory stays shared by all processors once everything is set. */
	if (!*seen && rw_runs_inside(task))
		*seen = 1;
	return 0;
}

/*
 * Calls that ask for memory, and page faults: whether a task has CAP_SYS_ADMIN then decides only how much memory may be
 * promised (cap_vm_enough_memory), and no program depends on it. Clones into namespaces, which do need it, are told
 * apart by their events.
 */
#define RW_CAP_SYS_ADMIN 21

static __always_inline bool rw_asks_for_memory(struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
#if defined(__TARGET_ARCH_x86)
	__u64 at = (__u64)regs;
	__s32 nr = rw_get(struct pt_regs, at, orig_ax);

	if (rw_is_compat(task))
		return nr < 0 || nr == 90 || nr == 192 || nr == 125 || nr == 45 || nr == 163 || nr == 120 || nr == 2 ||
		       nr == 190 || nr == 435 || nr == 11 || nr == 358;
	nr &= ~0x40000000;
	return nr < 0 || (nr >= 9 && nr <= 12) || nr == 25 || (nr >= 56 && nr <= 59) || nr == 435 || nr == 322;
#else
	__u64 at = (__u64)regs;
	__s32 nr = rw_get(struct pt_regs, at, syscallno);

	return nr < 0 || nr == 214 || nr == 216 || nr == 220 || nr == 221 || nr == 222 || nr == 226 || nr == 281 ||
	       nr == 435;
#endif
}

/* Linux 6.13 and newer: every check of a capability, and how it ended. */
SEC("tp_btf/cap_capable")
int BPF_PROG(rw_learn_capability, const struct cred *cred, void *target_ns, void *capable_ns, int capability, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rw_learnt *learnt;

	if (ret || (__u32)capability >= RW_CAPABILITIES)
		return 0;
	/* A file system may act with rights of its own for a while (overlayfs: those of who mounted it). */
	if ((__u64)cred != (__u64)rw_untrusted(task)->real_cred)
		return 0;
	if (capability == RW_CAP_SYS_ADMIN && rw_asks_for_memory(task))
		return 0;
	learnt = rw_learnt_of(task);
	if (!learnt)
		return 0;
	__u8 *seen = &learnt->capabilities[(__u32)capability & (RW_CAPABILITIES - 1)];

	if (!*seen && rw_runs_inside(task))
		*seen = 1;
	return 0;
}
