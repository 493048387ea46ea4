/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls that would begin something are refused, so that they fail at once; the packets would be dropped anyway. */

SEC("cgroup/sock_create")
int rw_isolate_sock_create(struct bpf_sock *ctx)
{
	__u64 cgroup = rw_cgroup_id(bpf_get_current_task_btf(), rw_isolate_boot.cgroup_subsys), *mark;
	struct rw_cut cut;

	if (!rw_cut_of(cgroup, &cut))
		return 1;
	mark = bpf_sk_storage_get(&rw_isolate_sockets, ctx, 0, STORAGE_CREATE);
	if (!mark)
		return 0; /* it could not be told from others' */
	*mark = cgroup;
	return 1;
}

static __always_inline int rw_isolate_call(struct bpf_sock_addr *ctx, bool six)
{
	struct rw_isolate_allow peer = {};
	__u32 *words = (__u32 *)peer.address;
	struct rw_cut cut;

	if (!rw_cut_of_current(&cut) && !rw_cut_of_marked(ctx->sk, &cut))
		return 1;
	if (six) {
		words[0] = ctx->user_ip6[0];
		words[1] = ctx->user_ip6[1];
		words[2] = ctx->user_ip6[2];
		words[3] = ctx->user_ip6[3];
	} else {
		rw_map_ipv4(peer.address, ctx->user_ip4);
	}
	if (rw_is_allowed(&cut, &peer))
		return 1;
	rw_count_cut(&cut, RW_CUT_REFUSED);
	return 0;
}

SEC("cgroup/connect4")
int rw_isolate_connect4(struct bpf_sock_addr *ctx)
{
	return rw_isolate_call(ctx, false);
}

SEC("cgroup/connect6")
int rw_isolate_connect6(struct bpf_sock_addr *ctx)
{
	return rw_isolate_call(ctx, true);
}

SEC("cgroup/sendmsg4")
int rw_isolate_sendmsg4(struct bpf_sock_addr *ctx)
{
	return rw_isolate_call(ctx, false);
}

SEC("cgroup/sendmsg6")
int rw_isolate_sendmsg6(struct bpf_sock_addr *ctx)
{
	return rw_isolate_call(ctx, true);
}

/*
 * Of unix sockets nobody says here whose the other end is, so all are refused. The attach types are of Linux 6.7; user
 * space sets them, since libbpf 1.1 does not know their names.
 */
static __always_inline int rw_isolate_unix(void)
{
	struct rw_cut cut;

	if (!rw_cut_of_current(&cut))
		return 1;
	rw_count_cut(&cut, RW_CUT_REFUSED);
	return 0;
}

SEC("cgroup/connect4")
int rw_isolate_connect_unix(struct bpf_sock_addr *ctx)
{
	return rw_isolate_unix();
}

SEC("cgroup/sendmsg4")
int rw_isolate_sendmsg_unix(struct bpf_sock_addr *ctx)
{
	return rw_isolate_unix();
}
