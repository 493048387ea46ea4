/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Process life: fork, exec, exit. Sent for every task, host included: the process table needs ancestry. */

static __always_inline struct upid rw_upid(struct pid *pid)
{
	struct upid u = {};
	__u32 level = BPF_CORE_READ(pid, level);
	__u32 size = bpf_core_type_size(struct upid);

	bpf_core_read(&u, sizeof u,
		      (struct upid *)((void *)pid + bpf_core_field_offset(struct pid, numbers) + level * size));
	return u;
}

static __always_inline __u32 rw_global_nr(struct pid *pid)
{
	struct upid u = {};

	bpf_core_read(&u, sizeof u, (struct upid *)((void *)pid + bpf_core_field_offset(struct pid, numbers)));
	return u.nr;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(rw_fork, struct task_struct *parent, struct task_struct *child)
{
	struct rw_scratch *s;
	struct rw_fork *r;
	struct upid u;

	if (child->pid != child->tgid)
		return 0; /* a thread */
	s = rw_scratch(RW_SLOT_PROC);
	if (!s)
		return 0;
	r = (void *)s->record;
	rw_fill_header(&r->hdr, parent, RW_EV_PROCSTART, RW_K_FORK, rw_is_container(child) ? 0 : RW_F_HOST, 0);
	u = rw_upid(BPF_CORE_READ(child, thread_pid));
	r->child_start_ns = child->start_boottime;
	r->child_cgroup_id = rw_cgroup_of(child);
	r->child_tgid = child->tgid;
	r->child_vpid = u.nr;
	r->child_pid_ns = BPF_CORE_READ(u.ns, ns.inum);
	r->pad = 0;
	bpf_probe_read_kernel(r->comm, sizeof r->comm, &parent->comm);
	rw_send(s, sizeof *r, RW_EV_PROCSTART);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(rw_exit, struct task_struct *task)
{
	struct rw_scratch *s;
	struct rw_exit *r;

	if (BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0; /* other threads go on */
	s = rw_scratch(RW_SLOT_PROC);
	if (!s)
		return 0;
	r = (void *)s->record;
	rw_fill_header(&r->hdr, task, RW_EV_PROCEXIT, RW_K_EXIT, rw_is_container(task) ? 0 : RW_F_HOST, 0);
	r->exit_code = task->exit_code;
	r->pad = 0;
	rw_send(s, sizeof *r, RW_EV_PROCEXIT);
	return 0;
}

static __always_inline __u32 rw_exe_facts(struct file *file, struct inode *inode)
{
	__u32 facts = 0;
	__u16 mode = BPF_CORE_READ(inode, i_mode);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);

	__u8 layer = rw_layer_of(inode);

	if (layer)
		facts |= layer == RW_LAYER_UPPER ? RW_EXE_UPPER : RW_EXE_LOWER;
	if (BPF_CORE_READ(inode, i_nlink) == 0)
		facts |= RW_EXE_DELETED;
	if (BPF_CORE_READ(dentry, d_parent) == dentry) {
		char start[6] = {};
		const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);

		bpf_probe_read_kernel(start, sizeof start, name);
		if (start[0] == 'm' && start[1] == 'e' && start[2] == 'm' && start[3] == 'f' &&
		    start[4] == 'd' && start[5] == ':')
			facts |= RW_EXE_MEMFD;
	}
	if (mode & 04000)
		facts |= RW_EXE_SETUID;
	if (mode & 02000)
		facts |= RW_EXE_SETGID;
	return facts;
}

static __always_inline __u32 rw_tty(struct signal_struct *signal)
{
	struct tty_struct *tty = BPF_CORE_READ(signal, tty);

	if (!tty)
		return 0;
	__u32 major = BPF_CORE_READ(tty, driver, major);
	__u32 minor = BPF_CORE_READ(tty, driver, minor_start);

	return (major << 20) | (minor + BPF_CORE_READ(tty, index));
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(rw_exec, struct task_struct *execing, int old_pid, struct linux_binprm *bprm)
{
	struct task_struct *task = rw_untrusted(execing);
	struct rw_scratch *s = rw_scratch(RW_SLOT_PROC);
	__u32 pos = sizeof(struct rw_exec), len;
	__u16 flags = rw_is_container(task) ? 0 : RW_F_HOST;
	struct rw_exec *r;
	struct upid u;

	if (!s)
		return 0;
	r = (void *)s->record;

	struct file *file = BPF_CORE_READ(bprm, file);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct signal_struct *signal = task->signal;
	struct pid *group = BPF_CORE_READ(signal, pids[PIDTYPE_PGID]);
	struct pid *session = BPF_CORE_READ(signal, pids[PIDTYPE_SID]);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct nsproxy *ns = task->nsproxy;

	rw_fill_header(&r->hdr, task, RW_TYPE_EXECVE, RW_K_EXEC, flags, 0);
	r->cap_inheritable = rw_word((__u64)&task->cred->cap_inheritable);
	r->ino = BPF_CORE_READ(inode, i_ino);
	rw_inode_times(inode, &r->ctime_ns, &r->mtime_ns);
	r->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	r->file_uid = BPF_CORE_READ(inode, i_uid.val);
	r->file_gid = BPF_CORE_READ(inode, i_gid.val);
	r->file_mode = BPF_CORE_READ(inode, i_mode);
	r->exe_facts = rw_exe_facts(file, inode);
	r->ppid = BPF_CORE_READ(task, real_parent, tgid);
	u = rw_upid(BPF_CORE_READ(task, thread_pid));
	r->vpid = u.nr;
	r->pid_ns = BPF_CORE_READ(u.ns, ns.inum);
	r->sid = rw_global_nr(session);
	r->vsid = rw_upid(session).nr;
	r->pgid = rw_global_nr(group);
	r->vpgid = rw_upid(group).nr;
	r->loginuid = bpf_core_field_exists(task->loginuid) ? task->loginuid.val : (__u32)-1;
	r->tty = rw_tty(signal);
	r->mnt_ns = BPF_CORE_READ(ns, mnt_ns, ns.inum);
	r->net_ns = BPF_CORE_READ(ns, net_ns, ns.inum);
	r->user_ns = BPF_CORE_READ(task, cred, user_ns, ns.inum);
	bpf_probe_read_kernel(r->comm, sizeof r->comm, &task->comm);

	len = rw_written(rw_append_path(RW_SLOT_PROC, pos, (__u64)(&file->f_path)), &flags);
	r->path = rw_span(pos, len);
	pos += len;
	len = rw_written(rw_append_path(RW_SLOT_PROC, pos, (__u64)(&fs->pwd)), &flags);
	r->cwd = rw_span(pos, len);
	pos += len;

	struct mm_struct *mm = task->mm;
	__u64 start = mm->arg_start, end = mm->arg_end;

	r->args_len = end - start;
	len = rw_written(rw_append_bytes(RW_SLOT_PROC, pos, start, end - start, RW_MAX_ARGS), &flags);
	r->args = rw_span(pos, len);
	pos += len;
	r->env = rw_span(0, 0);
	if (rw_settings.want_env) {
		start = mm->env_start;
		end = mm->env_end;
		len = rw_written(rw_append_bytes(RW_SLOT_PROC, pos, start, end - start, RW_MAX_ENV), &flags);
		r->env = rw_span(pos, len);
		pos += len;
	}
	r->hdr.flags = flags;
	rw_send(s, pos, RW_TYPE_EXECVE);
	return 0;
}
