/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Judging a file by its names: docs/adr/0050 over the rows of the automaton's accept states. */
#ifndef RW_ENFORCE_JUDGE_H
#define RW_ENFORCE_JUDGE_H

#define RW_FILE_OPERATIONS 1023
#define RW_EVERY_OPERATION (RW_FILE_OPERATIONS | RW_OP_START)

struct rw_rows {
	struct rw_work *work;
	void *rules;
	__u32 row;
};

static long rw_row_step(__u32 index, struct rw_rows *r)
{
	struct rw_work *w = r->work;
	__u32 key = r->row + 1 + index;
	struct rw_rule *rule = bpf_map_lookup_elem(r->rules, &key);
	__u32 enforced, watched;

	if (!rule) {
		w->failed = 1;
		return 1;
	}
	watched = rule->operations & w->left_watched;
	enforced = rule->flags & RW_RULE_ENFORCED ? rule->operations & w->left_enforced : 0;
	if (!(watched | enforced) || (rule->from && !(rule->from & w->own)) ||
	    (rule->ancestors && !(rule->ancestors & w->ancestors)) || ((rule->flags & RW_RULE_OWNER) && !w->is_owner) ||
	    (rule->digest && rule->digest != w->digest))
		return 0;
	if (rule->arguments) {
		w->asks_arguments = 1;
		if (!w->knows_arguments)
			return 1;
		if (!(rule->arguments & w->arguments))
			return 0;
	}
	w->left_watched &= ~watched;
	w->left_enforced &= ~enforced;
	if (rule->flags & RW_RULE_DENY) {
		if (watched && !w->denied_watched)
			w->line_watched = rule->line;
		if (enforced && !w->denied_enforced)
			w->line_enforced = rule->line;
		w->denied_watched |= watched;
		w->denied_enforced |= enforced;
	} else {
		w->line_allowed = rule->line;
	}
	return !(w->left_watched | w->left_enforced);
}

static __always_inline void rw_apply_default(struct rw_work *w, struct rw_set *set, __u32 section, __u32 operations)
{
	struct rw_choice *f = &set->sections[section].fallback;
	__u32 enforced = w->left_enforced & operations, watched = w->left_watched & operations;

	if (enforced && (f->denied & RW_ENFORCED)) {
		if (!w->denied_enforced)
			w->line_enforced = f->enforced_line;
		w->denied_enforced |= enforced;
	}
	if (watched && (f->denied & RW_WATCHED)) {
		if (!w->denied_watched)
			w->line_watched = f->watched_line;
		w->denied_watched |= watched;
	}
}

/* Judges by the lines of a row, on top of what other names brought. */
static __noinline void rw_judge_row(struct rw_work *w, struct rw_actor *a, __u32 row)
{
	struct rw_set *set = a->set;
	__u32 set_id = a->set_id;
	struct rw_rows rows = { .work = w, .row = row };
	struct rw_rule *head;

	rows.rules = bpf_map_lookup_elem(&rw_rules, &set_id);
	if (!set || !rows.rules) {
		w->failed = 1;
		return;
	}
	w->row = row;
	w->names += 1;
	w->left_enforced = w->left_watched = w->want;
	head = bpf_map_lookup_elem(rows.rules, &row);
	if (head && (head->operations & w->want))
		bpf_loop(head->line, rw_row_step, &rows, 0);
	if (w->asks_arguments && !w->knows_arguments)
		return;
	rw_apply_default(w, set, RW_SECTION_FILE, RW_FILE_OPERATIONS);
	rw_apply_default(w, set, RW_SECTION_PROCESS, RW_OP_START);
}

/* The same by the name that is in the work. */
static __noinline void rw_judge_name(struct rw_work *w, struct rw_actor *a)
{
	struct rw_set *set = a->set;
	__u32 set_id = a->set_id;
	void *cells = bpf_map_lookup_elem(&rw_automata, &set_id);

	if (!set || !cells) {
		w->failed = 1;
		return;
	}
	w->state = rw_walk(w, set, cells, set->path_start);
	rw_judge_row(w, a, rw_head(cells, w->state) & RW_HEAD_ACCEPT);
}

/* Which classes of programs the name in the work belongs to. */
static __noinline __u64 rw_classes_of_name(struct rw_work *w, struct rw_actor *a)
{
	struct rw_set *set = a->set;
	__u32 set_id = a->set_id, row;
	void *cells = bpf_map_lookup_elem(&rw_automata, &set_id);
	void *rules = bpf_map_lookup_elem(&rw_rules, &set_id);
	struct rw_rule *head;

	if (!set || !cells || !rules)
		return 0;
	row = rw_head(cells, rw_walk(w, set, cells, set->path_start)) & RW_HEAD_ACCEPT;
	head = bpf_map_lookup_elem(rules, &row);
	return head ? head->from : 0;
}

struct rw_other_names {
	struct rw_work *work;
	struct rw_actor *actor;
	__u64 at;   /* list entry, or mount where the list is single */
	__u64 head; /* end of the list */
	__u64 mount; /* judged already */
	__u64 dentry;
	__u32 ns, own_ns;
	__u32 incomplete;
};

/* More mounts of one file system than this in one machine: what cannot be looked at cannot be judged. */
#define RW_MOUNTS_LOOKED_AT 8192

static long rw_other_name_step(__u32 index, struct rw_other_names *o)
{
	struct mount___single *single = 0;
	__u64 m = o->at;
	__u32 ns;

	if (m == o->head || !m) {
		o->incomplete = 0;
		return 1;
	}
	if (bpf_core_field_exists(single->mnt_next_for_sb)) {
		o->at = (__u64)rw_get(struct mount___single, m, mnt_next_for_sb);
	} else {
		o->at = (__u64)rw_get(struct list_head, m, next);
		m -= bpf_core_field_offset(struct mount, mnt_instance);
	}
	if (m == o->mount)
		return 0;
	ns = rw_mount_ns(m);
	if (ns <= 1 || (ns != o->ns && ns != o->own_ns))
		return 0;
	if (rw_name(o->work, m + bpf_core_field_offset(struct mount, mnt), o->dentry) == RW_NAMED)
		rw_judge_name(o->work, o->actor);
	return o->work->denied_enforced != 0;
}

/*
 * Judges a file also by the names it has through other mounts of its file system, in the container's own mount
 * namespace and in the one it was reached by. False when there are too many to look at.
 */
static __noinline bool rw_judge_other_names(struct rw_actor *a, struct rw_work *w, __u64 mnt, __u64 dentry,
					    __u32 own_ns)
{
	__u64 sb = (__u64)rw_get(struct vfsmount, mnt, mnt_sb);
	struct mount___single *single = 0;
	struct rw_other_names o = {
		.work = w, .actor = a, .mount = rw_mount_of(mnt), .dentry = dentry, .own_ns = own_ns, .incomplete = 1,
	};

	o.ns = rw_mount_ns(o.mount);
	if (bpf_core_field_exists(single->mnt_next_for_sb)) {
		o.at = (__u64)rw_get(struct super_block___single, sb, s_mounts);
	} else {
		o.head = sb + bpf_core_field_offset(struct super_block, s_mounts);
		o.at = (__u64)rw_get(struct list_head, o.head, next);
	}
	bpf_loop(RW_MOUNTS_LOOKED_AT, rw_other_name_step, &o, 0);
	return !o.incomplete || w->denied_enforced;
}

/* Forgets the answer to the last question. */
static __always_inline void rw_ask(struct rw_work *w, __u32 want)
{
	w->want = want;
	w->denied_enforced = w->denied_watched = 0;
	w->line_enforced = w->line_watched = w->line_allowed = RW_NO_LINE;
	w->asks_arguments = 0;
	w->names = 0;
	w->failed = 0;
}

/*
 * Judges a file by its names, as the work asks. False when it cannot be: its name is too long, or it has none.
 * A process that cannot have made mounts reaches a file by the name its container's runtime gave it, and that
 * decides. Once mounts may have been made from inside, all names count, and the strictest decides.
 */
static __noinline bool rw_judge_file(struct rw_actor *a, struct rw_work *w, __u64 mnt, __u64 dentry)
{
	struct rw_place *place = bpf_map_lookup_elem(&rw_places, &a->cgroup);
	__u32 own_ns = place ? place->mount_ns : 0, named = rw_name(w, mnt, dentry);
	bool made_mounts = !place || (place->flags & RW_PLACE_MOUNTED);

	if (named == RW_NAMED)
		rw_judge_name(w, a);
	else if (named == RW_NAME_TOO_LONG)
		return false;
	if (named == RW_NAME_INTERNAL ? made_mounts
				      : made_mounts || named != RW_NAMED || rw_mount_ns(rw_mount_of(mnt)) != own_ns) {
		if (!w->denied_enforced && !rw_judge_other_names(a, w, mnt, dentry, own_ns))
			return false;
	}
	return !w->failed && (w->names || named == RW_NAME_INTERNAL);
}

/* Sends the verdict with the name that is in the work. */
static __noinline void rw_send_path_verdict(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u32 line,
					    bool enforced)
{
	__u8 outcome = rw_carry_out(a, act, enforced);
	__u32 suppressed, start = w->start;
	__u64 length = RW_PATH_END - start, size, at;

	if (!rw_may_send(a->cgroup, &suppressed))
		return;
	if (w->named == RW_NAME_INTERNAL || length > RW_LONGEST_PATH)
		length = 0;
	rw_fill_verdict(&w->verdict, a, act, line, outcome);
	w->verdict.suppressed = suppressed;
	w->verdict.path_len = length;
	at = RW_PATH_END - length - sizeof w->verdict;
	rw_opaque(at);
	at &= RW_PATH_MASK;
	bpf_probe_read_kernel(w->path + at, sizeof w->verdict, &w->verdict);
	size = length + sizeof w->verdict;
	rw_opaque(size);
	if (size > RW_LONGEST_PATH + sizeof w->verdict)
		return;
	if (bpf_ringbuf_output(&rw_verdicts, w->path + at, size, 0))
		rw_count_verdict_drop(act->section);
}

/*
 * What follows from the answer in the work: the deciding line is counted, a denial reported with the file's name.
 * 0, or 1 when it is to be denied.
 */
static __noinline int rw_conclude(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u64 mnt, __u64 dentry)
{
	bool enforced = w->denied_enforced != 0;
	__u32 denied = enforced ? w->denied_enforced : w->denied_watched;
	__u32 line = enforced ? w->line_enforced : w->line_watched;

	if (!denied) {
		rw_count_line(a->set_id, w->line_allowed);
		return 0;
	}
	rw_count_line(a->set_id, line);
	if (w->names > 1)
		act->flags |= RW_V_OTHER_NAME;
	act->operation = denied & -denied;
	rw_name(w, mnt, dentry);
	rw_send_path_verdict(a, w, act, line, enforced);
	return enforced;
}

static __always_inline bool rw_can_deny(struct rw_actor *a, __u32 section, __u32 want)
{
	return a->set->sections[section].deniable & want;
}

#endif
