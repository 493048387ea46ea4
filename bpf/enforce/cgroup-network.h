/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The network section where the kernel has no LSM programs: programs attached once, to the root cgroup, that judge by
 * the cgroup of the task that asks. They see sockets of IPv4 and IPv6 alone, and not all their protocols.
 */

#define RW_IPPROTO_SCTP 132
#define RW_IPPROTO_MPTCP 262

/*
 * As rw_acting, without the marks of tasks, which these programs cannot look up: what runs in a bound cgroup and in
 * a mount namespace other than the host's is the container's.
 */
static __always_inline bool rw_acting_in_cgroup(struct rw_actor *a)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return rw_find_set(task, a) && rw_mount_ns_of(task) != rw_enforce_boot.host_mount_ns;
}

static __always_inline int rw_ask_in_cgroup(struct rw_actor *a, struct rw_peer *p)
{
	if (rw_ask_network(a, p, RW_BY_CGROUP, false))
		return 0;
	return rw_limit_connection(a, p, RW_BY_CGROUP) ? 0 : 1;
}

static __always_inline int rw_cgroup_ipv4(struct bpf_sock_addr *ctx, __u32 operation, bool sends)
{
	struct rw_peer p = { .operation = operation };
	struct rw_actor a;

	if (!rw_acting_in_cgroup(&a))
		return 1;
	if (!a.set)
		return 0;
	p.protocol = rw_protocol_bit(RW_AF_INET, ctx->type, ctx->protocol);
	rw_set_ipv4(&p, ctx->user_ip4, ctx->user_port);
	/* what leaves is judged once more, as a packet */
	if (sends && p.protocol == RW_PROTOCOL_UDP && ctx->sk && rw_is_answer(a.cgroup, &p, ctx->sk->src_port))
		return 1;
	return rw_ask_in_cgroup(&a, &p);
}

static __always_inline int rw_cgroup_ipv6(struct bpf_sock_addr *ctx, __u32 operation, bool sends)
{
	struct rw_peer p = { .operation = operation };
	__u32 a0 = ctx->user_ip6[0], a1 = ctx->user_ip6[1], a2 = ctx->user_ip6[2], a3 = ctx->user_ip6[3];
	struct bpf_sock *sk = ctx->sk;
	struct rw_actor a;

	if (!rw_acting_in_cgroup(&a))
		return 1;
	if (!a.set)
		return 0;
	p.protocol = rw_protocol_bit(RW_AF_INET6, ctx->type, ctx->protocol);
	rw_set_ipv6(&p, a0 | (__u64)a1 << 32, a2 | (__u64)a3 << 32, ctx->user_port,
		    sk && sk->src_ip6[2] == bpf_htonl(0xffff));
	/* what leaves is judged once more, as a packet */
	if (sends && p.protocol == RW_PROTOCOL_UDP && ctx->sk && rw_is_answer(a.cgroup, &p, ctx->sk->src_port))
		return 1;
	return rw_ask_in_cgroup(&a, &p);
}

SEC("cgroup/connect4")
int rw_cgroup_connect4(struct bpf_sock_addr *ctx)
{
	return rw_cgroup_ipv4(ctx, RW_NET_CONNECT, false);
}

SEC("cgroup/connect6")
int rw_cgroup_connect6(struct bpf_sock_addr *ctx)
{
	return rw_cgroup_ipv6(ctx, RW_NET_CONNECT, false);
}

SEC("cgroup/sendmsg4")
int rw_cgroup_sendmsg4(struct bpf_sock_addr *ctx)
{
	return rw_cgroup_ipv4(ctx, RW_NET_CONNECT, true);
}

SEC("cgroup/sendmsg6")
int rw_cgroup_sendmsg6(struct bpf_sock_addr *ctx)
{
	return rw_cgroup_ipv6(ctx, RW_NET_CONNECT, true);
}

SEC("cgroup/bind4")
int rw_cgroup_bind4(struct bpf_sock_addr *ctx)
{
	return rw_cgroup_ipv4(ctx, RW_NET_BIND, false);
}

SEC("cgroup/bind6")
int rw_cgroup_bind6(struct bpf_sock_addr *ctx)
{
	return rw_cgroup_ipv6(ctx, RW_NET_BIND, false);
}

/*
 * No program is asked when sockets of these protocols connect: where addresses matter, one that comes to be cannot
 * be judged later.
 */
static __always_inline bool rw_connects_unseen(__u32 protocol)
{
	return protocol == RW_IPPROTO_MPTCP || protocol == RW_IPPROTO_SCTP;
}

SEC("cgroup/sock_create")
int rw_cgroup_sock_create(struct bpf_sock *ctx)
{
	struct rw_act act = { .section = RW_SECTION_NETWORK, .operation = RW_NET_CREATE, .mechanism = RW_BY_CGROUP };
	struct rw_peer p = { .operation = RW_NET_CREATE };
	__u32 protocol = ctx->protocol;
	struct rw_actor a;

	if (!rw_acting_in_cgroup(&a))
		return 1;
	if (!a.set)
		return 0;
	p.family = rw_family_bit(ctx->family);
	p.protocol = rw_protocol_bit(ctx->family, ctx->type, protocol);
	if (!rw_ask_in_cgroup(&a, &p))
		return 0;
	if (rw_connects_unseen(protocol) && a.set->sections[RW_SECTION_NETWORK].deniable) {
		bool closed = a.set->sections[RW_SECTION_NETWORK].flags & RW_SECTION_FAIL_CLOSED;

		act.flags = RW_V_UNRESOLVED;
		rw_send_network_verdict(&a, &act, &p, RW_NO_LINE, closed ? RW_DENIED : RW_WOULD_DENY);
		return !closed;
	}
	return 1;
}
