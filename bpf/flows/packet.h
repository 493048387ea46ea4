/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What flows: every packet a socket sends or takes, by its headers. Nothing is copied of it, but of the answers of name
 * servers, which are how addresses get their names.
 */

/* A packet as far as it is looked at. */
struct rw_packet {
	__u32 transport; /* offset of the transport header */
	__u32 payload;   /* offset */
	__u16 local_port;
	__u16 remote_port;
	__u8 protocol;
	__u8 is_fragment; /* of a datagram, but not its first: without ports */
};

#define RW_MAX_EXTENSIONS 6

/* RFC 8200, 4: what stands between the IPv6 header and the transport. */
static __always_inline void rw_skip_extensions(struct __sk_buff *skb, struct rw_packet *p)
{
	__u8 head[8];

	for (int i = 0; i < RW_MAX_EXTENSIONS; i++) {
		if (p->protocol != 0 && p->protocol != 43 && p->protocol != 60 && p->protocol != PROTO_FRAGMENT)
			return;
		if (bpf_skb_load_bytes(skb, p->transport, head, sizeof head))
			return;
		if (p->protocol == PROTO_FRAGMENT) {
			if (bpf_ntohs(*(__u16 *)(head + 2)) & 0xfff8)
				p->is_fragment = 1;
			p->transport += 8;
		} else {
			p->transport += (head[1] + 1) * 8;
		}
		p->protocol = head[0];
	}
}

static __always_inline bool rw_has_ports(__u8 protocol)
{
	return protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_SCTP || protocol == PROTO_UDPLITE;
}

static __always_inline void rw_read_transport(struct __sk_buff *skb, struct rw_packet *p, bool in)
{
	__u8 head[14] = {};
	__u16 source, target;

	p->payload = p->transport;
	if (p->is_fragment || !rw_has_ports(p->protocol))
		return;
	if (bpf_skb_load_bytes(skb, p->transport, head, p->protocol == PROTO_TCP ? 14 : 8))
		return;
	source = bpf_ntohs(*(__u16 *)head);
	target = bpf_ntohs(*(__u16 *)(head + 2));
	p->local_port = in ? target : source;
	p->remote_port = in ? source : target;
	if (p->protocol == PROTO_TCP)
		p->payload += (head[12] >> 4) * 4;
	else if (p->protocol != PROTO_SCTP)
		p->payload += 8;
	else
		p->payload += 12;
}

/* False for what is no IP packet. Addresses go into `remote` and `local`. */
static __always_inline bool rw_read_packet(struct __sk_buff *skb, struct rw_packet *p, __u8 *remote, __u8 *local,
					   bool in)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u8 *bytes = data;

	if (skb->protocol == bpf_htons(ETHERTYPE_IPV4)) {
		if (data + 20 > end)
			return false;
		p->transport = (bytes[0] & 15) * 4;
		p->protocol = bytes[9];
		p->is_fragment = (bpf_ntohs(*(__u16 *)(bytes + 6)) & 0x1fff) != 0;
		rw_map_ipv4(in ? remote : local, *(__u32 *)(bytes + 12));
		rw_map_ipv4(in ? local : remote, *(__u32 *)(bytes + 16));
	} else if (skb->protocol == bpf_htons(ETHERTYPE_IPV6)) {
		if (data + 40 > end)
			return false;
		p->transport = 40;
		p->protocol = bytes[6];
		p->is_fragment = 0;
		rw_copy_ipv6(in ? remote : local, bytes + 8);
		rw_copy_ipv6(in ? local : remote, bytes + 24);
		rw_skip_extensions(skb, p);
	} else {
		return false;
	}
	rw_read_transport(skb, p, in);
	return true;
}

static __always_inline void rw_count_packet(struct rw_flow *flow, __u64 bytes, bool in)
{
	if (!flow)
		return;
	if (in) {
		rw_add(flow->bytes_in, bytes);
		rw_add(flow->packets_in, 1);
	} else {
		rw_add(flow->bytes_out, bytes);
		rw_add(flow->packets_out, 1);
	}
}

/* The fast way: the socket knows its flow, only the length of the headers is asked for. */
static __always_inline void rw_count_tcp(struct __sk_buff *skb, struct rw_flow_socket *s, bool in)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u8 *bytes = data;
	__u32 headers;

	if (data + 60 > end) {
		/* 40 bytes of headers is the least there is */
		if (data + 40 > end || (bytes[0] >> 4) != 4)
			return;
		headers = 20 + (bytes[32] >> 4) * 4; /* without options of IP, else there were more */
		if ((bytes[0] & 15) != 5)
			return;
	} else if ((bytes[0] >> 4) == 4) {
		headers = (bytes[0] & 15) * 4;
		if (headers == 20) {
			headers += (bytes[32] >> 4) * 4;
		} else {
			__u8 offset = 0;

			bpf_skb_load_bytes(skb, headers + 12, &offset, 1);
			headers += (offset >> 4) * 4;
		}
	} else if (bytes[6] == PROTO_TCP) {
		headers = 40 + (bytes[52] >> 4) * 4;
	} else {
		struct rw_packet p = {};
		__u8 nobody[32];

		if (!rw_read_packet(skb, &p, nobody, nobody + 16, in))
			return;
		headers = p.payload;
	}
	rw_count_packet(rw_flow_of(&s->key, s->local, s->flags), skb->len > headers ? skb->len - headers : 0, in);
}

/*
 * Who began an exchange of datagrams. A socket that never chose its port asks; one that did answers whom it heard from
 * before it spoke.
 */
static __always_inline void rw_choose_role(struct rw_flow_socket *s, struct bpf_sock *sk, struct rw_flow_key *key,
					   const struct rw_packet *p, bool in)
{
	if (s->udp == UDP_UNKNOWN) {
		struct sock *socket = (void *)rw_address_of(sk);
		__u8 locks = BPF_CORE_READ_BITFIELD_PROBED(socket, sk_userlocks);

		s->udp = locks & SOCK_BINDPORT_LOCK ? UDP_BOUND : UDP_CLIENT;
		s->serves = in;
	}
	key->role = RW_ROLE_CLIENT;
	key->port = p->remote_port;
	if (s->udp == UDP_CLIENT)
		return;
	key->role = RW_ROLE_SERVER;
	key->port = p->local_port;
	if (bpf_map_lookup_elem(&rw_flows, key))
		return;
	key->role = RW_ROLE_CLIENT;
	key->port = p->remote_port;
	if (bpf_map_lookup_elem(&rw_flows, key))
		return;
	if (in || s->serves) {
		key->role = RW_ROLE_SERVER;
		key->port = p->local_port;
	}
}

static __always_inline void rw_keep_answer(struct __sk_buff *skb, const struct rw_flow_key *key, __u32 payload)
{
	__u32 length = skb->len > payload ? skb->len - payload : 0;
	struct rw_flow_answer *answer;
	__u32 zero = 0, take;
	__u64 *lost;

	if (length < 12)
		return;
	take = length < RW_ANSWER_BYTES ? length : RW_ANSWER_BYTES;
	answer = bpf_ringbuf_reserve(&rw_flow_answers, sizeof *answer, 0);
	if (!answer) {
		lost = bpf_map_lookup_elem(&rw_flow_answers_lost, &zero);
		if (lost)
			rw_add(*lost, 1);
		return;
	}
	answer->cgroup = key->cgroup;
	answer->length = length;
	answer->pad = 0;
	barrier_var(take);
	if (take < 12 || take > RW_ANSWER_BYTES || bpf_skb_load_bytes(skb, payload, answer->data, take))
		answer->length = 0;
	bpf_ringbuf_submit(answer, NO_WAKEUP);
}

static __always_inline void rw_count_other(struct __sk_buff *skb, struct bpf_sock *sk, struct rw_flow_socket *s,
					   bool in)
{
	struct rw_flow_key key = {.cgroup = s->key.cgroup, .netns = s->key.netns};
	struct rw_packet p = {};
	__u32 flags = 0;
	__u8 local[16];

	if (!rw_read_packet(skb, &p, key.remote, local, in))
		return;
	key.protocol = p.protocol;
	if (sk->type == SOCK_RAW) {
		/* It is given a copy of what others receive. */
		if (in && rw_has_ports(p.protocol))
			return;
		flags = RW_FLOW_RAW;
	}
	if (sk->family == AF_INET6 && rw_is_mapped(key.remote))
		flags |= RW_FLOW_MAPPED;
	if (p.protocol == PROTO_UDP || p.protocol == PROTO_UDPLITE || p.protocol == PROTO_SCTP) {
		rw_choose_role(s, sk, &key, &p, in);
	} else {
		key.role = RW_ROLE_CLIENT;
		key.port = p.remote_port;
		if (in && !bpf_map_lookup_elem(&rw_flows, &key)) {
			key.role = RW_ROLE_SERVER;
			key.port = p.local_port;
		}
	}
	if (in && p.remote_port == PORT_DNS && p.protocol == PROTO_UDP && key.role == RW_ROLE_CLIENT)
		rw_keep_answer(skb, &key, p.payload);
	rw_count_packet(rw_flow_of(&key, local, flags), skb->len > p.payload ? skb->len - p.payload : 0, in);
}

static __always_inline int rw_flow_packet(struct __sk_buff *skb, bool in)
{
	struct bpf_sock *sk = skb->sk;
	struct rw_flow_socket *s;

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	if (sk->protocol == PROTO_TCP && sk->type != SOCK_RAW) {
		s = bpf_sk_storage_get(&rw_flow_sockets, sk, 0, 0);
		if (s && s->key.role != RW_ROLE_NONE)
			rw_count_tcp(skb, s, in);
		return 1;
	}
	/* Raw sockets nobody made are the kernel's own, by which it refuses and echoes. */
	s = bpf_sk_storage_get(&rw_flow_sockets, sk, 0, sk->type == SOCK_RAW ? 0 : STORAGE_CREATE);
	if (!s)
		return 1;
	if (!s->key.cgroup)
		rw_own(s, rw_address_of(sk));
	rw_count_other(skb, sk, s, in);
	return 1;
}

SEC("cgroup_skb/ingress")
int rw_flow_ingress(struct __sk_buff *skb)
{
	return rw_flow_packet(skb, true);
}

SEC("cgroup_skb/egress")
int rw_flow_egress(struct __sk_buff *skb)
{
	return rw_flow_packet(skb, false);
}
