// Processes that look into, signal and change processes: always this one or its own child.
#include "exercise.h"
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

static char shared_text[] = "harmless";

pid_t sleeping_child(void)
{
	pid_t child = sure(fork(), "fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return child;
}

void end_child(pid_t child)
{
	int error = errno;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	errno = error;
}

static long act_ptrace_traceme(int argc, char **argv)
{
	pid_t child = sure(fork(), "fork");
	int status;
	if (child == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 ? errno : 0);
	waitpid(child, &status, 0);
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static long attach(int request)
{
	pid_t child = sleeping_child();
	long result = ptrace(request, child, 0, 0);
	note(" pid %d", child);
	end_child(child);
	return result;
}
static long act_ptrace_attach(int argc, char **argv) { return attach(PTRACE_ATTACH); }
static long act_ptrace_seize(int argc, char **argv) { return attach(PTRACE_SEIZE); }

static long touch_child(int is_write)
{
	char bytes[sizeof shared_text] = "changed!";
	struct iovec here = { bytes, sizeof bytes }, there = { shared_text, sizeof shared_text };
	pid_t child = sleeping_child();
	long result = is_write ? process_vm_writev(child, &here, 1, &there, 1, 0) :
				 process_vm_readv(child, &here, 1, &there, 1, 0);
	end_child(child);
	return result;
}
static long act_vm_readv(int argc, char **argv) { return touch_child(0); }
static long act_vm_writev(int argc, char **argv) { return touch_child(1); }

static long act_pidfd_getfd(int argc, char **argv)
{
	pid_t child = sleeping_child();
	int handle = syscall(SYS_pidfd_open, child, 0);
	long result = handle < 0 ? -1 : syscall(SYS_pidfd_getfd, handle, 1, 0);
	end_child(child);
	return result;
}

static long act_kill(int argc, char **argv)
{
	pid_t child = sleeping_child();
	long result = kill(child, number(argv[0]));
	end_child(child);
	return result;
}
static long act_tkill(int argc, char **argv)
{
	pid_t child = sleeping_child();
	long result = syscall(SYS_tkill, child, number(argv[0]));
	end_child(child);
	return result;
}

static long act_setuid(int argc, char **argv) { return setuid(number(argv[0])); }
static long act_setgid(int argc, char **argv) { return setgid(number(argv[0])); }
static long act_setresuid(int argc, char **argv)
{
	return setresuid(number(argv[0]), number(argv[1]), number(argv[2]));
}
static long act_setresgid(int argc, char **argv)
{
	return setresgid(number(argv[0]), number(argv[1]), number(argv[2]));
}

static long act_capset(int argc, char **argv)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	sure(syscall(SYS_capget, &head, data), "capget");
	data[0].inheritable = data[1].inheritable = 0;
	return syscall(SYS_capset, &head, data);
}

static long act_prctl(int argc, char **argv) { return prctl(PR_SET_NAME, argv[0]); }
static long act_dumpable(int argc, char **argv) { return prctl(PR_SET_DUMPABLE, 0); }
static long act_setsid(int argc, char **argv)
{
	pid_t child = sure(fork(), "fork");
	int status;
	if (child == 0)
		_exit(setsid() < 0 ? errno : 0);
	waitpid(child, &status, 0);
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static long reap(long child)
{
	if (child == 0)
		_exit(0);
	if (child > 0)
		waitpid(child, NULL, __WALL);
	return child;
}
static long act_fork(int argc, char **argv) { return reap(fork()); }
static long act_clone(int argc, char **argv)
{
	return reap(syscall(SYS_clone, SIGCHLD | (argc > 0 ? namespace_flags(argv[0]) : 0), 0, 0, 0, 0));
}
static long act_clone3(int argc, char **argv)
{
	struct clone_args how = { .exit_signal = SIGCHLD };
	if (argc > 0)
		how.flags = namespace_flags(argv[0]);
	return reap(syscall(SYS_clone3, &how, sizeof how));
}

static long act_fork_storm(int argc, char **argv)
{
	long count = number(argv[0]), made = 0;
	for (; made < count; made++)
		if (reap(fork()) < 0)
			return -1;
	return made;
}

// The orphan outlives this program: its parent becomes the container's first process.
static long act_orphan(int argc, char **argv)
{
	pid_t child = sure(fork(), "fork");
	if (child == 0) {
		pid_t middle = getpid();
		if (fork() == 0) {
			while (getppid() == middle)
				usleep(1000);
			_exit(perform(argc + 1, argv - 1));
		}
		_exit(0);
	}
	return waitpid(child, NULL, 0) < 0 ? -1 : 0;
}

static long act_burst(int argc, char **argv)
{
	long count = number(argv[0]), failures = 0;
	for (long done = 0; done < count; done++)
		failures += perform(argc, argv) != 0;
	errno = failures ? EIO : 0;
	return failures ? -1 : count;
}

// What a long-running program does, as opposed to one that has just started.
static long act_after(int argc, char **argv)
{
	usleep(number(argv[0]) * 1000);
	errno = perform(argc, argv) ? EIO : 0;
	return errno ? -1 : 0;
}

static long act_sleep(int argc, char **argv) { return usleep(number(argv[0]) * 1000); }

const struct act process_acts[] = {
	{ "ptrace-traceme", "", 0, act_ptrace_traceme },
	{ "ptrace-attach", "its own child", 0, act_ptrace_attach },
	{ "ptrace-seize", "its own child", 0, act_ptrace_seize },
	{ "vm-readv", "its own child's memory", 0, act_vm_readv },
	{ "vm-writev", "its own child's memory", 0, act_vm_writev },
	{ "pidfd-getfd", "its own child's descriptor", 0, act_pidfd_getfd },
	{ "kill", "SIGNAL     its own child", 1, act_kill },
	{ "tkill", "SIGNAL     its own child", 1, act_tkill },
	{ "setuid", "UID", 1, act_setuid },
	{ "setgid", "GID", 1, act_setgid },
	{ "setresuid", "REAL EFFECTIVE SAVED", 3, act_setresuid },
	{ "setresgid", "REAL EFFECTIVE SAVED", 3, act_setresgid },
	{ "capset", "clears the inheritable set", 0, act_capset },
	{ "prctl", "NAME     takes another name", 1, act_prctl },
	{ "dumpable", "cannot be dumped any more", 0, act_dumpable },
	{ "setsid", "", 0, act_setsid },
	{ "fork", "", 0, act_fork },
	{ "clone", "[NAMESPACES]", 0, act_clone },
	{ "clone3", "[NAMESPACES]", 0, act_clone3 },
	{ "fork-storm", "COUNT     one after another", 1, act_fork_storm },
	{ "orphan", "ACT ARGUMENTS…     by a grandchild whose parent has ended", 1, act_orphan },
	{ "burst", "COUNT ACT ARGUMENTS…     many times", 2, act_burst },
	{ "after", "MILLISECONDS ACT ARGUMENTS…     once this program is so old", 2, act_after },
	{ "sleep", "MILLISECONDS", 1, act_sleep },
	{ 0 },
};
