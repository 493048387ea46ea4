/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a descriptor refers to: inode facts, and for sockets the kernel's own addresses. */
#ifndef RW_OBJECT_H
#define RW_OBJECT_H

#define RW_S_IFMT 0170000
#define RW_S_IFREG 0100000
#define RW_S_IFDIR 0040000
#define RW_S_IFSOCK 0140000
#define RW_SOCKFS_MAGIC 0x534F434B
#define RW_AF_UNIX 1
#define RW_AF_INET 2
#define RW_AF_INET6 10
#define RW_ROLE_CLIENT 1
#define RW_ROLE_SERVER 2
#define RW_TCP_LISTEN 10
#define RW_BINDPORT_LOCK 8

static __always_inline struct file *rw_file_of(struct task_struct *task, __s32 fd)
{
	struct files_struct *files = rw_untrusted(task)->files;
	struct fdtable *table;

	if (!files || fd < 0)
		return 0;
	table = files->fdt;
	if (!table || (__u32)fd >= table->max_fds)
		return 0;
	return (struct file *)rw_word((__u64)(table->fd + fd));
}

static __always_inline void rw_fill_socket(struct rw_object *o, struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	o->family = family;
	o->sock_type = BPF_CORE_READ(sk, sk_type);
	o->protocol = BPF_CORE_READ(sk, sk_protocol);
	o->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (family != RW_AF_INET && family != RW_AF_INET6)
		return;
	o->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	o->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (family == RW_AF_INET) {
		bpf_core_read(o->local, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(o->remote, 4, &sk->__sk_common.skc_daddr);
	} else {
		bpf_core_read(o->local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(o->remote, 16, &sk->__sk_common.skc_v6_daddr);
	}
	if (o->state == RW_TCP_LISTEN)
		o->role = RW_ROLE_SERVER;
	else if (o->remote_port)
		o->role = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & RW_BINDPORT_LOCK ? RW_ROLE_SERVER
											 : RW_ROLE_CLIENT;
}

static __always_inline struct sock *rw_sock_of(struct file *file)
{
	struct inode *inode = rw_get(struct file, file, f_inode);

	if ((rw_get(struct inode, inode, i_mode) & RW_S_IFMT) != RW_S_IFSOCK ||
	    rw_get(struct super_block, rw_get(struct inode, inode, i_sb), s_magic) != RW_SOCKFS_MAGIC)
		return 0;
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(socket, sk);
}

static __always_inline struct sock *rw_fill_object(struct rw_object *o, struct file *file)
{
	struct inode *inode = rw_get(struct file, file, f_inode);
	struct sock *sk;

	o->ino = rw_get(struct inode, inode, i_ino);
	o->dev = rw_get(struct super_block, rw_get(struct inode, inode, i_sb), s_dev);
	o->uid = rw_get(struct inode, inode, i_uid.val);
	o->mode = rw_get(struct inode, inode, i_mode);
	sk = rw_sock_of(file);
	if (sk) {
		rw_fill_socket(o, sk);
	} else {
		__u64 dentry = (__u64)rw_get(struct file, file, f_path.dentry);

		o->layer = rw_layer_of(inode);
		if ((__u64)rw_get(struct dentry, dentry, d_parent) == dentry) {
			__u32 start = rw_word((__u64)rw_get(struct dentry, dentry, d_name.name));

			if (start == 0x666d656d) /* "memf" */
				o->special = 1;
			else if ((o->mode & RW_S_IFMT) == 0)
				o->special = 2;
		}
	}
	return sk;
}

/* The name a unix socket is bound to, or its peer's when it has none; abstract names start with NUL. */
static __always_inline __u32 rw_put_unix_name(__u32 slot, __u32 pos, struct sock *sk, bool peer_first)
{
	struct unix_sock *u = (void *)sk;
	struct sock *peer = BPF_CORE_READ(u, peer);
	struct unix_address *own = BPF_CORE_READ(u, addr);
	struct unix_address *other = peer ? BPF_CORE_READ((struct unix_sock *)peer, addr) : 0;
	struct unix_address *use = peer_first && other ? other : own ? own : other;

	if (!use)
		return 0;
	__s32 len = BPF_CORE_READ(use, len);

	if (len <= 2 || len > 110)
		return 0;
	len = (len - 2) & 127;
	return (__u32)rw_append_bytes(slot | RW_FROM_KERNEL, pos,
				      (__u64)use + bpf_core_field_offset(struct unix_address, name) + 2, len, 110);
}

#endif
