/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Building one record in per-CPU scratch memory and sending it. */
#ifndef RW_RECORD_H
#define RW_RECORD_H

/* Keeps the compiler from proving a bound away that the verifier must see. */
#define rw_opaque(x) asm volatile("" : "+r"(x))

/*
 * Each attach point has a scratch of its own (`slot`): programs of one attach point cannot interrupt
 * themselves (the kernel's recursion check), so no two users of a scratch overlap on a CPU.
 */
static __always_inline struct rw_scratch *rw_scratch(__u32 slot)
{
	__u32 key = bpf_get_smp_processor_id() * RW_SLOTS + slot;

	return bpf_map_lookup_elem(&rw_scratches, &key);
}

static __always_inline __u64 rw_cgroup_of(struct task_struct *task)
{
	return rw_cgroup_id(task, rw_boot.cgroup_subsys);
}

static __always_inline bool rw_in_container_root(struct task_struct *task)
{
	struct fs_struct *fs = rw_untrusted(task)->fs;

	return fs && (__u64)fs->root.mnt->mnt_root != rw_settings.host_root;
}

static __always_inline bool rw_is_container(struct task_struct *task)
{
	if (rw_in_container_root(task))
		return true;
	__u64 id = rw_cgroup_of(task);

	return bpf_map_lookup_elem(&rw_containers, &id) != 0;
}

static __always_inline void rw_fill_header(struct rw_hdr *h, struct task_struct *task, __u16 type, __u8 kind,
					   __u16 flags, __s64 result)
{
	struct task_struct *plain = rw_untrusted(task);
	const struct cred *cred = plain->cred;

	h->time_ns = bpf_ktime_get_boot_ns();
	h->cgroup_id = rw_cgroup_of(task);
	h->start_ns = plain->group_leader->start_boottime;
	h->exec_id = plain->self_exec_id;
	h->result = result;
	h->cap_effective = rw_word((__u64)&cred->cap_effective);
	h->cap_permitted = rw_word((__u64)&cred->cap_permitted);
	h->tgid = task->tgid;
	h->tid = task->pid;
	h->uid = cred->uid.val;
	h->gid = cred->gid.val;
	h->euid = cred->euid.val;
	h->egid = cred->egid.val;
	h->type = type;
	h->flags = flags;
	h->cpu = bpf_get_smp_processor_id();
	h->kind = kind;
	h->pad = 0;
}

static __always_inline void rw_count_drop(__u32 type)
{
	__u32 key = type & 255;
	__u64 *count = bpf_map_lookup_elem(&rw_drops, &key);

	if (count)
		*count += 1;
}

/*
 * Sends the first `len` bytes of the record; a full ring is counted, never waited for. Waking the reader
 * costs an inter-processor interrupt, many times the rest, so while it is busy it looks by itself.
 */
static __always_inline void rw_send(struct rw_scratch *s, __u32 len, __u16 type)
{
	__u64 n = len;

	rw_opaque(n);
	if (n > RW_MAX_RECORD)
		n = RW_MAX_RECORD;
	if (bpf_ringbuf_output(&rw_ring, s->record, n, rw_settings.polling ? BPF_RB_NO_WAKEUP : 0))
		rw_count_drop(type);
}

/*
 * The functions that append to a record are global: the verifier checks each once, for any position, instead
 * of once per path through its callers. They take the scratch by slot and addresses as numbers, and return
 * how many bytes they wrote, with RW_CUT set when there was more.
 */
#define RW_CUT (1ULL << 32)
/* Added to the slot: the source is kernel memory. */
#define RW_FROM_KERNEL 256

static __always_inline __u32 rw_written(__u64 result, __u16 *flags)
{
	if (result & RW_CUT)
		*flags |= RW_F_TRUNCATED;
	return (__u32)result;
}

/*
 * Where to write in the record. Callers have checked `pos`; the mask repeats it in the one form every
 * verifier keeps across spills (6.1 forgets bounds of spilled numbers). The scratch behind the record is
 * larger than any one write.
 */
static __always_inline __u8 *rw_at(struct rw_scratch *s, __u64 pos)
{
	rw_opaque(pos);
	return s->record + (pos & (RW_MAX_RECORD - 1));
}

/* The same for a length of at most RW_MAX_ARGS. */
static __always_inline __u64 rw_length(__u64 len)
{
	rw_opaque(len);
	return len & 8191;
}

/* Copies a NUL-terminated string of at most RW_MAX_PATH - 1 bytes; the NUL is not part of the record. */
__noinline __u64 rw_append_string(__u32 slot, __u64 pos, __u64 from)
{
	struct rw_scratch *s = rw_scratch(slot & 255);
	long n;

	rw_opaque(pos);
	if (!s || pos > RW_MAX_RECORD - RW_MAX_PATH - 1)
		return 0;
	if (slot & RW_FROM_KERNEL)
		n = bpf_probe_read_kernel_str(rw_at(s, pos), RW_MAX_PATH, (void *)from);
	else
		n = bpf_probe_read_user_str(rw_at(s, pos), RW_MAX_PATH, (void *)from);
	if (n <= 0)
		return 0;
	return (__u64)(n - 1) | (n == RW_MAX_PATH ? RW_CUT : 0);
}

/* Copies `len` bytes, at most `max`. */
__noinline __u64 rw_append_bytes(__u32 slot, __u64 pos, __u64 from, __u64 len, __u32 max)
{
	struct rw_scratch *s = rw_scratch(slot & 255);
	__u64 n = len > max ? max : len;
	long err;

	rw_opaque(pos);
	rw_opaque(n);
	if (!s || pos > RW_MAX_RECORD - RW_MAX_ARGS - 1 || n == 0 || n > RW_MAX_ARGS)
		return 0;
	if (slot & RW_FROM_KERNEL)
		err = bpf_probe_read_kernel(rw_at(s, pos), rw_length(n), (void *)from);
	else
		err = bpf_probe_read_user(rw_at(s, pos), rw_length(n), (void *)from);
	return err ? 0 : n | (len > max ? RW_CUT : 0);
}

static __always_inline struct rw_span rw_span(__u32 off, __u32 len)
{
	return (struct rw_span){ .off = len ? off : 0, .len = len };
}

#endif
