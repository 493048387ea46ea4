/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Learns what the host's root is, from pid 1 of the initial pid namespace. Run once, at start. */

SEC("iter/task")
int rw_find_host_root(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	if (task->tgid == 1 && task->pid == 1)
		rw_settings.host_root = (__u64)BPF_CORE_READ(task, fs, root.mnt, mnt_root);
	return 0;
}
