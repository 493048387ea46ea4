/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whether something is cut off, and from whom. */

struct rw_cut {
	__u32 number; /* 0: not isolated */
	__u32 flags;
};

/* Where its time is over it is as if there were none, whether or not anybody is there to remove it. */
static __always_inline bool rw_cut_of(__u64 cgroup, struct rw_cut *cut)
{
	__u32 *number = bpf_map_lookup_elem(&rw_isolated, &cgroup);
	struct rw_isolation *isolation;

	cut->number = 0;
	if (!number)
		return false;
	isolation = bpf_map_lookup_elem(&rw_isolations, number);
	if (!isolation)
		return false;
	if (isolation->deadline_ns && bpf_ktime_get_boot_ns() >= isolation->deadline_ns)
		return false;
	cut->number = *number;
	cut->flags = isolation->flags;
	return true;
}

static __always_inline bool rw_cut_of_current(struct rw_cut *cut)
{
	return rw_cut_of(rw_cgroup_id(bpf_get_current_task_btf(), rw_isolate_boot.cgroup_subsys), cut);
}

static __always_inline bool rw_cut_of_marked(struct bpf_sock *sk, struct rw_cut *cut)
{
	__u64 *cgroup = sk ? bpf_sk_storage_get(&rw_isolate_sockets, sk, 0, 0) : 0;

	return cgroup && rw_cut_of(*cgroup, cut);
}

static __always_inline bool rw_is_allowed(const struct rw_cut *cut, struct rw_isolate_allow *peer)
{
	peer->prefix_length = 8 * (sizeof *peer - sizeof peer->prefix_length);
	peer->isolation = cut->number;
	return bpf_map_lookup_elem(&rw_isolate_allowed, peer) != 0;
}

static __always_inline void rw_map_ipv4(__u8 *to, __u32 address)
{
	__u32 *words = (__u32 *)to;

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = address;
}

enum { RW_CUT_IN, RW_CUT_OUT, RW_CUT_REFUSED };

static __always_inline void rw_count_cut(const struct rw_cut *cut, int what)
{
	__u32 number = cut->number;
	struct rw_isolation_count *count = bpf_map_lookup_elem(&rw_isolate_counts, &number);

	if (!count)
		return;
	__sync_fetch_and_add(what == RW_CUT_IN	  ? &count->packets_in
			     : what == RW_CUT_OUT ? &count->packets_out
						  : &count->refused,
			     1);
	count->last_ns = bpf_ktime_get_boot_ns();
}
