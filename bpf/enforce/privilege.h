/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The privilege section: programs that give more than their starter has, and writing to the root file system. */

static __always_inline bool rw_may_deny_privileges(struct rw_actor *a)
{
	return a->set->sections[RW_SECTION_PRIVILEGE].deniable;
}

static __always_inline __u64 rw_permitted(__u64 cred)
{
	return rw_word(cred + bpf_core_field_offset(struct cred, cap_permitted));
}

/* Who is root in the user namespace of these credentials, where its map says so plainly. */
static __always_inline __u32 rw_root_of(__u64 cred)
{
	__u64 ns = (__u64)rw_get(struct cred, cred, user_ns);

	if (!rw_get(struct user_namespace, ns, uid_map.nr_extents) || rw_get(struct user_namespace, ns, uid_map.extent[0].first))
		return 0;
	return rw_get(struct user_namespace, ns, uid_map.extent[0].lower_first);
}

/* The credentials of the new program are worked out, the process still is the old one. */
SEC("lsm/bprm_creds_from_file")
int BPF_PROG(rw_bprm_creds, struct linux_binprm *bprm, const struct file *file)
{
	struct rw_act act = {
		.section = RW_SECTION_PRIVILEGE, .operation = RW_SETUID_EXECUTION, .mechanism = RW_BY_LSM,
	};
	__u64 new = (__u64)rw_get(struct linux_binprm, (__u64)bprm, cred), old, mnt, dentry;
	bool other_id, gains;
	struct rw_actor a;
	__u32 euid;

	if (!rw_acting_at_exec(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (!rw_may_deny_privileges(&a))
		return 0;
	old = (__u64)rw_get(struct task_struct, bpf_get_current_task(), cred);
	euid = rw_get(struct cred, new, euid.val);
	other_id = euid != rw_get(struct cred, old, euid.val) ||
		   rw_get(struct cred, new, egid.val) != rw_get(struct cred, old, egid.val);
	gains = rw_permitted(new) & ~rw_permitted(old);
	if (!other_id && !gains)
		return 0;
	mnt = (__u64)rw_get(struct file, (__u64)file, f_path.mnt);
	dentry = (__u64)rw_get(struct file, (__u64)file, f_path.dentry);
	/* root gains by being root, anyone else by what the file carries */
	if ((other_id || euid != rw_root_of(new)) &&
	    rw_choose_named(&a, &a.set->setuid_execution, &act, mnt, dentry))
		return -RW_EPERM;
	act.operation = RW_NEW_PRIVILEGES;
	return rw_refused(rw_choose_named(&a, &a.set->no_new_privileges, &act, mnt, dentry));
}

struct rw_ascent {
	__u64 dentry, root;
	__u32 found;
};

static long rw_ascend_step(__u32 index, struct rw_ascent *u)
{
	__u64 parent;

	if (u->dentry == u->root) {
		u->found = 1;
		return 1;
	}
	parent = (__u64)rw_get(struct dentry, u->dentry, d_parent);
	if (parent == u->dentry)
		return 1;
	u->dentry = parent;
	return 0;
}

/*
 * Whether an entry is of the file system tree that is the container's root, by whichever mount it was reached: what
 * is mounted below the root has a tree of its own, a second mount of the root has not.
 */
static __noinline bool rw_is_of_root(struct rw_actor *a, __u64 dentry)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &a->cgroup);
	struct rw_ascent u = { .dentry = dentry };
	__u64 sb;

	if (!place || !place->root)
		return false;
	u.root = place->root;
	sb = (__u64)rw_get(struct dentry, dentry, d_sb);
	if (sb != (__u64)rw_get(struct dentry, u.root, d_sb))
		return false;
	if ((__u64)rw_get(struct super_block, sb, s_root) == u.root)
		return true;
	bpf_loop(RW_NAME_STEPS, rw_ascend_step, &u, 0);
	return u.found;
}

static __noinline int rw_write_root(__u64 mnt, __u64 dentry)
{
	struct rw_act act = { .section = RW_SECTION_PRIVILEGE, .operation = RW_ROOT_WRITE, .mechanism = RW_BY_LSM };
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (!rw_may_deny_privileges(&a) || !a.set->read_only_root.denied || !rw_is_of_root(&a, dentry))
		return 0;
	return rw_refused(rw_choose_named(&a, &a.set->read_only_root, &act, mnt, dentry));
}

/* As on a file system mounted read-only, devices, pipes and sockets can be written to. */
SEC("lsm/file_open")
int BPF_PROG(rw_root_open, struct file *file)
{
	__u64 f = (__u64)file;

	if (!(rw_get(struct file, f, f_mode) & RW_FMODE_WRITE) && !(rw_get(struct file, f, f_flags) & RW_FLAG_TRUNC))
		return 0;
	if ((rw_get(struct inode, rw_get(struct file, f, f_inode), i_mode) & RW_S_IFMT) != RW_S_IFREG)
		return 0;
	return rw_write_root((__u64)rw_get(struct file, f, f_path.mnt), (__u64)rw_get(struct file, f, f_path.dentry));
}

#define RW_ROOT_ENTRY(hook)                                                                                    \
	SEC("lsm/path_" #hook)                                                                                     \
	int BPF_PROG(rw_root_##hook, const struct path *dir, struct dentry *dentry)                                \
	{                                                                                                          \
		return rw_write_root((__u64)dir->mnt, (__u64)dentry);                                                  \
	}
#define RW_ROOT_PATH(hook)                                                                                     \
	SEC("lsm/path_" #hook)                                                                                     \
	int BPF_PROG(rw_root_##hook, const struct path *path)                                                      \
	{                                                                                                          \
		return rw_write_root((__u64)path->mnt, (__u64)path->dentry);                                           \
	}

RW_ROOT_ENTRY(unlink)
RW_ROOT_ENTRY(rmdir)
RW_ROOT_ENTRY(mkdir)
RW_ROOT_ENTRY(mknod)
RW_ROOT_ENTRY(symlink)
RW_ROOT_ENTRY(rename)
RW_ROOT_PATH(truncate)
RW_ROOT_PATH(chmod)
RW_ROOT_PATH(chown)

SEC("lsm/path_link")
int BPF_PROG(rw_root_link, struct dentry *old_dentry, const struct path *new_dir, struct dentry *new_dentry)
{
	return rw_write_root((__u64)new_dir->mnt, (__u64)new_dentry);
}
