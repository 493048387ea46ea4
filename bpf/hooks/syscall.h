/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * System calls, seen once, when they return: arguments are still in the saved registers and the result is
 * known. One look-up decides; the rest happens in the family's program, reached by a tail call.
 */

#define RW_EVERY_SUCCESS 0x55
#define RW_EVERY_FAILURE 0xaa

static __always_inline bool rw_has_failed(long ret)
{
	return ret < 0 && ret >= -4095;
}

/* A successful exec is reported by the process hook. */
static __always_inline bool rw_is_wanted(struct task_struct *task, struct rw_dispatch *row, long ret)
{
	__u8 scope = row->scope;

	if (row->family == RW_FAM_EXEC && ret >= 0)
		return false;
	if (task->tgid == rw_boot.self_tgid)
		return false;
	if (!(row->wants & (rw_has_failed(ret) ? RW_EVERY_FAILURE : RW_EVERY_SUCCESS)))
		return false;
	if (scope != 3 && !(scope & (rw_is_container(task) ? 1 : 2)))
		return false;
	return rw_process_wants(task, row->type);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(rw_sys_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rw_dispatch *row = rw_row(regs, rw_is_compat(task));

	if (!row || !row->scope)
		return 0;
	if (!rw_is_wanted(task, row, ret))
		return 0;
	switch (row->family) {
	case RW_FAM_OPEN:
		bpf_tail_call_static(ctx, &rw_families, RW_FAM_OPEN);
		break;
	case RW_FAM_PATH:
		bpf_tail_call_static(ctx, &rw_families, RW_FAM_PATH);
		break;
	case RW_FAM_FD:
		bpf_tail_call_static(ctx, &rw_families, RW_FAM_FD);
		break;
	default:
		bpf_tail_call_static(ctx, &rw_families, RW_FAM_SYS);
	}
	rw_count_drop(row->type);
	return 0;
}

static __always_inline __u16 rw_call_flags(struct task_struct *task, bool compat)
{
	return (compat ? RW_F_COMPAT32 : 0) | (rw_is_container(task) ? 0 : RW_F_HOST);
}

static __always_inline void rw_clear_sys(struct rw_sys *r)
{
	r->text[0] = r->text[1] = r->data = rw_span(0, 0);
	r->pad = 0;
}

static __always_inline __u64 rw_arg(struct rw_sys *r, __u8 index)
{
	return index < 6 ? r->args[index] : 0;
}

static __always_inline __u32 rw_put_text(struct rw_scratch *s, struct rw_sys *r, __u32 pos, int which, __u8 arg,
					 __u16 *flags)
{
	if (arg >= 6)
		return pos;
	__u32 len = rw_written(rw_append_string(RW_SLOT_SYS, pos, r->args[arg]), flags);

	r->text[which] = rw_span(pos, len);
	return pos + len;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(rw_sys_call, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool compat = rw_is_compat(task);
	struct rw_dispatch *row = rw_row(regs, compat);
	struct rw_scratch *s = rw_scratch(RW_SLOT_SYS);
	__u16 flags = rw_call_flags(task, compat);
	__u32 pos = sizeof(struct rw_sys);

	if (!s || !row)
		return 0;
	struct rw_sys *r = (void *)s->record;

	rw_clear_sys(r);
	rw_call_arguments(r->args, regs, compat);
	if (row->special == RW_SPECIAL_CLONE3)
		bpf_probe_read_user(&r->args[0], sizeof r->args[0], (void *)r->args[0]);
	pos = rw_put_text(s, r, pos, 0, row->text_arg[0], &flags);
	pos = rw_put_text(s, r, pos, 1, row->text_arg[1], &flags);
	if (pos > sizeof(struct rw_sys))
		flags |= RW_F_CALLER_MEMORY;
	rw_fill_header(&r->hdr, task, row->type, RW_K_SYS, flags, ret);
	rw_send(s, pos, row->type);
	return 0;
}
