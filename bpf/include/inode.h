/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What an inode tells: which layer of an overlay it is from, and when it was changed. */
#ifndef RW_INODE_H
#define RW_INODE_H

#define RW_OVERLAYFS_MAGIC 0x794c7630

/* Which layer of an overlay holds a file: struct ovl_inode keeps the upper dentry right behind the VFS inode. */
static __always_inline __u8 rw_layer_of(struct inode *inode)
{
	if (rw_get(struct super_block, rw_get(struct inode, inode, i_sb), s_magic) != RW_OVERLAYFS_MAGIC)
		return 0;
	return rw_word((__u64)inode + bpf_core_type_size(struct inode)) ? RW_LAYER_UPPER : RW_LAYER_LOWER;
}

static __always_inline __u64 rw_ns(__s64 sec, __u64 nsec)
{
	return (__u64)sec * 1000000000ULL + nsec;
}

static __always_inline void rw_inode_times(struct inode *inode, __u64 *ctime, __u64 *mtime)
{
	struct inode___seconds *a = (void *)inode;
	struct inode___private *b = (void *)inode;
	struct inode___plain *c = (void *)inode;

	if (bpf_core_field_exists(a->i_ctime_sec))
		*ctime = rw_ns(BPF_CORE_READ(a, i_ctime_sec), BPF_CORE_READ(a, i_ctime_nsec));
	else if (bpf_core_field_exists(b->__i_ctime))
		*ctime = rw_ns(BPF_CORE_READ(b, __i_ctime.tv_sec), BPF_CORE_READ(b, __i_ctime.tv_nsec));
	else
		*ctime = rw_ns(BPF_CORE_READ(c, i_ctime.tv_sec), BPF_CORE_READ(c, i_ctime.tv_nsec));
	if (bpf_core_field_exists(a->i_mtime_sec))
		*mtime = rw_ns(BPF_CORE_READ(a, i_mtime_sec), BPF_CORE_READ(a, i_mtime_nsec));
	else if (bpf_core_field_exists(b->__i_mtime))
		*mtime = rw_ns(BPF_CORE_READ(b, __i_mtime.tv_sec), BPF_CORE_READ(b, __i_mtime.tv_nsec));
	else
		*mtime = rw_ns(BPF_CORE_READ(c, i_mtime.tv_sec), BPF_CORE_READ(c, i_mtime.tv_nsec));
}

#endif
