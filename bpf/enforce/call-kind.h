/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls that have no hook of their own: told by their number where they ask for something that has. */
#ifndef RW_ENFORCE_CALL_KIND_H
#define RW_ENFORCE_CALL_KIND_H

enum rw_call_kind {
	RW_CALL_OTHER = 0,
	RW_CALL_DELETE_MODULE = 1,
	RW_CALL_SETNS = 2,
	RW_CALL_UNSHARE = 3,
	RW_CALL_MOUNT = 4, /* open_tree, fsopen, fsconfig, fsmount, fspick, mount_setattr, open_tree_attr */
	RW_CALL_KEYS = 5,  /* add_key, request_key, keyctl */
};

static __always_inline __u32 rw_call_kind(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	__u32 nr = BPF_CORE_READ(regs, RW_NUMBER_FIELD);
	bool compat = rw_is_compat(rw_untrusted(task));

#if defined(__TARGET_ARCH_x86)
	nr &= ~0x40000000;
#endif
	/* the same in all tables from 403 on */
	if (nr == 428 || (nr >= 430 && nr <= 433) || nr == 442 || nr == 467)
		return RW_CALL_MOUNT;
#if defined(__TARGET_ARCH_x86)
	if (nr == (compat ? 129 : 176))
		return RW_CALL_DELETE_MODULE;
	if (nr == (compat ? 346 : 308))
		return RW_CALL_SETNS;
	if (nr == (compat ? 310 : 272))
		return RW_CALL_UNSHARE;
	return nr >= (compat ? 286 : 248) && nr <= (compat ? 288 : 250) ? RW_CALL_KEYS : RW_CALL_OTHER;
#else
	if (nr == (compat ? 129 : 106))
		return RW_CALL_DELETE_MODULE;
	if (nr == (compat ? 375 : 268))
		return RW_CALL_SETNS;
	if (nr == (compat ? 337 : 97))
		return RW_CALL_UNSHARE;
	return nr >= (compat ? 309 : 217) && nr <= (compat ? 311 : 219) ? RW_CALL_KEYS : RW_CALL_OTHER;
#endif
}

#endif
