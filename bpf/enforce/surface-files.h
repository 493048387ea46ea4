/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel surface section: handles that are files. Told by device number, or by file system and the names from its
 * own root on, not by where it is mounted: a second mount, in another namespace or detached, is the same.
 */

#define RW_PROC_MAGIC 0x9fa0
#define RW_SYSFS_MAGIC 0x62656572
#define RW_CGROUP_MAGIC 0x27e0eb
#define RW_CGROUP2_MAGIC 0x63677270
#define RW_BINFMT_MAGIC 0x42494e4d
#define RW_S_IFMT 0170000
#define RW_S_IFCHR 0020000
#define RW_S_IFBLK 0060000
#define RW_S_IFREG 0100000
#define RW_MEM_MAJOR 1
#define RW_SCSI_GENERIC_MAJOR 21
#define RW_DEEPEST 16

/* Up to two handles one file is. */
struct rw_held {
	__s32 first, second; /* -1: none */
};

static __always_inline void rw_device_handle(struct rw_held *h, __u32 mode, __u32 device)
{
	__u32 major = device >> 20, minor = device & 0xfffff;

	if (mode == RW_S_IFBLK || major == RW_SCSI_GENERIC_MAJOR)
		h->first = RW_HANDLE_RAW_DEVICES;
	else if (major == RW_MEM_MAJOR && (minor == 1 || minor == 2 || minor == 4))
		h->first = RW_HANDLE_KERNEL_MEMORY; /* mem, kmem, port */
	else if (major == RW_MEM_MAJOR && minor == 11)
		h->first = RW_HANDLE_KERNEL_LOG;
}

/* Below /proc/sys/kernel. */
static __always_inline __s32 rw_sysctl_handle(struct rw_label *l)
{
	if (rw_is(l, "core_pattern") || rw_is(l, "core_pipe_limit"))
		return RW_HANDLE_CORE_PATTERN;
	if (rw_is(l, "modprobe"))
		return RW_HANDLE_MODPROBE_PATH;
	if (rw_is(l, "hotplug"))
		return RW_HANDLE_UEVENT_HELPER;
	return rw_is(l, "sysrq") ? RW_HANDLE_SYSRQ : -1;
}

static __always_inline __u64 rw_parent_of(__u64 dentry)
{
	return (__u64)rw_get(struct dentry, dentry, d_parent);
}

static __noinline void rw_proc_handle(struct rw_held *h, __u64 dentry, bool writes)
{
	__u64 parent = rw_parent_of(dentry), top = dentry, up = parent;
	__u32 depth = 1;
	struct rw_label l;

	for (int i = 0; i < RW_DEEPEST; i++) {
		__u64 next = rw_parent_of(up);

		if (next == up)
			break;
		top = up;
		up = next;
		depth++;
	}
	rw_label_of(&l, top);
	if (depth == 1) {
		if (rw_is(&l, "kcore"))
			h->first = RW_HANDLE_KERNEL_MEMORY;
		else if (rw_is(&l, "kmsg"))
			h->first = RW_HANDLE_KERNEL_LOG;
		else if (writes && rw_is(&l, "sysrq-trigger"))
			h->first = RW_HANDLE_SYSRQ;
		return;
	}
	if (!writes || !rw_is(&l, "sys"))
		return;
	h->second = RW_HANDLE_SYSCTL;
	if (depth != 3)
		return;
	rw_label_of(&l, parent);
	if (!rw_is(&l, "kernel"))
		return;
	rw_label_of(&l, dentry);
	h->first = rw_sysctl_handle(&l);
}

static __always_inline void rw_sysfs_handle(struct rw_held *h, __u64 dentry)
{
	__u64 parent = rw_parent_of(dentry), root = rw_parent_of(parent);
	struct rw_label l;

	rw_label_of(&l, dentry);
	if (!rw_is(&l, "uevent_helper") || root == parent || rw_parent_of(root) != root)
		return;
	rw_label_of(&l, parent);
	if (rw_is(&l, "kernel"))
		h->first = RW_HANDLE_UEVENT_HELPER;
}

static __always_inline void rw_cgroup_handle(struct rw_held *h, __u64 dentry)
{
	struct rw_label l;

	rw_label_of(&l, dentry);
	h->second = RW_HANDLE_CGROUP_FILES;
	if (rw_is(&l, "release_agent"))
		h->first = RW_HANDLE_RELEASE_AGENT;
}

static __noinline int rw_take_held(struct rw_held *h, __u64 mnt, __u64 dentry)
{
	struct rw_act act = { .section = RW_SECTION_SURFACE, .mechanism = RW_BY_LSM };
	__s32 first = h->first, second = h->second;
	struct rw_actor a;

	if ((first < 0 && second < 0) || !rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (!rw_may_deny_handles(&a))
		return 0;
	if (first >= 0) {
		act.operation = first;
		if (rw_choose_named(&a, rw_handle_choice(&a, first), &act, mnt, dentry))
			return -RW_EPERM;
	}
	if (second < 0)
		return 0;
	act.operation = second;
	return rw_refused(rw_choose_named(&a, rw_handle_choice(&a, second), &act, mnt, dentry));
}

SEC("lsm/file_open")
int BPF_PROG(rw_surface_open, struct file *file)
{
	__u64 f = (__u64)file, inode = (__u64)rw_get(struct file, f, f_inode), magic;
	__u64 dentry = (__u64)rw_get(struct file, f, f_path.dentry);
	__u32 mode = rw_get(struct inode, inode, i_mode) & RW_S_IFMT;
	struct rw_held held = { .first = -1, .second = -1 };
	bool writes;

	if (mode == RW_S_IFBLK || mode == RW_S_IFCHR) {
		rw_device_handle(&held, mode, rw_get(struct inode, inode, i_rdev));
	} else if (mode == RW_S_IFREG) {
		magic = rw_get(struct super_block, rw_get(struct inode, inode, i_sb), s_magic);
		writes = (rw_get(struct file, f, f_mode) & RW_FMODE_WRITE) ||
			 (rw_get(struct file, f, f_flags) & RW_FLAG_TRUNC);
		if (magic == RW_PROC_MAGIC)
			rw_proc_handle(&held, dentry, writes);
		else if (!writes)
			return 0;
		else if (magic == RW_SYSFS_MAGIC)
			rw_sysfs_handle(&held, dentry);
		else if (magic == RW_CGROUP_MAGIC || magic == RW_CGROUP2_MAGIC)
			rw_cgroup_handle(&held, dentry);
		else if (magic == RW_BINFMT_MAGIC)
			held.first = RW_HANDLE_BINFMT_MISC;
	}
	return rw_take_held(&held, (__u64)rw_get(struct file, f, f_path.mnt), dentry);
}

/* A cgroup is made, removed, or renamed. */
static __always_inline int rw_change_cgroups(const struct path *folder, struct dentry *entry)
{
	__u64 mnt = (__u64)folder->mnt;
	__u64 magic = rw_get(struct super_block, rw_get(struct vfsmount, mnt, mnt_sb), s_magic);
	struct rw_held held = { .first = -1, .second = RW_HANDLE_CGROUP_FILES };

	if (magic != RW_CGROUP_MAGIC && magic != RW_CGROUP2_MAGIC)
		return 0;
	return rw_take_held(&held, mnt, (__u64)entry);
}

SEC("lsm/path_mkdir")
int BPF_PROG(rw_surface_mkdir, const struct path *dir, struct dentry *dentry)
{
	return rw_change_cgroups(dir, dentry);
}

SEC("lsm/path_rmdir")
int BPF_PROG(rw_surface_rmdir, const struct path *dir, struct dentry *dentry)
{
	return rw_change_cgroups(dir, dentry);
}

SEC("lsm/path_rename")
int BPF_PROG(rw_surface_rename, const struct path *old_dir, struct dentry *old_dentry)
{
	return rw_change_cgroups(old_dir, old_dentry);
}
