/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What sockets send and take, packet by packet: who connects from elsewhere is refused before anybody accepts, what
 * was connected before the policy is judged by it, and what is sent past connecting (raw sockets, sockets of others) too.
 * What stays on the loopback device is the container's own business.
 */
#ifndef RW_ENFORCE_PACKETS_H
#define RW_ENFORCE_PACKETS_H

#define RW_LOOPBACK_DEVICE 1 /* in every network namespace */
#define RW_SEND 1
#define RW_DROP 0
/* Of what leaves: as a queue that is full, so that TCP sends less at once instead of waiting for its timer. */
#define RW_DROP_CONGESTED 2

/*
 * How a packet is to be looked at, and what is known of its socket's owner: bits of one number, since what is kept beside a
 * packet is in the way of the judge, for whose stack 6.1 has just enough room.
 */
enum {
	RW_INWARDS = 1,
	RW_OF_TCP = 2,
	RW_LISTENS = 4,
	RW_BORROWED = 8, /* a task of another container works with it */
	RW_NOT_BOUND = 0,
	RW_WAS_ALLOWED = 16,
	RW_WAS_DENIED = 32,
	RW_TO_JUDGE = 64,
	RW_LIMITED = 128, /* there is a limit of bandwidth */
};

/* Whose a socket is: the process that makes it knows groups of version 1 as well. */
SEC("cgroup/sock_create")
int rw_socket_made(struct bpf_sock *ctx)
{
	struct rw_socket *s = bpf_sk_storage_get(&rw_sockets, ctx, 0, STORAGE_CREATE);

	if (s)
		s->cgroup = rw_cgroup_of(bpf_get_current_task_btf());
	return 1;
}

/*
 * The address of a socket as a number. Programs on cgroups hold it as a pointer whose fields are not the kernel's, and
 * the verifier lets nothing be added to it. A function of its own: its room on the stack is free again when a packet is judged.
 */
static __noinline __u64 rw_number_of(const void *sk)
{
	const void *held = sk;
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof address, &held);
	return address;
}

/* Of a socket that was made before anybody looked: its group of version 2. */
static __noinline __u64 rw_group_of_socket(__u64 sk)
{
	__u64 cgroup = (__u64)rw_get(struct sock, sk, sk_cgrp_data.cgroup);

	return rw_get(struct kernfs_node, rw_get(struct cgroup, cgroup, kn), id);
}

/* Tells of a packet that is denied, or would be. No process is known to be at it. */
static __noinline void rw_send_packet_verdict(struct rw_actor *a, struct rw_peer *p, __u32 line, bool enforced)
{
	__be64 address[2] = { bpf_cpu_to_be64(p->high), bpf_cpu_to_be64(p->low) };
	struct rw_verdict *v;
	__u32 suppressed;

	if (!rw_may_send(a->cgroup, &suppressed))
		return;
	v = bpf_ringbuf_reserve(&rw_verdicts, sizeof *v, 0);
	if (!v) {
		rw_count_verdict_drop(RW_SECTION_NETWORK);
		return;
	}
	__builtin_memset(v, 0, sizeof *v);
	v->time_ns = bpf_ktime_get_boot_ns();
	v->cgroup_id = a->cgroup;
	v->detail[0] = p->port;
	v->detail[1] = p->family;
	v->detail[2] = p->protocol;
	v->set = a->set_id;
	v->line = line;
	v->operation = p->operation;
	v->section = RW_SECTION_NETWORK;
	v->outcome = enforced ? RW_DENIED : RW_WOULD_DENY;
	v->mechanism = RW_BY_CGROUP;
	v->flags = RW_V_PACKET | (line == RW_NO_LINE ? RW_V_UNRESOLVED : 0) |
		   (p->operation & (RW_NET_SEND | RW_NET_RECEIVE) ? RW_V_LIMIT : 0);
	v->suppressed = suppressed;
	__builtin_memcpy(v->address, address, sizeof v->address);
	bpf_ringbuf_submit(v, 0);
}

/* 1 when it is to be denied. */
static __noinline int rw_ask_of_packet(struct rw_actor *a, struct rw_peer *p)
{
	struct rw_choice c;
	bool enforced;
	__u32 line;

	if (!a->set || !p)
		return 1;
	if (!a->set->sections[RW_SECTION_NETWORK].deniable)
		return 0;
	p->is_packet = 1;
	if (!rw_judge_network(a, p, &c)) {
		enforced = a->set->sections[RW_SECTION_NETWORK].flags & RW_SECTION_FAIL_CLOSED;
		line = RW_NO_LINE;
	} else {
		enforced = c.denied & RW_ENFORCED;
		line = enforced || !c.denied ? c.enforced_line : c.watched_line;
		rw_count_line(a->set_id, line);
		if (!c.denied)
			return 0;
	}
	rw_send_packet_verdict(a, p, line, enforced);
	return enforced;
}

static __always_inline void rw_as_connecting(struct rw_packet *p)
{
	p->peer.operation = RW_NET_CONNECT;
	p->peer.port = p->remote_port;
}

static __always_inline void rw_as_accepting(struct rw_packet *p)
{
	p->peer.operation = RW_NET_ACCEPT;
	p->peer.port = p->local_port;
}

/* Which end of a TCP connection the socket is. */
static __always_inline void rw_choose_role(struct rw_socket *s, struct rw_packet *p, __u32 how)
{
	bool begins = (p->flags & (RW_TCP_SYN | RW_TCP_ACK)) == RW_TCP_SYN;

	if (begins)
		s->role = how & RW_INWARDS ? RW_SOCKET_ACCEPTS : RW_SOCKET_CONNECTS;
	else if (s->role == RW_SOCKET_UNKNOWN)
		s->role = how & RW_LISTENS || p->local_port < p->remote_port ? RW_SOCKET_ACCEPTS :
									       RW_SOCKET_CONNECTS;
	p->peer.is_lasting = !begins;
}

static __always_inline void rw_name_exchange(struct rw_exchange_key *key, __u64 cgroup, struct rw_packet *p)
{
	key->container = rw_container_of(cgroup);
	key->high = p->peer.high;
	key->low = p->peer.low;
	key->remote_port = p->remote_port;
	key->local_port = p->local_port;
	key->protocol = p->protocol;
}

static __noinline struct rw_exchange *rw_exchange_of(__u64 cgroup, struct rw_packet *p)
{
	struct rw_exchange_key key = {};

	if (!p)
		return 0;
	rw_name_exchange(&key, cgroup, p);
	return bpf_map_lookup_elem(&rw_exchanges, &key);
}

/* What is denied is not kept. */
static __noinline int rw_keep_exchange(struct rw_actor *a, struct rw_packet *p, bool began_there, bool denied)
{
	struct rw_exchange_key key = {};
	struct rw_exchange now = { .began_there = began_there, .epoch = a->epoch };

	if (!p)
		return 0;
	rw_name_exchange(&key, a->cgroup, p);
	if (denied)
		bpf_map_delete_elem(&rw_exchanges, &key);
	else
		bpf_map_update_elem(&rw_exchanges, &key, &now, BPF_ANY);
	return 0;
}

/*
 * TCP is judged once for each connection and binding of its container; a listener's packets are each another's. Of
 * datagrams whoever sent the first has made contact, and the other answers; one that was denied is asked about again.
 * What is known of an exchange is named in functions of their own: their room on the stack is free again when it is
 * judged, and 6.1 has just enough for that.
 */
static __noinline int rw_deny_owner(struct rw_socket *s, struct rw_packet *p, __u32 how)
{
	struct rw_exchange *known;
	struct rw_actor a = {};
	bool accepts, was_known = false;
	int denied;

	if (!s || !p || !rw_set_of_cgroup(s->cgroup, &a))
		return 0;
	if (!a.set)
		return 1;
	if (how & RW_OF_TCP) {
		rw_choose_role(s, p, how);
		accepts = s->role == RW_SOCKET_ACCEPTS;
	} else {
		known = rw_exchange_of(a.cgroup, p);
		was_known = known != 0;
		accepts = known ? known->began_there : how & RW_INWARDS;
		p->is_answer = known && !known->began_there;
		if (known && known->epoch == a.epoch)
			return known->denied;
		p->peer.is_lasting = was_known;
	}
	if (accepts)
		rw_as_accepting(p);
	else
		rw_as_connecting(p);
	denied = rw_ask_of_packet(&a, &p->peer);
	if (how & RW_LISTENS)
		return denied;
	if (how & RW_OF_TCP) {
		s->denied = denied;
		s->epoch = a.epoch;
	} else if (!denied || was_known) {
		rw_keep_exchange(&a, p, accepts, denied);
	}
	return denied;
}

/*
 * Whether the current task is at this socket: a packet may be sent in an interrupt of whatever ran. Of TCP the task
 * that works with a socket holds its lock; other protocols send within the call that asks for it.
 */
static __noinline bool rw_is_locked(__u64 sk)
{
	return rw_get(struct sock, sk, sk_lock.owned) != 0;
}

static __always_inline bool rw_is_sender(struct bpf_sock *sk)
{
	return sk->protocol != PROTO_TCP || sk->type == SOCK_RAW || rw_is_locked(rw_number_of(sk));
}

static __always_inline struct rw_socket *rw_socket_of(struct bpf_sock *sk)
{
	struct rw_socket *s = bpf_sk_storage_get(&rw_sockets, sk, 0, 0);
	__u64 cgroup;

	if (s && s->cgroup)
		return s;
	cgroup = rw_group_of_socket(rw_number_of(sk));
	if (!bpf_map_lookup_elem(&rw_bound, &cgroup))
		return s;
	s = bpf_sk_storage_get(&rw_sockets, sk, 0, STORAGE_CREATE);
	if (s)
		s->cgroup = cgroup;
	return s;
}

/* Raw sockets that nobody made are the kernel's own, by which it refuses and echoes. */
static __noinline bool rw_has_file(__u64 sk)
{
	__u64 socket = (__u64)rw_get(struct sock, sk, sk_socket);

	return socket && rw_get(struct socket, socket, file);
}

static __always_inline bool rw_is_kernels(struct bpf_sock *sk)
{
	return sk->type == SOCK_RAW && !rw_has_file(rw_number_of(sk));
}

static __noinline int rw_standing_of(struct rw_socket *s, __u32 how)
{
	struct rw_actor a = {};
	__u32 limited;

	if (!s || !rw_set_of_cgroup(s->cgroup, &a))
		return RW_NOT_BOUND;
	limited = a.set && a.set->limited & (1 << RW_LIMITED_EGRESS | 1 << RW_LIMITED_INGRESS) ? RW_LIMITED : 0;
	if ((how & (RW_OF_TCP | RW_LISTENS)) != RW_OF_TCP || s->epoch != a.epoch)
		return RW_TO_JUDGE | limited;
	return (s->denied ? RW_WAS_DENIED : RW_WAS_ALLOWED) | limited;
}

/* Of a packet that is allowed. 1 when it is more than the container's bandwidth. */
static __noinline int rw_limit_packet(struct rw_socket *s, __u32 length, bool in)
{
	struct rw_taking bytes = { .amount = length };
	struct rw_peer nobody = {};
	struct rw_actor a = {};
	__u32 line = 0, bucket = 0, exceeded;

	if (!s || !rw_set_of_cgroup(s->cgroup, &a) || !a.set)
		return 0;
	bytes.limited = in ? RW_LIMITED_INGRESS : RW_LIMITED_EGRESS;
	exceeded = rw_exceeds(&a, &bytes, &line, &bucket);
	if (!exceeded)
		return 0;
	rw_count_line(a.set_id, line);
	if (rw_may_tell(rw_container_of(a.cgroup), bucket)) {
		nobody.operation = in ? RW_NET_RECEIVE : RW_NET_SEND;
		rw_send_packet_verdict(&a, &nobody, line, exceeded & RW_ENFORCED);
	}
	return exceeded & RW_ENFORCED ? 1 : 0;
}

/* Whether a task of another container works with a socket of this owner. */
static __noinline bool rw_is_borrowed(__u64 owner)
{
	struct rw_actor a = {};

	return rw_acting_in_cgroup(&a) && rw_container_of(a.cgroup) != rw_container_of(owner);
}

/* What the one that holds a socket may not do, it may not do with another's. */
static __noinline int rw_deny_borrower(struct rw_packet *p, bool accepted)
{
	struct rw_actor a = {};

	if (!p || !rw_acting_in_cgroup(&a))
		return 0;
	if (!a.set)
		return 1;
	if (accepted)
		rw_as_accepting(p);
	else
		rw_as_connecting(p);
	p->peer.is_lasting = 0;
	return rw_ask_of_packet(&a, &p->peer);
}

static __always_inline int rw_pass(struct __sk_buff *skb, struct rw_socket *s, __u32 how, bool in)
{
	if (!(how & RW_LIMITED) || !s || !rw_limit_packet(s, skb->len, in))
		return RW_SEND;
	return in ? RW_DROP : RW_DROP_CONGESTED;
}

static __always_inline int rw_judge_packet(struct __sk_buff *skb, bool in)
{
	__u32 how = in ? RW_INWARDS : 0;
	struct bpf_sock *sk = skb->sk;
	struct rw_packet p = {};
	struct rw_socket *s;

	if (!sk || skb->ifindex == RW_LOOPBACK_DEVICE)
		return RW_SEND;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return RW_SEND;
	if (sk->protocol == PROTO_TCP && sk->type != SOCK_RAW)
		how |= RW_OF_TCP | (sk->state == STATE_LISTEN ? RW_LISTENS : 0);
	s = rw_socket_of(sk);
	if (s && s->denied & RW_SOCKET_CUT)
		return RW_DROP;
	how |= s ? rw_standing_of(s, how) : RW_NOT_BOUND;
	if (!in && !(how & RW_WAS_DENIED) && rw_is_sender(sk) && rw_is_borrowed(s ? s->cgroup : 0))
		how |= RW_BORROWED;
	if (!(how & (RW_WAS_DENIED | RW_TO_JUDGE | RW_BORROWED)) || rw_is_kernels(sk))
		return rw_pass(skb, s, how, in);
	if (!rw_read_ip(skb, &p, in))
		return how & RW_WAS_DENIED ? RW_DROP : RW_SEND;
	/* it says nothing but that a connection is over: whoever is denied is to be told */
	if (!in && how & RW_OF_TCP && p.flags & RW_TCP_RST)
		return RW_SEND;
	p.peer.protocol = rw_protocol_bit(RW_AF_INET, sk->type, p.protocol);
	if (s && (how & RW_WAS_DENIED || (how & RW_TO_JUDGE && rw_deny_owner(s, &p, how)))) {
		if (in && how & RW_OF_TCP && rw_may_refuse(s->cgroup))
			rw_refuse(skb, &p, rw_netns_of(rw_number_of(sk)));
		return RW_DROP;
	}
	if (how & RW_BORROWED && rw_deny_borrower(&p, how & RW_OF_TCP && s && s->role == RW_SOCKET_ACCEPTS)) {
		if (!s)
			s = bpf_sk_storage_get(&rw_sockets, sk, 0, STORAGE_CREATE);
		/* TCP keeps what was sent, and would send it again on its own */
		if (s && how & RW_OF_TCP)
			s->denied |= RW_SOCKET_CUT;
		return RW_DROP;
	}
	if (in && s && p.is_answer && p.remote_port == PORT_DNS && p.protocol == PROTO_UDP && sk->type != SOCK_RAW)
		rw_learn_names(skb, p.transport + 8, rw_container_of(s->cgroup));
	return rw_pass(skb, s, how, in);
}

SEC("cgroup_skb/ingress")
int rw_packet_in(struct __sk_buff *skb)
{
	return rw_judge_packet(skb, true);
}

SEC("cgroup_skb/egress")
int rw_packet_out(struct __sk_buff *skb)
{
	return rw_judge_packet(skb, false);
}

#endif
