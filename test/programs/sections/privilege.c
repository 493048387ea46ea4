// Capabilities, programs that give more, and the root file system.
#include "sections.h"
#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

// Each attempt works on files of its own: the one before may have been denied.
static const char *scratch(const char *folder)
{
	static char path[64];
	int file;

	snprintf(path, sizeof path, "%s/scratch-%d", folder, getpid());
	file = open(path, O_WRONLY | O_CREAT, 0600);
	close(file);
	return path;
}

static int chown_file(const char *a)
{
	return outcome(chown(scratch("/dev/shm"), 1234, 1234));
}
static int chroot_here(const char *a)
{
	return outcome(chroot("/"));
}
static int set_hostname(const char *a)
{
	return outcome(sethostname("renamed", 7));
}
static int override_mode(const char *a)
{
	const char *path = scratch("/dev/shm");

	if (chown(path, 1234, 1234))
		return ABSENT;
	return outcome(open(path, O_WRONLY));
}

static int start(const char *path, char *const words[])
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		execv(path, words);
		_exit(errno);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}
static int become_nobody(void)
{
	return setgroups(0, NULL) || setgid(65534) || setuid(65534);
}
static int setuid_program(const char *a)
{
	char *words[] = { "true", NULL };

	return become_nobody() ? ABSENT : start("/suid/true", words);
}
static int setuid_program_as_root(const char *a)
{
	char *words[] = { "true", NULL };

	return start("/suid/true", words);
}
static int plain_program(const char *a)
{
	char *words[] = { "true", NULL };

	return become_nobody() ? ABSENT : start("/bin/true", words);
}

static int root_create(const char *a)
{
	return outcome(open("/etc/made-by-test", O_WRONLY | O_CREAT, 0600));
}
static int root_write(const char *a)
{
	return outcome(open("/etc/passwd", O_WRONLY));
}
static int root_truncate(const char *a)
{
	return outcome(truncate("/etc/group", 0));
}
static int root_mkdir(const char *a)
{
	return outcome(mkdir("/made-by-test", 0700) && errno != EEXIST ? -1 : 0);
}
static int root_link(const char *a)
{
	return outcome(link("/etc/passwd", "/etc/linked-by-test") && errno != EEXIST ? -1 : 0);
}
static int root_rename(const char *a)
{
	int result = outcome(rename("/etc/group", "/etc/group-renamed"));

	rename("/etc/group-renamed", "/etc/group");
	return result;
}
static int root_chmod(const char *a)
{
	return outcome(chmod("/etc/passwd", 0644));
}
static int root_by_bind(const char *a)
{
	return outcome(open("/root-again/etc/passwd", O_WRONLY));
}
static int root_read(const char *a)
{
	return outcome(open("/etc/passwd", O_RDONLY));
}
static int mount_write(const char *a)
{
	return outcome(open(scratch("/dev/shm"), O_WRONLY));
}
static int volume_write(const char *a)
{
	return outcome(open("/volume/written", O_WRONLY | O_CREAT, 0600));
}

// Memory without a file, as compilers at run time use it.
static int anonymous_code(const char *a)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(memory == MAP_FAILED ? -1 : 0);
}
static int anonymous_protect(const char *a)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}
static int code_of_file(const char *a)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, open("/suid/true", O_RDONLY), 0);

	return outcome(memory == MAP_FAILED ? -1 : 0);
}

const struct attempt privilege_attempts[] = {
	{ "chown_file", chown_file },
	{ "chroot_here", chroot_here },
	{ "set_hostname", set_hostname },
	{ "override_mode", override_mode },
	{ "setuid_program", setuid_program },
	{ "setuid_program_as_root", setuid_program_as_root },
	{ "plain_program", plain_program },
	{ "root_create", root_create },
	{ "root_write", root_write },
	{ "root_truncate", root_truncate },
	{ "root_mkdir", root_mkdir },
	{ "root_link", root_link },
	{ "root_rename", root_rename },
	{ "root_chmod", root_chmod },
	{ "root_by_bind", root_by_bind },
	{ "root_read", root_read },
	{ "mount_write", mount_write },
	{ "volume_write", volume_write },
	{ "anonymous_code", anonymous_code },
	{ "anonymous_protect", anonymous_protect },
	{ "code_of_file", code_of_file },
	{ NULL, NULL },
};
