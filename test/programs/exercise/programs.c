// Programs run in the ways that hide where they came from.
#include "exercise.h"
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

static long act_exec(int argc, char **argv) { return execv(argv[0], argv); }
static long act_execveat(int argc, char **argv)
{
	return syscall(SYS_execveat, AT_FDCWD, argv[0], argv, environ, 0);
}
static long act_execveat_fd(int argc, char **argv)
{
	int file = sure(open(argv[0], O_PATH), argv[0]);
	return syscall(SYS_execveat, file, "", argv, environ, AT_EMPTY_PATH);
}
static long act_exec_link(int argc, char **argv)
{
	sure(symlink(argv[0], argv[1]), argv[1]);
	return execv(argv[1], argv + 1);
}

// How the child ended, for acts that run a program and go on.
static long ended(pid_t child)
{
	int status;
	sure(waitpid(child, &status, 0), "waitpid");
	note(" pid %d", child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static long act_spawn(int argc, char **argv)
{
	pid_t child = sure(fork(), "fork");
	if (child == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return ended(child);
}

// A child that is never in the cgroup of its parent.
static long act_spawn_into(int argc, char **argv)
{
	struct clone_args how = {
		.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = sure(open(argv[0], O_RDONLY | O_DIRECTORY), argv[0]),
	};
	long child = sure(syscall(SYS_clone3, &how, sizeof how), "clone3");

	if (child == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	return ended(child);
}

static long act_vfork(int argc, char **argv)
{
	pid_t child;
	// posix_spawn is the C library's vfork.
	errno = posix_spawnp(&child, argv[0], NULL, NULL, argv, environ);
	return errno ? -1 : ended(child);
}

static int memory_file(const char *program)
{
	size_t size;
	char *bytes = slurp(program, &size);
	// Not close-on-exec: a script's interpreter could not open it again.
	int file = sure(memfd_create("harmless", 0), "memfd_create");
	sure(write(file, bytes, size) == (ssize_t)size ? 0 : -1, "write");
	free(bytes);
	return file;
}

static long act_memfd_exec(int argc, char **argv)
{
	return syscall(SYS_execveat, memory_file(argv[0]), "", argv, environ, AT_EMPTY_PATH);
}

static long act_memfd_proc(int argc, char **argv)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", memory_file(argv[0]));
	return execv(path, argv);
}

static long act_drop_exec(int argc, char **argv)
{
	copy_file(argv[0], argv[1]);
	return execv(argv[1], argv + 1);
}

// The program's file is gone by the time it runs.
static long act_unlinked_exec(int argc, char **argv)
{
	copy_file(argv[0], argv[1]);
	int file = sure(open(argv[1], O_PATH), argv[1]);
	sure(unlink(argv[1]), argv[1]);
	return syscall(SYS_execveat, file, "", argv + 1, environ, AT_EMPTY_PATH);
}

static void *exec_in_thread(void *argv)
{
	execv(((char **)argv)[0], argv);
	return NULL;
}

static long act_thread_exec(int argc, char **argv)
{
	pthread_t thread;
	errno = pthread_create(&thread, NULL, exec_in_thread, argv);
	if (errno == 0)
		pthread_join(thread, NULL);
	return -1;
}

static long act_long_argv(int argc, char **argv)
{
	long length = number(argv[0]);
	char *text = malloc(length + 1);
	memset(text, 'a', length);
	text[length] = 0;
	return execl(argv[1], argv[1], text, "end", NULL);
}

static long act_many_argv(int argc, char **argv)
{
	long count = number(argv[0]);
	char **list = calloc(count + 2, sizeof *list);
	list[0] = argv[1];
	for (long at = 1; at <= count; at++)
		sure(asprintf(&list[at], "argument-%ld", at), "asprintf");
	return execv(argv[1], list);
}

static long act_long_environment(int argc, char **argv)
{
	long length = number(argv[0]);
	char *text = malloc(length + 10);
	memset(text, 'e', length + 9);
	memcpy(text, "LONG_ENV=", 9);
	text[length + 9] = 0;
	char *list[] = { text, "LAST=1", NULL };
	return execve(argv[1], argv + 1, list);
}

const struct act program_acts[] = {
	{ "exec", "PROGRAM ARGUMENTS…", 1, act_exec },
	{ "execveat", "PROGRAM ARGUMENTS…", 1, act_execveat },
	{ "execveat-fd", "PROGRAM ARGUMENTS…     by descriptor, empty path", 1, act_execveat_fd },
	{ "exec-link", "PROGRAM LINK ARGUMENTS…     through a new symbolic link", 2, act_exec_link },
	{ "spawn", "PROGRAM ARGUMENTS…     fork, exec, wait", 1, act_spawn },
	{ "spawn-into", "CGROUP PROGRAM ARGUMENTS…     clone3 into a cgroup, exec, wait", 2, act_spawn_into },
	{ "vfork", "PROGRAM ARGUMENTS…     vfork, exec, wait", 1, act_vfork },
	{ "memfd-exec", "PROGRAM ARGUMENTS…     from memory, by execveat", 1, act_memfd_exec },
	{ "memfd-proc", "PROGRAM ARGUMENTS…     from memory, by /proc/self/fd", 1, act_memfd_proc },
	{ "drop-exec", "PROGRAM COPY ARGUMENTS…     writes a copy and becomes it", 2, act_drop_exec },
	{ "unlinked-exec", "PROGRAM COPY ARGUMENTS…     the copy's file removed before", 2, act_unlinked_exec },
	{ "thread-exec", "PROGRAM ARGUMENTS…     from a second thread", 1, act_thread_exec },
	{ "long-argv", "LENGTH PROGRAM     one argument of LENGTH bytes", 2, act_long_argv },
	{ "many-argv", "COUNT PROGRAM     argument-1 … argument-COUNT", 2, act_many_argv },
	{ "long-environment", "LENGTH PROGRAM ARGUMENTS…", 2, act_long_environment },
	{ 0 },
};
