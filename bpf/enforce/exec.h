/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The process section: starting programs. */

#define RW_MNT_READONLY 0x40
#define RW_SB_RDONLY 1

/*
 * Whether a task that is not marked is about to start the first program of its container, or one more, for a runtime:
 * it has left the host's mounts behind. Before that it is the runtime itself.
 */
static __always_inline bool rw_starts_container(struct rw_actor *a)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &a->cgroup);
	__u32 ns = rw_mount_ns_of(bpf_get_current_task_btf());

	return ns != rw_enforce_boot.host_mount_ns || (place && place->mount_ns == ns);
}

/* Who judges an exec: members, and runtimes where they start a container's program. */
static __always_inline bool rw_acting_at_exec(struct rw_actor *a)
{
	if (rw_acting(a))
		return true;
	return (a->set || a->lost) && rw_starts_container(a);
}

/* Whether a file is the image's as it was: no upper layer, no later mount that can be written, not changed since. */
static __always_inline bool rw_is_drift(struct rw_actor *a, __u64 mnt, __u64 inode)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &a->cgroup);
	__u64 sb = (__u64)rw_get(struct inode, inode, i_sb), ctime, mtime;
	__u32 dev = rw_get(struct super_block, sb, s_dev);
	__u8 layer;

	if (!place || !place->root_dev || place->root_dev != dev)
		return !(rw_get(struct vfsmount, mnt, mnt_flags) & RW_MNT_READONLY) &&
		       !(rw_get(struct super_block, sb, s_flags) & RW_SB_RDONLY);
	layer = rw_layer_of((struct inode *)inode);
	if (layer)
		return layer == RW_LAYER_UPPER;
	rw_inode_times((struct inode *)inode, &ctime, &mtime);
	return place->image_ns && ctime > place->image_ns;
}

/* What names a file's contents: of an overlay's upper layer the inode below, whose times a write always moves. */
static __always_inline void rw_fill_file_key(struct rw_file_key *key, __u64 inode)
{
	__u64 mtime, upper;

	if (rw_layer_of((struct inode *)inode) == RW_LAYER_UPPER) {
		upper = rw_word(inode + bpf_core_type_size(struct inode));
		upper = (__u64)rw_get(struct dentry, upper, d_inode);
		if (upper)
			inode = upper;
	}
	key->ino = rw_get(struct inode, inode, i_ino);
	rw_inode_times((struct inode *)inode, &key->ctime_ns, &mtime);
	key->length = rw_get(struct inode, inode, i_size);
	key->dev = rw_get(struct super_block, rw_get(struct inode, inode, i_sb), s_dev);
	key->pad = 0;
}

static __always_inline void rw_know_digest(struct rw_work *w, struct rw_actor *a, __u64 inode)
{
	__u32 *digest;

	w->digest = 0;
	if (!a->set->digest_used)
		return;
	rw_fill_file_key(&w->key, inode);
	digest = bpf_map_lookup_elem(&rw_digests, &w->key);
	if (digest)
		w->digest = *digest;
}

/* A decision about a file that is already made: as rw_choose, and the verdict has its name. */
static __noinline int rw_choose_file(struct rw_actor *a, struct rw_work *w, struct rw_act *act, struct rw_choice *c,
				     __u64 file)
{
	__u32 denied = c->denied;
	bool enforced = denied & RW_ENFORCED;
	__u32 line = enforced ? c->enforced_line : c->watched_line;

	if (!denied)
		return 0;
	rw_count_line(a->set_id, line);
	rw_name(w, (__u64)rw_get(struct file, file, f_path.mnt), (__u64)rw_get(struct file, file, f_path.dentry));
	rw_send_path_verdict(a, w, act, line, enforced);
	return enforced;
}

/* Keeps a row to be judged when the arguments are in place. False when there is no room: scripts within scripts. */
static __noinline bool rw_remember_row(struct rw_actor *a, struct rw_work *w)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rw_member *m = bpf_task_storage_get(&rw_members, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	__u32 at;

	if (!m)
		return false;
	at = m->pending_set == a->set_id ? m->pending_count : 0;
	rw_opaque(at);
	if (at > 3)
		return false;
	m->pending_row[at] = w->row;
	m->pending_count = at + 1;
	m->pending_set = a->set_id;
	return true;
}

/*
 * Judges the start of a program. 1 when it is to be denied. With `arguments` the arguments of the current process
 * are known and lines that ask for them count; without, a path that has such lines is left for then.
 */
static __noinline int rw_judge_program(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u64 file)
{
	__u64 inode = (__u64)rw_get(struct file, file, f_inode), mnt = (__u64)rw_get(struct file, file, f_path.mnt);
	__u64 dentry = (__u64)rw_get(struct file, file, f_path.dentry);

	if (!a->set)
		return 1;
	act->operation = RW_OP_START;
	if (!w->knows_arguments || !rw_enforce_boot.has_lsm) {
		bool fileless = !BPF_CORE_READ((struct inode *)inode, i_nlink) || rw_mount_ns(rw_mount_of(mnt)) == 1;

		if (fileless && rw_choose_file(a, w, act, &a->set->fileless, file))
			return 1;
		if (rw_is_drift(a, mnt, inode) && rw_choose_file(a, w, act, &a->set->drift, file))
			return 1;
	}
	if (!rw_can_deny(a, RW_SECTION_PROCESS, RW_OP_START))
		return 0;
	w->is_owner = 0;
	rw_know_digest(w, a, inode);
	rw_know_classes(w, a);
	if (!rw_judge_file(a, w, mnt, dentry))
		return rw_cannot_judge(a, act);
	if (!w->names)
		rw_judge_row(w, a, 0); /* a program without a name: what no line names */
	if (w->asks_arguments && !w->knows_arguments)
		return !rw_remember_row(a, w) && rw_cannot_judge(a, act);
	return rw_conclude(a, w, act, mnt, dentry);
}

/* For each file of an exec: a script, then its interpreter. */
SEC("lsm/bprm_check_security")
int BPF_PROG(rw_bprm_check, struct linux_binprm *bprm)
{
	struct rw_act act = { .section = RW_SECTION_PROCESS, .mechanism = RW_BY_LSM };
	struct rw_work *w;
	struct rw_actor a;
	int denied;

	if (!rw_acting_at_exec(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	w = rw_claim_work();
	if (!w)
		return rw_cannot_judge(&a, &act) ? -RW_EPERM : 0;
	rw_ask(w, RW_OP_START);
	w->knows_arguments = 0;
	denied = rw_judge_program(&a, w, &act, (__u64)bprm->file);
	rw_release_work(w);
	return denied ? -RW_EPERM : 0;
}

struct rw_arguments {
	struct rw_walk walk;
	bool skips; /* argv[0] */
};

static long rw_argument_step(__u32 index, struct rw_arguments *r)
{
	__u32 at = r->walk.at;
	__u8 byte;

	rw_opaque(at);
	byte = r->walk.work->path[at & RW_PATH_MASK];
	r->walk.at = at + 1;
	if (r->skips) {
		if (!byte)
			r->skips = false;
		return 0;
	}
	r->walk.state = rw_transition(r->walk.set, r->walk.cells, r->walk.state, byte ? byte : ' ');
	return r->walk.state == 0;
}

/* Which classes of argument lists the current process's belongs to. False when they cannot be read or are too long. */
static __noinline bool rw_know_arguments(struct rw_work *w, struct rw_actor *a)
{
	__u64 mm = (__u64)rw_get(struct task_struct, bpf_get_current_task(), mm);
	__u64 from = rw_get(struct mm_struct, mm, arg_start), length = rw_get(struct mm_struct, mm, arg_end) - from;
	struct rw_arguments r = { .skips = true };
	struct rw_set *set = a->set;
	__u32 set_id = a->set_id, row;
	void *rules;
	struct rw_rule *head;
	__u64 at;

	w->knows_arguments = 1;
	w->arguments = 0;
	r.walk.cells = bpf_map_lookup_elem(&rw_automata, &set_id);
	rules = bpf_map_lookup_elem(&rw_rules, &set_id);
	if (!set || !r.walk.cells || !rules)
		return false;
	if (length == 0)
		return true;
	length -= 1; /* the last terminator */
	rw_opaque(length);
	if (length >= RW_LONGEST_PATH)
		return false;
	at = RW_PATH_LOW;
	if (length && bpf_probe_read_user(w->path + at, length, (void *)from))
		return false;
	r.walk.work = w;
	r.walk.set = set;
	r.walk.at = at;
	r.walk.state = set->args_start;
	bpf_loop(length, rw_argument_step, &r, 0);
	row = rw_head(r.walk.cells, r.walk.state) & RW_HEAD_ACCEPT;
	head = bpf_map_lookup_elem(rules, &row);
	w->arguments = head ? head->arguments : 0;
	return true;
}

static __always_inline void rw_know_container(struct rw_actor *a, struct task_struct *task)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &a->cgroup);
	__u64 root;

	if (!place || place->mount_ns)
		return;
	root = (__u64)rw_get(struct nsproxy, rw_untrusted(task)->nsproxy, mnt_ns);
	root = (__u64)rw_get(struct mnt_namespace, root, root);
	place->root_dev = rw_get(struct super_block, rw_get(struct mount, root, mnt.mnt_sb), s_dev);
	place->root = (__u64)rw_get(struct fs_struct, rw_untrusted(task)->fs, root.mnt);
	place->root = (__u64)rw_get(struct vfsmount, place->root, mnt_root);
	place->mount_ns = rw_mount_ns_of(task);
}

/* Judges the rows that waited for the arguments. */
static __noinline void rw_judge_pending(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u64 file,
					struct rw_member *m)
{
	for (__u32 i = 0; i < 4; i++) {
		if (i >= m->pending_count)
			return;
		rw_ask(w, RW_OP_START);
		rw_judge_row(w, a, m->pending_row[i]);
		if (rw_conclude(a, w, act, (__u64)rw_get(struct file, file, f_path.mnt),
				(__u64)rw_get(struct file, file, f_path.dentry)))
			return;
	}
}

static __always_inline void rw_judge_started(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u64 file,
					     struct rw_member *m)
{
	bool pending = m->pending_count && m->pending_set == a->set_id;

	if (rw_enforce_boot.has_lsm && !m->pending_count)
		return; /* judged before */
	rw_ask(w, RW_OP_START);
	if (a->set->args_start && !rw_know_arguments(w, a)) {
		rw_cannot_judge(a, act);
		return;
	}
	w->knows_arguments = 1;
	if (rw_enforce_boot.has_lsm && pending) {
		rw_know_classes(w, a);
		rw_judge_pending(a, w, act, file, m);
	} else {
		rw_judge_program(a, w, act, file);
	}
}

/*
 * The program is in place and has not run an instruction. Lines that ask for arguments are judged here, by the
 * arguments the process has, and a denied process ends before it begins. Where the kernel has no LSM programs all
 * of the section is. From here on the process belongs to its container.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(rw_enforce_exec, struct task_struct *execing, int old_pid, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rw_act act = { .section = RW_SECTION_PROCESS, .mechanism = RW_BY_KILL_AT_EXEC };
	__u64 file = (__u64)rw_get(struct linux_binprm, (__u64)bprm, file);
	struct rw_member *m;
	struct rw_work *w;
	struct rw_actor a;

	if (!rw_acting_at_exec(&a))
		return 0;
	rw_know_container(&a, task);
	m = bpf_task_storage_get(&rw_members, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	w = rw_claim_work();
	if (!m || !w || !a.set) {
		bpf_send_signal(RW_SIGKILL); /* it would not be judged from here on */
		if (w)
			rw_release_work(w);
		return 0;
	}
	rw_judge_started(&a, w, &act, file, m);
	m->pending_count = 0;
	m->home = a.cgroup;
	m->own = 0;
	if (a.set->class_hash && !rw_name(w, (__u64)rw_get(struct file, file, f_path.mnt),
					  (__u64)rw_get(struct file, file, f_path.dentry)))
		m->own = rw_classes_of_name(w, &a);
	m->class_hash = a.set->class_hash;
	rw_release_work(w);
	return 0;
}
