/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Mapping a file as code: libraries, which are the file section's, and programs that a loader is told to run, which
 * the process section must not miss.
 */

#define RW_PROT_EXEC 4
#define RW_VM_EXEC 4

/* An execve under way: the kernel maps the program and its loader. */
static __always_inline bool rw_in_execve(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return bpf_core_field_exists(task->in_execve) && BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
}

/* Lines that deny a program deny mapping it; and what a loader maps, or is one, must be of the image as programs are. */
static __noinline int rw_judge_mapped(struct rw_actor *a, __u64 path, bool runs)
{
	struct rw_act act = { .section = RW_SECTION_PROCESS, .operation = RW_OP_START, .mechanism = RW_BY_LSM };
	__u64 mnt = (__u64)rw_get(struct path, path, mnt), dentry = (__u64)rw_get(struct path, path, dentry);
	struct rw_work *w = rw_claim_work();
	int denied = 0;

	if (!w)
		return rw_refused(rw_cannot_judge(a, &act, false));
	rw_ask(w, a, RW_OP_START);
	w->mode = RW_MAY_GRANT;
	w->is_owner = 0;
	w->knows_arguments = 1;
	w->arguments = 0;
	if (a->set) {
		rw_know_digest(w, a, rw_inode_at(path));
		rw_know_classes(w, a);
		if (runs)
			denied = rw_judge_origin(a, w, &act, path);
	}
	if (!denied) {
		if (!rw_judge_file(w, mnt, dentry))
			denied = rw_cannot_judge(a, &act, w->too_long);
		else if (w->denied_enforced | w->denied_watched)
			denied = rw_conclude(w, &act, mnt, dentry);
	}
	rw_release_work(w);
	return rw_refused(denied);
}

static __always_inline bool rw_is_own_program(__u64 inode)
{
	__u64 mm = (__u64)rw_get(struct task_struct, bpf_get_current_task(), mm), exe;

	exe = mm ? (__u64)rw_get(struct mm_struct, mm, exe_file) : 0;
	return exe && rw_inode_at(rw_path_of(exe)) == inode;
}

/* Judges by the path of a file, as `struct path`. */
static __always_inline int rw_map_code(__u64 path)
{
	struct rw_act act = { .section = RW_SECTION_FILE, .operation = RW_OP_EXECUTE, .mechanism = RW_BY_LSM };
	__u64 inode = rw_inode_at(path);
	bool in_execve = rw_in_execve(), runs;
	struct rw_section_rules *process;
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (rw_is_own_program(inode))
		return 0; /* judged when it was started */
	if (!in_execve && rw_can_deny(&a, RW_SECTION_FILE, RW_OP_EXECUTE) &&
	    rw_judge_access(&a, &act, (__u64)rw_get(struct path, path, mnt), (__u64)rw_get(struct path, path, dentry),
			    inode))
		return -RW_EPERM;
	process = &a.set->sections[RW_SECTION_PROCESS];
	runs = in_execve || (a.member && a.member->flags & RW_MEMBER_LOADER);
	if (!(process->flags & RW_SECTION_DENY_LINES) && !runs)
		return 0;
	return rw_refused(rw_judge_mapped(&a, path, runs));
}

SEC("lsm/mmap_file")
int BPF_PROG(rw_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags)
{
	__u64 mapped = 0;

	if (!(prot & RW_PROT_EXEC))
		return 0;
	/* as a number: memory without a file has none, but the verifier takes it that a pointer it was given is not 0 */
	bpf_probe_read_kernel(&mapped, sizeof mapped, &ctx[0]);
	return mapped ? rw_map_code(rw_path_of(mapped)) : 0;
}

#define RW_FMODE_BACKING 0x2000000

/*
 * The path of what is mapped. A file of an overlay is mapped by the file that keeps it below, and since Linux 6.7 that
 * one's own path is where it lies there, outside the container; the one the container opened is kept beside it.
 */
static __always_inline __u64 rw_mapped_path(__u64 file)
{
	struct backing_file *backing = 0;

	if (bpf_core_field_exists(backing->user_path) && (rw_get(struct file, file, f_mode) & RW_FMODE_BACKING))
		return file + bpf_core_field_offset(struct backing_file, user_path);
	return rw_path_of(file);
}

SEC("lsm/file_mprotect")
int BPF_PROG(rw_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	__u64 area = 0, file;

	if (!(prot & RW_PROT_EXEC))
		return 0;
	bpf_probe_read_kernel(&area, sizeof area, &ctx[0]);
	if (!area || (rw_get(struct vm_area_struct, area, vm_flags) & RW_VM_EXEC))
		return 0;
	file = (__u64)rw_get(struct vm_area_struct, area, vm_file);
	return file ? rw_map_code(rw_mapped_path(file)) : 0;
}
