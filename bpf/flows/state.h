/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The life of TCP connections, from the one place in the kernel that changes the state of a socket. How one ended is in
 * the socket's error, which is set before its state (net/ipv4/tcp_input.c tcp_reset, net/ipv4/tcp_timer.c
 * tcp_write_err).
 */

static __always_inline struct rw_flow *rw_flow_of_socket(struct rw_flow_socket *s)
{
	return rw_flow_of(&s->key, s->local, s->flags);
}

static __always_inline struct rw_flow_socket *rw_socket(struct sock *sk)
{
	struct rw_flow_socket *s = bpf_sk_storage_get(&rw_flow_sockets, sk, 0, STORAGE_CREATE);

	if (s && !s->key.cgroup)
		rw_own(s, (__u64)sk);
	return s;
}

static __always_inline void rw_flow_begun(struct sock *sk)
{
	struct rw_flow_socket *s = rw_socket(sk);
	struct rw_flow *flow;

	if (!s)
		return;
	rw_fill_key(s, sk, RW_ROLE_CLIENT);
	flow = rw_flow_of_socket(s);
	if (flow)
		rw_add(flow->attempts, 1);
}

static __always_inline void rw_flow_established(struct sock *sk)
{
	struct rw_flow_socket *s = rw_socket(sk);
	struct rw_flow *flow;

	if (!s)
		return;
	/* A client has its key since it began; both sides of a simultaneous open are clients. */
	if (s->key.role == RW_ROLE_NONE)
		rw_fill_key(s, sk, RW_ROLE_SERVER);
	flow = rw_flow_of_socket(s);
	if (flow)
		rw_add(flow->established, 1);
}

static __always_inline void rw_flow_unanswered(struct rw_flow *flow, int error)
{
	switch (error) {
	case 0:
		rw_add(flow->abandoned, 1);
		break;
	case ERR_CONNREFUSED:
		rw_add(flow->refused, 1);
		break;
	case ERR_TIMEDOUT:
		rw_add(flow->timed_out, 1);
		break;
	default:
		rw_add(flow->unreachable, 1);
	}
}

static __always_inline void rw_flow_ended(struct sock *sk, int old)
{
	struct rw_flow_socket *s = bpf_sk_storage_get(&rw_flow_sockets, sk, 0, 0);
	int error = rw_cast(struct sock, sk)->sk_err;
	struct rw_flow *flow;

	if (!s || s->key.role == RW_ROLE_NONE)
		return;
	flow = rw_flow_of_socket(s);
	if (!flow)
		return;
	if (old == STATE_SYN_SENT) {
		rw_flow_unanswered(flow, error);
		return;
	}
	if (old == STATE_SYN_RECV)
		return;
	rw_add(flow->closed, 1);
	if (error == ERR_CONNRESET || error == ERR_PIPE)
		rw_add(flow->resets_in, 1);
	else if (error == ERR_TIMEDOUT)
		rw_add(flow->timed_out, 1);
	else if (old == STATE_ESTABLISHED || old == STATE_CLOSE_WAIT)
		rw_add(flow->resets_out, 1); /* no farewell: thrown away with data unread, or told not to linger */
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(rw_flow_state, struct sock *sk, int old, int new)
{
	struct rw_flow_socket *s;

	if (new != STATE_SYN_SENT && new != STATE_ESTABLISHED && new != STATE_CLOSE && new != STATE_LISTEN)
		return 0;
	if (rw_cast(struct sock, sk)->sk_protocol != PROTO_TCP)
		return 0;
	if (new == STATE_SYN_SENT) {
		rw_flow_begun(sk);
	} else if (new == STATE_ESTABLISHED) {
		rw_flow_established(sk);
	} else if (new == STATE_CLOSE) {
		rw_flow_ended(sk, old);
	} else {
		s = rw_socket(sk);
		if (s)
			s->key.role = RW_ROLE_NONE;
	}
	return 0;
}

/* An ICMP error for a connected UDP socket: the kernel keeps them from sockets that are not connected. */
SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(rw_flow_error, struct sock *sk)
{
	struct sock *socket = rw_cast(struct sock, sk);
	int error = socket->sk_err;
	struct rw_flow_socket own = {}, *s;
	struct rw_flow *flow;

	if (socket->sk_protocol != PROTO_UDP || !socket->__sk_common.skc_dport)
		return 0;
	s = rw_socket(sk);
	if (!s)
		return 0;
	own.key.cgroup = s->key.cgroup;
	own.key.netns = s->key.netns;
	rw_fill_key(&own, sk, RW_ROLE_CLIENT);
	own.key.protocol = PROTO_UDP;
	flow = rw_flow_of_socket(&own);
	if (!flow)
		return 0;
	if (error == ERR_CONNREFUSED)
		rw_add(flow->refused, 1);
	else if (error == ERR_HOSTUNREACH || error == ERR_NETUNREACH)
		rw_add(flow->unreachable, 1);
	return 0;
}
