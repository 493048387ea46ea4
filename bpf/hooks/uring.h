/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * io_uring: the same events as the system calls the requests stand for, marked RW_F_IO_URING.
 *
 * A request is seen twice: at submission, where the kernel has already copied its paths (so what is read is
 * what will be used), and at completion, where the result is known. Requests with paths are remembered in
 * between; the others need only the completion. A request that asked for no completion event on success is
 * reported at submission, with RW_F_NO_RESULT: it cannot hide, and its failure is reported as well.
 */

#define RW_REQ_F_FIXED_FILE 1
#define RW_REQ_F_CQE_SKIP 64
#define RW_URING_PATH 1024

enum rw_uring_op {
	RW_OP_ACCEPT = 13,
	RW_OP_CONNECT = 16,
	RW_OP_OPENAT = 18,
	RW_OP_OPENAT2 = 28,
	RW_OP_RENAMEAT = 35,
	RW_OP_UNLINKAT = 36,
	RW_OP_MKDIRAT = 37,
	RW_OP_SYMLINKAT = 38,
	RW_OP_LINKAT = 39,
	RW_OP_SETXATTR = 42,
	RW_OP_SOCKET = 45,
};

/*
 * What must be kept from submission to completion. A request that wanted no completion leaves this behind when it
 * succeeds, and the kernel uses its memory again: which request it is of, is kept with it.
 */
struct rw_request {
	__u64 args[6];
	__u64 user_data;
	__u16 len[2];
	__u8 op;
	__u8 path[2][RW_URING_PATH];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct rw_request);
} rw_requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, struct rw_request);
} rw_request_scratch SEC(".maps");

static __always_inline bool rw_uring_is_wanted(struct rw_dispatch *row, struct task_struct *task)
{
	if (!row->scope || task->tgid == rw_boot.self_tgid)
		return false;
	if (row->scope != 3 && !(row->scope & (rw_is_container(task) ? 1 : 2)))
		return false;
	return rw_process_wants(task, row->type);
}

static __always_inline void rw_request_name(struct rw_request *q, int which, struct filename *name)
{
	const char *text = BPF_CORE_READ(name, name);
	long n = bpf_probe_read_kernel_str(q->path[which], RW_URING_PATH, text);

	q->len[which] = n > 0 ? n - 1 : 0;
}

/* Arguments in the places the system call has them, and the copied names. False for requests without paths. */
static __always_inline bool rw_read_request(struct rw_request *q, struct io_kiocb *req, __u8 op)
{
	struct io_open *open = (void *)req;
	struct io_rename *rename = (void *)req;
	struct io_unlink *unlink = (void *)req;
	struct io_mkdir *mkdir = (void *)req;
	struct io_link *link = (void *)req;
	struct io_xattr *xattr = (void *)req;

	switch (op) {
	case RW_OP_OPENAT:
	case RW_OP_OPENAT2:
		q->args[0] = BPF_CORE_READ(open, dfd);
		q->args[2] = BPF_CORE_READ(open, how.flags);
		q->args[3] = BPF_CORE_READ(open, how.mode);
		q->args[5] = BPF_CORE_READ(open, file_slot);
		rw_request_name(q, 0, BPF_CORE_READ(open, filename));
		return true;
	case RW_OP_RENAMEAT:
		q->args[0] = BPF_CORE_READ(rename, old_dfd);
		q->args[2] = BPF_CORE_READ(rename, new_dfd);
		q->args[4] = BPF_CORE_READ(rename, flags);
		rw_request_name(q, 0, BPF_CORE_READ(rename, oldpath));
		rw_request_name(q, 1, BPF_CORE_READ(rename, newpath));
		return true;
	case RW_OP_UNLINKAT:
		q->args[0] = BPF_CORE_READ(unlink, dfd);
		q->args[2] = BPF_CORE_READ(unlink, flags);
		rw_request_name(q, 0, BPF_CORE_READ(unlink, filename));
		return true;
	case RW_OP_MKDIRAT:
		q->args[0] = BPF_CORE_READ(mkdir, dfd);
		q->args[2] = BPF_CORE_READ(mkdir, mode);
		rw_request_name(q, 0, BPF_CORE_READ(mkdir, filename));
		return true;
	case RW_OP_SETXATTR:
		q->args[0] = RW_AT_FDCWD;
		rw_request_name(q, 0, BPF_CORE_READ(xattr, filename));
		return true;
	case RW_OP_SYMLINKAT:
		/* symlinkat(target, newdirfd, linkpath) */
		q->args[1] = BPF_CORE_READ(link, new_dfd);
		rw_request_name(q, 0, BPF_CORE_READ(link, oldpath));
		rw_request_name(q, 1, BPF_CORE_READ(link, newpath));
		return true;
	case RW_OP_LINKAT:
		q->args[0] = BPF_CORE_READ(link, old_dfd);
		q->args[2] = BPF_CORE_READ(link, new_dfd);
		q->args[4] = BPF_CORE_READ(link, flags);
		rw_request_name(q, 0, BPF_CORE_READ(link, oldpath));
		rw_request_name(q, 1, BPF_CORE_READ(link, newpath));
		return true;
	}
	return false;
}

/* A pointer the verifier knows as a type, as the plain number global functions and maps take. */
static __always_inline __u64 rw_number_of(const void *pointer)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof number, &pointer);
	return number;
}

static __always_inline __u32 rw_put_kept(struct rw_request *q, int which, __u32 pos, __u16 *flags)
{
	__u32 len = q->len[which];

	if (len >= RW_URING_PATH - 1)
		*flags |= RW_F_TRUNCATED;
	return (__u32)rw_append_bytes(RW_SLOT_URING | RW_FROM_KERNEL, pos, rw_number_of(q->path[which]), len,
				      RW_URING_PATH);
}

static __always_inline __u32 rw_put_base(struct task_struct *task, __u32 pos, __s32 dirfd, struct rw_request *q,
					 int which, __u16 *flags)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	bool absolute = q->path[which][0] == '/';
	struct path *base = absolute ? &fs->root : &fs->pwd;

	if (!fs)
		return 0;
	if (!absolute && dirfd != RW_AT_FDCWD) {
		struct file *dir = rw_file_of(task, dirfd);

		if (!dir)
			return 0;
		base = &dir->f_path;
	}
	return rw_written(rw_append_path(RW_SLOT_URING, pos, (__u64)base), flags);
}

static __always_inline void rw_send_uring_open(struct task_struct *task, struct rw_dispatch *row,
					       struct rw_request *q, __s64 result, __u16 flags)
{
	struct rw_scratch *s = rw_scratch(RW_SLOT_URING);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	__u32 pos = sizeof(struct rw_open), len;
	struct file *file = 0;

	if (!s || !fs)
		return;
	struct rw_open *r = (void *)s->record;

	rw_clear_sys(&r->sys);
	__builtin_memcpy(r->sys.args, q->args, sizeof r->sys.args);
	__builtin_memset(&r->object, 0, sizeof r->object);
	r->path = r->base = rw_span(0, 0);
	r->fd = result;
	r->open_flags = q->args[2];
	r->open_mode = q->args[3];
	r->file_mode = 0;
	r->pad = 0;
	len = rw_put_kept(q, 0, pos, &flags);
	r->raw = rw_span(pos, len);
	pos += len;
	/* with a fixed-file slot the result is no descriptor */
	if (result >= 0 && !(flags & RW_F_NO_RESULT) && !q->args[5])
		file = rw_file_of(task, result);
	if (file) {
		r->file_mode = BPF_CORE_READ(file, f_mode);
		rw_fill_object(&r->object, file);
		len = rw_written(rw_append_path(RW_SLOT_URING, pos, (__u64)&file->f_path), &flags);
		r->path = rw_span(pos, len);
		pos += len;
	} else {
		flags |= RW_F_CALLER_MEMORY;
		len = rw_put_base(task, pos, q->args[0], q, 0, &flags);
		r->base = rw_span(pos, len);
		pos += len;
	}
	rw_fill_header(&r->sys.hdr, task, row->type, RW_K_OPEN, flags, result);
	rw_send(s, pos, row->type);
}

static __always_inline void rw_send_uring_path(struct task_struct *task, struct rw_dispatch *row, __u8 op,
					       struct rw_request *q, __s64 result, __u16 flags)
{
	struct rw_scratch *s = rw_scratch(RW_SLOT_URING);
	__u32 pos = sizeof(struct rw_path), len;

	if (!s)
		return;
	struct rw_path *r = (void *)s->record;

	flags |= RW_F_CALLER_MEMORY;
	rw_clear_sys(&r->sys);
	__builtin_memcpy(r->sys.args, q->args, sizeof r->sys.args);
	r->base[0] = r->base[1] = r->raw[0] = r->raw[1] = r->cwd = rw_span(0, 0);
	r->pad = 0;
	len = rw_put_kept(q, 0, pos, &flags);
	if (op == RW_OP_SYMLINKAT) {
		/* the target is text; the link is the one path */
		r->sys.text[0] = rw_span(pos, len);
		pos += len;
		len = rw_put_kept(q, 1, pos, &flags);
		r->raw[0] = rw_span(pos, len);
		pos += len;
		len = rw_put_base(task, pos, q->args[1], q, 1, &flags);
		r->base[0] = rw_span(pos, len);
		pos += len;
	} else {
		r->raw[0] = rw_span(pos, len);
		pos += len;
		len = rw_put_base(task, pos, q->args[0], q, 0, &flags);
		r->base[0] = rw_span(pos, len);
		pos += len;
		if (q->len[1]) {
			len = rw_put_kept(q, 1, pos, &flags);
			r->raw[1] = rw_span(pos, len);
			pos += len;
			len = rw_put_base(task, pos, q->args[2], q, 1, &flags);
			r->base[1] = rw_span(pos, len);
			pos += len;
		}
	}
	rw_fill_header(&r->sys.hdr, task, row->type, RW_K_PATH, flags, result);
	rw_send(s, pos, row->type);
}

static __always_inline void rw_send_uring_fd(struct task_struct *task, struct rw_dispatch *row, struct io_kiocb *req,
					     __s64 result, __u16 flags)
{
	struct rw_scratch *s = rw_scratch(RW_SLOT_URING);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	__u32 pos = sizeof(struct rw_fd), len;
	struct file *file = 0;

	if (!s || !fs)
		return;
	struct rw_fd *r = (void *)s->record;

	rw_clear_sys(&r->sys);
	__builtin_memset(r->sys.args, 0, sizeof r->sys.args);
	__builtin_memset(&r->object, 0, sizeof r->object);
	r->path = r->address = rw_span(0, 0);
	r->pad = 0;
	r->fd = -1;
	if (row->fd_arg != RW_FD_RESULT) {
		file = BPF_CORE_READ(req, file);
		/* at submission the kernel has not looked the descriptor up yet */
		if (!file && row->fd_arg < 6 && (flags & RW_F_NO_RESULT) &&
		    !(BPF_CORE_READ(req, flags) & RW_REQ_F_FIXED_FILE)) {
			r->fd = BPF_CORE_READ(req, cqe.fd);
			file = rw_file_of(task, r->fd);
		}
	} else if (result >= 0 && !(flags & RW_F_NO_RESULT)) {
		r->fd = result;
		file = rw_file_of(task, result);
	}
	if (file) {
		struct sock *sk = rw_fill_object(&r->object, file);

		if (sk && r->object.family == RW_AF_UNIX) {
			len = rw_put_unix_name(RW_SLOT_URING, pos, sk, row->special == RW_SPECIAL_CONNECT);
			r->path = rw_span(pos, len);
			pos += len;
		} else if (sk) {
			if (row->special == RW_SPECIAL_CONNECT)
				r->object.role = RW_ROLE_CLIENT;
			else if (row->special == RW_SPECIAL_ACCEPT || row->special == RW_SPECIAL_LISTEN)
				r->object.role = RW_ROLE_SERVER;
		} else {
			len = rw_written(rw_append_path(RW_SLOT_URING, pos, (__u64)&file->f_path),
					 &flags);
			r->path = rw_span(pos, len);
			pos += len;
		}
	}
	if (row->type == RW_TYPE_SOCKET && bpf_core_type_exists(struct io_socket)) {
		struct io_socket *made = (void *)req;

		r->sys.args[0] = BPF_CORE_READ(made, domain);
		r->sys.args[1] = BPF_CORE_READ(made, type);
		r->sys.args[2] = BPF_CORE_READ(made, protocol);
		if (flags & RW_F_NO_RESULT) {
			/* nobody will tell which file it became: what was asked for must do */
			r->object.mode = RW_S_IFSOCK;
			r->object.family = r->sys.args[0];
			r->object.sock_type = r->sys.args[1] & 15;
			r->object.protocol = r->sys.args[2];
		}
	}
	if (row->special == RW_SPECIAL_CONNECT && (result || (flags & RW_F_NO_RESULT))) {
		struct io_connect *to = (void *)req;

		len = (__u32)rw_append_bytes(RW_SLOT_URING, pos, (__u64)BPF_CORE_READ(to, addr),
					     BPF_CORE_READ(to, addr_len), 128);
		r->address = rw_span(pos, len);
		pos += len;
		if (len)
			flags |= RW_F_CALLER_MEMORY;
	}
	rw_fill_header(&r->sys.hdr, task, row->type, RW_K_FD, flags, result);
	rw_send(s, pos, row->type);
}

/*
 * Global, so that the verifier walks it once: `q` is what was kept of a request with paths, 0 for others; the
 * request comes as a number.
 */
__noinline int rw_uring_report(struct rw_request *q, __u64 request, __u32 op, __s32 result, __u32 flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rw_dispatch *row = &rw_settings.uring[op & (RW_URING_OPS - 1)];
	struct io_kiocb *req = (void *)request;
	__u16 marks = flags | RW_F_IO_URING | (rw_is_container(task) ? 0 : RW_F_HOST);

	if (!q)
		rw_send_uring_fd(task, row, req, result, marks);
	else if (op == RW_OP_OPENAT || op == RW_OP_OPENAT2)
		rw_send_uring_open(task, row, q, result, marks);
	else
		rw_send_uring_path(task, row, op, q, result, marks);
	return 0;
}

static __always_inline int rw_uring_submitted(struct io_kiocb *req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u8 op = BPF_CORE_READ(req, opcode);
	struct rw_dispatch *row = &rw_settings.uring[op & (RW_URING_OPS - 1)];
	bool silent = BPF_CORE_READ(req, flags) & RW_REQ_F_CQE_SKIP;
	__u32 slot = bpf_get_smp_processor_id() & 511;
	__u64 key = rw_number_of(req);
	struct rw_request *q;

	if (op >= RW_URING_OPS || !rw_uring_is_wanted(row, task))
		return 0;
	q = bpf_map_lookup_elem(&rw_request_scratch, &slot);
	if (!q)
		return 0;
	__builtin_memset(q->args, 0, sizeof q->args);
	q->len[0] = q->len[1] = 0;
	q->user_data = BPF_CORE_READ(req, cqe.user_data);
	q->op = op;
	if (!rw_read_request(q, req, op)) {
		if (silent)
			rw_uring_report(0, key, op, 0, RW_F_NO_RESULT);
		return 0;
	}
	if (silent)
		rw_uring_report(q, key, op, 0, RW_F_NO_RESULT);
	if (bpf_map_update_elem(&rw_requests, &key, q, 0)) {
		/* no room to remember it: report now rather than never */
		if (!silent)
			rw_uring_report(q, key, op, 0, RW_F_NO_RESULT);
	}
	return 0;
}

static __always_inline int rw_uring_completed(struct io_kiocb *req, __s32 result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 key = rw_number_of(req);
	struct rw_dispatch *row;
	struct rw_request *q;
	__u8 op;

	if (!req)
		return 0;
	op = BPF_CORE_READ(req, opcode);
	row = &rw_settings.uring[op & (RW_URING_OPS - 1)];
	if (op >= RW_URING_OPS || !rw_uring_is_wanted(row, task))
		return 0;
	q = bpf_map_lookup_elem(&rw_requests, &key);
	if (q && (q->op != op || q->user_data != BPF_CORE_READ(req, cqe.user_data)))
		q = 0; /* of a request that was here before */
	if (!q && row->family != RW_FAM_FD && row->family != RW_FAM_SYS)
		return 0; /* submitted before anyone was interested */
	rw_uring_report(q, key, op, result, 0);
	if (q)
		bpf_map_delete_elem(&rw_requests, &key);
	return 0;
}

/* Linux 6.4 and newer, and 6.0 to 6.3 under another name. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(rw_uring_submit_req, struct io_kiocb *req)
{
	return rw_uring_submitted(req);
}

SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(rw_uring_submit_sqe, struct io_kiocb *req)
{
	return rw_uring_submitted(req);
}

/* Up to 6.14 the result is an argument of its own; then it is in the completion entry. */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(rw_uring_complete_old, void *ctx_, struct io_kiocb *req, __u64 user_data, int result)
{
	return rw_uring_completed(req, result);
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(rw_uring_complete, void *ctx_, struct io_kiocb *req, struct io_uring_cqe *cqe)
{
	return rw_uring_completed(req, BPF_CORE_READ(cqe, res));
}
