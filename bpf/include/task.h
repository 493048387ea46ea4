/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A task as a plain, untrusted pointer, to walk from.
 *
 * Since 6.3 the verifier asks, at each load of a pointer from a structure it trusts, whether the kernel lists that
 * field as safe, and looks the list up by walking the names of all kernel types, up to four times: more than a
 * millisecond per instruction, three quarters of what loading the sensor took. Nothing here needs trust, so
 * it is given away where a walk begins; numbers are still read from the trusted pointer, whose loads need no
 * fault check. The cast costs no instruction; kernels without it have no such search.
 */
#ifndef RW_TASK_H
#define RW_TASK_H

extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

static __always_inline struct task_struct *rw_untrusted(struct task_struct *task)
{
	if (bpf_rdonly_cast)
		return bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct));
	return task;
}

#endif
