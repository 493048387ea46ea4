/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The network section: one judge, asked by the LSM hooks of sockets, or, where the kernel has no LSM programs, by
 * programs of the root cgroup. packages/policy/src/compile/kernel/walk-network.ts is the same in TypeScript.
 */

#define RW_AF_UNSPEC 0
#define RW_AF_UNIX 1
#define RW_AF_INET 2
#define RW_AF_INET6 10
#define RW_AF_NETLINK 16
#define RW_AF_PACKET 17
#define RW_SOCK_STREAM 1
#define RW_SOCK_DGRAM 2
#define RW_SOCK_RAW 3
#define RW_SOCK_PACKET 10
#define RW_SOCKET_CLOSED 7 /* of the states of TCP */

#define RW_IPPROTO_UDP 17
#define RW_MAPPED 0xffff00000000ULL
#define RW_LOOPBACK4 (RW_MAPPED | 0x7f000001)
#define RW_ALL_PORTS(rule) ((rule)->port_first == 0 && (rule)->port_last == 65535)
/* No more rows than compile/kernel/limits.ts lets through; so many halvings find any range. */
#define RW_NETWORK_ROW 8192
#define RW_HALVINGS 20

/* What is asked. `high` and `low`: the address as in struct rw_network_range. */
struct rw_peer {
	__u64 high, low;
	__u32 operation; /* one bit of rw_network_operation */
	__u32 family;    /* one bit of rw_network_family */
	__u32 protocol;  /* one bit of rw_network_protocol, or 0 */
	__u32 port;
	__u32 has_address; /* and a port */
	__u32 name_len;    /* of a Unix socket's name, at `name` in the kernel */
	__u64 name;
	__u32 is_packet; /* nobody is known to have asked: a line about certain programs is taken to allow */
	__u32 is_lasting; /* of a connection that is there: names count that have run out since */
};

static __always_inline __u32 rw_family_bit(__u32 family)
{
	switch (family) {
	case RW_AF_INET:
		return RW_FAMILY_IPV4;
	case RW_AF_INET6:
		return RW_FAMILY_IPV6;
	case RW_AF_UNIX:
		return RW_FAMILY_UNIX;
	case RW_AF_NETLINK:
		return RW_FAMILY_NETLINK;
	case RW_AF_PACKET:
		return RW_FAMILY_PACKET;
	default:
		return RW_FAMILY_OTHER;
	}
}

/* As packages/policy/src/observe/network-actions.ts names them. */
static __always_inline __u32 rw_protocol_bit(__u32 family, __u32 type, __u32 protocol)
{
	if (family != RW_AF_INET && family != RW_AF_INET6)
		return 0;
	if (type == RW_SOCK_RAW || type == RW_SOCK_PACKET)
		return RW_PROTOCOL_RAW;
	if (protocol == 0)
		return type == RW_SOCK_STREAM ? RW_PROTOCOL_TCP : type == RW_SOCK_DGRAM ? RW_PROTOCOL_UDP : 0;
	switch (protocol) {
	case 6:   /* TCP */
	case 262: /* MPTCP */
	case 256: /* SMC: TCP underneath */
		return RW_PROTOCOL_TCP;
	case 17:  /* UDP */
	case 136: /* UDP-Lite */
		return RW_PROTOCOL_UDP;
	case 132:
		return RW_PROTOCOL_SCTP;
	case 1:  /* ICMP */
	case 58: /* ICMPv6 */
		return RW_PROTOCOL_ICMP;
	default:
		return 0;
	}
}

static __always_inline void rw_set_ipv4(struct rw_peer *p, __be32 address, __be16 port)
{
	p->family = RW_FAMILY_IPV4;
	p->high = 0;
	p->low = RW_MAPPED | bpf_ntohl(address);
	p->port = bpf_ntohs(port);
	p->has_address = 1;
	/* this machine itself */
	if (p->operation == RW_NET_CONNECT && p->low == RW_MAPPED)
		p->low = RW_LOOPBACK4;
}

/* `bound4`: the socket is bound to an IPv4 address. An IPv4 address in IPv6 is IPv4. */
static __always_inline void rw_set_ipv6(struct rw_peer *p, __be64 high, __be64 low, __be16 port, bool bound4)
{
	p->high = bpf_be64_to_cpu(high);
	p->low = bpf_be64_to_cpu(low);
	p->port = bpf_ntohs(port);
	p->has_address = 1;
	p->family = RW_FAMILY_IPV6;
	if (!p->high && (p->low >> 32) == 0xffff)
		p->family = RW_FAMILY_IPV4;
	if (p->operation != RW_NET_CONNECT)
		return;
	if (p->family == RW_FAMILY_IPV4 && p->low == RW_MAPPED)
		p->low = RW_LOOPBACK4;
	if (!p->high && !p->low) {
		p->low = bound4 ? RW_LOOPBACK4 : 1;
		if (bound4)
			p->family = RW_FAMILY_IPV4;
	}
}

struct rw_halving {
	void *ranges;
	__u64 high, low;
	__u32 from, to; /* the range is one of these, the last not included */
};

static long rw_halving_step(__u32 index, struct rw_halving *h)
{
	__u32 key = (h->from + h->to) / 2;
	struct rw_network_range *range;

	if (h->to - h->from <= 1)
		return 1;
	range = bpf_map_lookup_elem(h->ranges, &key);
	if (range && (range->high < h->high || (range->high == h->high && range->low <= h->low)))
		h->from = key;
	else
		h->to = key;
	return 0;
}

/* The row of the lines that name this address; 0: none does. */
static __noinline __u32 rw_network_row(struct rw_set *set, __u32 set_id, struct rw_peer *p)
{
	struct rw_halving h = { .high = p->high, .low = p->low };
	struct rw_network_range *range;

	h.ranges = bpf_map_lookup_elem(&rw_ranges, &set_id);
	if (!set || !h.ranges || !set->network_ranges)
		return 0;
	h.to = set->network_ranges;
	bpf_loop(RW_HALVINGS, rw_halving_step, &h, 0);
	range = bpf_map_lookup_elem(h.ranges, &h.from);
	return range ? range->row : 0;
}

struct rw_network_walk {
	void *rules;
	struct rw_peer *peer;
	struct rw_told *named; /* the names of the address; 0: none */
	__u64 own;
	__u32 row;
	__u32 watched_line, enforced_line; /* the first that match */
	__u32 denied;                      /* bits of rw_evaluation: those of the two that deny */
};

static __always_inline bool rw_has_name(struct rw_told *named, __u32 number)
{
	return named && (named->number[0] == number || named->number[1] == number || named->number[2] == number ||
			 named->number[3] == number);
}

/* The names a container was told an address has. */
static __always_inline struct rw_told *rw_told_of(__u64 cgroup, struct rw_peer *p)
{
	struct rw_told_key key = { .high = p->high, .low = p->low };
	struct rw_told *named;

	key.container = rw_container_of(cgroup);
	named = bpf_map_lookup_elem(&rw_told_names, &key);
	return named && (p->is_lasting || named->until_ns > bpf_ktime_get_boot_ns()) ? named : 0;
}

static long rw_network_step(__u32 index, struct rw_network_walk *n)
{
	__u32 key = n->row + 1 + index;
	struct rw_network_rule *rule = bpf_map_lookup_elem(n->rules, &key);
	struct rw_peer *p = n->peer;

	if (!rule)
		return 1;
	if (!(rule->operations & p->operation) || (rule->families && !(rule->families & p->family)) ||
	    (rule->protocols && !(rule->protocols & p->protocol)))
		return 0;
	if (rule->from && (p->is_packet ? rule->flags & RW_RULE_DENY : !(rule->from & n->own)))
		return 0;
	if (rule->name && !rw_has_name(n->named, rule->name))
		return 0;
	if (!RW_ALL_PORTS(rule) &&
	    (!p->has_address || p->port < rule->port_first || p->port > rule->port_last))
		return 0;
	if (!n->watched_line) {
		n->watched_line = rule->line;
		if (rule->flags & RW_RULE_DENY)
			n->denied |= RW_WATCHED;
	}
	if (!(rule->flags & RW_RULE_ENFORCED))
		return 0;
	n->enforced_line = rule->line;
	if (rule->flags & RW_RULE_DENY)
		n->denied |= RW_ENFORCED;
	return 1;
}

static __always_inline void rw_walk_network(struct rw_network_walk *n, __u32 row)
{
	struct rw_network_rule *head;

	n->row = row;
	n->watched_line = rw_unknown_zero();
	n->enforced_line = n->denied = 0;
	head = bpf_map_lookup_elem(n->rules, &row);
	if (head && head->line <= RW_NETWORK_ROW && (head->operations & n->peer->operation))
		bpf_loop(head->line, rw_network_step, n, 0);
}

/* Which classes of programs the current task's belongs to, where a line may ask. False when it cannot be worked out. */
static __noinline bool rw_network_classes(struct rw_actor *a, __u64 *own)
{
	struct rw_member *m = a->member;
	struct rw_work *w;

	*own = 0;
	if (!a->set || !a->set->class_hash)
		return true;
	if (m && m->class_hash == a->set->class_hash) {
		*own = m->own;
		return true;
	}
	w = rw_claim_work();
	if (!w)
		return false;
	w->cgroup = a->cgroup;
	w->set_id = a->set_id;
	*own = rw_program_classes(w, (__u64)rw_get(struct task_struct, bpf_get_current_task(), group_leader));
	rw_release_work(w);
	return true;
}

/* What the lines and the default say. False when it cannot be worked out. */
static __noinline bool rw_judge_network(struct rw_actor *a, struct rw_peer *p, struct rw_choice *c)
{
	struct rw_network_walk first = { .peer = p }, second;
	struct rw_set *set = a->set;
	__u32 set_id = a->set_id, row;

	c->denied = c->enforced_line = c->watched_line = 0;
	if (!set)
		return false;
	first.rules = bpf_map_lookup_elem(&rw_network, &set_id);
	if (!first.rules || (!p->is_packet && !rw_network_classes(a, &first.own)))
		return false;
	if (p->has_address)
		first.named = rw_told_of(a->cgroup, p);
	second = first;
	second.watched_line = second.enforced_line = second.denied = 0;
	if (p->operation == RW_NET_CREATE) {
		if (set->network_create_row)
			rw_walk_network(&first, set->network_create_row);
	} else {
		rw_walk_network(&first, 0);
		row = p->has_address ? rw_network_row(set, set_id, p) : 0;
		if (row)
			rw_walk_network(&second, row);
	}
	/* the lower number was to be tried first; 0 is none */
	if (second.watched_line && second.watched_line - 1 < first.watched_line - 1) {
		first.watched_line = second.watched_line;
		first.denied = (first.denied & ~RW_WATCHED) | (second.denied & RW_WATCHED);
	}
	if (second.enforced_line && second.enforced_line - 1 < first.enforced_line - 1) {
		first.enforced_line = second.enforced_line;
		first.denied = (first.denied & ~RW_ENFORCED) | (second.denied & RW_ENFORCED);
	}
	c->denied = first.denied;
	c->watched_line = first.watched_line;
	c->enforced_line = first.enforced_line;
	/* who connects from elsewhere is not what `default` is about */
	if (p->operation == RW_NET_ACCEPT)
		return true;
	if (!c->watched_line) {
		c->watched_line = set->sections[RW_SECTION_NETWORK].fallback.watched_line;
		c->denied |= set->sections[RW_SECTION_NETWORK].fallback.denied & RW_WATCHED;
	}
	if (!c->enforced_line) {
		c->enforced_line = set->sections[RW_SECTION_NETWORK].fallback.enforced_line;
		c->denied |= set->sections[RW_SECTION_NETWORK].fallback.denied & RW_ENFORCED;
	}
	return true;
}

/* The name of a Unix socket travels as the path, as the caller gave it; an abstract one with an @ before it. */
#define RW_UNIX_NAME 127 /* 108 in the kernel */
struct rw_network_verdict {
	struct rw_verdict verdict;
	__u8 name[RW_UNIX_NAME + 1];
};

static __noinline void rw_send_network_verdict(struct rw_actor *a, struct rw_act *act, struct rw_peer *p, __u32 line,
					       __u32 outcome)
{
	__be64 address[2] = { bpf_cpu_to_be64(p->high), bpf_cpu_to_be64(p->low) };
	struct rw_network_verdict *v;
	__u32 suppressed;
	__u64 length = p->name_len;

	if (!rw_may_send(a->cgroup, &suppressed))
		return;
	v = bpf_ringbuf_reserve(&rw_verdicts, sizeof *v, 0);
	if (!v) {
		rw_count_verdict_drop(RW_SECTION_NETWORK);
		return;
	}
	act->detail[0] = p->port;
	act->detail[1] = p->family;
	act->detail[2] = p->protocol;
	rw_fill_verdict(&v->verdict, a, act, line, outcome);
	v->verdict.suppressed = suppressed;
	if (p->has_address)
		__builtin_memcpy(v->verdict.address, address, sizeof address);
	__builtin_memset(v->name, 0, sizeof v->name);
	rw_opaque(length);
	length &= RW_UNIX_NAME;
	if (length && !bpf_probe_read_kernel(v->name, length, (void *)p->name)) {
		v->verdict.path_len = length;
		if (!v->name[0])
			v->name[0] = '@';
	}
	bpf_ringbuf_submit(v, 0);
}

/* Judges, counts and reports; 0, or 1 when it is to be denied. `can_kill`: this program may end the process. */
static __always_inline int rw_ask_network(struct rw_actor *a, struct rw_peer *p, __u32 mechanism, bool can_kill)
{
	struct rw_act act = { .section = RW_SECTION_NETWORK, .operation = p->operation, .mechanism = mechanism };
	struct rw_choice c;
	bool enforced;
	__u32 line;

	if (!a->set->sections[RW_SECTION_NETWORK].deniable)
		return 0;
	if (!rw_judge_network(a, p, &c)) {
		enforced = a->set->sections[RW_SECTION_NETWORK].flags & RW_SECTION_FAIL_CLOSED;
		act.flags = RW_V_UNRESOLVED;
		line = RW_NO_LINE;
	} else {
		enforced = c.denied & RW_ENFORCED;
		line = enforced || !c.denied ? c.enforced_line : c.watched_line;
		rw_count_line(a->set_id, line);
		if (!c.denied)
			return 0;
	}
	rw_send_network_verdict(a, &act, p, line,
				can_kill ? rw_carry_out(a, &act, enforced) : enforced ? RW_DENIED : RW_WOULD_DENY);
	return enforced;
}

#include "limits.h"

/* Whether a datagram to this address answers one that came from there, and was let in. */
static __noinline bool rw_is_answer(__u64 cgroup, struct rw_peer *p, __u32 local_port)
{
	struct rw_exchange_key key = {};
	struct rw_exchange *known;

	if (!p || !p->has_address)
		return false;
	key.container = rw_container_of(cgroup);
	key.high = p->high;
	key.low = p->low;
	key.remote_port = p->port;
	key.local_port = local_port;
	key.protocol = RW_IPPROTO_UDP;
	known = bpf_map_lookup_elem(&rw_exchanges, &key);
	return known && known->began_there;
}

/* An address as the kernel has copied it from the caller. */
union rw_sockaddr {
	__u16 family;
	struct {
		__u16 family;
		__be16 port;
		__be32 address;
	} in;
	struct {
		__u16 family;
		__be16 port;
		__be32 flow;
		__u32 high[2], low[2];
	} in6;
};
#define RW_SOCKADDR_IN 16
#define RW_SOCKADDR_IN6 24 /* without the scope, which may be left away */

/* Eight bytes of the IPv6 address a socket is bound to. */
static __always_inline __u64 rw_local_address(__u64 sk, __u32 at)
{
	return rw_word(sk + bpf_core_field_offset(struct sock, __sk_common.skc_v6_rcv_saddr) + at);
}

/*
 * Fills in the end of a socket that an address names. False when there is nothing to judge: the kernel refuses
 * addresses that are too short, and takes one without a family for the wish to disconnect, but where `unspecified`.
 */
static __noinline bool rw_peer_of(struct rw_peer *p, __u64 sk, __u64 address, __u32 length, bool unspecified)
{
	__u32 family = rw_get(struct sock, sk, __sk_common.skc_family), named;
	union rw_sockaddr addr = {};
	bool bound4;

	p->protocol = rw_protocol_bit(family, rw_get(struct sock, sk, sk_type), rw_get(struct sock, sk, sk_protocol));
	p->family = rw_family_bit(family);
	if (!address || length < 2)
		return false;
	if (length >= RW_SOCKADDR_IN6)
		bpf_probe_read_kernel(&addr, RW_SOCKADDR_IN6, (void *)address);
	else if (length >= RW_SOCKADDR_IN)
		bpf_probe_read_kernel(&addr, sizeof addr.in, (void *)address);
	else
		bpf_probe_read_kernel(&addr, 2, (void *)address);
	named = addr.family;
	if (family == RW_AF_UNIX) {
		p->name = address + 2;
		p->name_len = length - 2;
		return true;
	}
	if (family == RW_AF_NETLINK || family == RW_AF_PACKET)
		return true;
	if (named == RW_AF_UNSPEC) {
		if (!unspecified)
			return false;
		named = family;
	}
	if (named == RW_AF_INET) {
		if (length < RW_SOCKADDR_IN)
			return false;
		rw_set_ipv4(p, addr.in.address, addr.in.port);
	} else if (named == RW_AF_INET6) {
		if (length < RW_SOCKADDR_IN6)
			return false;
		bound4 = family == RW_AF_INET6 && (rw_local_address(sk, 8) & 0xffffffff) == bpf_htonl(0xffff);
		rw_set_ipv6(p, addr.in6.high[0] | (__u64)addr.in6.high[1] << 32,
			    addr.in6.low[0] | (__u64)addr.in6.low[1] << 32, addr.in6.port, bound4);
	}
	if (p->has_address && family != RW_AF_INET && family != RW_AF_INET6)
		p->protocol = rw_protocol_bit(RW_AF_INET, rw_get(struct sock, sk, sk_type), 0); /* SMC: TCP */
	return true;
}

SEC("lsm/socket_create")
int BPF_PROG(rw_socket_create, int family, int type, int protocol, int kern)
{
	struct rw_peer p = { .operation = RW_NET_CREATE };
	struct rw_actor a;

	if (kern || !rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	p.family = rw_family_bit(family);
	p.protocol = rw_protocol_bit(family, type & 15, protocol);
	return rw_refused(rw_ask_network(&a, &p, RW_BY_LSM, true));
}

static __always_inline int rw_socket_address(__u32 operation, struct socket *sock, __u64 address, __u32 length,
					     bool unspecified, bool sends)
{
	struct sock *sk;
	__u8 state = 0;
	struct rw_peer p = { .operation = operation };
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (!a.set->sections[RW_SECTION_NETWORK].deniable ||
	    !rw_peer_of(&p, (__u64)rw_get(struct socket, sock, sk), address, length, unspecified))
		return 0;
	if (sends && p.protocol == RW_PROTOCOL_UDP) {
		__u64 sk = (__u64)rw_get(struct socket, sock, sk);

		/* what leaves is judged once more, as a packet */
		if (rw_is_answer(a.cgroup, &p, rw_get(struct sock, sk, __sk_common.skc_num)))
			return 0;
	}
	if (rw_ask_network(&a, &p, RW_BY_LSM, true))
		return -RW_EPERM;
	/* a socket that connects already, or is connected, begins nothing */
	sk = rw_get(struct socket, sock, sk);
	bpf_core_read(&state, sizeof state, &sk->__sk_common.skc_state);
	if (state != RW_SOCKET_CLOSED)
		return 0;
	return rw_refused(rw_limit_connection(&a, &p, RW_BY_LSM));
}

SEC("lsm/socket_connect")
int BPF_PROG(rw_socket_connect, struct socket *sock, struct sockaddr *address, int addrlen)
{
	return rw_socket_address(RW_NET_CONNECT, sock, (__u64)address, addrlen, false, false);
}

SEC("lsm/socket_bind")
int BPF_PROG(rw_socket_bind, struct socket *sock, struct sockaddr *address, int addrlen)
{
	return rw_socket_address(RW_NET_BIND, sock, (__u64)address, addrlen, true, false);
}

#define RW_MSG_FASTOPEN 0x20000000

/*
 * Sending to an address is connecting. A stream ignores the address, but where sending opens it. For sockets to the
 * kernel (netlink) and to the wire (packet) creating them is what counts.
 */
SEC("lsm/socket_sendmsg")
int BPF_PROG(rw_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
{
	__u64 m = (__u64)msg, address = (__u64)rw_get(struct msghdr, m, msg_name), sk;
	__u32 length, family, protocol;

	if (!address)
		return 0;
	length = rw_get(struct msghdr, m, msg_namelen);
	sk = (__u64)rw_get(struct socket, (__u64)sock, sk);
	family = rw_get(struct sock, sk, __sk_common.skc_family);
	protocol = rw_get(struct sock, sk, sk_protocol);
	if (family == RW_AF_NETLINK || family == RW_AF_PACKET)
		return 0;
	if (rw_protocol_bit(family, rw_get(struct sock, sk, sk_type), protocol) == RW_PROTOCOL_TCP &&
	    !(rw_get(struct msghdr, m, msg_flags) & RW_MSG_FASTOPEN))
		return 0;
	if (family == RW_AF_UNIX && rw_get(struct sock, sk, sk_type) != RW_SOCK_DGRAM)
		return 0;
	/* UDP takes an address without a family for IPv4, raw sockets for their own; UDP in IPv6 for none */
	return rw_socket_address(RW_NET_CONNECT, sock, address, length,
				 family == RW_AF_INET || rw_get(struct sock, sk, sk_type) == RW_SOCK_RAW, true);
}

SEC("lsm/socket_listen")
int BPF_PROG(rw_socket_listen, struct socket *sock, int backlog)
{
	struct rw_peer p = { .operation = RW_NET_LISTEN };
	__u64 sk = (__u64)rw_get(struct socket, (__u64)sock, sk);
	__u32 family = rw_get(struct sock, sk, __sk_common.skc_family);
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	p.family = rw_family_bit(family);
	p.protocol = rw_protocol_bit(family, rw_get(struct sock, sk, sk_type), rw_get(struct sock, sk, sk_protocol));
	if (family == RW_AF_INET) {
		rw_set_ipv4(&p, rw_get(struct sock, sk, __sk_common.skc_rcv_saddr),
			    bpf_htons(rw_get(struct sock, sk, __sk_common.skc_num)));
	} else if (family == RW_AF_INET6) {
		rw_set_ipv6(&p, rw_local_address(sk, 0), rw_local_address(sk, 8),
			    bpf_htons(rw_get(struct sock, sk, __sk_common.skc_num)), false);
	}
	return rw_refused(rw_ask_network(&a, &p, RW_BY_LSM, true));
}
