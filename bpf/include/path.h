/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Absolute paths from the kernel's own objects: dentries up to the mount's root, then on from where the
 * mount is attached, until the root of the mount namespace. What the caller wrote (symlinks, dots,
 * /proc/self/root) has no influence, and neither has chroot: a container cannot rename its files to itself. Written backwards into the scratch, then copied behind the record.
 */
#ifndef RW_PATH_H
#define RW_PATH_H

#define RW_PATH_START 8448
#define RW_PATH_LOW (RW_PATH_START - RW_MAX_PATH)
#define RW_PATH_STEPS 2304

struct rw_walk {
	__u64 dentry;
	__u64 mnt;
	__u64 mnt_root;
	struct rw_scratch *scratch;
	__u32 off;
	__u32 cut;
};

static long rw_walk_step(__u32 index, struct rw_walk *w)
{
	__u64 parent;

	if (w->dentry == w->mnt_root) {
		__u64 m = w->mnt - bpf_core_field_offset(struct mount, mnt);
		__u64 up = (__u64)rw_get(struct mount, m, mnt_parent);

		if (up == m || !up)
			return 1; /* the namespace's root, or a detached mount */
		w->dentry = (__u64)rw_get(struct mount, m, mnt_mountpoint);
		w->mnt = up + bpf_core_field_offset(struct mount, mnt);
		w->mnt_root = (__u64)rw_get(struct vfsmount, w->mnt, mnt_root);
		return 0;
	}
	parent = (__u64)rw_get(struct dentry, w->dentry, d_parent);
	if (parent == w->dentry) {
		/* an object outside any tree (memfd, pipe): its name is all there is */
		w->cut |= 2;
	}
	__u32 len = rw_get(struct dentry, w->dentry, d_name.len);

	if (len > 255)
		len = 255;
	__u32 off = w->off;

	off -= len + 1;
	if (off > RW_PATH_START || off < RW_PATH_LOW) {
		w->cut |= 1;
		return 1;
	}
	if (len) {
		bpf_probe_read_kernel(w->scratch->path + off + 1, len,
				      rw_get(struct dentry, w->dentry, d_name.name));
	}
	w->scratch->path[off] = '/';
	w->off = off;
	if (w->cut & 2)
		return 1;
	w->dentry = parent;
	return 0;
}

/*
 * Appends the path of the `struct path` at `of`, from the root of its mount namespace. A path longer than
 * RW_MAX_PATH keeps its end and is marked as cut. Returns as the functions of record.h do.
 */
__noinline __u64 rw_append_path(__u32 slot, __u64 pos, __u64 of)
{
	struct rw_scratch *s = rw_scratch(slot);
	struct rw_walk w = { .off = RW_PATH_START - rw_unknown_zero() };
	__u64 off, len;

	if (!s)
		return 0;
	w.scratch = s;
	w.dentry = (__u64)rw_get(struct path, of, dentry);
	w.mnt = (__u64)rw_get(struct path, of, mnt);
	w.mnt_root = (__u64)rw_get(struct vfsmount, w.mnt, mnt_root);
	if (!w.dentry || !w.mnt)
		return 0;
	bpf_loop(RW_PATH_STEPS, rw_walk_step, &w, 0);
	off = w.off;
	if (off >= RW_PATH_START) {
		off = RW_PATH_START - 1;
		s->path[RW_PATH_START - 1] = '/';
	} else if ((w.cut & 2) && off < RW_PATH_START - 1) {
		off += 1; /* an object outside any tree keeps its bare name */
	}
	len = RW_PATH_START - off;
	rw_opaque(len);
	rw_opaque(pos);
	if (len == 0 || len > RW_MAX_PATH || pos > RW_MAX_RECORD - RW_MAX_PATH - 1)
		return 0;
	if (bpf_probe_read_kernel(rw_at(s, pos), rw_length(len), (void *)s->path + off))
		return 0;
	return len | (w.cut & 1 ? RW_CUT : 0);
}

#endif
