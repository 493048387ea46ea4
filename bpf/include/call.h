/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The finished system call a sys_exit program stands in: its number, its arguments, its table row. */
#ifndef RW_CALL_H
#define RW_CALL_H

struct rw_call {
	struct task_struct *task;
	__u32 nr;
	bool compat;
};

#if defined(__TARGET_ARCH_x86)
#define RW_TS_COMPAT 2
static __always_inline bool rw_is_compat(struct task_struct *task)
{
	return task->thread_info.status & RW_TS_COMPAT;
}
static __always_inline __u32 rw_number(struct pt_regs *regs)
{
	__u32 nr = regs->orig_ax;

	/* x32: numbers below 512 are the native ones with bit 30 set */
	return nr & ~0x40000000;
}
static __always_inline void rw_arguments(__u64 *args, struct pt_regs *regs, bool compat)
{
	if (compat) {
		args[0] = (__u32)regs->bx;
		args[1] = (__u32)regs->cx;
		args[2] = (__u32)regs->dx;
		args[3] = (__u32)regs->si;
		args[4] = (__u32)regs->di;
		args[5] = (__u32)regs->bp;
	} else {
		args[0] = regs->di;
		args[1] = regs->si;
		args[2] = regs->dx;
		args[3] = regs->r10;
		args[4] = regs->r8;
		args[5] = regs->r9;
	}
}
#elif defined(__TARGET_ARCH_arm64)
#define RW_TIF_32BIT (1UL << 22)
static __always_inline bool rw_is_compat(struct task_struct *task)
{
	return task->thread_info.flags & RW_TIF_32BIT;
}
static __always_inline __u32 rw_number(struct pt_regs *regs)
{
	return regs->syscallno;
}
static __always_inline void rw_arguments(__u64 *args, struct pt_regs *regs, bool compat)
{
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
	args[3] = regs->regs[3];
	args[4] = regs->regs[4];
	args[5] = regs->regs[5];
	if (compat)
		for (int i = 0; i < 6; i++)
			args[i] = (__u32)args[i];
}
#endif

#define RW_SOCKETCALL_I386 102

/*
 * The table row of this call, or of the socketcall(2) sub-call in it; 0 when the number is beyond the tables.
 * The tables follow each other in the settings, so that one offset serves for all: the verifier then walks
 * what comes after once, not once per table.
 */
static __always_inline struct rw_dispatch *rw_row(struct pt_regs *regs, bool compat)
{
	__u64 nr = rw_number(regs), limit = RW_NATIVE_CALLS;
	__u64 table = __builtin_offsetof(struct rw_settings, native);

	if (compat) {
		table = __builtin_offsetof(struct rw_settings, compat);
		limit = RW_COMPAT_CALLS;
#if defined(__TARGET_ARCH_x86)
		if (nr == RW_SOCKETCALL_I386) {
			table = __builtin_offsetof(struct rw_settings, socketcall);
			limit = RW_SOCKET_CALLS;
			nr = (__u32)regs->bx;
		}
#endif
	}
	if (nr >= limit)
		return 0;
	__u64 offset = table + nr * sizeof(struct rw_dispatch);

	rw_opaque(offset);
	return (void *)&rw_settings + (offset & (RW_DISPATCH_BYTES - 1));
}

/* Fills the arguments; those of socketcall(2) come from the caller's memory. */
static __always_inline void rw_call_arguments(__u64 *args, struct pt_regs *regs, bool compat)
{
#if defined(__TARGET_ARCH_x86)
	if (compat && rw_number(regs) == RW_SOCKETCALL_I386) {
		__u32 raw[6] = {};

		bpf_probe_read_user(raw, sizeof raw, (void *)(__u64)(__u32)regs->cx);
		for (int i = 0; i < 6; i++)
			args[i] = raw[i];
		return;
	}
#endif
	rw_arguments(args, regs, compat);
}

#endif
