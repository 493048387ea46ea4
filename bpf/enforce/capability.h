/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The capabilities section; and handles of the surface section that are calls without a hook of their own, where they
 * ask for their capability. Only capabilities the process has are seen here: the kernel asks its own tables first.
 */

#define RW_CAP_NOAUDIT 2
#define RW_CAP_SYS_MODULE 16
#define RW_CAP_SYS_ADMIN 21
/* CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, LINUX_IMMUTABLE, SYS_ADMIN, SYS_RESOURCE, MKNOD, SETFCAP */
#define RW_FILE_CAPABILITIES (0x1fULL | 1ULL << 9 | 1ULL << 21 | 1ULL << 24 | 1ULL << 27 | 1ULL << 31)

static __always_inline __s32 rw_called_handle(__u32 cap)
{
	__u32 kind;

	if (cap != RW_CAP_SYS_ADMIN && cap != RW_CAP_SYS_MODULE)
		return -1;
	kind = rw_call_kind();
	if (cap == RW_CAP_SYS_MODULE)
		return kind == RW_CALL_DELETE_MODULE ? RW_HANDLE_MODULES : -1;
	switch (kind) {
	case RW_CALL_SETNS:
		return RW_HANDLE_SETNS;
	case RW_CALL_UNSHARE:
		return RW_HANDLE_UNSHARE;
	case RW_CALL_MOUNT:
		return RW_HANDLE_MOUNT;
	default:
		return -1;
	}
}

/*
 * Whether it is the current task's capability that is asked for. An overlay file system looks at the layers below as
 * who mounted it, for anyone: that is the container runtime's right, not the task's. Rights taken on by other means
 * are the task's: see rw_uring_override_creds.
 */
static __always_inline bool rw_is_own_right(__u64 cred, __u32 cap, bool audited)
{
	__u64 task = (__u64)bpf_get_current_task();
	__u64 now = (__u64)rw_get(struct task_struct, task, cred), real = (__u64)rw_get(struct task_struct, task, real_cred);

	if (cred == real)
		return true;
	if (cred == now)
		return !(RW_FILE_CAPABILITIES >> (cap & 63) & 1);
	return audited; /* of who opened a file; without audit, of another process */
}

/*
 * The kernel asks for some capabilities only to decide how much it shows or how long something waits. Those are
 * denied as well; but neither counted nor reported, since nothing fails for want of them.
 */
SEC("lsm/capable")
int BPF_PROG(rw_capable, const struct cred *cred, struct user_namespace *ns, int cap, unsigned int opts)
{
	struct rw_act act = { .section = RW_SECTION_CAPABILITIES, .operation = cap, .mechanism = RW_BY_LSM };
	bool audited = !(opts & RW_CAP_NOAUDIT);
	struct rw_choice *choice;
	struct rw_actor a;
	__u64 index = cap;
	__s32 handle;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	handle = rw_may_deny_handles(&a) ? rw_called_handle(cap) : -1;
	if (handle >= 0 && rw_choose_handle(&a, handle))
		return -RW_EPERM;
	if (!a.set->sections[RW_SECTION_CAPABILITIES].deniable || !rw_is_own_right((__u64)cred, cap, audited))
		return 0;
	rw_opaque(index);
	choice = &a.set->capabilities[index & (RW_MAX_NAMES - 1)];
	if (audited)
		return rw_refused(rw_choose(&a, choice, &act));
	return rw_refused(choice->denied & RW_ENFORCED);
}

/* Acting with the rights of another through io_uring: looks as if a file system did, so capabilities cannot be told. */
SEC("lsm/uring_override_creds")
int BPF_PROG(rw_uring_override_creds, const struct cred *new)
{
	struct rw_act act = { .section = RW_SECTION_CAPABILITIES, .mechanism = RW_BY_LSM };
	struct rw_actor a;

	if (!rw_acting(&a))
		return 0;
	if (!a.set)
		return -RW_EPERM;
	if (!a.set->sections[RW_SECTION_CAPABILITIES].deniable)
		return 0;
	return rw_refused(rw_cannot_judge(&a, &act, true));
}
