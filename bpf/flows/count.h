/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The entry a flow is counted in. */
#ifndef RW_FLOWS_COUNT_H
#define RW_FLOWS_COUNT_H

#define rw_add(counter, amount) __sync_fetch_and_add(&(counter), amount)

static __always_inline struct rw_flow *rw_flow_lost(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&rw_flows_lost, &zero);
}

/* What of a cgroup finds no room, and how many flows were made for it. */
static __noinline struct rw_flow *rw_flow_rest(__u64 cgroup)
{
	struct rw_flow_key key = {.cgroup = cgroup};
	struct rw_flow *rest = bpf_map_lookup_elem(&rw_flows, &key);
	struct rw_flow fresh = {};

	if (rest)
		return rest;
	fresh.first_ns = bpf_ktime_get_boot_ns();
	fresh.flags = RW_FLOW_REST;
	bpf_map_update_elem(&rw_flows, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&rw_flows, &key);
}

/* One container cannot take the room of the others. */
static __noinline struct rw_flow *rw_flow_make(const struct rw_flow_key *key, const __u8 *local, __u32 flags)
{
	struct rw_flow *rest, *flow;
	struct rw_flow fresh = {};
	__u32 *removed;
	__u64 cgroup;

	if (!key || !local)
		return 0;
	cgroup = key->cgroup;
	rest = rw_flow_rest(cgroup);
	if (!rest)
		return rw_flow_lost();
	removed = bpf_map_lookup_elem(&rw_flows_removed, &cgroup);
	if (rest->made - (removed ? *removed : 0) >= rw_flow_boot.flows_per_cgroup)
		return rest;
	fresh.first_ns = bpf_ktime_get_boot_ns();
	fresh.flags = flags;
	rw_copy_ipv6(fresh.local, local);
	if (!bpf_map_update_elem(&rw_flows, key, &fresh, BPF_NOEXIST))
		rw_add(rest->made, 1);
	flow = bpf_map_lookup_elem(&rw_flows, key);
	return flow ? flow : rest;
}

static __always_inline struct rw_flow *rw_flow_of(const struct rw_flow_key *key, const __u8 *local, __u32 flags)
{
	struct rw_flow *flow = bpf_map_lookup_elem(&rw_flows, key);

	return flow ? flow : rw_flow_make(key, local, flags);
}

#endif
