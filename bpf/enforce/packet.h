/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A packet as the judge asks about it: the far end, the ports of both, and what carries it. */
#ifndef RW_ENFORCE_PACKET_H
#define RW_ENFORCE_PACKET_H

#define RW_TCP_SYN 0x02
#define RW_TCP_RST 0x04
#define RW_TCP_ACK 0x10
#define RW_MAX_HEADERS 6

struct rw_packet {
	struct rw_peer peer; /* family and remote address */
	__u32 transport;     /* offset */
	__u16 remote_port;   /* in host order; 0: it has none, as later fragments */
	__u16 local_port;
	__u8 protocol;
	__u8 flags; /* of TCP */
	__u8 is_answer; /* of an exchange that began here */
	__u8 pad;
};

static __always_inline bool rw_carries_ports(__u8 protocol)
{
	return protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_SCTP || protocol == PROTO_UDPLITE;
}

/* RFC 8200, 4: what stands between the IPv6 header and the transport. True for a fragment that is not the first. */
static __always_inline bool rw_pass_headers(struct __sk_buff *skb, struct rw_packet *p)
{
	__u8 head[8];

	for (int i = 0; i < RW_MAX_HEADERS; i++) {
		if (p->protocol != 0 && p->protocol != 43 && p->protocol != 60 && p->protocol != PROTO_FRAGMENT)
			return false;
		if (bpf_skb_load_bytes(skb, p->transport, head, sizeof head))
			return false;
		if (p->protocol == PROTO_FRAGMENT) {
			p->protocol = head[0];
			p->transport += 8;
			if (bpf_ntohs(*(__u16 *)(head + 2)) & 0xfff8)
				return true;
			continue;
		}
		p->transport += (head[1] + 1) * 8;
		p->protocol = head[0];
	}
	return false;
}

static __always_inline void rw_read_ports(struct __sk_buff *skb, struct rw_packet *p, bool in)
{
	__u16 ports[2];

	if (!rw_carries_ports(p->protocol) || bpf_skb_load_bytes(skb, p->transport, ports, sizeof ports))
		return;
	p->remote_port = bpf_ntohs(in ? ports[0] : ports[1]);
	p->local_port = bpf_ntohs(in ? ports[1] : ports[0]);
	if (p->protocol == PROTO_TCP)
		bpf_skb_load_bytes(skb, p->transport + 13, &p->flags, 1);
}

/* 0 for what is no IP packet. Global, so that its many ways are looked at once and not by each caller. */
__noinline int rw_read_ip(struct __sk_buff *skb, struct rw_packet *p, __u32 in)
{
	if (!p)
		return 0;
	/* so that an unspecified address stays what it is */
	p->peer.operation = RW_NET_ACCEPT;
	if (skb->protocol == bpf_htons(ETHERTYPE_IPV4)) {
		__u8 head[20];

		if (bpf_skb_load_bytes(skb, 0, head, sizeof head))
			return false;
		p->transport = (head[0] & 15) * 4;
		p->protocol = head[9];
		rw_set_ipv4(&p->peer, *(__u32 *)(head + (in ? 12 : 16)), 0);
		if (bpf_ntohs(*(__u16 *)(head + 6)) & 0x1fff)
			return true;
	} else if (skb->protocol == bpf_htons(ETHERTYPE_IPV6)) {
		__u64 head[5];

		if (bpf_skb_load_bytes(skb, 0, head, sizeof head))
			return false;
		p->transport = 40;
		p->protocol = ((__u8 *)head)[6];
		if (in)
			rw_set_ipv6(&p->peer, head[1], head[2], 0, false);
		else
			rw_set_ipv6(&p->peer, head[3], head[4], 0, false);
		if (rw_pass_headers(skb, p))
			return true;
	} else {
		return false;
	}
	rw_read_ports(skb, p, in);
	return true;
}

#endif
