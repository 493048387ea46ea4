/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The open family. Filters before anything is built: flags first, then sketches of path components. */

#define RW_AT_FDCWD -100
#define RW_O_ACCMODE 3
#define RW_OFLAG_CREAT 0100
#define RW_OFLAG_TRUNC 01000
#define RW_FMODE_CREATED 0x100000

/* Index into a sketch: a function of length and the first eight bytes, the same on the TypeScript side. */
static __always_inline __u32 rw_sketch_index(__u32 len, __u64 first)
{
	if (len < 8)
		first &= (1ULL << (len * 8)) - 1;
	first ^= (__u64)len << 56;
	first *= 0x9E3779B97F4A7C15ULL;
	return first >> 52;
}

/*
 * The part of a dentry that names it, fetched by one read: the fields are neighbours in every kernel so far,
 * and where they are not (checked when the program is loaded) they are read one by one.
 */
struct rw_dentry_name {
	__u64 parent;
	__u64 hash_len;
	__u64 name;
	__u64 inode;
	__u64 inline_start;
};

static __always_inline __u32 rw_inline_name_offset(void)
{
	struct dentry___shortname *renamed = 0;

	if (bpf_core_field_exists(renamed->d_shortname))
		return bpf_core_field_offset(struct dentry___shortname, d_shortname);
	return bpf_core_field_offset(struct dentry, d_iname);
}

static __always_inline void rw_read_name(struct rw_dentry_name *n, __u64 dentry)
{
	struct dentry *d = (void *)dentry;
	__u32 parent = bpf_core_field_offset(struct dentry, d_parent);

	if (bpf_core_field_offset(struct dentry, d_name) == parent + 8 &&
	    bpf_core_field_offset(struct dentry, d_inode) == parent + 24 &&
	    rw_inline_name_offset() == parent + 32) {
		bpf_probe_read_kernel(n, sizeof *n, (void *)(dentry + parent));
		if (n->name == dentry + parent + 32)
			return;
	} else {
		struct qstr q;

		n->parent = (__u64)BPF_CORE_READ(d, d_parent);
		bpf_core_read(&q, sizeof q, &d->d_name);
		n->hash_len = q.hash_len;
		n->name = (__u64)q.name;
	}
	bpf_probe_read_kernel(&n->inline_start, sizeof n->inline_start, (void *)n->name);
}

static __always_inline __u32 rw_name_bits(struct rw_dentry_name *n, __u32 *sketch)
{
	return sketch[rw_sketch_index(n->hash_len >> 32, n->inline_start) & (RW_SKETCH - 1)];
}

struct rw_top {
	__u64 dentry, mnt, mnt_root, last;
};

static long rw_top_step(__u32 index, struct rw_top *w)
{
	if (w->dentry == w->mnt_root) {
		struct mount *m = (void *)w->mnt - bpf_core_field_offset(struct mount, mnt);
		struct mount *up = BPF_CORE_READ(m, mnt_parent);

		if (up == m || !up)
			return 1;
		w->dentry = (__u64)BPF_CORE_READ(m, mnt_mountpoint);
		w->mnt = (__u64)up + bpf_core_field_offset(struct mount, mnt);
		struct vfsmount *mnt = (void *)w->mnt;

		w->mnt_root = (__u64)BPF_CORE_READ(mnt, mnt_root);
		return 0;
	}
	struct dentry *dentry = (void *)w->dentry;
	__u64 parent = (__u64)BPF_CORE_READ(dentry, d_parent);

	w->last = w->dentry;
	if (parent == w->dentry)
		return 1;
	w->dentry = parent;
	return 0;
}

/* Which groups of paths this file may belong to. Components are taken across mounts, as in the full path. */
__noinline __u32 rw_path_groups(__u64 opened)
{
	struct file *file = (void *)opened;
	struct rw_dentry_name leaf, parent;
	struct path at = {};
	struct vfsmount *mnt;
	__u64 mnt_root;
	__u32 bits;

	bpf_core_read(&at, sizeof at, &file->f_path);
	mnt = at.mnt;
	mnt_root = (__u64)BPF_CORE_READ(mnt, mnt_root);
	rw_read_name(&leaf, (__u64)at.dentry);
	if ((__u64)at.dentry == mnt_root || leaf.parent == mnt_root) {
		/* leaf or parent is a mount's root: its name is the mount point's; rare, so do not look */
		return ~0U;
	}
	rw_read_name(&parent, leaf.parent);
	bits = rw_name_bits(&leaf, rw_settings.leaf_sketch) | rw_name_bits(&parent, rw_settings.parent_sketch);
	if (rw_settings.open_wants_top) {
		struct rw_top w = {};

		w.dentry = leaf.parent;
		w.last = (__u64)at.dentry;
		w.mnt = (__u64)mnt;
		w.mnt_root = mnt_root;
		bpf_loop(RW_PATH_STEPS, rw_top_step, &w, 0);
		rw_read_name(&leaf, w.last);
		bits |= rw_name_bits(&leaf, rw_settings.top_sketch);
	}
	return bits;
}

struct rw_dots {
	struct rw_scratch *scratch;
	__u32 len;
	__u32 found;
};

#define RW_BYTES(x) (0x0101010101010101ULL * (x))
#define RW_DOTS_STRIDE 7 /* words overlap by a byte, so that a pair across them is seen */
#define RW_DOTS_INLINE 5

/*
 * Eight bytes at a time: a byte of `zero` is 0x80 where the text has a dot; two neighbours are "..". Borrows
 * may mark a byte above a true dot as well: that only sends a record more.
 */
static __always_inline bool rw_dots_in(struct rw_scratch *s, __u32 at)
{
	__u64 word = 0, zero;

	__builtin_memcpy(&word, rw_at(s, sizeof(struct rw_open) + at), sizeof word);
	zero = word ^ RW_BYTES('.');
	zero = (zero - RW_BYTES(1)) & ~zero & RW_BYTES(0x80);
	return zero & (zero >> 8);
}

static long rw_dots_step(__u32 index, struct rw_dots *d)
{
	__u32 at = (index + RW_DOTS_INLINE) * RW_DOTS_STRIDE;

	if (at >= d->len)
		return 1;
	d->found = rw_dots_in(d->scratch, at);
	return d->found;
}

/* Whether the path string behind a struct rw_open contains "..". */
__noinline __u32 rw_has_dotdot(__u32 slot, __u32 len)
{
	struct rw_dots d = { .len = len };

	d.scratch = rw_scratch(slot);
	if (!d.scratch)
		return 0;
	for (__u32 i = 0; i < RW_DOTS_INLINE; i++) {
		if (i * RW_DOTS_STRIDE >= len)
			return 0;
		if (rw_dots_in(d.scratch, i * RW_DOTS_STRIDE))
			return 1;
	}
	bpf_loop(RW_MAX_PATH / RW_DOTS_STRIDE + 1, rw_dots_step, &d, 0);
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

__noinline __u32 rw_open_is_wanted(__u64 file, __u32 facts, __u32 scope)
{
	__u32 groups = 0;
	bool looked = false;

	for (int i = 0; i < RW_OPEN_CLAUSES; i++) {
		struct rw_open_clause *c = &rw_settings.open_clauses[i];

		if ((__u32)i >= rw_settings.open_clause_count)
			return false;
		if (!(c->scope & scope) || (facts & c->mask) != c->want)
			continue;
		if (!c->group)
			return true;
		if (!looked) {
			groups = file ? rw_path_groups(file) : ~0U;
			looked = true;
		}
		if (groups & c->group)
			return true;
	}
	return false;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(rw_open_call, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool compat = rw_is_compat(task);
	struct rw_dispatch *row = rw_row(regs, compat);
	struct rw_scratch *s = rw_scratch(RW_SLOT_SYS);
	__u16 flags = rw_call_flags(task, compat);
	__u32 pos = sizeof(struct rw_open), len, facts;
	struct file *file = 0;
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	__s32 fd = ret;

	if (!s || !row || !fs)
		return 0;
	struct rw_open *r = (void *)s->record;

	rw_call_arguments(r->sys.args, regs, compat);
	rw_open_arguments(r, row->special, ret);
	r->file_mode = 0;
	if (ret >= 0)
		file = rw_file_of(task, fd);
	facts = rw_open_facts(r->open_flags, ret < 0);
	r->raw = rw_span(0, 0);
	if (row->path_arg[0] < 6 && rw_settings.open_wants_dotdot) {
		len = rw_written(rw_append_string(RW_SLOT_SYS, pos, rw_arg(&r->sys, row->path_arg[0])), &flags);
		r->raw = rw_span(pos, len);
		if (len) {
			if (rw_has_dotdot(RW_SLOT_SYS, len))
				facts |= RW_O_DOTDOT;
		}
		pos += len;
	}
	/* a file opened by handle has no path to filter by */
	if (row->special != RW_SPECIAL_BY_HANDLE && !rw_open_is_wanted((__u64)file, facts, flags & RW_F_HOST ? 2 : 1))
		return 0;
	if (row->path_arg[0] < 6 && !rw_settings.open_wants_dotdot) {
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
		r->file_mode = BPF_CORE_READ(file, f_mode);
		rw_fill_object(&r->object, file);
		len = rw_written(rw_append_path(RW_SLOT_SYS, pos, (__u64)(&file->f_path)), &flags);
		r->path = rw_span(pos, len);
		pos += len;
	} else {
		/* no file to ask: the caller's string, and the directory it starts from */
		bool absolute = r->raw.len && s->record[sizeof(struct rw_open)] == '/';
		struct path *base = absolute ? &fs->root : &fs->pwd;

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
