/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What is connected when a policy comes into force: each TCP socket that somebody holds is judged as its next packet would
 * be, and those that are denied are told to user space, which ends them. Nobody waits for packets that will not come.
 */
#ifndef RW_ENFORCE_CONNECTED_H
#define RW_ENFORCE_CONNECTED_H

/* What reaches an address of its own machine passes the loopback device, and is left out as its packets are. */
static __noinline bool rw_stays_inside(__u64 sk)
{
	__u64 dst = (__u64)rw_get(struct sock, sk, sk_dst_cache);
	__u64 device = dst ? (__u64)rw_get(struct dst_entry, dst, dev) : 0;

	return device && rw_get(struct net_device, device, ifindex) == RW_LOOPBACK_DEVICE;
}

static __noinline void rw_read_connected(__u64 sk, struct rw_packet *p)
{
	__be64 address[2];
	__u16 family = rw_get(struct sock, sk, __sk_common.skc_family);

	p->peer.operation = RW_NET_ACCEPT;
	p->protocol = PROTO_TCP;
	p->flags = RW_TCP_ACK;
	p->remote_port = bpf_ntohs(rw_get(struct sock, sk, __sk_common.skc_dport));
	p->local_port = rw_get(struct sock, sk, __sk_common.skc_num);
	p->peer.protocol = RW_PROTOCOL_TCP;
	if (family == RW_AF_INET) {
		rw_set_ipv4(&p->peer, rw_get(struct sock, sk, __sk_common.skc_daddr), 0);
	} else {
		struct in6_addr there = rw_get(struct sock, sk, __sk_common.skc_v6_daddr);

		__builtin_memcpy(address, &there, sizeof address);
		rw_set_ipv6(&p->peer, address[0], address[1], 0, false);
	}
}

static __always_inline bool rw_is_denied_now(struct rw_socket *s, __u64 sk)
{
	struct rw_packet p = {};
	__u32 standing = rw_standing_of(s, RW_OF_TCP);

	if (standing != RW_TO_JUDGE)
		return standing == RW_WAS_DENIED;
	rw_read_connected(sk, &p);
	return rw_deny_owner(s, &p, RW_OF_TCP);
}

SEC("iter/task_file")
int rw_denied_sockets(struct bpf_iter__task_file *ctx)
{
	struct rw_denied_socket row = {};
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct rw_socket *s;
	struct sock *sk;
	__u64 group;
	__u8 state;

	if (!task || !file)
		return 0;
	barrier_var(file);
	socket = bpf_sock_from_file(file);
	sk = socket ? socket->sk : 0;
	if (!sk || sk->sk_protocol != PROTO_TCP || sk->sk_type != RW_SOCK_STREAM)
		return 0;
	if (sk->__sk_common.skc_family != RW_AF_INET && sk->__sk_common.skc_family != RW_AF_INET6)
		return 0;
	state = sk->__sk_common.skc_state;
	if (state == STATE_LISTEN || state == STATE_CLOSE || rw_stays_inside((__u64)sk))
		return 0;
	s = bpf_sk_storage_get(&rw_sockets, sk, 0, 0);
	if (!s || !s->cgroup) {
		group = rw_cgroup_of(task);
		if (!bpf_map_lookup_elem(&rw_bound, &group))
			return 0;
		s = bpf_sk_storage_get(&rw_sockets, sk, 0, STORAGE_CREATE);
		if (!s)
			return 0;
		s->cgroup = group;
	}
	if (!rw_is_denied_now(s, (__u64)sk))
		return 0;
	row.socket = BPF_CORE_READ(socket, file, f_inode, i_ino);
	row.tgid = task->tgid;
	row.fd = ctx->fd;
	bpf_seq_write(ctx->meta->seq, &row, sizeof row);
	return 0;
}

#endif
