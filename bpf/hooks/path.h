/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Calls that name paths and leave no descriptor: unlink, rename, mkdir, chmod, mount… After the call there is
 * no object left to ask on a kernel without trampolines, so the record carries the caller's string and the
 * kernel's path of the directory it starts from; user space resolves links and marks the result.
 */

static __always_inline __u32 rw_put_operand(struct rw_scratch *s, struct rw_path *r, __u32 pos, int which,
					    struct task_struct *task, struct rw_dispatch *row, __u16 *flags)
{
	__u8 arg = row->path_arg[which];
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	__u32 len, at = pos;
	char first = 0;

	if (arg >= 6 || !fs)
		return pos;
	const void *text = (void *)rw_arg(&r->sys, arg);

	len = rw_written(rw_append_string(RW_SLOT_SYS, pos, (__u64)text), flags);
	r->raw[which] = rw_span(pos, len);
	pos += len;
	if (len && at < RW_MAX_RECORD)
		first = *rw_at(s, at);
	/* what an absolute path starts from is the task's root, which chroot may have moved */
	struct path *base = first == '/' ? &fs->root : &fs->pwd;

	if (first != '/' && row->dir_arg[which] < 6) {
		__s32 dirfd = rw_arg(&r->sys, row->dir_arg[which]);

		if (dirfd != RW_AT_FDCWD) {
			struct file *dir = rw_file_of(task, dirfd);

			if (!dir)
				return pos;
			base = &dir->f_path;
		}
	}
	len = rw_written(rw_append_path(RW_SLOT_SYS, pos, (__u64)(base)), flags);
	r->base[which] = rw_span(pos, len);
	return pos + len;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(rw_path_call, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool compat = rw_is_compat(task);
	struct rw_dispatch *row = rw_row(regs, compat);
	struct rw_scratch *s = rw_scratch(RW_SLOT_SYS);
	__u16 flags = rw_call_flags(task, compat) | RW_F_CALLER_MEMORY;
	__u32 pos = sizeof(struct rw_path), len;

	if (!s || !row)
		return 0;
	struct rw_path *r = (void *)s->record;

	rw_clear_sys(&r->sys);
	r->base[0] = r->base[1] = r->raw[0] = r->raw[1] = r->cwd = rw_span(0, 0);
	r->pad = 0;
	rw_call_arguments(r->sys.args, regs, compat);
	pos = rw_put_operand(s, r, pos, 0, task, row, &flags);
	pos = rw_put_operand(s, r, pos, 1, task, row, &flags);
	pos = rw_put_text(s, &r->sys, pos, 0, row->text_arg[0], &flags);
	pos = rw_put_text(s, &r->sys, pos, 1, row->text_arg[1], &flags);
	if (row->special == RW_SPECIAL_CWD && ret == 0) {
		struct fs_struct *fs = BPF_CORE_READ(task, fs);

		if (fs) {
			len = rw_written(rw_append_path(RW_SLOT_SYS, pos, (__u64)(&fs->pwd)), &flags);
			r->cwd = rw_span(pos, len);
			pos += len;
		}
	}
	rw_fill_header(&r->sys.hdr, task, row->type, RW_K_PATH, flags, ret);
	rw_send(s, pos, row->type);
	return 0;
}
