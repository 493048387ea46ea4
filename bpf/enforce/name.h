/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The name of a file: from its dentry up to the root of its mount, on from where that is attached, to the root of
 * the mount namespace. Neither what the caller wrote (links, dots, descriptors, /proc/PID/root) nor its chroot matters.
 */
#ifndef RW_ENFORCE_NAME_H
#define RW_ENFORCE_NAME_H

enum rw_named {
	RW_NAMED = 0,
	RW_NAME_TOO_LONG = 1,
	RW_NAME_DETACHED = 2, /* the mount is attached nowhere: its tree has no name */
	RW_NAME_INTERNAL = 3, /* a file system of the kernel's own: pipes, sockets, memory files, layers of an overlay */
	RW_NAME_ELSEWHERE = 4, /* the file is not below the root of that mount */
};

#define RW_NAME_STEPS 2304
/* Namespaces of detached mounts have no number; since 6.18 they share this one. */
#define RW_MNT_NS_ANONYMOUS 0xEFFFFFF7

struct rw_climb {
	__u64 dentry;
	__u64 mnt;
	__u64 mnt_root;
	struct rw_work *work;
	__u32 start;
	__u32 end; /* why it ended; enum rw_named + 1 */
};

static long rw_climb_step(__u32 index, struct rw_climb *c)
{
	__u64 parent;

	if (c->dentry == c->mnt_root) {
		__u64 m = c->mnt - bpf_core_field_offset(struct mount, mnt);
		__u64 up = (__u64)rw_get(struct mount, m, mnt_parent);

		if (up == m || !up) {
			c->end = 1 + RW_NAMED;
			return 1;
		}
		c->dentry = (__u64)rw_get(struct mount, m, mnt_mountpoint);
		c->mnt = up + bpf_core_field_offset(struct mount, mnt);
		c->mnt_root = (__u64)rw_get(struct vfsmount, c->mnt, mnt_root);
		return 0;
	}
	parent = (__u64)rw_get(struct dentry, c->dentry, d_parent);
	if (parent == c->dentry) {
		c->end = 1 + RW_NAME_ELSEWHERE;
		return 1;
	}
	__u32 len = rw_get(struct dentry, c->dentry, d_name.len);

	if (len > 255)
		len = 255; /* no file system has longer ones */
	__u32 start = c->start - len - 1;

	if (start < RW_PATH_LOW || start >= RW_PATH_END) {
		c->end = 1 + RW_NAME_TOO_LONG;
		return 1;
	}
	rw_opaque(start);
	__u32 at = start & RW_PATH_MASK;

	if (len)
		bpf_probe_read_kernel(c->work->path + at + 1, len & 255,
				      rw_get(struct dentry, c->dentry, d_name.name));
	c->work->path[at] = '/';
	c->start = start;
	c->dentry = parent;
	return 0;
}

/* Number of the namespace a mount is attached in; 0: in none; 1: it is the kernel's own. */
static __always_inline __u32 rw_mount_ns(__u64 m)
{
	__u64 ns = (__u64)rw_get(struct mount, m, mnt_ns);
	__u32 inum;

	if (ns > (__u64)-4096)
		return 1;
	if (!ns)
		return 0;
	inum = rw_get(struct mnt_namespace, ns, ns.inum);
	return inum == RW_MNT_NS_ANONYMOUS ? 0 : inum;
}

static __always_inline __u64 rw_mount_of(__u64 mnt)
{
	return mnt - bpf_core_field_offset(struct mount, mnt);
}

__noinline int rw_write_name(struct rw_work *w)
{
	struct rw_climb c = { .work = w, .start = RW_PATH_END - rw_unknown_zero() };
	__u32 ns, named;

	if (!w)
		return RW_NAME_DETACHED;
	c.mnt = w->mnt;
	c.dentry = w->dentry;
	ns = rw_mount_ns(rw_mount_of(c.mnt));
	w->start = RW_PATH_END;
	if (ns == 1) {
		w->named = RW_NAME_INTERNAL;
		return RW_NAME_INTERNAL;
	}
	c.mnt_root = (__u64)rw_get(struct vfsmount, c.mnt, mnt_root);
	bpf_loop(RW_NAME_STEPS, rw_climb_step, &c, 0);
	named = c.end ? c.end - 1 : RW_NAME_TOO_LONG;
	if (named == RW_NAMED) {
		if (!ns || !rw_mount_ns(rw_mount_of(c.mnt)))
			named = RW_NAME_DETACHED;
		if (c.start >= RW_PATH_END) {
			c.start = RW_PATH_END - 1;
			w->path[RW_PATH_END - 1] = '/';
		}
	}
	w->start = c.start;
	w->named = named;
	return named;
}

/* Writes the name of `dentry` below the mount `mnt` into the work; returns and keeps an enum rw_named. */
static __always_inline __u32 rw_name(struct rw_work *w, __u64 mnt, __u64 dentry)
{
	w->mnt = mnt;
	w->dentry = dentry;
	return rw_write_name(w);
}

#endif
