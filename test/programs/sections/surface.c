// Handles of the kernel, and ways around. Those that would do harm are tried so that the kernel refuses them for
// another reason than a policy: what matters is whether that reason is EPERM.
#include "sections.h"
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

static int opens(const char *path, int flags)
{
	int file = open(path, flags | O_CLOEXEC);

	return file < 0 && errno == ENOENT ? ABSENT : outcome(file);
}

static int device(mode_t kind, unsigned major_number, unsigned minor_number, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "/dev/device-%d", getpid());
	if (mknod(path, kind | 0600, makedev(major_number, minor_number)))
		return ABSENT;
	return outcome(open(path, flags | O_CLOEXEC | O_NONBLOCK));
}

static pid_t sleeper(void)
{
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	return child;
}

static int with_sleeper(int (*attempt)(pid_t child))
{
	pid_t child = sleeper();
	int result = attempt(child);

	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return result;
}

static int init_module(const char *argument)
{
	static char text[256] = "not a module"; // too short would be refused before anyone is asked

	return outcome(syscall(SYS_init_module, text, sizeof text, ""));
}
static int finit_module(const char *argument)
{
	return outcome(syscall(SYS_finit_module, open("/proc/self/exe", O_RDONLY), "", 0));
}
static int delete_module(const char *argument)
{
	return outcome(syscall(SYS_delete_module, "no_such_module_at_all", O_NONBLOCK));
}
static int bpf(const char *argument)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

	return outcome(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
}

static int attach(pid_t child)
{
	return outcome(ptrace(PTRACE_SEIZE, child, 0, 0));
}
static int read_memory(pid_t child)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { (void *)&attach, 1 };

	return outcome(process_vm_readv(child, &local, 1, &remote, 1, 0));
}
static int open_memory(pid_t child)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/mem", child);
	return opens(path, O_RDWR);
}
static int take_descriptor(pid_t child)
{
	return outcome(syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, child, 0), 0, 0));
}
static int ptrace_attach(const char *argument)
{
	return with_sleeper(attach);
}
static int process_vm(const char *argument)
{
	return with_sleeper(read_memory);
}
static int proc_mem(const char *argument)
{
	return with_sleeper(open_memory);
}
static int pidfd_getfd(const char *argument)
{
	return with_sleeper(take_descriptor);
}
static int ptrace_traceme(const char *argument)
{
	return outcome(ptrace(PTRACE_TRACEME, 0, 0, 0));
}

static int perf(const char *argument)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_TASK_CLOCK, .disabled = 1,
	};

	return outcome(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}
static int userfaultfd(const char *argument)
{
	return outcome(syscall(SYS_userfaultfd, O_CLOEXEC));
}
static int userfaultfd_device(const char *argument)
{
	int file = open("/dev/userfaultfd", O_RDWR);

	return file < 0 ? ABSENT : outcome(syscall(SYS_ioctl, file, USERFAULTFD_IOC_NEW, O_CLOEXEC));
}

static int mount_tmpfs(const char *argument)
{
	return outcome(mount("none", "/dev/shm", "tmpfs", 0, ""));
}
static int bind_mount(const char *argument)
{
	return outcome(mount("/proc", "/dev/shm", NULL, MS_BIND, NULL));
}
static int remount(const char *argument)
{
	return outcome(mount(NULL, "/dev/shm", NULL, MS_REMOUNT | MS_BIND, NULL));
}
static int umount_dev_shm(const char *argument)
{
	return outcome(umount2("/dev/shm", MNT_DETACH));
}
static int fsopen_tmpfs(const char *argument)
{
	return outcome(syscall(SYS_fsopen, "tmpfs", 0));
}
static int open_tree_clone(const char *argument)
{
	return outcome(syscall(SYS_open_tree, AT_FDCWD, "/proc", OPEN_TREE_CLONE));
}
static int pick_mount(const char *argument)
{
	return outcome(syscall(SYS_fspick, AT_FDCWD, "/dev/shm", 0));
}
static int mount_setattr_call(const char *argument)
{
	struct { unsigned long set, clear, propagation, userns; } attr = { .set = 2 };

	return outcome(syscall(442, AT_FDCWD, "/dev/shm", 0, &attr, sizeof attr));
}
static int move_mount_call(const char *argument)
{
	return outcome(syscall(SYS_move_mount, AT_FDCWD, "/dev/shm", AT_FDCWD, "/etc/passwd", 0));
}
static int pivot_root(const char *argument)
{
	return outcome(syscall(SYS_pivot_root, "/", "/"));
}
static int setns_own(const char *argument)
{
	return outcome(setns(open("/proc/self/ns/uts", O_RDONLY), CLONE_NEWUTS));
}
static int setns_pidfd(const char *argument)
{
	return outcome(setns(syscall(SYS_pidfd_open, getppid(), 0), CLONE_NEWUTS | CLONE_NEWIPC));
}

static int clone3_with(unsigned long flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
	long child = syscall(SYS_clone3, &args, sizeof args);

	if (child == 0)
		_exit(0);
	return outcome(child);
}
static int clone_with(unsigned long flags)
{
	long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		_exit(0);
	return outcome(child);
}
static int unshare_user(const char *argument)
{
	return outcome(unshare(CLONE_NEWUSER));
}
static int clone_user(const char *argument)
{
	return clone_with(CLONE_NEWUSER);
}
static int clone3_user(const char *argument)
{
	return clone3_with(CLONE_NEWUSER);
}
static int unshare_uts(const char *argument)
{
	return outcome(unshare(CLONE_NEWUTS));
}
static int unshare_mount(const char *argument)
{
	return outcome(unshare(CLONE_NEWNS));
}
static int clone_uts(const char *argument)
{
	return clone_with(CLONE_NEWUTS);
}
static int clone3_time(const char *argument)
{
	return clone3_with(0x80);
}
static int io_uring(const char *argument)
{
	struct io_uring_params parameters = { 0 };

	return outcome(syscall(SYS_io_uring_setup, 4, &parameters));
}
static int add_key(const char *argument)
{
	return outcome(syscall(SYS_add_key, "user", "of-the-test", "x", 1, -2));
}
static int join_keyring(const char *argument)
{
	return outcome(syscall(SYS_keyctl, 1, NULL));
}
static int describe_keyring(const char *argument)
{
	char text[256];

	return outcome(syscall(SYS_keyctl, 6, -4, text, sizeof text));
}
static int kexec_load(const char *argument)
{
	return outcome(syscall(SYS_kexec_load, 0, 0, NULL, 0));
}
static int kexec_file(const char *argument)
{
	int file = open("/proc/self/exe", O_RDONLY);

	return outcome(syscall(SYS_kexec_file_load, file, file, 1, "", 0));
}

static int block_device(const char *argument)
{
	return device(S_IFBLK, 7, 200, O_RDONLY);
}
static int dev_mem(const char *argument)
{
	return device(S_IFCHR, 1, 1, O_RDONLY);
}
static int dev_null(const char *argument)
{
	return device(S_IFCHR, 1, 3, O_RDWR);
}
static int kcore(const char *argument)
{
	return opens("/proc/kcore", O_RDONLY);
}
static int core_pattern(const char *argument)
{
	return opens("/proc/sys/kernel/core_pattern", O_WRONLY);
}
static int core_pattern_truncate(const char *argument)
{
	return opens("/proc/sys/kernel/core_pattern", O_RDONLY | O_TRUNC);
}
static int core_pattern_second_proc(const char *argument)
{
	return opens("/proc2/sys/kernel/core_pattern", O_WRONLY);
}
static int core_pattern_by_root_link(const char *argument)
{
	return opens("/proc/self/root/proc/sys/kernel/core_pattern", O_WRONLY);
}
static int core_pattern_read(const char *argument)
{
	return opens("/proc/sys/kernel/core_pattern", O_RDONLY);
}
static int modprobe_path(const char *argument)
{
	return opens("/proc/sys/kernel/modprobe", O_WRONLY);
}
static int uevent_helper(const char *argument)
{
	return opens("/sys/kernel/uevent_helper", O_WRONLY);
}
static int sysrq(const char *argument)
{
	return opens("/proc/sys/kernel/sysrq", O_WRONLY);
}
static int sysrq_trigger(const char *argument)
{
	return opens("/proc/sysrq-trigger", O_WRONLY);
}
static int sysctl(const char *argument)
{
	return opens("/proc/sys/vm/swappiness", O_RDWR);
}
static int release_agent(const char *argument)
{
	return opens("/cgroup-v1/release_agent", O_WRONLY);
}
static int cgroup_procs(const char *argument)
{
	return opens("/cgroup-v1/cgroup.procs", O_WRONLY);
}
static int cgroup_mkdir(const char *argument)
{
	char path[64];
	int result;

	snprintf(path, sizeof path, "/cgroup-v1/made-by-%d", getpid());
	result = outcome(mkdir(path, 0700));
	rmdir(path);
	return result;
}
static int binfmt_misc(const char *argument)
{
	return opens("/binfmt/register", O_WRONLY);
}
static int syslog_read(const char *argument)
{
	char text[64];

	return outcome(klogctl(3, text, sizeof text));
}
static int dev_kmsg(const char *argument)
{
	return device(S_IFCHR, 1, 11, O_RDONLY);
}
static int proc_kmsg(const char *argument)
{
	return opens("/proc/kmsg", O_RDONLY | O_NONBLOCK);
}

static int signal_outside(const char *argument)
{
	return outcome(kill(atoi(argument ? argument : "0"), SIGCONT));
}
static int exists_outside(const char *argument)
{
	return outcome(kill(atoi(argument ? argument : "0"), 0));
}
static int cont(pid_t child)
{
	return outcome(kill(child, SIGCONT));
}
static int signal_inside(const char *argument)
{
	return with_sleeper(cont);
}
static int read_root(pid_t process)
{
	char path[64], text[256];

	snprintf(path, sizeof path, "/proc/%d/root", process);
	return outcome(readlink(path, text, sizeof text));
}
static int root_outside(const char *argument)
{
	return read_root(atoi(argument ? argument : "1"));
}
static int root_inside(const char *argument)
{
	return with_sleeper(read_root);
}
static int environ_outside(const char *argument)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%s/environ", argument ? argument : "1");
	return opens(path, O_RDONLY);
}
static int stat_outside(const char *argument)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%s/stat", argument ? argument : "1");
	return opens(path, O_RDONLY);
}
static int runtime_socket(const char *argument)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int file = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", argument ? argument : "/run/engine");
	return outcome(connect(file, (struct sockaddr *)&address, sizeof address));
}

const struct attempt surface_attempts[] = {
	{ "init_module", init_module },
	{ "finit_module", finit_module },
	{ "delete_module", delete_module },
	{ "bpf", bpf },
	{ "ptrace_attach", ptrace_attach },
	{ "ptrace_traceme", ptrace_traceme },
	{ "process_vm", process_vm },
	{ "proc_mem", proc_mem },
	{ "pidfd_getfd", pidfd_getfd },
	{ "perf", perf },
	{ "userfaultfd", userfaultfd },
	{ "userfaultfd_device", userfaultfd_device },
	{ "mount_tmpfs", mount_tmpfs },
	{ "bind_mount", bind_mount },
	{ "remount", remount },
	{ "fsopen", fsopen_tmpfs },
	{ "open_tree_clone", open_tree_clone },
	{ "fspick", pick_mount },
	{ "mount_setattr", mount_setattr_call },
	{ "move_mount", move_mount_call },
	{ "pivot_root", pivot_root },
	{ "setns_own", setns_own },
	{ "setns_pidfd", setns_pidfd },
	{ "unshare_user", unshare_user },
	{ "clone_user", clone_user },
	{ "clone3_user", clone3_user },
	{ "unshare_uts", unshare_uts },
	{ "unshare_mount", unshare_mount },
	{ "clone_uts", clone_uts },
	{ "clone3_time", clone3_time },
	{ "io_uring", io_uring },
	{ "add_key", add_key },
	{ "join_keyring", join_keyring },
	{ "describe_keyring", describe_keyring },
	{ "kexec_load", kexec_load },
	{ "kexec_file", kexec_file },
	{ "block_device", block_device },
	{ "dev_mem", dev_mem },
	{ "dev_null", dev_null },
	{ "kcore", kcore },
	{ "core_pattern", core_pattern },
	{ "core_pattern_truncate", core_pattern_truncate },
	{ "core_pattern_second_proc", core_pattern_second_proc },
	{ "core_pattern_by_root_link", core_pattern_by_root_link },
	{ "core_pattern_read", core_pattern_read },
	{ "modprobe_path", modprobe_path },
	{ "uevent_helper", uevent_helper },
	{ "sysrq", sysrq },
	{ "sysrq_trigger", sysrq_trigger },
	{ "sysctl", sysctl },
	{ "release_agent", release_agent },
	{ "cgroup_procs", cgroup_procs },
	{ "cgroup_mkdir", cgroup_mkdir },
	{ "binfmt_misc", binfmt_misc },
	{ "syslog", syslog_read },
	{ "dev_kmsg", dev_kmsg },
	{ "proc_kmsg", proc_kmsg },
	{ "signal_inside", signal_inside },
	{ "signal_outside", signal_outside },
	{ "exists_outside", exists_outside },
	{ "root_inside", root_inside },
	{ "root_outside", root_outside },
	{ "environ_outside", environ_outside },
	{ "stat_outside", stat_outside },
	{ "runtime_socket", runtime_socket },
	{ "umount", umount_dev_shm },
	{ NULL, NULL },
};
