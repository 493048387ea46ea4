/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Limits of rate: how many connections a container begins in a second, and how many bytes its sockets send and take. A
 * bucket that holds a second's worth, kept as the time up to which what was taken is paid for (GCRA, as ITU-T I.371 has it).
 */
#ifndef RW_ENFORCE_LIMITS_H
#define RW_ENFORCE_LIMITS_H

#define RW_LIMIT_BURST_NS RW_SECOND_NS
/* A flood of packets is told once in a second; connections have the bound of all verdicts. */
#define RW_LIMIT_TOLD_NS RW_SECOND_NS

/* What is asked of a limit. */
struct rw_taking {
	__u32 limited; /* enum rw_limited */
	__u32 amount;
};

/*
 * Takes from one bucket; false when it is empty: then nothing is taken. One that is not empty gives all of a large
 * packet, and is the longer empty after it. Approximate when several processors ask at once.
 */
static __noinline bool rw_take(__u64 container, __u32 which, __u64 per_second, struct rw_taking *t)
{
	struct rw_bucket_key key = { .container = container, .which = which };
	__u64 now = bpf_ktime_get_boot_ns();
	struct rw_bucket fresh = {}, *bucket;
	__u64 cost;

	if (!t || !per_second)
		return true;
	cost = (__u64)t->amount * RW_SECOND_NS / per_second;
	bucket = bpf_map_lookup_elem(&rw_buckets, &key);
	if (!bucket) {
		fresh.until_ns = now + cost;
		bpf_map_update_elem(&rw_buckets, &key, &fresh, BPF_NOEXIST);
		return true;
	}
	if (bucket->until_ns < now)
		bucket->until_ns = now;
	if (bucket->until_ns >= now + RW_LIMIT_BURST_NS)
		return false;
	__sync_fetch_and_add(&bucket->until_ns, cost);
	return true;
}

/* Whether this bucket was silent for long enough to tell of it again. */
static __noinline bool rw_may_tell(__u64 container, __u32 which)
{
	struct rw_bucket_key key = { .container = container, .which = which };
	__u64 now = bpf_ktime_get_boot_ns();
	struct rw_bucket *bucket = bpf_map_lookup_elem(&rw_buckets, &key);

	if (!bucket || (bucket->told_ns && now - bucket->told_ns < RW_LIMIT_TOLD_NS))
		return false;
	bucket->told_ns = now;
	return true;
}

/*
 * Takes from both buckets of a limit. What is in protect counts before what is in monitor: a bucket that is only
 * watched is not asked about what does not happen. `*line` is that of the limit that is exceeded, `*told` its bucket.
 */
static __noinline __u32 rw_exceeds(struct rw_actor *a, struct rw_taking *t, __u32 *line, __u32 *bucket)
{
	__u64 container;
	struct rw_limit *limit;
	__u32 which;

	if (!a || !a->set || !t || !line || !bucket || t->limited >= RW_LIMITED_COUNT)
		return 0;
	container = rw_container_of(a->cgroup);
	which = t->limited * 2;
	rw_opaque(which);
	if (which >= 6)
		return 0;
	limit = &a->set->limits[which];
	*line = limit->line;
	*bucket = which;
	if (!rw_take(container, which, limit->per_second, t))
		return RW_ENFORCED;
	which += 1;
	rw_opaque(which);
	if (which >= 6)
		return 0;
	limit = &a->set->limits[which];
	*line = limit->line;
	*bucket = which;
	return rw_take(container, which, limit->per_second, t) ? 0 : RW_WATCHED;
}

/* A connection that its lines allow. 1 when it is one too many. */
static __noinline int rw_limit_connection(struct rw_actor *a, struct rw_peer *p, __u32 mechanism)
{
	struct rw_act act = {
		.section = RW_SECTION_NETWORK, .operation = RW_NET_CONNECT, .mechanism = mechanism, .flags = RW_V_LIMIT };
	struct rw_taking one = { .limited = RW_LIMITED_CONNECTIONS, .amount = 1 };
	__u32 line = 0, bucket = 0, exceeded;

	if (!a || !p || !a->set || !(a->set->limited & 1 << RW_LIMITED_CONNECTIONS))
		return 0;
	if (p->operation != RW_NET_CONNECT || !p->has_address ||
	    !(p->protocol & (RW_PROTOCOL_TCP | RW_PROTOCOL_SCTP)))
		return 0;
	if (!p->high && (p->low == 1 || (p->low & ~0xffffffULL) == (RW_LOOPBACK4 & ~0xffffffULL)))
		return 0;
	exceeded = rw_exceeds(a, &one, &line, &bucket);
	if (!exceeded)
		return 0;
	rw_count_line(a->set_id, line);
	rw_send_network_verdict(a, &act, p, line, exceeded & RW_ENFORCED ? RW_DENIED : RW_WOULD_DENY);
	return exceeded & RW_ENFORCED ? 1 : 0;
}

#endif
