// Mounts, roots and namespaces.
#include "exercise.h"
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>

// The C library's own header of mount(2) clashes with the kernel's, which has the newer calls.
extern int mount(const char *, const char *, const char *, unsigned long, const void *);
extern int umount2(const char *, int);

static long act_mount(int argc, char **argv)
{
	const char *flags = argc > 3 ? argv[3] : "";
	return mount(argv[0], argv[1], argv[2], strstr(flags, "bind") ? MS_BIND : 0, NULL);
}
static long act_umount(int argc, char **argv) { return umount2(argv[0], 0); }
static long act_pivot_root(int argc, char **argv) { return syscall(SYS_pivot_root, argv[0], argv[1]); }
static long act_chroot_open(int argc, char **argv)
{
	sure(chroot(argv[0]), argv[0]);
	return open(argv[1], O_RDONLY);
}

static long act_chroot(int argc, char **argv) { return chroot(argv[0]); }
static long act_fsopen(int argc, char **argv) { return syscall(SYS_fsopen, argv[0], 0); }
static long act_open_tree(int argc, char **argv)
{
	return syscall(SYS_open_tree, AT_FDCWD, argv[0], OPEN_TREE_CLONE);
}
static long act_move_mount(int argc, char **argv)
{
	int tree = sure(act_open_tree(1, argv), argv[0]);
	return syscall(SYS_move_mount, tree, "", AT_FDCWD, argv[1], MOVE_MOUNT_F_EMPTY_PATH);
}

static const struct { const char *name; int flag; } namespaces[] = {
	{ "mnt", CLONE_NEWNS }, { "pid", CLONE_NEWPID }, { "net", CLONE_NEWNET }, { "ipc", CLONE_NEWIPC },
	{ "uts", CLONE_NEWUTS }, { "user", CLONE_NEWUSER }, { "cgroup", CLONE_NEWCGROUP },
};

int namespace_flags(const char *words)
{
	int flags = 0;
	for (size_t at = 0; at < sizeof namespaces / sizeof *namespaces; at++)
		if (strstr(words, namespaces[at].name))
			flags |= namespaces[at].flag;
	return flags;
}

static long act_unshare(int argc, char **argv) { return unshare(namespace_flags(argv[0])); }
static long act_setns(int argc, char **argv)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%s/ns/%s", argc > 1 ? argv[1] : "self", argv[0]);
	return setns(sure(open(path, O_RDONLY), path), 0);
}

const struct act mount_acts[] = {
	{ "mount", "SOURCE TARGET TYPE [bind]", 3, act_mount },
	{ "umount", "TARGET", 1, act_umount },
	{ "pivot-root", "NEW OLD", 2, act_pivot_root },
	{ "chroot", "FOLDER", 1, act_chroot },
	{ "chroot-open", "FOLDER PATH     opens it below a root of its own", 2, act_chroot_open },
	{ "fsopen", "TYPE", 1, act_fsopen },
	{ "open-tree", "PATH", 1, act_open_tree },
	{ "move-mount", "FROM TO     a clone of FROM", 2, act_move_mount },
	{ "unshare", "NAMESPACES     mnt,pid,net,ipc,uts,user,cgroup", 1, act_unshare },
	{ "setns", "NAMESPACE [PID]     its own by default", 1, act_setns },
	{ 0 },
};
