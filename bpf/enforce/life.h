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

static __always_inline void rw_note_stray(void)
{
	__u32 key = 0;
	__u64 *strays = bpf_map_lookup_elem(&rw_strays, &key);

	if (strays)
		__sync_fetch_and_add(strays, 1);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(rw_enforce_fork, struct task_struct *parent, struct task_struct *child)
{
	struct rw_actor a;
	__u64 cgroup;

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
	cgroup = rw_cgroup_of(child);
	if (!bpf_map_lookup_elem(&rw_bound, &cgroup))
		rw_note_stray(); /* made in another cgroup (CLONE_INTO_CGROUP) */
	return 0;
}

static __always_inline __u64 rw_id_of_cgroup(__u64 cgroup)
{
	return rw_id_of_group(cgroup, rw_enforce_boot.cgroup_subsys, rw_enforce_boot.cgroup_hierarchy);
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
	copy.cgroup = id;
	p = bpf_map_lookup_elem(&rw_places, &parent_id);
	place.container = p && p->container ? p->container : parent_id;
	if (p) {
		place.mount_ns = p->mount_ns;
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
	__u64 id = rw_id_of_cgroup((__u64)to);

	if (id && !bpf_map_lookup_elem(&rw_bound, &id) && bpf_task_storage_get(&rw_members, task, 0, 0))
		rw_note_stray();
	return 0;
}

/* The first process of a container that was bound while it ran: nobody saw whether it made mounts since. */
static __always_inline void rw_know_running(struct rw_actor *a, struct task_struct *task)
{
	__u32 key = 0, one = 1, ns;
	struct rw_asked *asked = bpf_map_lookup_elem(&rw_asked, &key);

	if (!asked || asked->first_tgid != (__u32)task->tgid)
		return;
	rw_know_container(a, (__u64)task);
	ns = rw_mount_ns_of(task);
	bpf_map_update_elem(&rw_mounted, &ns, &one, BPF_ANY);
}

/*
 * Marks the tasks of bound cgroups that run already, at bind; writes a byte for each it marked anew. Those in the
 * host's mount namespace are a runtime's.
 */
SEC("iter/task")
int rw_mark_members(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct rw_place *place;
	struct rw_member *m;
	struct rw_actor a;
	char one = '1';
	__u32 ns;

	if (!task || !rw_find_set(task, &a))
		return 0;
	rw_know_running(&a, task);
	place = bpf_map_lookup_elem(&rw_places, &a.cgroup);
	ns = rw_mount_ns_of(task);
	if (!place || !place->mount_ns || !ns || (ns == rw_enforce_boot.host_mount_ns && place->mount_ns != ns))
		return 0;
	m = bpf_task_storage_get(&rw_members, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!m || m->home)
		return 0;
	m->home = a.cgroup;
	bpf_seq_write(ctx->meta->seq, &one, 1);
	return 0;
}
