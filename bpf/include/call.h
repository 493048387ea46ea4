/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The finished system call a sys_exit program stands in: its number, its arguments, its table row. */
#ifndef RW_CALL_H
#define RW_CALL_H

#include "regs.h"

struct rw_call {
	struct task_struct *task;
	__u32 nr;
	bool compat;
};

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
