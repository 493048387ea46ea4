/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Judging a file by its names: docs/adr/0050 over the rows of the automaton's accept states. */
#ifndef RW_ENFORCE_JUDGE_H
#define RW_ENFORCE_JUDGE_H

#define RW_FILE_OPERATIONS 1023
#define RW_EVERY_OPERATION (RW_FILE_OPERATIONS | RW_OP_START)

/* What the lines for a name may do. */
enum rw_judging {
	RW_MAY_GRANT = 1,    /* lines that allow count: the name is one the container's runtime gave */
	RW_HAS_DEFAULT = 2,  /* without a line the section's default holds */
	RW_AS_ANY_NAME = 3,
};

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
	    (rule->ancestors && !(rule->ancestors & w->ancestors)) || ((rule->flags & RW_RULE_OWNER) && !w->is_owner))
		return 0;
	if (rule->digest && rule->digest != w->digest) {
		if (!w->digest && (rule->flags & RW_RULE_DENY))
			w->asks_digest |= enforced | watched;
		return 0;
	}
	if (!(rule->flags & RW_RULE_DENY) && !(w->mode & RW_MAY_GRANT))
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

/*
 * Judges by the lines of a row, on top of what other names brought. This and what follows are verified once for
 * each program, not once for each call: they take nothing but numbers and the work.
 */
__noinline int rw_judge_row(struct rw_work *w, __u32 row)
{
	struct rw_rows rows = { .work = w, .row = row };
	struct rw_rule *head;
	struct rw_set *set;
	__u32 set_id;

	if (!w)
		return 0;
	set_id = w->set_id;
	set = bpf_map_lookup_elem(&rw_sets, &set_id);
	rows.rules = bpf_map_lookup_elem(&rw_rules, &set_id);
	if (!set || !rows.rules) {
		w->failed = 1;
		return 0;
	}
	w->names += 1;
	w->asks_arguments = 0;
	w->left_enforced = w->left_watched = w->want;
	head = bpf_map_lookup_elem(rows.rules, &row);
	if (head && (head->operations & w->want))
		bpf_loop(head->line, rw_row_step, &rows, 0);
	if (w->asks_arguments && !w->knows_arguments) {
		__u32 at = w->waits;

		rw_opaque(at);
		if (at > 3) {
			w->failed = 1; /* more names than can be kept until then */
			return 0;
		}
		w->waiting[at] = w->mode << RW_WAITING_MODE | row;
		w->waits = at + 1;
		return 0;
	}
	if (!(w->mode & RW_HAS_DEFAULT))
		return 0;
	rw_apply_default(w, set, RW_SECTION_FILE, RW_FILE_OPERATIONS);
	rw_apply_default(w, set, RW_SECTION_PROCESS, RW_OP_START);
	return 0;
}

/* The state of the automaton behind the name in the work; 0 when no line can match. */
__noinline int rw_know_state(struct rw_work *w)
{
	struct rw_set *set;
	__u32 set_id;
	void *cells;

	if (!w)
		return 0;
	set_id = w->set_id;
	w->state = w->accept = w->below = 0;
	set = bpf_map_lookup_elem(&rw_sets, &set_id);
	cells = bpf_map_lookup_elem(&rw_automata, &set_id);
	if (!set || !cells) {
		w->failed = 1;
		return 0;
	}
	w->state = rw_walk(w, set, cells, set->path_start);
	w->accept = rw_head(cells, w->state) & RW_HEAD_ACCEPT;
	w->below = rw_transition(set, cells, w->state, '/');
	w->free &= rw_head(cells, w->below);
	return 0;
}

/*
 * Judges by the name that is in the work. A name in another mount namespace than the container's own can only deny:
 * whoever made it chose it.
 */
static __always_inline void rw_judge_name(struct rw_work *w, bool own)
{
	__u32 mode = w->mode, names = w->names;

	if (!own)
		w->mode = 0;
	rw_know_state(w);
	rw_judge_row(w, w->accept);
	if (!own) {
		w->mode = mode;
		w->names = names;
	}
}

/* Which classes of programs the name in the work belongs to. */
static __always_inline __u64 rw_classes_of_name(struct rw_work *w)
{
	__u32 set_id = w->set_id, row;
	struct rw_rule *head;
	void *rules;

	rw_know_state(w);
	row = w->accept;
	rules = bpf_map_lookup_elem(&rw_rules, &set_id);
	head = rules ? bpf_map_lookup_elem(rules, &row) : 0;
	return head ? head->from : 0;
}

struct rw_other_names {
	struct rw_work *work;
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

	if (m == o->head) {
		o->incomplete = 0;
		return 1;
	}
	if (!m)
		return 1; /* a mount that was removed while it was looked at: its neighbours are not known */
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
		rw_judge_name(o->work, ns == o->own_ns);
	return o->work->denied_enforced != 0;
}

/*
 * Judges a file also by the names it has through other mounts of its file system, in the container's own mount
 * namespace and in the one it was reached by. 0 when there are too many to look at.
 */
__noinline int rw_look_at_other_names(struct rw_work *w, __u32 own_ns)
{
	struct rw_other_names o = { .work = w, .own_ns = own_ns, .incomplete = 1 };
	struct mount___single *single = 0;
	__u64 sb;

	if (!w)
		return 0;
	sb = (__u64)rw_get(struct vfsmount, w->mnt, mnt_sb);
	o.mount = rw_mount_of(w->mnt);
	o.dentry = w->dentry;
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

static __always_inline bool rw_judge_other_names(struct rw_work *w, __u64 mnt, __u64 dentry, __u32 own_ns)
{
	__u32 denied = w->denied_enforced | w->denied_watched;
	bool complete = false;

	/* The list is changed while it is looked at. */
	for (int i = 0; i < 4 && !complete; i++) {
		w->mnt = mnt;
		w->dentry = dentry;
		complete = rw_look_at_other_names(w, own_ns);
	}
	if (!denied && (w->denied_enforced | w->denied_watched))
		w->by_other = 1;
	return complete;
}

/* Begins a question: forgets the answer to the last. */
static __always_inline void rw_ask(struct rw_work *w, struct rw_actor *a, __u32 want)
{
	w->cgroup = a->cgroup;
	w->set_id = a->set_id;
	w->want = want;
	w->denied_enforced = w->denied_watched = 0;
	w->line_enforced = w->line_watched = w->line_allowed = RW_NO_LINE;
	w->asks_arguments = w->asks_digest = w->waits = 0;
	w->names = w->by_other = 0;
	w->failed = w->too_long = 0;
	w->mode = RW_AS_ANY_NAME;
	w->free = RW_HEAD_FREE_ENFORCED | RW_HEAD_FREE_WATCHED;
}

/* Whether mounts may have been made from inside this namespace. */
static __always_inline bool rw_has_mounted(__u32 ns)
{
	return bpf_map_lookup_elem(&rw_mounted, &ns) != 0;
}

/*
 * Judges a file by its names, as the work asks. False when it cannot be: its name is too long, or its mounts too many.
 * A process that cannot have made mounts reaches a file by the name its container's runtime gave it, and that
 * decides. Once mounts may have been made from inside, all names count, and the strictest decides. Names in another
 * mount namespace can only deny. What has no name in the container's own is what no line names.
 */
__noinline int rw_judge_named(struct rw_work *w)
{
	__u64 cgroup, mnt, dentry;
	struct rw_place *place;
	__u32 ns, own_ns, named;
	bool many;

	if (!w)
		return 0;
	mnt = w->mnt;
	dentry = w->dentry;
	ns = rw_mount_ns(rw_mount_of(mnt));
	cgroup = w->cgroup;
	place = bpf_map_lookup_elem(&rw_places, &cgroup);
	own_ns = place ? place->mount_ns : 0;
	named = rw_name(w, mnt, dentry);
	if (named == RW_NAME_TOO_LONG) {
		w->too_long = 1;
		return 0;
	}
	if (!own_ns)
		own_ns = ns; /* its first program is being started */
	many = ns != own_ns || rw_has_mounted(own_ns);
	if (named == RW_NAMED)
		rw_judge_name(w, ns == own_ns);
	if (named == RW_NAME_INTERNAL ? rw_has_mounted(own_ns) : many || named != RW_NAMED) {
		if (!w->denied_enforced && !rw_judge_other_names(w, mnt, dentry, own_ns))
			return 0;
	}
	if (!w->names && named != RW_NAME_INTERNAL)
		rw_judge_row(w, 0);
	return !w->failed;
}

static __always_inline bool rw_judge_file(struct rw_work *w, __u64 mnt, __u64 dentry)
{
	w->mnt = mnt;
	w->dentry = dentry;
	return rw_judge_named(w);
}

/* Sends the verdict with the name that is in the work. */
__noinline int rw_send_path_verdict(struct rw_work *w, struct rw_act *act, __u32 line, __u32 enforced)
{
	__u32 suppressed, start, set_id;
	__u64 length, size, at, cgroup;
	struct rw_set *set;
	__u8 outcome;

	if (!w || !act)
		return 0;
	set_id = w->set_id;
	cgroup = w->cgroup;
	set = bpf_map_lookup_elem(&rw_sets, &set_id);
	outcome = rw_carry_out_in(set, act, enforced);
	if (!rw_may_send(cgroup, &suppressed))
		return 0;
	start = w->start;
	length = RW_PATH_END - start;
	if (w->named == RW_NAME_INTERNAL || length > RW_LONGEST_PATH)
		length = 0;
	rw_fill_verdict_of(&w->verdict, cgroup, set_id, act, line, outcome);
	w->verdict.suppressed = suppressed;
	w->verdict.path_len = length;
	at = RW_PATH_END - length - sizeof w->verdict;
	rw_opaque(at);
	at &= RW_PATH_MASK;
	bpf_probe_read_kernel(w->path + at, sizeof w->verdict, &w->verdict);
	size = length + sizeof w->verdict;
	rw_opaque(size);
	if (size > RW_LONGEST_PATH + sizeof w->verdict)
		return 0;
	if (bpf_ringbuf_output(&rw_verdicts, w->path + at, size, 0))
		rw_count_verdict_drop(act->section);
	return 0;
}

/*
 * What follows from the answer in the work: the deciding line is counted, a denial reported with the file's name.
 * 0, or 1 when it is to be denied.
 */
__noinline int rw_conclude_named(struct rw_work *w, struct rw_act *act)
{
	__u32 denied, line;
	bool enforced;

	if (!w || !act)
		return 0;
	enforced = w->denied_enforced != 0;
	denied = enforced ? w->denied_enforced : w->denied_watched;
	line = enforced ? w->line_enforced : w->line_watched;
	if (!denied) {
		rw_count_line(w->set_id, w->line_allowed);
		return 0;
	}
	rw_count_line(w->set_id, line);
	if (w->by_other)
		act->flags |= RW_V_OTHER_NAME;
	act->operation = denied & -denied;
	rw_write_name(w);
	rw_send_path_verdict(w, act, line, enforced);
	return enforced;
}

static __always_inline int rw_conclude(struct rw_work *w, struct rw_act *act, __u64 mnt, __u64 dentry)
{
	w->mnt = mnt;
	w->dentry = dentry;
	return rw_conclude_named(w, act);
}

/* As rw_cannot_judge, and the verdict has the file's name. */
static __always_inline int rw_cannot_judge_file(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u64 mnt,
						__u64 dentry)
{
	bool closed = a->set && (a->set->sections[rw_section_index(act)].flags & RW_SECTION_FAIL_CLOSED);

	act->flags |= RW_V_UNRESOLVED;
	w->mnt = mnt;
	w->dentry = dentry;
	rw_write_name(w);
	rw_send_path_verdict(w, act, RW_NO_LINE, closed);
	return closed;
}

static __always_inline bool rw_can_deny(struct rw_actor *a, __u32 section, __u32 want)
{
	return a->set->sections[section].deniable & want;
}

#endif
