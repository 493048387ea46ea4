/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Who is denied is to know at once. A program on a cgroup can drop a packet and cannot answer it: user space is told, and
 * answers as the kernel does for a port that is closed.
 */
#ifndef RW_ENFORCE_REFUSAL_H
#define RW_ENFORCE_REFUSAL_H

/* Of each cgroup. Who tries more often in a second waits until it tries again. */
#define RW_REFUSALS_PER_SECOND 256

static __noinline __u32 rw_netns_of(__u64 sk)
{
	__u64 net = (__u64)rw_get(struct sock, sk, __sk_common.skc_net.net);

	return net ? rw_get(struct net, net, ns.inum) : 0;
}

/* Approximate when several processors ask at once. */
static __noinline bool rw_may_refuse(__u64 cgroup)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &cgroup);
	__u64 now = bpf_ktime_get_boot_ns();

	if (!place)
		return false;
	if (now - place->refusals_ns > RW_SECOND_NS) {
		place->refusals_ns = now;
		place->refusals = 0;
	}
	return place->refusals++ < RW_REFUSALS_PER_SECOND;
}

static __noinline int rw_refuse(struct __sk_buff *skb, struct rw_packet *p, __u32 netns)
{
	struct rw_refusal *r;

	/* a reset is never answered */
	if (!p || p->protocol != PROTO_TCP || p->flags & RW_TCP_RST)
		return 0;
	r = bpf_ringbuf_reserve(&rw_refusals, sizeof *r, 0);
	if (!r)
		return 0;
	r->length = skb->len;
	r->offset = p->transport;
	r->netns = netns;
	r->ifindex = skb->ifindex;
	r->is_ipv6 = skb->protocol == bpf_htons(ETHERTYPE_IPV6);
	/* no packet of TCP is shorter than both */
	if (bpf_skb_load_bytes(skb, 0, r->network, sizeof r->network) ||
	    bpf_skb_load_bytes(skb, p->transport, r->transport, sizeof r->transport))
		bpf_ringbuf_discard(r, 0);
	else
		bpf_ringbuf_submit(r, 0);
	return 0;
}

#endif
