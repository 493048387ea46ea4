/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whose a socket is: the cgroup of the process that made it, wherever it is passed to later. */
#ifndef RW_FLOWS_OWNER_H
#define RW_FLOWS_OWNER_H

static __always_inline void rw_map_ipv4(__u8 *to, __u32 address)
{
	__u32 *words = (__u32 *)to;

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = address;
}

static __always_inline void rw_copy_ipv6(__u8 *to, const __u8 *from)
{
	__builtin_memcpy(to, from, 16);
}

static __always_inline bool rw_is_mapped(const __u8 *address)
{
	const __u32 *words = (const __u32 *)address;

	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* At its creation, by the process that makes it: knows groups of version 1 as well. */
SEC("cgroup/sock_create")
int rw_flow_socket_made(struct bpf_sock *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rw_flow_socket *s = bpf_sk_storage_get(&rw_flow_sockets, ctx, 0, STORAGE_CREATE);

	if (s) {
		s->key.cgroup = rw_cgroup_id(task, rw_flow_boot.cgroup_subsys);
		s->key.netns = rw_untrusted(task)->nsproxy->net_ns->ns.inum;
	}
	return 1;
}

/*
 * The address of a socket as a number. Programs on cgroups hold it as a pointer whose fields are not the kernel's, and
 * the verifier lets nothing be added to it.
 */
static __always_inline __u64 rw_address_of(const void *sk)
{
	const void *held = sk;
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof address, &held);
	return address;
}

/* From the socket itself, where its creation was not seen: its group of version 2. */
static __always_inline void rw_own(struct rw_flow_socket *s, __u64 sk)
{
	__u64 net = (__u64)rw_get(struct sock, sk, __sk_common.skc_net.net);
	__u64 cgroup = (__u64)rw_get(struct sock, sk, sk_cgrp_data.cgroup);

	s->key.netns = rw_get(struct net, net, ns.inum);
	s->key.cgroup = rw_get(struct kernfs_node, rw_get(struct cgroup, cgroup, kn), id);
}

/* Addresses and port of a connected socket, seen from `role`. */
static __always_inline void rw_fill_key(struct rw_flow_socket *s, struct sock *sock, __u8 role)
{
	struct sock *sk = rw_cast(struct sock, sock);

	s->flags = 0;
	if (sk->__sk_common.skc_family == AF_INET) {
		rw_map_ipv4(s->key.remote, sk->__sk_common.skc_daddr);
		rw_map_ipv4(s->local, sk->__sk_common.skc_rcv_saddr);
	} else {
		struct in6_addr there = rw_get(struct sock, sock, __sk_common.skc_v6_daddr);
		struct in6_addr here = rw_get(struct sock, sock, __sk_common.skc_v6_rcv_saddr);

		rw_copy_ipv6(s->key.remote, there.in6_u.u6_addr8);
		rw_copy_ipv6(s->local, here.in6_u.u6_addr8);
		if (rw_is_mapped(s->key.remote))
			s->flags = RW_FLOW_MAPPED;
	}
	s->key.port = role == RW_ROLE_SERVER ? sk->__sk_common.skc_num : bpf_ntohs(sk->__sk_common.skc_dport);
	s->key.protocol = PROTO_TCP;
	s->key.role = role;
}

#endif
