// The kernel's own surface: modules, bpf, perf, keys, memory that can be executed, other system call tables.
#include "exercise.h"
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sys/mman.h>

static long act_init_module(int argc, char **argv) { return syscall(SYS_init_module, "garbage", 7, ""); }
static long act_finit_module(int argc, char **argv)
{
	return syscall(SYS_finit_module, sure(open(argv[0], O_RDONLY), argv[0]), "", 0);
}
static long act_delete_module(int argc, char **argv) { return syscall(SYS_delete_module, argv[0], O_NONBLOCK); }
static long act_bpf(int argc, char **argv)
{
	union bpf_attr attributes;
	memset(&attributes, 0, sizeof attributes);
	return syscall(SYS_bpf, argc > 0 ? number(argv[0]) : 9999, &attributes, sizeof attributes);
}
static long act_perf_event_open(int argc, char **argv)
{
	struct perf_event_attr attributes = { .type = PERF_TYPE_SOFTWARE, .size = sizeof attributes,
					      .config = PERF_COUNT_SW_CPU_CLOCK, .disabled = 1 };
	return syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}
static long act_userfaultfd(int argc, char **argv) { return syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK); }
static long act_memfd_create(int argc, char **argv) { return memfd_create(argv[0], MFD_CLOEXEC); }
static long act_io_uring_setup(int argc, char **argv)
{
	struct io_uring_params parameters;
	memset(&parameters, 0, sizeof parameters);
	return syscall(SYS_io_uring_setup, 4, &parameters);
}
static long act_keyctl(int argc, char **argv)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0);
}
static long act_add_key(int argc, char **argv)
{
	return syscall(SYS_add_key, "user", argv[0], "harmless", 8, KEY_SPEC_PROCESS_KEYRING);
}

static long page(int protection)
{
	void *page_ = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page_ == MAP_FAILED ? -1 : 0;
}
static long act_mmap_exec(int argc, char **argv) { return page(PROT_READ | PROT_EXEC); }
static long act_mmap_rwx(int argc, char **argv) { return page(PROT_READ | PROT_WRITE | PROT_EXEC); }
static long act_mmap_file_exec(int argc, char **argv)
{
	int file = sure(open(argv[0], O_RDONLY), argv[0]);
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED ? -1 : 0;
}
static long act_mprotect_exec(int argc, char **argv)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

// The x32 table: the 64-bit entry with bit 30 set. Most kernels leave it out (ENOSYS).
static long act_x32_open(int argc, char **argv)
{
#ifdef __x86_64__
	return syscall(0x40000000 | SYS_openat, AT_FDCWD, argv[0], O_RDONLY, 0);
#else
	errno = ENOSYS;
	return -1;
#endif
}

const struct act kernel_acts[] = {
	{ "init-module", "garbage, so never a module", 0, act_init_module },
	{ "finit-module", "PATH", 1, act_finit_module },
	{ "delete-module", "NAME", 1, act_delete_module },
	{ "bpf", "[COMMAND]     an empty attribute", 0, act_bpf },
	{ "perf-event-open", "a clock of its own", 0, act_perf_event_open },
	{ "userfaultfd", "", 0, act_userfaultfd },
	{ "memfd-create", "NAME", 1, act_memfd_create },
	{ "io-uring-setup", "", 0, act_io_uring_setup },
	{ "keyctl", "", 0, act_keyctl },
	{ "add-key", "NAME     to the process keyring", 1, act_add_key },
	{ "mmap-exec", "", 0, act_mmap_exec },
	{ "mmap-rwx", "", 0, act_mmap_rwx },
	{ "mmap-file-exec", "PATH", 1, act_mmap_file_exec },
	{ "mprotect-exec", "", 0, act_mprotect_exec },
	{ "x32-open", "PATH", 1, act_x32_open },
	{ 0 },
};
