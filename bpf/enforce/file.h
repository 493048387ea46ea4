/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The file section: opens, changes of names, and mapping as code. */

#define RW_FMODE_READ 1
#define RW_FMODE_WRITE 2
#define RW_FLAG_EXEC 0x20 /* the kernel opens a program to start it: the process section's */
#define RW_FLAG_TRUNC 01000
#define RW_PROT_EXEC 4
#define RW_VM_EXEC 4

static __always_inline bool rw_owns(__u64 inode)
{
	struct task_struct *task = rw_untrusted(bpf_get_current_task_btf());

	return inode && rw_get(struct inode, inode, i_uid.val) == task->cred->euid.val;
}

/* Judges one operation, or several at once, on a file; 0 or -EPERM. */
static __noinline int rw_judge_access(struct rw_actor *a, struct rw_act *act, __u64 mnt, __u64 dentry, __u64 inode)
{
	struct rw_work *w = rw_claim_work();
	int denied;

	if (!w)
		return rw_cannot_judge(a, act) ? -RW_EPERM : 0;
	rw_ask(w, act->operation);
	w->is_owner = rw_owns(inode);
	w->digest = 0;
	w->knows_arguments = 0;
	if (a->set)
		rw_know_classes(w, a);
	if (rw_judge_file(a, w, mnt, dentry))
		denied = rw_conclude(a, w, act, mnt, dentry);
	else
		denied = rw_cannot_judge(a, act);
	rw_release_work(w);
	return denied ? -RW_EPERM : 0;
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
	return rw_judge_access(&a, &act, mnt, dentry, inode) ? -RW_EPERM : 0;
}

SEC("lsm/file_open")
int BPF_PROG(rw_file_open, struct file *file)
{
	__u32 flags = file->f_flags, mode = file->f_mode, want = 0;

	if (flags & RW_FLAG_EXEC)
		return 0;
	if (mode & RW_FMODE_READ)
		want |= RW_OP_READ;
	if ((mode & RW_FMODE_WRITE) || (flags & RW_FLAG_TRUNC))
		want |= RW_OP_WRITE;
	if ((flags & 3) == 3)
		want |= RW_OP_READ | RW_OP_WRITE; /* neither right is given, but ioctl is, to whoever has both */
	if (!want)
		return 0;
	return rw_access((__u64)file->f_path.mnt, (__u64)file->f_path.dentry, (__u64)file->f_inode, want);
}

/* Mapping a file as code: libraries, and programs a loader is asked to run. */
static __always_inline int rw_map_code(struct file *file)
{
	__u64 f = (__u64)file;

	return rw_access((__u64)rw_get(struct file, f, f_path.mnt), (__u64)rw_get(struct file, f, f_path.dentry),
			 (__u64)rw_get(struct file, f, f_inode), RW_OP_EXECUTE);
}

SEC("lsm/mmap_file")
int BPF_PROG(rw_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags)
{
	return file && (prot & RW_PROT_EXEC) ? rw_map_code(file) : 0;
}

SEC("lsm/file_mprotect")
int BPF_PROG(rw_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	struct file *file;

	if (!(prot & RW_PROT_EXEC) || (vma->vm_flags & RW_VM_EXEC))
		return 0;
	file = vma->vm_file;
	return file ? rw_map_code(file) : 0;
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
	struct rw_place *place;
	struct rw_actor a;

	if (!rw_acting(&a))
		return;
	place = bpf_map_lookup_elem(&rw_places, &a.cgroup);
	if (place)
		__sync_fetch_and_or(&place->flags, RW_PLACE_MOUNTED);
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
