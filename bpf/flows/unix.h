/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Connected unix sockets and who holds them: run when somebody asks. */

SEC("iter/task_file")
int rw_flow_unix(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct sock *sk = rw_listed_socket(ctx);
	struct rw_unix_socket row = {};
	struct unix_address *address;
	struct sock *peer;
	__u64 peer_socket;
	__u32 length;

	if (!task || !sk || sk->__sk_common.skc_family != AF_UNIX)
		return 0;
	peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	if (!peer)
		return 0;
	row.cgroup = rw_cgroup_id(task, rw_flow_boot.cgroup_subsys);
	row.socket = BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
	peer_socket = (__u64)BPF_CORE_READ(peer, sk_socket);
	row.peer = peer_socket ? BPF_CORE_READ((struct socket *)peer_socket, file, f_inode, i_ino) : 0;
	row.type = sk->sk_type;
	address = BPF_CORE_READ((struct unix_sock *)sk, addr);
	if (address) {
		length = BPF_CORE_READ(address, len) - 2;
		barrier_var(length);
		if (length <= RW_UNIX_PATH && !bpf_core_read(row.path, length, &address->name[0].sun_path))
			row.path_length = length;
	}
	bpf_seq_write(ctx->meta->seq, &row, sizeof row);
	return 0;
}
