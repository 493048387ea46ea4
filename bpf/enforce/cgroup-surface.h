/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel surface section where the kernel has no LSM programs: handles that are devices, and settings below
 * /proc/sys. Told apart as in surface-files.h. A setting is judged when it is written, not when it is opened.
 */

#define RW_DEVICE_BLOCK 1
#define RW_DEVICE_READ 2
#define RW_DEVICE_WRITE 4
#define RW_SETTINGS "/proc/sys/"
#define RW_SETTINGS_LENGTH (sizeof(RW_SETTINGS) - 1)
#define RW_KERNEL_SETTINGS "kernel/"
#define RW_KERNEL_SETTINGS_LENGTH (sizeof(RW_KERNEL_SETTINGS) - 1)
/* No setting's name is as long. */
#define RW_SETTING_LENGTH 256

SEC("cgroup/dev")
int rw_cgroup_device(struct bpf_cgroup_dev_ctx *ctx)
{
	struct rw_act act = { .section = RW_SECTION_SURFACE, .mechanism = RW_BY_CGROUP };
	__u32 type = ctx->access_type & 0xffff, access = ctx->access_type >> 16;
	struct rw_held held = { .first = -1, .second = -1 };
	struct rw_actor a;

	/* making a node gives nothing yet */
	if (!(access & (RW_DEVICE_READ | RW_DEVICE_WRITE)))
		return 1;
	rw_device_handle(&held, type == RW_DEVICE_BLOCK ? RW_S_IFBLK : RW_S_IFCHR, ctx->major << 20 | ctx->minor);
	if (held.first < 0 || !rw_acting_in_cgroup(&a))
		return 1;
	if (!a.set)
		return 0;
	if (!rw_may_deny_handles(&a))
		return 1;
	act.operation = held.first;
	return rw_choose(&a, rw_handle_choice(&a, held.first), &act) ? 0 : 1;
}

/* As rw_choose, and the verdict has the name that is in the work. */
static __noinline int rw_choose_setting(struct rw_actor *a, struct rw_work *w, __s32 handle)
{
	struct rw_act act = { .section = RW_SECTION_SURFACE, .operation = handle, .mechanism = RW_BY_CGROUP };
	struct rw_choice *c = rw_handle_choice(a, handle);
	__u32 denied = c->denied;
	bool enforced = denied & RW_ENFORCED;
	__u32 line = enforced || !denied ? c->enforced_line : c->watched_line;

	rw_count_line(a->set_id, line);
	if (!denied)
		return 0;
	rw_send_path_verdict(w, &act, line, enforced);
	return enforced;
}

/* The setting's path is put where names of files are; the name alone, in front, says which handle it is. */
static __always_inline __s32 rw_read_setting(struct rw_work *w, struct bpf_sysctl *ctx)
{
	long length = bpf_sysctl_get_name(ctx, (char *)w->path, RW_SETTING_LENGTH, 0);
	__u64 size = length < 0 ? 0 : length, at = RW_PATH_END - (size & (RW_SETTING_LENGTH - 1));
	struct rw_label l;

	/* that it cannot be outside of the path the verifier would not see */
	rw_opaque(at);
	bpf_probe_read_kernel(w->path + (at & RW_PATH_MASK), size & (RW_SETTING_LENGTH - 1), w->path);
	at -= RW_SETTINGS_LENGTH;
	rw_opaque(at);
	bpf_probe_read_kernel(w->path + (at & RW_PATH_MASK), RW_SETTINGS_LENGTH, RW_SETTINGS);
	w->start = at;
	w->named = RW_NAMED;
	rw_read_label(&l, (__u64)w->path, RW_KERNEL_SETTINGS_LENGTH);
	if (size <= RW_KERNEL_SETTINGS_LENGTH || !rw_is(&l, RW_KERNEL_SETTINGS))
		return -1;
	rw_read_label(&l, (__u64)w->path + RW_KERNEL_SETTINGS_LENGTH, size - RW_KERNEL_SETTINGS_LENGTH);
	return rw_sysctl_handle(&l);
}

SEC("cgroup/sysctl")
int rw_cgroup_setting(struct bpf_sysctl *ctx)
{
	struct rw_act act = {
		.section = RW_SECTION_SURFACE, .operation = RW_HANDLE_SYSCTL, .mechanism = RW_BY_CGROUP,
	};
	struct rw_actor a;
	struct rw_work *w;
	__s32 handle;
	int denied;

	if (!ctx->write || !rw_acting_in_cgroup(&a))
		return 1;
	if (!a.set)
		return 0;
	if (!rw_may_deny_handles(&a))
		return 1;
	w = rw_claim_work();
	if (!w)
		return rw_cannot_judge(&a, &act, false) ? 0 : 1;
	w->cgroup = a.cgroup;
	w->set_id = a.set_id;
	handle = rw_read_setting(w, ctx);
	denied = (handle >= 0 && rw_choose_setting(&a, w, handle)) || rw_choose_setting(&a, w, RW_HANDLE_SYSCTL);
	rw_release_work(w);
	return denied ? 0 : 1;
}
