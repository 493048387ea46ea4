// Files opened, written, and given other names, owners and modes.
#include "exercise.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static const struct { const char *name; int flag; } open_words[] = {
	{ "r", O_RDONLY }, { "w", O_WRONLY }, { "rw", O_RDWR }, { "creat", O_CREAT }, { "trunc", O_TRUNC },
	{ "excl", O_EXCL }, { "append", O_APPEND }, { "dir", O_DIRECTORY }, { "nofollow", O_NOFOLLOW },
	{ "path", O_PATH }, { "tmpfile", O_TMPFILE }, { "cloexec", O_CLOEXEC }, { "nonblock", O_NONBLOCK },
};

int open_flags(const char *words)
{
	char *copy = strdup(words), *rest = copy, *word;
	int flags = 0;
	while ((word = strsep(&rest, ","))) {
		size_t at = 0;
		while (at < sizeof open_words / sizeof *open_words && strcmp(open_words[at].name, word))
			at++;
		if (at == sizeof open_words / sizeof *open_words) {
			fprintf(stderr, "exercise: `%s` is no open flag\n", word);
			exit(2);
		}
		flags |= open_words[at].flag;
	}
	free(copy);
	return flags;
}

char *slurp(const char *path, size_t *size)
{
	struct stat status;
	int file = sure(open(path, O_RDONLY | O_CLOEXEC), path);
	sure(fstat(file, &status), path);
	char *bytes = malloc(status.st_size + 1);
	size_t got = 0;
	while (got < (size_t)status.st_size) {
		ssize_t part = sure(read(file, bytes + got, status.st_size - got), path);
		if (part == 0)
			break;
		got += part;
	}
	close(file);
	*size = got;
	return bytes;
}

void copy_file(const char *from, const char *to)
{
	size_t size;
	char *bytes = slurp(from, &size);
	int file = sure(open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755), to);
	sure(write(file, bytes, size) == (ssize_t)size ? 0 : -1, to);
	sure(fchmod(file, 0755), to);
	close(file);
	free(bytes);
}

static long closed(long file)
{
	int error = errno;
	if (file >= 0)
		close(file);
	errno = error;
	return file;
}

static long act_open(int argc, char **argv)
{
	return closed(syscall(SYS_openat, AT_FDCWD, argv[0], open_flags(argc > 1 ? argv[1] : "r"), 0644));
}

static long act_open_at(int argc, char **argv)
{
	int folder = sure(open(argv[0], O_PATH | O_DIRECTORY), argv[0]);
	return closed(syscall(SYS_openat, folder, argv[1], open_flags(argc > 2 ? argv[2] : "r"), 0644));
}

static long act_open_legacy(int argc, char **argv)
{
#ifdef SYS_open
	return closed(syscall(SYS_open, argv[0], open_flags(argc > 1 ? argv[1] : "r"), 0644));
#else
	errno = ENOSYS;
	return -1;
#endif
}

static long act_creat(int argc, char **argv)
{
#ifdef SYS_creat
	return closed(syscall(SYS_creat, argv[0], 0644));
#else
	errno = ENOSYS;
	return -1;
#endif
}

static long act_openat2(int argc, char **argv)
{
	struct open_how how = { .flags = open_flags(argc > 1 ? argv[1] : "r") };
	if (how.flags & (O_CREAT | __O_TMPFILE))
		how.mode = 0644;
	return closed(syscall(SYS_openat2, AT_FDCWD, argv[0], &how, sizeof how));
}

static long act_open_relative(int argc, char **argv)
{
	sure(chdir(argv[0]), argv[0]);
	return act_open(argc - 1, argv + 1);
}

static long act_open_link(int argc, char **argv)
{
	sure(symlink(argv[0], argv[1]), argv[1]);
	return act_open(argc - 1, argv + 1);
}

static long act_read(int argc, char **argv)
{
	char bytes[4096];
	int file = sure(open(argv[0], O_RDONLY), argv[0]);
	return read(file, bytes, sizeof bytes);
}

static long act_write(int argc, char **argv)
{
	int file = sure(open(argv[0], O_WRONLY | O_CREAT | O_APPEND, 0644), argv[0]);
	return write(file, argv[1], strlen(argv[1]));
}

static long act_pread_family(int argc, char **argv)
{
	char bytes[64];
	struct iovec parts[2] = { { bytes, 32 }, { bytes + 32, 32 } };
	int file = sure(open(argv[0], O_RDONLY), argv[0]);
	sure(pread(file, bytes, sizeof bytes, 0), "pread");
	sure(preadv(file, parts, 2, 0), "preadv");
	sure(preadv2(file, parts, 2, 0, 0), "preadv2");
	return readv(file, parts, 2);
}

static long act_pwrite_family(int argc, char **argv)
{
	struct iovec parts[2] = { { "one ", 4 }, { "two\n", 4 } };
	int file = sure(open(argv[0], O_WRONLY | O_CREAT, 0644), argv[0]);
	sure(pwrite(file, "first\n", 6, 0), "pwrite");
	sure(pwritev(file, parts, 2, 0), "pwritev");
	sure(pwritev2(file, parts, 2, 0, 0), "pwritev2");
	return writev(file, parts, 2);
}

static long act_unlink(int argc, char **argv) { return unlink(argv[0]); }
static long act_unlinkat(int argc, char **argv)
{
	int folder = sure(open(argv[0], O_PATH | O_DIRECTORY), argv[0]);
	return unlinkat(folder, argv[1], argc > 2 ? AT_REMOVEDIR : 0);
}
static long act_rename(int argc, char **argv) { return rename(argv[0], argv[1]); }
static long act_renameat(int argc, char **argv)
{
	return syscall(SYS_renameat, AT_FDCWD, argv[0], AT_FDCWD, argv[1]);
}
static long act_renameat2(int argc, char **argv)
{
	return renameat2(AT_FDCWD, argv[0], AT_FDCWD, argv[1], argc > 2 ? RENAME_EXCHANGE : RENAME_NOREPLACE);
}
static long act_link(int argc, char **argv) { return link(argv[0], argv[1]); }
static long act_linkat(int argc, char **argv) { return linkat(AT_FDCWD, argv[0], AT_FDCWD, argv[1], 0); }
static long act_symlink(int argc, char **argv) { return symlink(argv[0], argv[1]); }
static long act_symlinkat(int argc, char **argv) { return symlinkat(argv[0], AT_FDCWD, argv[1]); }
static long act_mkdir(int argc, char **argv) { return mkdir(argv[0], 0755); }
static long act_mkdirat(int argc, char **argv) { return mkdirat(AT_FDCWD, argv[0], 0755); }
static long act_rmdir(int argc, char **argv) { return rmdir(argv[0]); }
static long act_mknod(int argc, char **argv)
{
	if (argc < 4)
		return mknod(argv[0], S_IFIFO | 0600, 0);
	return mknod(argv[0], (argv[1][0] == 'b' ? S_IFBLK : S_IFCHR) | 0600,
		     makedev(number(argv[2]), number(argv[3])));
}
static long act_truncate(int argc, char **argv) { return truncate(argv[0], number(argv[1])); }
static long act_ftruncate(int argc, char **argv)
{
	return ftruncate(sure(open(argv[0], O_WRONLY), argv[0]), number(argv[1]));
}

static mode_t mode_of(const char *octal) { return strtol(octal, NULL, 8); }
static long act_chmod(int argc, char **argv) { return chmod(argv[0], mode_of(argv[1])); }
static long act_fchmod(int argc, char **argv)
{
	return fchmod(sure(open(argv[0], O_RDONLY), argv[0]), mode_of(argv[1]));
}
static long act_fchmodat(int argc, char **argv)
{
	return syscall(SYS_fchmodat, AT_FDCWD, argv[0], mode_of(argv[1]));
}
static long act_fchmodat2(int argc, char **argv)
{
	const int sys_fchmodat2 = 452; // newer than the C library's headers
	return syscall(sys_fchmodat2, AT_FDCWD, argv[0], mode_of(argv[1]), 0);
}
static long act_chown(int argc, char **argv) { return chown(argv[0], number(argv[1]), number(argv[2])); }
static long act_lchown(int argc, char **argv) { return lchown(argv[0], number(argv[1]), number(argv[2])); }
static long act_fchown(int argc, char **argv)
{
	return fchown(sure(open(argv[0], O_RDONLY), argv[0]), number(argv[1]), number(argv[2]));
}
static long act_fchownat(int argc, char **argv)
{
	return fchownat(AT_FDCWD, argv[0], number(argv[1]), number(argv[2]), 0);
}
static long act_setxattr(int argc, char **argv)
{
	return setxattr(argv[0], argv[1], argv[2], strlen(argv[2]), 0);
}
static long act_removexattr(int argc, char **argv) { return removexattr(argv[0], argv[1]); }

const struct act file_acts[] = {
	{ "open", "PATH [FLAGS]     FLAGS: r,w,rw,creat,trunc,excl,append,dir,nofollow,path,tmpfile", 1, act_open },
	{ "open-at", "FOLDER NAME [FLAGS]     relative to a descriptor", 2, act_open_at },
	{ "open-relative", "FOLDER NAME [FLAGS]     relative to the working directory", 2, act_open_relative },
	{ "open-link", "TARGET LINK [FLAGS]     makes a symbolic link and opens it", 2, act_open_link },
	{ "open-legacy", "PATH [FLAGS]     by open(2) itself", 1, act_open_legacy },
	{ "creat", "PATH", 1, act_creat },
	{ "openat2", "PATH [FLAGS]", 1, act_openat2 },
	{ "read", "PATH", 1, act_read },
	{ "write", "PATH TEXT", 2, act_write },
	{ "pread-family", "PATH     pread, preadv, preadv2, readv", 1, act_pread_family },
	{ "pwrite-family", "PATH     pwrite, pwritev, pwritev2, writev", 1, act_pwrite_family },
	{ "unlink", "PATH", 1, act_unlink },
	{ "unlinkat", "FOLDER NAME [rmdir]", 2, act_unlinkat },
	{ "rename", "FROM TO", 2, act_rename },
	{ "renameat", "FROM TO", 2, act_renameat },
	{ "renameat2", "FROM TO [exchange]", 2, act_renameat2 },
	{ "link", "TARGET NAME", 2, act_link },
	{ "linkat", "TARGET NAME", 2, act_linkat },
	{ "symlink", "TARGET NAME", 2, act_symlink },
	{ "symlinkat", "TARGET NAME", 2, act_symlinkat },
	{ "mkdir", "PATH", 1, act_mkdir },
	{ "mkdirat", "PATH", 1, act_mkdirat },
	{ "rmdir", "PATH", 1, act_rmdir },
	{ "mknod", "PATH [b|c MAJOR MINOR]     a FIFO by default", 1, act_mknod },
	{ "truncate", "PATH LENGTH", 2, act_truncate },
	{ "ftruncate", "PATH LENGTH", 2, act_ftruncate },
	{ "chmod", "PATH OCTAL", 2, act_chmod },
	{ "fchmod", "PATH OCTAL", 2, act_fchmod },
	{ "fchmodat", "PATH OCTAL", 2, act_fchmodat },
	{ "fchmodat2", "PATH OCTAL", 2, act_fchmodat2 },
	{ "chown", "PATH UID GID", 3, act_chown },
	{ "lchown", "PATH UID GID", 3, act_lchown },
	{ "fchown", "PATH UID GID", 3, act_fchown },
	{ "fchownat", "PATH UID GID", 3, act_fchownat },
	{ "setxattr", "PATH NAME VALUE", 3, act_setxattr },
	{ "removexattr", "PATH NAME", 2, act_removexattr },
	{ 0 },
};
