/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The kernel surface section: handles that are calls. docs/enforcement-sections.md says what counts. */

#define RW_CLONE_NEWTIME 0x80
#define RW_CLONE_NEWNS 0x20000
#define RW_CLONE_NEW_OTHERS (RW_CLONE_NEWNS | 0x02000000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000)

static __always_inline int rw_kernel_reads(bool is_module, bool is_kexec)
{
	if (is_module)
		return rw_take_handle(RW_HANDLE_MODULES);
	return is_kexec ? rw_take_handle(RW_HANDLE_KEXEC) : 0;
}

SEC("lsm/kernel_read_file")
int BPF_PROG(rw_kernel_read_file, struct file *file, int id)
{
	bool is_module = id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE);

	if (bpf_core_enum_value_exists(enum kernel_read_file_id, READING_MODULE_COMPRESSED))
		is_module |= id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE_COMPRESSED);
	return rw_kernel_reads(is_module,
			       id == bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_IMAGE) ||
				       id == bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_INITRAMFS));
}

SEC("lsm/kernel_load_data")
int BPF_PROG(rw_kernel_load_data, int id)
{
	return rw_kernel_reads(id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_MODULE),
			       id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_IMAGE) ||
				       id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_INITRAMFS));
}

SEC("lsm/bpf")
int BPF_PROG(rw_bpf, int cmd)
{
	return rw_take_handle(RW_HANDLE_BPF);
}

SEC("lsm/perf_event_open")
int BPF_PROG(rw_perf_event_open, void *attr, int type)
{
	return rw_take_handle(RW_HANDLE_PERF);
}

/* Both are files without a name that the kernel makes, whichever way they were asked for. */
SEC("lsm/inode_init_security_anon")
int BPF_PROG(rw_anonymous_inode, struct inode *inode, const struct qstr *name)
{
	struct rw_label l;

	rw_read_label(&l, (__u64)rw_get(struct qstr, (__u64)name, name), rw_get(struct qstr, (__u64)name, len));
	if (rw_is(&l, "[io_uring]"))
		return rw_take_handle(RW_HANDLE_IO_URING);
	return rw_is(&l, "[userfaultfd]") ? rw_take_handle(RW_HANDLE_USERFAULTFD) : 0;
}

SEC("lsm/sb_mount")
int BPF_PROG(rw_surface_mount, const char *dev_name, const struct path *path)
{
	return rw_take_handle(RW_HANDLE_MOUNT);
}

SEC("lsm/move_mount")
int BPF_PROG(rw_surface_move_mount, const struct path *from, const struct path *to)
{
	return rw_take_handle(RW_HANDLE_MOUNT);
}

SEC("lsm/sb_umount")
int BPF_PROG(rw_surface_umount, struct vfsmount *mnt, int flags)
{
	return rw_take_handle(RW_HANDLE_MOUNT);
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(rw_surface_pivot_root, const struct path *old_path, const struct path *new_path)
{
	return rw_take_handle(RW_HANDLE_PIVOT_ROOT);
}

SEC("lsm/userns_create")
int BPF_PROG(rw_userns_create, const struct cred *cred)
{
	return rw_take_handle(RW_HANDLE_UNSHARE_USER);
}

/* unshare(2) is seen where it asks for the capability: capability.h. */
SEC("lsm/task_alloc")
int BPF_PROG(rw_surface_clone, struct task_struct *task, unsigned long clone_flags)
{
	return clone_flags & (RW_CLONE_NEW_OTHERS | RW_CLONE_NEWTIME) ? rw_take_handle(RW_HANDLE_UNSHARE) : 0;
}

/* Programs that ask for keys; the kernel asks for its own as well (of network file systems), on anyone's behalf. */
static __always_inline int rw_use_keys(void)
{
	return rw_call_kind() == RW_CALL_KEYS ? rw_take_handle(RW_HANDLE_KEYCTL) : 0;
}

SEC("lsm/key_alloc")
int BPF_PROG(rw_key_alloc, void *key)
{
	return rw_use_keys();
}

SEC("lsm/key_permission")
int BPF_PROG(rw_key_permission, __u64 key_ref)
{
	return rw_use_keys();
}

SEC("lsm/syslog")
int BPF_PROG(rw_syslog, int type)
{
	return rw_take_handle(RW_HANDLE_KERNEL_LOG);
}

#define RW_PTRACE_ATTACH 2
#define RW_PTRACE_NOAUDIT 4

/*
 * Attaching, reading and writing the memory of another process, taking its descriptors: all ask for this. So do the
 * files of /proc/PID that show more than that it exists. What the kernel asks for by itself, to show less to those
 * who may not, is denied in silence.
 */
SEC("lsm/ptrace_access_check")
int BPF_PROG(rw_ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (!rw_may_deny_handles(&a))
		return 0;
	if (rw_is_outside(&a, child)) {
		if (mode & RW_PTRACE_NOAUDIT) {
			if (rw_handle_choice(&a, RW_HANDLE_HOST_PROCESS_FILES)->denied & RW_ENFORCED)
				return -RW_EPERM;
		} else if (rw_choose_handle(&a, RW_HANDLE_HOST_PROCESS_FILES)) {
			return -RW_EPERM;
		}
	}
	if (!(mode & RW_PTRACE_ATTACH) || (mode & RW_PTRACE_NOAUDIT))
		return 0;
	return rw_refused(rw_choose_handle(&a, RW_HANDLE_PTRACE));
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(rw_ptrace_traceme, struct task_struct *parent)
{
	return rw_take_handle(RW_HANDLE_PTRACE);
}

/* `cred`: of who asked for a signal that the kernel sends later, from anywhere. Signal 0 only asks whether one exists. */
SEC("lsm/task_kill")
int BPF_PROG(rw_task_kill, struct task_struct *p, void *info, int sig)
{
	struct rw_actor a;
	__u64 cred = 1;

	/* as a number: the verifier takes it for granted that a pointer it was given is not 0 */
	bpf_probe_read_kernel(&cred, sizeof cred, &ctx[3]);
	if (!sig || cred || !rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (!rw_may_deny_handles(&a) || !rw_is_outside(&a, p))
		return 0;
	return rw_refused(rw_choose_handle(&a, RW_HANDLE_SIGNAL_OUTSIDE));
}

/*
 * By the name the socket was bound to where it was made: what it is called where it was mounted into the container
 * does not matter.
 */
SEC("lsm/unix_stream_connect")
int BPF_PROG(rw_unix_stream_connect, struct sock *sock, struct sock *other)
{
	struct rw_act act = {
		.section = RW_SECTION_SURFACE, .operation = RW_HANDLE_RUNTIME_SOCKET, .mechanism = RW_BY_LSM,
	};
	__u64 dentry = (__u64)rw_get(struct unix_sock, (__u64)other, path.dentry);
	struct rw_actor a;
	struct rw_label l;

	if (!dentry)
		return 0;
	rw_label_of(&l, dentry);
	if (!rw_is(&l, "docker.sock") && !rw_is(&l, "dockerd.sock") && !rw_is(&l, "containerd.sock") &&
	    !rw_is(&l, "containerd.debug.sock") && !rw_is(&l, "crio.sock") && !rw_is(&l, "podman.sock") &&
	    !rw_is(&l, "buildkitd.sock") && !rw_is(&l, "cri-dockerd.sock"))
		return 0;
	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (!rw_may_deny_handles(&a))
		return 0;
	return rw_choose_named(&a, rw_handle_choice(&a, RW_HANDLE_RUNTIME_SOCKET), &act,
			       (__u64)rw_get(struct unix_sock, (__u64)other, path.mnt), dentry)
		       ? -RW_EPERM
		       : 0;
}
