// Paths near the kernel's limit of 4,096 bytes. No one path can name such a file while it is made: the folders
// are entered one by one.
#include "exercise.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

// Makes and enters folders below `base` until the working directory's path has about `length` bytes; the full
// path of `name` there goes to `path`.
static void descend(const char *base, long length, const char *name, char *path)
{
	char part[201];
	memset(part, 'd', 200);
	sure(chdir(base), base);
	snprintf(path, PATH_MAX, "%s", base);
	while ((long)(strlen(path) + strlen(name)) + 1 < length) {
		long room = length - (long)(strlen(path) + strlen(name)) - 2;
		if (room < 1)
			break;
		part[room < 200 ? room : 200] = 0;
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			give_up("mkdir");
		sure(chdir(part), "chdir");
		strcat(strcat(path, "/"), part);
	}
	strcat(strcat(path, "/"), name);
}

static long act_deep_create(int argc, char **argv)
{
	char path[2 * PATH_MAX];
	descend(argv[0], number(argv[1]), argv[2], path);
	long file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	note(" length %zu", strlen(path));
	return file;
}

static long act_deep_open(int argc, char **argv)
{
	char path[2 * PATH_MAX];
	descend(argv[0], number(argv[1]), argv[2], path);
	sure(chdir("/"), "/");
	note(" length %zu", strlen(path));
	return open(path, O_RDONLY);
}

static long act_deep_exec(int argc, char **argv)
{
	char path[2 * PATH_MAX];
	char *self = realpath("/proc/self/exe", NULL);
	descend(argv[0], number(argv[1]), argv[2], path);
	copy_file(self, argv[2]);
	sure(chdir("/"), "/");
	return execl(path, argv[2], "sleep", "0", NULL);
}

const struct act path_acts[] = {
	{ "deep-create", "FOLDER LENGTH NAME     creates a file whose full path has LENGTH bytes", 3, act_deep_create },
	{ "deep-open", "FOLDER LENGTH NAME     opens it by its full path (LENGTH below 4096)", 3, act_deep_open },
	{ "deep-exec", "FOLDER LENGTH NAME     copies this program there and becomes it", 3, act_deep_exec },
	{ 0 },
};
