/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Sockets that isolated containers hold now, wherever they got them: marked, and told, so that they can be ended. */

SEC("iter/task_file")
int rw_isolate_held(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct rw_held_socket row = {};
	struct socket *socket, *peer_socket;
	struct sock *sk, *peer;
	struct rw_cut cut;
	__u64 cgroup, *mark;

	if (!task || !file)
		return 0;
	cgroup = rw_cgroup_id(task, rw_isolate_boot.cgroup_subsys);
	if (!rw_cut_of(cgroup, &cut))
		return 0;
	barrier_var(file);
	socket = bpf_sock_from_file(file);
	sk = socket ? socket->sk : 0;
	if (!sk)
		return 0;
	row.family = sk->__sk_common.skc_family;
	if (row.family == AF_UNIX) {
		peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
		if (!peer)
			return 0;
		peer_socket = BPF_CORE_READ(peer, sk_socket);
		row.peer = peer_socket ? BPF_CORE_READ(peer_socket, file, f_inode, i_ino) : 0;
	} else if (row.family == AF_INET || row.family == AF_INET6) {
		mark = bpf_sk_storage_get(&rw_isolate_sockets, sk, 0, STORAGE_CREATE);
		if (mark)
			*mark = cgroup;
	} else {
		return 0;
	}
	row.socket = BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
	row.tgid = task->tgid;
	row.fd = ctx->fd;
	row.isolation = cut.number;
	bpf_seq_write(ctx->meta->seq, &row, sizeof row);
	return 0;
}
