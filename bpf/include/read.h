/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Reading the kernel's objects with plain loads.
 *
 * A load through a pointer whose type the verifier knows is one instruction; reading the same bytes with a
 * helper is a call that costs as much as twenty. Addresses become such pointers by a cast, which costs
 * nothing; kernels before 6.3 have no cast and take the helper.
 *
 * The cast also gives trust away, where a walk begins. A verifier that trusts a structure asks at each pointer
 * loaded from it whether the kernel lists that field as safe, and walks the names of all kernel types for the
 * answer, up to four times: more than a millisecond per instruction, five sixths of what loading the sensor
 * took. Numbers are still read from the trusted task, whose loads need no fault check.
 */
#ifndef RW_READ_H
#define RW_READ_H

extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

/* `address` as a pointer to `type`, for loads only; plain where the kernel has no cast. */
#define rw_cast(type, address)                                                                                 \
	((type *)(bpf_rdonly_cast ? bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(type))          \
				  : (void *)(address)))

/* One field of the object at `address`; `field` may name members of members, but not cross a pointer. */
#define rw_get(type, address, field)                                                                           \
	({                                                                                                     \
		__u64 rw_address = (__u64)(address);                                                           \
		typeof(((type *)0)->field) rw_value;                                                           \
		if (bpf_rdonly_cast)                                                                           \
			rw_value = rw_cast(type, rw_address)->field;                                           \
		else                                                                                           \
			bpf_core_read(&rw_value, sizeof rw_value, &((type *)rw_address)->field);               \
		rw_value;                                                                                      \
	})

static __always_inline struct task_struct *rw_untrusted(struct task_struct *task)
{
	return rw_cast(struct task_struct, task);
}

/*
 * The eight bytes at an address; 0 where nothing is mapped. What global functions take must be a number to the
 * verifier, and the difference of two pointers is one.
 */
static __always_inline __u64 rw_word(__u64 address)
{
	__u64 word = 0;

	if (bpf_rdonly_cast)
		return (__u64)rw_cast(struct list_head, address)->next - (__u64)rw_cast(struct list_head, 0);
	bpf_probe_read_kernel(&word, sizeof word, (void *)address);
	return word;
}

/*
 * 0, and the verifier does not know it. Kernels before 6.8 verify what bpf_loop calls as if that were called once,
 * and cut out the branches that are not taken from what is known then: where such a function decides by something it
 * changes itself, that must not begin as something known.
 */
static __always_inline __u32 rw_unknown_zero(void)
{
	return bpf_get_smp_processor_id() >> 13; /* no kernel has more than 8,192 processors */
}

#endif
