import type { KernelHandle } from './policy.js';

/** What of a kernel handle can be shut by means that every container runtime has, before the container starts. */
export interface HandleMeans {
  /** System calls that are the handle and nothing else. */
  readonly syscalls?: readonly string[];
  /** Bits of the first argument of `clone` and `unshare`; `clone3`, whose flags no filter sees, is answered ENOSYS. */
  readonly namespaceFlags?: number;
  /** Covered so that they can neither be read nor written. */
  readonly masked?: readonly string[];
  readonly readonly?: readonly string[];
  /** Block devices are refused by the device rules of the cgroup. */
  readonly blockDevices?: true;
  /** False where the handle has further doors that only the kernel's enforcement shuts. */
  readonly whole: boolean;
}

/** include/uapi/linux/sched.h */
const CLONE = {
  NEWTIME: 0x00000080,
  NEWNS: 0x00020000,
  NEWCGROUP: 0x02000000,
  NEWUTS: 0x04000000,
  NEWIPC: 0x08000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
} as const;
// NEWTIME shares its bit with the exit signal of clone and is an argument of unshare and clone3 alone.
const EVERY_NAMESPACE = CLONE.NEWNS + CLONE.NEWCGROUP + CLONE.NEWUTS + CLONE.NEWIPC + CLONE.NEWUSER + CLONE.NEWPID + CLONE.NEWNET; // biome-ignore format: a sum

/** Those that are absent leave nothing to do at creation. */
export const HANDLES: Readonly<Partial<Record<KernelHandle, HandleMeans>>> = {
  modules: { syscalls: ['init_module', 'finit_module', 'delete_module', 'create_module'], whole: true },
  bpf: { syscalls: ['bpf'], whole: true },
  ptrace: { syscalls: ['ptrace', 'process_vm_readv', 'process_vm_writev'], whole: false },
  perf: { syscalls: ['perf_event_open'], whole: true },
  userfaultfd: { syscalls: ['userfaultfd'], masked: ['/dev/userfaultfd'], whole: true },
  mount: {
    syscalls: ['mount', 'umount', 'umount2', 'fsopen', 'fsmount', 'fsconfig', 'fspick', 'move_mount', 'open_tree', 'mount_setattr'], // biome-ignore format: a list
    whole: true,
  },
  'pivot-root': { syscalls: ['pivot_root'], whole: true },
  setns: { syscalls: ['setns'], whole: true },
  'unshare-user': { namespaceFlags: CLONE.NEWUSER, whole: true },
  unshare: { namespaceFlags: EVERY_NAMESPACE, whole: true },
  'io-uring': { syscalls: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'], whole: true },
  keyctl: { syscalls: ['keyctl', 'add_key', 'request_key'], whole: true },
  kexec: { syscalls: ['kexec_load', 'kexec_file_load'], whole: true },
  'raw-devices': { blockDevices: true, whole: false },
  'kernel-memory': { masked: ['/proc/kcore', '/dev/mem', '/dev/kmem', '/dev/port'], whole: false },
  'core-pattern': { readonly: ['/proc/sys/kernel/core_pattern'], whole: false },
  'modprobe-path': { readonly: ['/proc/sys/kernel/modprobe'], whole: false },
  'uevent-helper': { readonly: ['/sys/kernel/uevent_helper'], whole: false },
  'binfmt-misc': { readonly: ['/proc/sys/fs/binfmt_misc'], whole: false },
  sysrq: { readonly: ['/proc/sysrq-trigger', '/proc/sys/kernel/sysrq'], whole: false },
  sysctl: { readonly: ['/proc/sys'], whole: false },
  'cgroup-files': { readonly: ['/sys/fs/cgroup'], whole: false },
  'release-agent': { readonly: ['/sys/fs/cgroup'], whole: false },
  'kernel-log': { syscalls: ['syslog'], masked: ['/dev/kmsg', '/proc/kmsg'], whole: false },
};

/**
 * What runc and crun still call between loading the filter and starting the program: without them no container
 * starts. All but `execve` concern the calling process alone. From runc 1.1 (`standard_init_linux.go`) and crun 1.8
 * under a filter that logs.
 */
export const START_CALLS: readonly string[] = [
  'arch_prctl', 'brk', 'capget', 'capset', 'chdir', 'clock_gettime', 'clone', 'close', 'close_range', 'dup3',
  'epoll_create1', 'epoll_ctl', 'epoll_pwait', 'eventfd2', 'execve', 'exit', 'exit_group', 'faccessat', 'faccessat2',
  'fcntl', 'fstat', 'fstatfs', 'futex', 'getcwd', 'getdents64', 'getegid', 'geteuid', 'getgid', 'getpid', 'getppid',
  'getrandom', 'gettid', 'getuid', 'ioctl', 'lseek', 'lstat', 'madvise', 'mmap', 'mprotect', 'mremap',
  'munmap', 'nanosleep', 'newfstatat', 'openat', 'openat2', 'pipe2', 'prctl', 'pread64', 'prlimit64', 'read', 'readlinkat',
  'restart_syscall', 'rseq', 'rt_sigaction', 'rt_sigprocmask', 'rt_sigreturn', 'sched_getaffinity', 'sched_yield',
  'set_robust_list', 'set_tid_address', 'setgid', 'setgroups', 'setresgid', 'setresuid', 'setuid', 'sigaltstack',
  'stat', 'statfs', 'statx', 'tgkill', 'umask', 'uname', 'write',
]; // biome-ignore format: a list
