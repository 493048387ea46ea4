/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Sockets that are older than the programs. Two iterators over all descriptors, run once each at the start: the first
 * learns whose sockets are and where somebody listens, the second which side of its connection each is.
 */

/* The socket behind a descriptor; what is loaded from the context is asked for once, else the test is forgotten. */
static __always_inline struct sock *rw_listed_socket(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct socket *socket;

	if (!file)
		return 0;
	barrier_var(file);
	socket = bpf_sock_from_file(file);
	return socket ? socket->sk : 0;
}

static __always_inline bool rw_is_inet(const struct sock *sk)
{
	return sk->__sk_common.skc_family == AF_INET || sk->__sk_common.skc_family == AF_INET6;
}

SEC("iter/task_file")
int rw_flow_find_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct sock *sk = rw_listed_socket(ctx);
	struct rw_flow_listener listener = {};
	struct rw_flow_socket *s;
	__u8 one = 1;

	if (!task || !sk || !rw_is_inet(sk))
		return 0;
	s = bpf_sk_storage_get(&rw_flow_sockets, sk, 0, STORAGE_CREATE);
	if (!s)
		return 0;
	if (!s->key.cgroup) {
		rw_own(s, (__u64)sk);
		s->key.cgroup = rw_cgroup_id(task, rw_flow_boot.cgroup_subsys);
	}
	if (sk->sk_protocol != PROTO_TCP || sk->__sk_common.skc_state != STATE_LISTEN)
		return 0;
	listener.netns = s->key.netns;
	listener.port = sk->__sk_common.skc_num;
	bpf_map_update_elem(&rw_flow_listeners, &listener, &one, BPF_ANY);
	return 0;
}

SEC("iter/task_file")
int rw_flow_find_roles(struct bpf_iter__task_file *ctx)
{
	struct sock *sk = rw_listed_socket(ctx);
	struct rw_flow_listener listener = {};
	struct rw_flow_socket *s;
	struct rw_flow *flow;
	__u8 state;

	if (!sk || !rw_is_inet(sk) || sk->sk_protocol != PROTO_TCP)
		return 0;
	state = sk->__sk_common.skc_state;
	if (state != STATE_ESTABLISHED && state != STATE_CLOSE_WAIT)
		return 0;
	s = bpf_sk_storage_get(&rw_flow_sockets, sk, 0, 0);
	if (!s || s->key.role != RW_ROLE_NONE)
		return 0;
	listener.netns = s->key.netns;
	listener.port = sk->__sk_common.skc_num;
	if (bpf_map_lookup_elem(&rw_flow_listeners, &listener)) {
		rw_fill_key(s, sk, RW_ROLE_SERVER);
	} else {
		listener.port = bpf_ntohs(sk->__sk_common.skc_dport);
		rw_fill_key(s, sk, RW_ROLE_CLIENT);
		/* Nobody listens here now; somebody may have. The lower port is the likelier service. */
		if (sk->__sk_common.skc_num < listener.port) {
			rw_fill_key(s, sk, RW_ROLE_SERVER);
			s->flags |= RW_FLOW_GUESSED;
		}
	}
	flow = rw_flow_of_socket(s);
	if (flow)
		rw_add(flow->existing, 1);
	return 0;
}
