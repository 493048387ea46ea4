/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The system call a task is in: its number, its arguments, through which table it came. */
#ifndef RW_REGS_H
#define RW_REGS_H

#if defined(__TARGET_ARCH_x86)
#define RW_TS_COMPAT 2
#define RW_NUMBER_FIELD orig_ax
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
#define RW_NUMBER_FIELD syscallno
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

#endif
