/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The file section: opens and changes of names. */

#define RW_FMODE_READ 1
#define RW_FMODE_WRITE 2
#define RW_FMODE_PATH 0x4000
#define RW_FMODE_NOACCOUNT 0x20000000 /* the kernel's own: an overlay opens the file of its layer; asked already */
#define RW_FLAG_EXEC 0x20 /* the kernel opens a program to start it: the process section's */
#define RW_FLAG_TRUNC 01000

static __always_inline bool rw_owns(__u64 inode)
{
	struct task_struct *task = rw_untrusted(bpf_get_current_task_btf());

	return inode && rw_get(struct inode, inode, i_uid.val) == task->real_cred->euid.val;
}

/* Judges one operation, or several at once, on a file; 0 or -EPERM. */
static __noinline int rw_judge_access(struct rw_actor *a, struct rw_act *act, __u64 mnt, __u64 dentry, __u64 inode)
{
	struct rw_work *w = rw_claim_work();
	int denied;

	if (!w)
		return rw_refused(rw_cannot_judge(a, act, false));
	rw_ask(w, a, act->operation);
	w->is_owner = rw_owns(inode);
	w->digest = 0;
	w->knows_arguments = 0;
	if (a->set)
		rw_know_classes(w, a);
	if (rw_judge_file(w, mnt, dentry))
		denied = rw_conclude(w, act, mnt, dentry);
	else
		denied = rw_cannot_judge(a, act, w->too_long);
	rw_release_work(w);
	return rw_refused(denied);
}

static __always_inline int rw_access(__u64 mnt, __u64 dentry, __u64 inode, __u32 want)
{
	struct rw_act act = { .section = RW_SECTION_FILE, .operation = want, .mechanism = RW_BY_LSM };
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (!rw_can_deny(&a, RW_SECTION_FILE, want))
		return 0;
	return rw_refused(rw_judge_access(&a, &act, mnt, dentry, inode));
}

static __always_inline __u32 rw_rights_of(__u32 flags, __u32 mode)
{
	__u32 want = 0;

	if (mode & RW_FMODE_READ)
		want |= RW_OP_READ;
	if ((mode & RW_FMODE_WRITE) || (flags & RW_FLAG_TRUNC))
		want |= RW_OP_WRITE;
	if ((flags & 3) == 3)
		want |= RW_OP_READ | RW_OP_WRITE; /* neither right is given, but ioctl is, to whoever has both */
	return want;
}

#define RW_SB_KERNMOUNT (1 << 22)

/*
 * A layer of an overlay: folders and files to be copied up are opened there by the kernel itself, for a file of the
 * overlay that is judged under its own name. Nobody else reaches such a mount. Those of the kernel's own file systems
 * (memory without a name) are of another kind.
 */
static __always_inline bool rw_is_layer(__u64 mnt)
{
	__u64 sb = (__u64)rw_get(struct vfsmount, mnt, mnt_sb);

	return rw_mount_ns(rw_mount_of(mnt)) == 1 && !(rw_get(struct super_block, sb, s_flags) & RW_SB_KERNMOUNT);
}

SEC("lsm/file_open")
int BPF_PROG(rw_file_open, struct file *file)
{
	__u32 flags = file->f_flags, mode = file->f_mode, want = rw_rights_of(flags, mode);

	if ((flags & RW_FLAG_EXEC) || (mode & RW_FMODE_NOACCOUNT) || !want || rw_is_layer((__u64)file->f_path.mnt))
		return 0;
	return rw_access((__u64)file->f_path.mnt, (__u64)file->f_path.dentry, (__u64)file->f_inode, want);
}

/* A descriptor somebody else opened, sent over a socket or fetched with pidfd_getfd. */
SEC("lsm/file_receive")
int BPF_PROG(rw_file_receive, struct file *file)
{
	__u32 mode = file->f_mode, want = rw_rights_of(0, mode);

	if ((mode & RW_FMODE_PATH) || !want)
		return 0;
	return rw_access((__u64)file->f_path.mnt, (__u64)file->f_path.dentry, (__u64)file->f_inode, want);
}

/* Names: a folder and an entry of it that may not exist yet. */
static __always_inline int rw_entry(const struct path *folder, struct dentry *entry, __u32 want)
{
	return rw_access((__u64)folder->mnt, (__u64)entry, (__u64)rw_get(struct dentry, (__u64)entry, d_inode), want);
}

SEC("lsm/path_unlink")
int BPF_PROG(rw_path_unlink, const struct path *dir, struct dentry *dentry)
{
	return rw_entry(dir, dentry, RW_OP_DELETE);
}

SEC("lsm/path_rmdir")
int BPF_PROG(rw_path_rmdir, const struct path *dir, struct dentry *dentry)
{
	return rw_entry(dir, dentry, RW_OP_DELETE);
}

SEC("lsm/path_mkdir")
int BPF_PROG(rw_path_mkdir, const struct path *dir, struct dentry *dentry)
{
	return rw_entry(dir, dentry, RW_OP_CREATE);
}

SEC("lsm/path_mknod")
int BPF_PROG(rw_path_mknod, const struct path *dir, struct dentry *dentry)
{
	return rw_entry(dir, dentry, RW_OP_CREATE);
}

SEC("lsm/path_symlink")
int BPF_PROG(rw_path_symlink, const struct path *dir, struct dentry *dentry)
{
	return rw_entry(dir, dentry, RW_OP_CREATE);
}

static __always_inline int rw_path_access(const struct path *path, __u32 want)
{
	__u64 dentry = (__u64)path->dentry;

	return rw_access((__u64)path->mnt, dentry, (__u64)rw_get(struct dentry, dentry, d_inode), want);
}

SEC("lsm/path_truncate")
int BPF_PROG(rw_path_truncate, const struct path *path)
{
	return rw_path_access(path, RW_OP_WRITE);
}

SEC("lsm/path_chmod")
int BPF_PROG(rw_path_chmod, const struct path *path)
{
	return rw_path_access(path, RW_OP_CHMOD);
}

SEC("lsm/path_chown")
int BPF_PROG(rw_path_chown, const struct path *path)
{
	return rw_path_access(path, RW_OP_CHOWN);
}

/* From now on files may have names that the container's runtime did not give them. */
static __always_inline void rw_note_mount(void)
{
	__u32 ns = rw_mount_ns_of(bpf_get_current_task_btf()), one = 1;
	struct rw_actor a;

	if (rw_acting(&a))
		bpf_map_update_elem(&rw_mounted, &ns, &one, BPF_ANY);
}

SEC("lsm/sb_mount")
int BPF_PROG(rw_sb_mount, const char *dev_name, const struct path *path)
{
	rw_note_mount();
	return rw_path_access(path, RW_OP_MOUNT);
}

SEC("lsm/move_mount")
int BPF_PROG(rw_move_mount, const struct path *from, const struct path *to)
{
	rw_note_mount();
	return rw_path_access(to, RW_OP_MOUNT);
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(rw_sb_pivotroot, const struct path *old_path, const struct path *new_path)
{
	rw_note_mount();
	return rw_path_access(new_path, RW_OP_MOUNT);
}
