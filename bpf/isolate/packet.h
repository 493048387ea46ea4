/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What flows: every packet that a socket of an isolated container sends or would be given, whatever began it. */

#define RW_TCP_FLAGS 13
#define RW_TCP_RESET 4

/* A reset that ends a connection of before; it carries nothing. */
static __always_inline bool rw_is_reset(struct __sk_buff *skb, __u32 transport)
{
	__u8 flags = 0;

	return !bpf_skb_load_bytes(skb, transport + RW_TCP_FLAGS, &flags, 1) && (flags & RW_TCP_RESET);
}

static __always_inline int rw_isolate_packet(struct __sk_buff *skb, bool in)
{
	struct rw_isolate_allow peer = {};
	struct bpf_sock *sk = skb->sk;
	struct rw_cut cut;
	__u8 head[40];
	bool reset = false;

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	if (!rw_cut_of_marked(sk, &cut) && !rw_cut_of(bpf_skb_cgroup_id(skb), &cut))
		return 1;
	/* What cannot be read is no packet of an allowed peer. */
	if (!bpf_skb_load_bytes(skb, 0, head, 20) && (head[0] >> 4) == 4) {
		rw_map_ipv4(peer.address, *(__u32 *)(head + (in ? 12 : 16)));
		reset = head[9] == PROTO_TCP && rw_is_reset(skb, (head[0] & 15) * 4);
	} else if (!bpf_skb_load_bytes(skb, 0, head, sizeof head) && (head[0] >> 4) == 6) {
		__builtin_memcpy(peer.address, head + (in ? 8 : 24), 16);
		reset = head[6] == PROTO_TCP && rw_is_reset(skb, 40);
	}
	if (rw_is_allowed(&cut, &peer))
		return 1;
	if (!in && reset && (cut.flags & RW_ISOLATION_ENDING))
		return 1;
	rw_count_cut(&cut, in ? RW_CUT_IN : RW_CUT_OUT);
	return 0;
}

SEC("cgroup_skb/ingress")
int rw_isolate_ingress(struct __sk_buff *skb)
{
	return rw_isolate_packet(skb, true);
}

SEC("cgroup_skb/egress")
int rw_isolate_egress(struct __sk_buff *skb)
{
	return rw_isolate_packet(skb, false);
}
