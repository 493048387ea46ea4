/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Names that move or multiply. Besides the operation itself: what is denied under the old name may not be allowed
 * under the new one, or a rename, of a folder above too, or a hard link would get around every line.
 */

/* What holds under one name, and the others it comes with. False when it cannot be judged. */
static __noinline bool rw_stand(struct rw_actor *a, struct rw_work *w, __u64 mnt, __u64 dentry, struct rw_standing *s)
{
	rw_ask(w, a, RW_EVERY_OPERATION);
	w->knows_arguments = 1; /* lines that ask for arguments decide nothing here */
	w->arguments = 0;
	if (!rw_judge_file(w, mnt, dentry))
		return false;
	s->enforced = w->denied_enforced;
	s->watched = w->denied_watched;
	s->enforced_line = w->line_enforced;
	s->watched_line = w->line_watched;
	s->free = w->free;
	s->below = 0;
	if (rw_name(w, mnt, dentry) == RW_NAMED) {
		rw_know_state(w);
		s->below = w->below;
	}
	return true;
}

/* What lines deny to make, they deny to move or link there: the default apart, which lines for those allow. */
static __noinline int rw_judge_arrival(struct rw_actor *a, struct rw_work *w, struct rw_act *act, __u64 mnt,
				       __u64 dentry)
{
	rw_ask(w, a, RW_OP_WRITE | RW_OP_CREATE);
	w->mode = RW_MAY_GRANT;
	if (!rw_judge_file(w, mnt, dentry))
		return rw_cannot_judge(a, act, w->too_long);
	if (!(w->denied_enforced | w->denied_watched))
		return 0;
	act->flags |= RW_V_MOVED;
	return rw_conclude(w, act, mnt, dentry);
}

/* Whether moving from the one to the other gives rights; reports and counts it. 0 or 1. */
static __noinline int rw_judge_move(struct rw_actor *a, struct rw_act *act, __u64 mnt, __u64 from, __u64 to)
{
	struct rw_standing *before, *after;
	struct rw_work *w = rw_claim_work();
	__u64 inode = (__u64)rw_get(struct dentry, from, d_inode);
	bool is_folder, differs, enforced, watched;
	int denied = 0;

	if (!w)
		return rw_cannot_judge(a, act, false);
	before = &w->before;
	after = &w->after;
	is_folder = inode && (rw_get(struct inode, inode, i_mode) & 0170000) == 0040000;
	w->is_owner = rw_owns(inode);
	w->digest = 0;
	if (a->set)
		rw_know_classes(w, a);
	if (!rw_stand(a, w, mnt, from, before) || !rw_stand(a, w, mnt, to, after)) {
		denied = rw_cannot_judge(a, act, w->too_long);
	} else {
		differs = is_folder && before->below != after->below;
		enforced = (before->enforced & ~after->enforced) || (differs && !(before->free & RW_HEAD_FREE_ENFORCED));
		watched = (before->watched & ~after->watched) || (differs && !(before->free & RW_HEAD_FREE_WATCHED));
		if (enforced || watched) {
			__u32 line = enforced ? before->enforced_line : before->watched_line;

			act->flags |= RW_V_MOVED;
			rw_count_line(a->set_id, line);
			rw_name(w, mnt, from);
			rw_send_path_verdict(w, act, line, enforced);
			denied = enforced;
		} else {
			denied = rw_judge_arrival(a, w, act, mnt, to);
		}
	}
	rw_release_work(w);
	return denied;
}

static __always_inline int rw_move(__u64 mnt, __u64 from, __u64 to, __u32 want, bool exchange)
{
	struct rw_act act = { .section = RW_SECTION_FILE, .operation = want, .mechanism = RW_BY_LSM };
	__u32 any = RW_FILE_OPERATIONS;
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (rw_can_deny(&a, RW_SECTION_FILE, want)) {
		if (rw_judge_access(&a, &act, mnt, from, (__u64)rw_get(struct dentry, from, d_inode)))
			return -RW_EPERM;
		act.operation = want;
		if (rw_judge_access(&a, &act, mnt, to, (__u64)rw_get(struct dentry, to, d_inode)))
			return -RW_EPERM;
	}
	if (!rw_can_deny(&a, RW_SECTION_FILE, any) && !rw_can_deny(&a, RW_SECTION_PROCESS, RW_OP_START))
		return 0;
	act.operation = want;
	if (rw_judge_move(&a, &act, mnt, from, to))
		return -RW_EPERM;
	if (exchange && rw_judge_move(&a, &act, mnt, to, from))
		return -RW_EPERM;
	return 0;
}

#define RW_EXCHANGE 2

SEC("lsm/path_rename")
int BPF_PROG(rw_path_rename, const struct path *old_dir, struct dentry *old_dentry, const struct path *new_dir,
	     struct dentry *new_dentry, unsigned int flags)
{
	return rw_move((__u64)old_dir->mnt, (__u64)old_dentry, (__u64)new_dentry, RW_OP_RENAME, flags & RW_EXCHANGE);
}

SEC("lsm/path_link")
int BPF_PROG(rw_path_link, struct dentry *old_dentry, const struct path *new_dir, struct dentry *new_dentry)
{
	return rw_move((__u64)new_dir->mnt, (__u64)old_dentry, (__u64)new_dentry, RW_OP_LINK, false);
}
