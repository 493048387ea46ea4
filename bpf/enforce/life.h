/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Who is a container's: set by its first program, handed on by fork; bindings follow cgroups down. */

#define RW_ENOMEM 12
#define RW_CLONE_THREAD 0x10000

/* False when there is no memory for the mark. */
static __always_inline bool rw_inherit(struct task_struct *child, bool is_thread)
{
	struct rw_member *m = rw_own_membership(bpf_get_current_task_btf()), *c;

	if (!m)
		return true;
	c = bpf_task_storage_get(&rw_members, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!c)
		return false;
	c->home = m->home;
	c->class_hash = m->class_hash;
	c->own = m->own;
	c->ancestors = is_thread ? m->ancestors : m->ancestors | m->own;
	return true;
}

/* A child that cannot be marked is not made: it would not be judged. */
SEC("lsm/task_alloc")
int BPF_PROG(rw_task_alloc, struct task_struct *task, unsigned long clone_flags)
{
	return rw_inherit(task, clone_flags & RW_CLONE_THREAD) ? 0 : -RW_ENOMEM;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(rw_enforce_fork, struct task_struct *parent, struct task_struct *child)
{
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (a.set && a.set->class_hash && a.member->class_hash != a.set->class_hash) {
		/* the child would not be able to find out what its parent was, once that has ended */
		struct rw_work *w = rw_claim_work();

		if (w) {
			rw_know_classes(w, &a);
			rw_release_work(w);
		}
	}
	if (!rw_inherit(child, child->pid != child->tgid))
		bpf_send_signal(RW_SIGKILL);
	return 0;
}

static __always_inline __u64 rw_id_of_cgroup(__u64 cgroup)
{
	__u64 root = (__u64)rw_get(struct cgroup, cgroup, root);
	__u32 hierarchy = rw_get(struct cgroup_root, root, hierarchy_id);
	__u64 id = rw_get(struct kernfs_node, rw_get(struct cgroup, cgroup, kn), id);

	if (!hierarchy)
		return id;
	if (rw_enforce_boot.cgroup_subsys < 0 || hierarchy != rw_enforce_boot.cgroup_hierarchy)
		return 0;
	return id | RW_V1_ID;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(rw_enforce_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	__u64 parent = (__u64)rw_get(struct cgroup, cgroup, self.parent), id, parent_id;
	struct rw_binding *b, copy;
	struct rw_place *p, place = {};

	if (!parent)
		return 0;
	parent_id = rw_id_of_cgroup(parent - bpf_core_field_offset(struct cgroup, self));
	b = bpf_map_lookup_elem(&rw_bound, &parent_id);
	id = rw_id_of_cgroup((__u64)cgroup);
	if (!b || !id)
		return 0;
	copy = *b;
	p = bpf_map_lookup_elem(&rw_places, &parent_id);
	place.container = p && p->container ? p->container : parent_id;
	if (p) {
		place.mount_ns = p->mount_ns;
		place.flags = p->flags;
		place.image_ns = p->image_ns;
		place.root_dev = p->root_dev;
		place.root = p->root;
	}
	bpf_map_update_elem(&rw_places, &id, &place, BPF_NOEXIST);
	bpf_map_update_elem(&rw_bound, &id, &copy, BPF_NOEXIST);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(rw_enforce_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	__u64 id = rw_id_of_cgroup((__u64)cgroup);

	bpf_map_delete_elem(&rw_bound, &id);
	bpf_map_delete_elem(&rw_places, &id);
	return 0;
}

/* A task of a container that is moved out by one of the container stays judged by its home's set. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(rw_enforce_cgroup_attach, struct cgroup *to, const char *path, struct task_struct *task, bool threadgroup)
{
	__u64 id = rw_id_of_cgroup((__u64)to), *strays;
	__u32 key = 0;

	if (!id || bpf_map_lookup_elem(&rw_bound, &id) || !bpf_task_storage_get(&rw_members, task, 0, 0))
		return 0;
	strays = bpf_map_lookup_elem(&rw_strays, &key);
	if (strays)
		__sync_fetch_and_add(strays, 1);
	return 0;
}

/*
 * Marks the tasks of bound cgroups that run already, at bind; writes a byte for each it marked anew. Tasks that
 * are in another mount namespace than the container's are left: a runtime may be joining.
 */
SEC("iter/task")
int rw_mark_members(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct rw_actor a;
	struct rw_place *place;
	struct rw_member *m;
	char one = '1';

	if (!task || !rw_find_set(task, &a))
		return 0;
	place = bpf_map_lookup_elem(&rw_places, &a.cgroup);
	if (!place || !place->mount_ns || rw_mount_ns_of(task) == 0)
		return 0;
	if (rw_mount_ns_of(task) == rw_enforce_boot.host_mount_ns && place->mount_ns != rw_enforce_boot.host_mount_ns)
		return 0;
	if (bpf_task_storage_get(&rw_members, task, 0, 0))
		return 0;
	m = bpf_task_storage_get(&rw_members, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!m)
		return 0;
	m->home = a.cgroup;
	bpf_seq_write(ctx->meta->seq, &one, 1);
	return 0;
}
