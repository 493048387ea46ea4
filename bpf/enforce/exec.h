/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The process section: starting programs. */

#define RW_MNT_READONLY 0x40
#define RW_SB_RDONLY 1

/*
 * Whether a task that is not marked is about to start the first program of its container, or one more, for a runtime:
 * it is where the container's mounts are, and neither the host nor who started it is. Before that it is the runtime
 * itself, or a hook it runs.
 */
static __always_inline bool rw_starts_container(struct rw_actor *a)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &a->cgroup);
	__u64 task = bpf_get_current_task();
	__u32 ns = rw_mount_ns_at(task);

	if (place && place->mount_ns == ns)
		return true;
	return ns != rw_enforce_boot.host_mount_ns &&
	       ns != rw_mount_ns_at((__u64)rw_get(struct task_struct, task, real_parent));
}

/* Who judges an exec: members, and runtimes where they start a container's program. */
static __always_inline bool rw_acting_at_exec(struct rw_actor *a)
{
	if (rw_acting(a))
		return true;
	return (a->set || a->lost) && rw_starts_container(a);
}

/* Where the container's mounts are and which is its root: what its runtime has prepared when it starts a program. */
static __always_inline void rw_know_container(struct rw_actor *a, __u64 task)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &a->cgroup);
	__u64 mnt;

	if (!place || place->mount_ns)
		return;
	mnt = (__u64)rw_get(struct fs_struct, rw_get(struct task_struct, task, fs), root.mnt);
	place->root_dev = rw_get(struct super_block, rw_get(struct vfsmount, mnt, mnt_sb), s_dev);
	place->root = (__u64)rw_get(struct vfsmount, mnt, mnt_root);
	place->mount_ns = rw_mount_ns_at(task);
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

#define RW_DIGEST_OTHER 0xffffffff /* known, and no line asks for it */

static __always_inline void rw_know_digest(struct rw_work *w, struct rw_actor *a, __u64 inode)
{
	struct rw_digest *digest;
	__u32 *id;

	w->digest = 0;
	if (!a->set->digest_used)
		return;
	rw_fill_file_key(&w->key, inode);
	digest = bpf_map_lookup_elem(&rw_digests, &w->key);
	if (!digest)
		return;
	id = bpf_map_lookup_elem(&rw_digest_ids, digest);
	w->digest = id ? *id : RW_DIGEST_OTHER;
}

/* A decision about a file that is already made: as rw_choose, and the verdict has its name. */
static __noinline int rw_choose_file(struct rw_actor *a, struct rw_work *w, struct rw_act *act, struct rw_choice *c,
				     __u64 path)
{
	__u32 denied = c->denied;
	bool enforced = denied & RW_ENFORCED;
	__u32 line = enforced ? c->enforced_line : c->watched_line;

	if (!denied)
		return 0;
	rw_count_line(a->set_id, line);
	rw_name(w, (__u64)rw_get(struct path, path, mnt), (__u64)rw_get(struct path, path, dentry));
	rw_send_path_verdict(w, act, line, enforced);
	return enforced;
}

/* Keeps rows to be judged when the arguments are in place. False when there is no room: scripts within scripts. */
static __noinline bool rw_remember_rows(struct rw_actor *a, struct rw_work *w)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rw_member *m = bpf_task_storage_get(&rw_members, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	__u32 at;

	if (!m)
		return false;
	at = m->pending_set == a->set_id ? m->pending_count : 0;
	m->pending_set = a->set_id;
	for (__u32 i = 0; i < 4; i++) {
		if (i >= w->waits)
			break;
		rw_opaque(at);
		if (at > 3)
			return false;
		m->pending_row[at] = w->waiting[i];
		at += 1;
	}
	m->pending_count = at;
	return true;
}

static __always_inline __u64 rw_path_of(__u64 file)
{
	return file + bpf_core_field_offset(struct file, f_path);
}

static __always_inline __u64 rw_inode_at(__u64 path)
{
	return (__u64)rw_get(struct dentry, (__u64)rw_get(struct path, path, dentry), d_inode);
}

/* Where a program is from: memory, or not from the image. 1 when it is to be denied. */
static __noinline int rw_judge_origin(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u64 path)
{
	__u64 inode = rw_inode_at(path), mnt = (__u64)rw_get(struct path, path, mnt);

	if (!a->set)
		return 1;
	if (a->set->fileless.denied && (!rw_get(struct inode, inode, i_nlink) || rw_mount_ns(rw_mount_of(mnt)) == 1) &&
	    rw_choose_file(a, w, act, &a->set->fileless, path))
		return 1;
	return a->set->drift.denied && rw_is_drift(a, mnt, inode) && rw_choose_file(a, w, act, &a->set->drift, path);
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
	if ((!w->knows_arguments || !rw_enforce_boot.has_lsm) && rw_judge_origin(a, w, act, rw_path_of(file)))
		return 1;
	if (!rw_can_deny(a, RW_SECTION_PROCESS, RW_OP_START))
		return 0;
	w->is_owner = 0;
	rw_know_digest(w, a, inode);
	rw_know_classes(w, a);
	if (!rw_judge_file(w, mnt, dentry))
		return rw_cannot_judge(a, act, w->too_long);
	if (!w->names)
		rw_judge_row(w, 0); /* a program without a name: what no line names */
	if (w->denied_enforced)
		return rw_conclude(w, act, mnt, dentry);
	if (w->asks_digest && rw_cannot_judge_file(a, w, act, mnt, dentry)) /* user space hashes it on hearing so */
		return 1;
	if (w->waits)
		return !rw_remember_rows(a, w) && rw_cannot_judge(a, act, true);
	return rw_conclude(w, act, mnt, dentry);
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
	if (!a.member)
		rw_know_container(&a, bpf_get_current_task()); /* whether its first program is the image's */
	w = rw_claim_work();
	if (!w)
		return rw_refused(rw_cannot_judge(&a, &act, false));
	rw_ask(w, &a, RW_OP_START);
	w->knows_arguments = 0;
	denied = rw_judge_program(&a, w, &act, (__u64)bprm->file);
	rw_release_work(w);
	return rw_refused(denied);
}

struct rw_arguments {
	struct rw_walk walk;
	__u64 from, length; /* in the process */
	__u32 skips; /* argv[0] */
	__u32 unreadable;
};

#define RW_PIECE 4096
/* Three quarters of the 8 MiB a stack may have are the most the kernel takes (fs/exec.c), and bpf_loop as many steps. */
#define RW_MOST_ARGUMENTS (6 * 1024 * 1024)

/* Arguments may have megabytes: they are read piece by piece. */
static long rw_argument_step(__u32 index, struct rw_arguments *r)
{
	__u32 at = index & (RW_PIECE - 1);
	__u64 size;
	__u8 byte;

	if (!at) {
		size = r->length - index;
		if (size > RW_PIECE)
			size = RW_PIECE;
		rw_opaque(size);
		if (!size || size > RW_PIECE ||
		    bpf_probe_read_user(r->walk.work->path + RW_PATH_LOW, size, (void *)(r->from + index))) {
			r->unreadable = 1;
			return 1;
		}
	}
	byte = r->walk.work->path[RW_PATH_LOW + at];
	if (r->skips) {
		r->skips = byte != 0;
		return 0;
	}
	r->walk.state = rw_transition(r->walk.set, r->walk.cells, r->walk.state, byte ? byte : ' ');
	return r->walk.state == 0;
}

/* Which classes of argument lists the current process's belongs to. False when they cannot be read. */
static __noinline bool rw_know_arguments(struct rw_work *w, struct rw_actor *a)
{
	__u64 mm = (__u64)rw_get(struct task_struct, bpf_get_current_task(), mm);
	struct rw_arguments r = { .skips = 1 - rw_unknown_zero() };
	struct rw_set *set = a->set;
	__u32 set_id = a->set_id, row;
	struct rw_rule *head;
	void *rules;

	w->knows_arguments = 1;
	w->arguments = 0;
	r.walk.cells = bpf_map_lookup_elem(&rw_automata, &set_id);
	rules = bpf_map_lookup_elem(&rw_rules, &set_id);
	if (!set || !r.walk.cells || !rules)
		return false;
	r.from = rw_get(struct mm_struct, mm, arg_start);
	r.length = rw_get(struct mm_struct, mm, arg_end) - r.from;
	r.walk.work = w;
	r.walk.set = set;
	r.walk.state = set->args_start;
	if (r.length > 1) {
		r.length -= 1; /* the last terminator */
		if (r.length > RW_MOST_ARGUMENTS)
			return false;
		bpf_loop(r.length, rw_argument_step, &r, 0);
	}
	if (r.unreadable)
		return false;
	row = rw_head(r.walk.cells, r.walk.state) & RW_HEAD_ACCEPT;
	head = bpf_map_lookup_elem(rules, &row);
	w->arguments = head ? head->arguments : 0;
	return true;
}

/* Judges the rows that waited for the arguments. */
static __noinline void rw_judge_pending(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u64 file,
					struct rw_member *m)
{
	__u64 mnt = (__u64)rw_get(struct file, file, f_path.mnt), dentry = (__u64)rw_get(struct file, file, f_path.dentry);

	for (__u32 i = 0; i < 4; i++) {
		if (i >= m->pending_count)
			return;
		rw_ask(w, a, RW_OP_START);
		w->mode = m->pending_row[i] >> RW_WAITING_MODE;
		rw_judge_row(w, m->pending_row[i] & RW_WAITING_ROW);
		if (!w->denied_enforced && w->asks_digest) {
			if (rw_cannot_judge_file(a, w, act, mnt, dentry))
				return;
		} else if (rw_conclude(w, act, mnt, dentry)) {
			return;
		}
	}
}

static __always_inline void rw_judge_started(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u64 file,
					     struct rw_member *m)
{
	bool pending = m->pending_count && m->pending_set == a->set_id;

	if (rw_enforce_boot.has_lsm && !m->pending_count)
		return; /* judged before */
	rw_ask(w, a, RW_OP_START);
	if (a->set->args_start && !rw_know_arguments(w, a)) {
		rw_cannot_judge(a, act, true);
		return;
	}
	w->knows_arguments = 1;
	w->is_owner = 0;
	if (rw_enforce_boot.has_lsm && pending) {
		rw_know_digest(w, a, (__u64)rw_get(struct file, file, f_inode));
		rw_know_classes(w, a);
		rw_judge_pending(a, w, act, file, m);
	} else {
		rw_judge_program(a, w, act, file);
	}
}

/* Programs that load others: ld-linux-x86-64.so.2, ld-musl-x86_64.so.1, ld.so. */
static __always_inline bool rw_is_loader(__u64 dentry)
{
	__u32 start = rw_word((__u64)rw_get(struct dentry, dentry, d_name.name)) & 0xffffff;

	return start == 0x2d646c || start == 0x2e646c; /* "ld-", "ld." */
}

/* What the process is from now on. */
static __always_inline void rw_join(struct rw_actor *a, struct rw_work *w, struct rw_member *m, __u64 file)
{
	__u64 dentry = (__u64)rw_get(struct file, file, f_path.dentry), own = 0;

	if (w && a->set->class_hash && !rw_name(w, (__u64)rw_get(struct file, file, f_path.mnt), dentry))
		own = rw_classes_of_name(w);
	m->pending_count = 0;
	m->own = own;
	m->flags = rw_is_loader(dentry) ? RW_MEMBER_LOADER : 0;
	m->class_hash = a->set->class_hash;
	m->home = a->cgroup;
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
	rw_know_container(&a, (__u64)task);
	m = bpf_task_storage_get(&rw_members, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!m || !a.set) {
		bpf_send_signal(RW_SIGKILL); /* it would not be judged from here on */
		return 0;
	}
	w = rw_claim_work();
	if (w)
		rw_judge_started(&a, w, &act, file, m);
	else
		rw_cannot_judge(&a, &act, false);
	rw_join(&a, w, m, file);
	if (w)
		rw_release_work(w);
	return 0;
}
