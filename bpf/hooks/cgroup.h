/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* cgroups made and removed: how user space learns a container's name before its first process runs. */

static __always_inline int rw_report_cgroup(struct cgroup *cgroup, const char *path, __u16 type)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	__u32 pos = sizeof(struct rw_cgroup), len;
	__u16 flags = RW_F_HOST;
	struct rw_scratch *s;
	struct rw_cgroup *r;

	if (hierarchy && (rw_boot.cgroup_subsys < 0 || hierarchy != rw_boot.cgroup_hierarchy))
		return 0;
	s = rw_scratch(RW_SLOT_PROC);
	if (!s)
		return 0;
	r = (void *)s->record;
	rw_fill_header(&r->hdr, task, type, RW_K_CGROUP, flags, 0);
	r->id = BPF_CORE_READ(cgroup, kn, id) | (hierarchy ? RW_V1_ID : 0);
	r->hierarchy = hierarchy;
	len = rw_written(rw_append_string(RW_SLOT_PROC | RW_FROM_KERNEL, pos, (__u64)path), &flags);
	r->path = rw_span(pos, len);
	r->hdr.flags = flags;
	rw_send(s, pos + len, type);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(rw_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	return rw_report_cgroup(cgroup, path, RW_EV_CGROUPCREATE);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(rw_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	return rw_report_cgroup(cgroup, path, RW_EV_CGROUPREMOVE);
}
