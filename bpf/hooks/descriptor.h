/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls on a descriptor: sockets, reads and writes, dup, fchmod, setns, mmap… */

struct rw_msghdr {
	__u64 name;
	__u32 name_len;
	__u32 pad;
	__u64 iov;
	__u64 iov_len;
};
struct rw_msghdr32 {
	__u32 name;
	__u32 name_len;
	__u32 iov;
	__u32 iov_len;
};

static __always_inline __u32 rw_put_address(struct rw_scratch *s, struct rw_fd *r, __u32 pos, __u64 from,
					    __u32 len, __u16 *flags)
{
	if (!from || !len)
		return pos;
	len = (__u32)rw_append_bytes(RW_SLOT_SYS, pos, from, len, 128);
	r->address = rw_span(pos, len);
	if (len)
		*flags |= RW_F_CALLER_MEMORY;
	return pos + len;
}

static __always_inline __u32 rw_put_data(struct rw_scratch *s, struct rw_sys *r, __u32 pos, __u64 from, __s64 len,
					 __u32 max)
{
	if (!max || !from || len <= 0)
		return pos;
	if (max > 4096)
		max = 4096;
	__u32 n = (__u32)rw_append_bytes(RW_SLOT_SYS, pos, from, len, max);

	r->data = rw_span(pos, n);
	return pos + n;
}

static __always_inline __u32 rw_put_message(struct rw_scratch *s, struct rw_fd *r, __u32 pos, bool compat,
					    long ret, bool many, __u32 max, __u16 *flags)
{
	struct rw_msghdr m = {};
	__u64 iov[2] = {};

	if (compat) {
		struct rw_msghdr32 m32 = {};
		__u32 iov32[2] = {};

		bpf_probe_read_user(&m32, sizeof m32, (void *)r->sys.args[1]);
		bpf_probe_read_user(iov32, sizeof iov32, (void *)(__u64)m32.iov);
		m.name = m32.name;
		m.name_len = m32.name_len;
		iov[0] = iov32[0];
		iov[1] = iov32[1];
	} else {
		bpf_probe_read_user(&m, sizeof m, (void *)r->sys.args[1]);
		bpf_probe_read_user(iov, sizeof iov, (void *)m.iov);
	}
	pos = rw_put_address(s, r, pos, m.name, m.name_len, flags);
	if (many && ret > 0) {
		__u32 moved = 0; /* struct mmsghdr: how much of this message, behind its header */

		bpf_probe_read_user(&moved, sizeof moved, (void *)r->sys.args[1] + (compat ? 28 : 56));
		ret = moved;
	}
	return rw_put_data(s, &r->sys, pos, iov[0], iov[1] < (__u64)ret ? iov[1] : ret, max);
}

static __always_inline __u32 rw_put_iov(struct rw_scratch *s, struct rw_fd *r, __u32 pos, bool compat, long ret,
					__u32 max)
{
	__u64 iov[2] = {};

	if (compat) {
		__u32 iov32[2] = {};

		bpf_probe_read_user(iov32, sizeof iov32, (void *)r->sys.args[1]);
		iov[0] = iov32[0];
		iov[1] = iov32[1];
	} else {
		bpf_probe_read_user(iov, sizeof iov, (void *)r->sys.args[1]);
	}
	return rw_put_data(s, &r->sys, pos, iov[0], iov[1] < (__u64)ret ? iov[1] : ret, max);
}

#define RW_IPPROTO_UDP 17
#define RW_DNS_PORT 53
#define RW_SOCKADDR_IN6 28

/* Where the caller let the kernel write who sent the datagram; 0 when it did not ask. */
static __always_inline __u64 rw_sender_of(struct rw_sys *r, struct rw_dispatch *row, bool compat)
{
	__u64 name = 0;

	if (row->special == RW_SPECIAL_RECV)
		return rw_arg(r, row->addr_arg);
	if (row->special == RW_SPECIAL_MSG || row->special == RW_SPECIAL_MMSG)
		bpf_probe_read_user(&name, compat ? 4 : 8, (void *)r->args[1]);
	return name;
}

/* A datagram from port 53: of the socket's peer, or where it has none, of the sender the caller was told. */
static __always_inline bool rw_is_answer(struct rw_sys *r, struct rw_dispatch *row, struct file *file, bool compat)
{
	struct sock *sk = rw_sock_of(file);
	__u64 sender;
	__u16 port;

	if (!sk || BPF_CORE_READ(sk, sk_protocol) != RW_IPPROTO_UDP)
		return false;
	port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	if (!port) {
		sender = rw_sender_of(r, row, compat);
		if (sender)
			bpf_probe_read_user(&port, sizeof port, (void *)(sender + 2));
	}
	return port == bpf_htons(RW_DNS_PORT);
}

static __always_inline bool rw_receives(struct rw_dispatch *row, long ret)
{
	return ret > 0 && (row->special == RW_SPECIAL_RECV || row->special == RW_SPECIAL_MSG ||
			   row->special == RW_SPECIAL_MMSG);
}

static __always_inline __u32 rw_put_object(struct rw_scratch *s, struct rw_fd *r, __u32 pos, struct file *file,
					   __u8 special, __u16 *flags)
{
	struct sock *sk = rw_fill_object(&r->object, file);
	__u32 len;

	if (!sk) {
		len = rw_written(rw_append_path(RW_SLOT_SYS, pos, (__u64)(&file->f_path)), flags);
	} else if (r->object.family == RW_AF_UNIX) {
		len = rw_put_unix_name(RW_SLOT_SYS, pos, sk, special == RW_SPECIAL_CONNECT);
	} else {
		if (special == RW_SPECIAL_ACCEPT || special == RW_SPECIAL_LISTEN)
			r->object.role = RW_ROLE_SERVER;
		else if (special == RW_SPECIAL_CONNECT)
			r->object.role = RW_ROLE_CLIENT;
		return pos;
	}
	r->path = rw_span(pos, len);
	return pos + len;
}

/* What a rule may ask for before anything else is known of the descriptor. */
static __always_inline __u32 rw_kind_of(struct file *file)
{
	struct sock *sk = file ? rw_sock_of(file) : 0;

	if (!sk)
		return RW_ON_OTHER;
	switch (BPF_CORE_READ(sk, __sk_common.skc_family)) {
	case RW_AF_INET:
	case RW_AF_INET6:
		return RW_ON_IP;
	case RW_AF_UNIX:
		return RW_ON_UNIX;
	}
	return RW_ON_SOCKET;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(rw_fd_call, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool compat = rw_is_compat(task);
	struct rw_dispatch *row = rw_row(regs, compat);
	struct rw_scratch *s = rw_scratch(RW_SLOT_SYS);
	__u16 flags = rw_call_flags(task, compat);
	__u32 pos = sizeof(struct rw_fd);
	__u32 max = rw_settings.data_len;
	struct file *file = 0;
	__s32 fd = -1;

	if (!s || !row)
		return 0;
	struct rw_fd *r = (void *)s->record;
	__u8 special = row->special;

	rw_clear_sys(&r->sys);
	__builtin_memset(&r->object, 0, sizeof r->object);
	r->path = r->address = rw_span(0, 0);
	r->pad = 0;
	rw_call_arguments(r->sys.args, regs, compat);
	if (row->fd_arg == RW_FD_RESULT)
		fd = ret < 0 ? -1 : (__s32)ret;
	else if (row->fd_arg < 6)
		fd = (__s32)rw_arg(&r->sys, row->fd_arg);
	r->fd = fd;
	if (fd >= 0)
		file = rw_file_of(task, fd);
	if (file && rw_settings.answer_len && rw_receives(row, ret) && rw_is_answer(&r->sys, row, file, compat))
		max = rw_settings.answer_len;
	else if (row->only_answers & (flags & RW_F_HOST ? 2 : 1))
		return 0;
	else if (row->wants != RW_EVERY_OUTCOME && !(row->wants >> (rw_kind_of(file) + rw_has_failed(ret)) & 1))
		return 0;
	if (file)
		pos = rw_put_object(s, r, pos, file, special, &flags);
	if (row->addr_arg < 5 && (special != RW_SPECIAL_RECV || ret > 0))
		pos = rw_put_address(s, r, pos, rw_arg(&r->sys, row->addr_arg),
				     special == RW_SPECIAL_RECV ? RW_SOCKADDR_IN6 :
								  rw_arg(&r->sys, row->addr_arg + 1),
				     &flags);
	if (special == RW_SPECIAL_MSG || special == RW_SPECIAL_MMSG)
		pos = rw_put_message(s, r, pos, compat, ret, special == RW_SPECIAL_MMSG, max, &flags);
	else if (special == RW_SPECIAL_IOV)
		pos = rw_put_iov(s, r, pos, compat, ret, max);
	else if (special == RW_SPECIAL_SEND)
		pos = rw_put_data(s, &r->sys, pos, r->sys.args[1], r->sys.args[2], max);
	else if (special == RW_SPECIAL_RECV)
		pos = rw_put_data(s, &r->sys, pos, r->sys.args[1], ret, max);
	pos = rw_put_text(s, &r->sys, pos, 0, row->text_arg[0], &flags);
	rw_fill_header(&r->sys.hdr, task, row->type, RW_K_FD, flags, ret);
	rw_send(s, pos, row->type);
	return 0;
}
