/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What name servers tell a container: which addresses have the names that lines ask for. It is read here, before the
 * container can read it, so that its first connection finds the address known. RFC 1035, 4.
 *
 * Only answers to its own questions, from servers its policies let it ask, are looked at; see docs/segmentation.md for
 * whom that trusts. Addresses of this machine, of the link and of nobody are never learnt: no name gives them.
 */
#ifndef RW_ENFORCE_ANSWER_H
#define RW_ENFORCE_ANSWER_H

#define RW_ANSWER_ROOM 2048
#define RW_ANSWER_READ 1232
#define RW_ANSWER_MASK (RW_ANSWER_ROOM - 1)
#define RW_ANSWER_HEAD 12
#define RW_ANSWER_STEPS 512 /* labels and records */
#define RW_NAME_LONGEST 250
#define RW_LONGEST_LABEL 63
#define RW_TYPE_A 1
#define RW_TYPE_AAAA 28
/* A program connects some time after it asked. */
#define RW_NAME_GRACE_S 30
#define RW_NAME_LONGEST_S 86400

/* Where the reading stands is kept beside what is read: the verifier would follow every step of numbers it knows. */
struct rw_answer {
	__u64 container;
	__u32 at, end;
	__u32 left;   /* of the label */
	__u32 length; /* of the name as text */
	__u32 done;
	__u32 records;
	struct rw_name_patterns patterns;
	struct rw_name_key key;
	__u8 text[256];
	__u8 data[RW_ANSWER_ROOM + 16];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rw_answer);
} rw_answers SEC(".maps");

struct rw_answer_scan {
	struct rw_answer *answer;
};

static __always_inline __u32 rw_answer_byte(struct rw_answer *s, __u32 at)
{
	rw_opaque(at);
	return s->data[at & RW_ANSWER_MASK];
}

static __always_inline __u32 rw_answer_half(struct rw_answer *s, __u32 at)
{
	return rw_answer_byte(s, at) << 8 | rw_answer_byte(s, at + 1);
}

static __always_inline void rw_add_character(struct rw_answer *s, __u8 c)
{
	__u32 at = s->length++;

	rw_opaque(at);
	s->text[at & 255] = c;
}

/* One byte of the name that was asked for, as text in lower case. */
static long rw_question_step(__u32 index, struct rw_answer_scan *scan)
{
	struct rw_answer *s = scan->answer;
	__u32 c = rw_answer_byte(s, s->at++);

	if (s->at > s->end || s->length > RW_NAME_LONGEST)
		return 1;
	if (!s->left) {
		s->done = c == 0;
		if (c == 0 || c > RW_LONGEST_LABEL)
			return 1;
		s->left = c;
		if (s->length)
			rw_add_character(s, '.');
		return 0;
	}
	s->left--;
	if (c == 0 || c == '.')
		return 1;
	rw_add_character(s, c >= 'A' && c <= 'Z' ? c + 32 : c);
	return 0;
}

static long rw_reverse_step(__u32 index, struct rw_answer_scan *scan)
{
	struct rw_answer *s = scan->answer;
	__u32 from = s->length - 1 - index, to = index;

	if (index >= s->length || index >= RW_NAME_BYTES)
		return 1;
	rw_opaque(from);
	rw_opaque(to);
	if (to < RW_NAME_BYTES)
		s->key.name[to] = s->text[from & 255];
	return 0;
}

/* This machine, its link, the metadata service, and what is no single host. */
static __always_inline bool rw_is_no_names(__u64 high, __u64 low)
{
	__u32 v4 = low;

	if (!high && (low >> 32) == 0xffff)
		return v4 >> 24 == 127 || v4 >> 24 == 0 || v4 >> 16 == 0xa9fe || v4 >> 28 >= 14;
	return high >> 32 == 0 || high >> 54 == 0x3fa || high >> 56 == 0xff ||
	       (high == 0xfd000ec200000000ULL && low == 0x254);
}

static __always_inline void rw_note_address(struct rw_answer *s, __u64 high, __u64 low, __u32 ttl)
{
	struct rw_told_key key = { .container = s->container, .high = high, .low = low };
	struct rw_told told = {}, *known;
	__u64 now = bpf_ktime_get_boot_ns();

	if (rw_is_no_names(high, low))
		return;
	if (ttl > RW_NAME_LONGEST_S)
		ttl = RW_NAME_LONGEST_S;
	told.until_ns = now + (ttl + RW_NAME_GRACE_S) * RW_SECOND_NS;
	__builtin_memcpy(told.number, s->patterns.number, sizeof told.number);
	known = bpf_map_lookup_elem(&rw_told_names, &key);
	if (known && known->until_ns > now) {
		/* another name of the same address keeps what room there is */
		if (known->until_ns > told.until_ns)
			told.until_ns = known->until_ns;
		for (int i = 0; i < RW_NAME_PATTERNS; i++) {
			__u32 number = known->number[i];

			if (!number || rw_has_name(&told, number))
				continue;
			if (!told.number[1])
				told.number[1] = number;
			else if (!told.number[2])
				told.number[2] = number;
			else if (!told.number[3])
				told.number[3] = number;
		}
	}
	bpf_map_update_elem(&rw_told_names, &key, &told, BPF_ANY);
}

/* One label before a record, or the record itself. */
static long rw_record_step(__u32 index, struct rw_answer_scan *scan)
{
	struct rw_answer *s = scan->answer;
	__u32 at = s->at, c = rw_answer_byte(s, at), type, length;
	__u64 words[2] = {}, high, low;

	if (!s->done) {
		s->done = c == 0 || c > RW_LONGEST_LABEL;
		s->at += c > RW_LONGEST_LABEL ? 2 : c + 1;
		return s->at > s->end;
	}
	s->done = 0;
	type = rw_answer_half(s, at);
	length = rw_answer_half(s, at + 8);
	s->at = at + 10 + length;
	if (s->at > s->end)
		return 1;
	if ((type == RW_TYPE_A && length == 4) || (type == RW_TYPE_AAAA && length == 16)) {
		__u32 ttl = rw_answer_half(s, at + 4) << 16 | rw_answer_half(s, at + 6);

		at += 10;
		rw_opaque(at);
		bpf_probe_read_kernel(words, sizeof words, s->data + (at & RW_ANSWER_MASK));
		high = type == RW_TYPE_A ? 0 : bpf_be64_to_cpu(words[0]);
		low = type == RW_TYPE_A ? RW_MAPPED | bpf_be64_to_cpu(words[0]) >> 32 : bpf_be64_to_cpu(words[1]);
		/* no name server has an address of IPv4 to tell as one of IPv6 */
		if (type == RW_TYPE_A || high || low >> 32 != 0xffff)
			rw_note_address(s, high, low, ttl);
	}
	s->records--;
	return s->records == 0;
}

/* Global, as rw_read_ip. */
__noinline int rw_learn_names(struct __sk_buff *skb, __u32 payload, __u64 container)
{
	struct rw_answer_scan scan = {};
	struct rw_name_patterns *patterns;
	__u32 zero = 0, take, end;
	struct rw_answer *s = bpf_map_lookup_elem(&rw_answers, &zero);

	if (!s || skb->len <= payload + RW_ANSWER_HEAD)
		return 0;
	take = skb->len - payload;
	if (take > RW_ANSWER_READ)
		take = RW_ANSWER_READ;
	rw_opaque(take);
	if (take < RW_ANSWER_HEAD || take > RW_ANSWER_READ || bpf_skb_load_bytes(skb, payload, s->data, take))
		return 0;
	scan.answer = s;
	s->container = container;
	s->end = take;
	/* an answer without error, to one question */
	if (!(rw_answer_byte(s, 2) & 0x80) || (rw_answer_byte(s, 3) & 15) || rw_answer_half(s, 4) != 1)
		return 0;
	s->records = rw_answer_half(s, 6);
	s->at = RW_ANSWER_HEAD;
	s->left = s->length = s->done = 0;
	if (!s->records)
		return 0;
	bpf_loop(RW_NAME_LONGEST + 8, rw_question_step, &scan, 0);
	if (!s->done || !s->length || s->length > RW_NAME_LONGEST)
		return 0;
	bpf_loop(RW_NAME_LONGEST, rw_reverse_step, &scan, 0);
	end = s->length;
	rw_opaque(end);
	if (end >= RW_NAME_BYTES)
		return 0;
	s->key.name[end] = 0;
	s->key.bits = (end + 1) * 8;
	patterns = bpf_map_lookup_elem(&rw_names, &s->key);
	if (!patterns)
		return 0;
	s->patterns = *patterns;
	s->at += 4; /* type and class of the question */
	s->done = 0;
	bpf_loop(RW_ANSWER_STEPS, rw_record_step, &scan, 0);
	return 0;
}

#endif
