/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The open family. Filters before anything is built: flags first, then sketches of path components. */

#define RW_AT_FDCWD -100
#define RW_O_ACCMODE 3
#define RW_OFLAG_CREAT 0100
#define RW_OFLAG_TRUNC 01000

/* Index into a sketch: a function of length and the first eight bytes, the same on the TypeScript side. */
static __always_inline __u32 rw_sketch_index(__u32 len, __u64 first)
{
	if (len < 8)
		first &= (1ULL << (len * 8)) - 1;
	first ^= (__u64)len << 56;
	first *= 0x9E3779B97F4A7C15ULL;
	return first >> 52;
}

/* Which groups a component may belong to, by the sketch of its place. */
static __always_inline __u32 rw_name_bits(__u64 dentry, __u32 *sketch)
{
	__u32 len = rw_get(struct dentry, dentry, d_name.len);
	__u64 first = rw_word((__u64)rw_get(struct dentry, dentry, d_name.name));

	return sketch[rw_sketch_index(len, first) & (RW_SKETCH - 1)];
}

struct rw_top {
	__u64 dentry, mnt, mnt_root, last;
};

static long rw_top_step(__u32 index, struct rw_top *w)
{
	__u64 parent;

	if (w->dentry == w->mnt_root) {
		__u64 m = w->mnt - bpf_core_field_offset(struct mount, mnt);
		__u64 up = (__u64)rw_get(struct mount, m, mnt_parent);

		if (up == m || !up)
			return 1;
		w->dentry = (__u64)rw_get(struct mount, m, mnt_mountpoint);
		w->mnt = up + bpf_core_field_offset(struct mount, mnt);
		w->mnt_root = (__u64)rw_get(struct vfsmount, w->mnt, mnt_root);
		return 0;
	}
	parent = (__u64)rw_get(struct dentry, w->dentry, d_parent);
	w->last = w->dentry;
	if (parent == w->dentry)
		return 1;
	w->dentry = parent;
	return 0;
}

/* Which groups of paths this file may belong to. Components are taken across mounts, as in the full path. */
__noinline __u32 rw_path_groups(__u64 file)
{
	__u64 leaf = (__u64)rw_get(struct file, file, f_path.dentry);
	__u64 mnt = (__u64)rw_get(struct file, file, f_path.mnt);
	__u64 mnt_root = (__u64)rw_get(struct vfsmount, mnt, mnt_root);
	__u64 parent = (__u64)rw_get(struct dentry, leaf, d_parent);
	__u32 bits;

	if (leaf == mnt_root || parent == mnt_root) {
		/* leaf or parent is a mount's root: its name is the mount point's; rare, so do not look */
		return ~0U;
	}
	bits = rw_name_bits(leaf, rw_settings.leaf_sketch) | rw_name_bits(parent, rw_settings.parent_sketch);
	if (rw_settings.open_wants_top) {
		struct rw_top w = { .dentry = parent, .mnt = mnt, .mnt_root = mnt_root, .last = leaf };

		bpf_loop(RW_PATH_STEPS, rw_top_step, &w, 0);
		bits |= rw_name_bits(w.last, rw_settings.top_sketch);
	}
	return bits;
}

#define RW_BYTES(x) (0x0101010101010101ULL * (x))
#define RW_HIGH RW_BYTES(0x80)
#define RW_DOTS_CHUNK 48 /* most paths are shorter: one read, two or three words looked at */

struct rw_dots {
	__u64 from;
	__u64 carry; /* the last byte looked at was a dot */
	__u32 found;
};

/* 0x80 in each byte of `word` that is 0. A borrow may mark the byte above a true one as well. */
static __always_inline __u64 rw_zero_bytes(__u64 word)
{
	return (word - RW_BYTES(1)) & ~word & RW_HIGH;
}

/* Whether the string goes on behind these eight bytes without two dots in a row so far. */
static __always_inline bool rw_dots_in(struct rw_dots *d, __u64 word)
{
	__u64 end = rw_zero_bytes(word);
	__u64 dots = rw_zero_bytes(word ^ RW_BYTES('.'));

	if (end)
		dots &= (end & -end) - 1; /* what is before the end */
	if (dots & (dots << 8 | d->carry))
		d->found = 1;
	d->carry = dots >> 56;
	return !end && !d->found;
}

static long rw_dots_step(__u32 index, struct rw_dots *d)
{
	__u64 word = 0;

	/* byte by byte at the end of a mapping */
	if (bpf_probe_read_user(&word, sizeof word, (void *)(d->from + 8 * index)) &&
	    bpf_probe_read_user_str(&word, sizeof word, (void *)(d->from + 8 * index)) <= 0)
		return 1;
	return !rw_dots_in(d, word);
}

/* Whether the caller's string contains "..". What is found beyond doubt costs a record; what is there is found. */
__noinline __u32 rw_has_dotdot(__u64 from)
{
	struct rw_dots d = { .from = from };
	__u64 words[RW_DOTS_CHUNK / 8];

	if (!bpf_probe_read_user(words, sizeof words, (void *)from)) {
		for (int i = 0; i < RW_DOTS_CHUNK / 8; i++)
			if (!rw_dots_in(&d, words[i]))
				return d.found;
		d.from += RW_DOTS_CHUNK;
	}
	bpf_loop(RW_MAX_PATH / 8, rw_dots_step, &d, 0);
	return d.found;
}

static __always_inline void rw_open_arguments(struct rw_open *r, __u8 special, __s64 result)
{
	struct open_how how = {};

	switch (special) {
	case RW_SPECIAL_OPENAT:
		r->open_flags = r->sys.args[2];
		r->open_mode = r->sys.args[3];
		break;
	case RW_SPECIAL_OPEN:
		r->open_flags = r->sys.args[1];
		r->open_mode = r->sys.args[2];
		break;
	case RW_SPECIAL_CREAT:
		r->open_flags = RW_OFLAG_CREAT | RW_OFLAG_TRUNC | 1;
		r->open_mode = r->sys.args[1];
		break;
	case RW_SPECIAL_OPENAT2:
		bpf_probe_read_user(&how, sizeof how, (void *)r->sys.args[2]);
		r->open_flags = how.flags;
		r->open_mode = how.mode;
		break;
	case RW_SPECIAL_BY_HANDLE:
		r->open_flags = r->sys.args[2];
		r->open_mode = 0;
		break;
	}
}

static __always_inline __u32 rw_open_facts(__u32 flags, bool failed)
{
	__u32 facts = 0, access = flags & RW_O_ACCMODE;

	facts |= access == 0 || access == 2 ? RW_O_READ : 0;
	facts |= access ? RW_O_WRITE : 0; /* 3 asks for both rights and truncates, though it gives neither */
	facts |= failed ? RW_O_FAILED : 0;
	facts |= flags & RW_OFLAG_TRUNC ? RW_O_TRUNC : 0;
	facts |= flags & RW_OFLAG_CREAT ? RW_O_CREAT : 0;
	return facts;
}

/*
 * Flags first, then the file's groups, then the caller's string at `path`: each dearer than the one before,
 * and looked at only when all that is cheaper in some clause holds.
 */
__noinline __u32 rw_open_is_wanted(__u64 file, __u64 path, __u32 facts, __u32 scope, __u32 clauses)
{
	__u32 plain = 0, dotted = 0, dots = 0;

	if (rw_settings.open_all)
		return true;
	/* `all` and `none` are masks: the verifier would walk branches again for each clause */
	for (int i = 0; i < RW_OPEN_CLAUSES; i++) {
		struct rw_open_clause *c = &rw_settings.open_clauses[i];
		__u32 mask = c->mask & ~RW_O_DOTDOT, asks = c->mask & RW_O_DOTDOT, group = c->group;
		__u32 all = -(asks / RW_O_DOTDOT), none = ((__u64)group - 1) >> 32;

		if ((__u32)i >= rw_settings.open_clause_count)
			break;
		if (!(clauses >> i & 1) || !(c->scope & scope) || (facts & mask) != (c->want & mask))
			continue;
		if (!(group | asks))
			return true;
		rw_opaque(all);
		rw_opaque(none);
		plain |= group & ~all;
		dotted |= group & all;
		dots |= asks & none;
	}
	if (plain | dotted) {
		__u32 groups = file ? rw_path_groups(file) : ~0U;

		if (groups & plain)
			return true;
		dots |= groups & dotted;
	}
	return dots && rw_has_dotdot(path);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(rw_open_call, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool compat = rw_is_compat(task);
	struct rw_dispatch *row = rw_row(regs, compat);
	struct rw_scratch *s = rw_scratch(RW_SLOT_SYS);
	__u32 pos = sizeof(struct rw_open), len, scope;
	struct file *file = 0;
	__s32 fd = ret;
	__u16 flags;

	if (!s || !row)
		return 0;
	struct rw_open *r = (void *)s->record;

	rw_call_arguments(r->sys.args, regs, compat);
	rw_open_arguments(r, row->special, ret);
	if (ret >= 0)
		file = rw_file_of(task, fd);
	/* the dispatcher let only the row's scope through */
	scope = row->scope == 3 ? (rw_is_container(task) ? 1 : 2) : row->scope;
	/* a file opened by handle has no path to filter by */
	if (row->special != RW_SPECIAL_BY_HANDLE &&
	    !rw_open_is_wanted((__u64)file, rw_arg(&r->sys, row->path_arg[0]), rw_open_facts(r->open_flags, ret < 0),
			       scope, rw_process_opens(task)))
		return 0;
	flags = rw_call_flags(task, compat);
	r->file_mode = 0;
	r->raw = rw_span(0, 0);
	if (row->path_arg[0] < 6) {
		len = rw_written(rw_append_string(RW_SLOT_SYS, pos, rw_arg(&r->sys, row->path_arg[0])), &flags);
		r->raw = rw_span(pos, len);
		pos += len;
	}
	__builtin_memset(&r->object, 0, sizeof r->object);
	r->path = r->base = rw_span(0, 0);
	r->fd = fd;
	r->pad = 0;
	rw_clear_sys(&r->sys);
	if (file) {
		r->file_mode = rw_get(struct file, file, f_mode);
		rw_fill_object(&r->object, file);
		len = rw_written(rw_append_path(RW_SLOT_SYS, pos, (__u64)(&file->f_path)), &flags);
		r->path = rw_span(pos, len);
		pos += len;
	} else {
		/* no file to ask: the caller's string, and the directory it starts from */
		bool absolute = r->raw.len && s->record[sizeof(struct rw_open)] == '/';
		struct fs_struct *fs = BPF_CORE_READ(task, fs);
		struct path *base = !fs ? 0 : absolute ? &fs->root : &fs->pwd;

		flags |= RW_F_CALLER_MEMORY;
		if (!absolute && row->dir_arg[0] < 6 && (__s32)rw_arg(&r->sys, row->dir_arg[0]) != RW_AT_FDCWD) {
			struct file *dir = rw_file_of(task, rw_arg(&r->sys, row->dir_arg[0]));

			base = dir ? &dir->f_path : 0;
		}
		if (base) {
			len = rw_written(rw_append_path(RW_SLOT_SYS, pos, (__u64)(base)), &flags);
			r->base = rw_span(pos, len);
			pos += len;
		}
	}
	rw_fill_header(&r->sys.hdr, task, row->type, RW_K_OPEN, flags, ret);
	rw_send(s, pos, row->type);
	return 0;
}
