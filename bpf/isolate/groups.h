/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Isolation follows groups down: a container that may make some cannot leave by it. */

static __always_inline __u64 rw_id_of_cgroup(__u64 cgroup)
{
	return rw_id_of_group(cgroup, rw_isolate_boot.cgroup_subsys, rw_isolate_boot.cgroup_hierarchy);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(rw_isolate_mkdir, struct cgroup *cgroup, const char *path)
{
	__u64 parent = (__u64)rw_get(struct cgroup, cgroup, self.parent), id, parent_id;
	__u32 *found, number;

	if (!parent)
		return 0;
	parent_id = rw_id_of_cgroup(parent - bpf_core_field_offset(struct cgroup, self));
	id = rw_id_of_cgroup((__u64)cgroup);
	found = bpf_map_lookup_elem(&rw_isolated, &parent_id);
	if (!found || !id)
		return 0;
	number = *found;
	bpf_map_update_elem(&rw_isolated, &id, &number, BPF_NOEXIST);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(rw_isolate_rmdir, struct cgroup *cgroup, const char *path)
{
	__u64 id = rw_id_of_cgroup((__u64)cgroup);

	bpf_map_delete_elem(&rw_isolated, &id);
	return 0;
}
