/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* How user space learns the key of a file whose contents it has read: by a descriptor of its own. */

SEC("iter/task_file")
int rw_name_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct rw_named_file named = { .fd = ctx->fd };
	__u64 file = (__u64)ctx->file;
	struct rw_asked *asked;
	__u32 key = 0;

	asked = bpf_map_lookup_elem(&rw_asked, &key);
	if (!task || !file || !asked || asked->files_tgid != (__u32)task->tgid)
		return 0;
	rw_fill_file_key(&named.key, (__u64)rw_get(struct file, file, f_inode));
	bpf_seq_write(ctx->meta->seq, &named, sizeof named);
	return 0;
}
