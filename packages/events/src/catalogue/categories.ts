import { SYSCALLS, type SyscallSpec } from '../syscalls.js';
import type { EventView } from '../view.js';
import { READS, WRITES } from './event-sets.js';

/** Calls whose category does not follow from their family. */
const EXCEPTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    net: 'socket socketpair connect accept accept4 bind listen shutdown',
    process: `clone clone3 fork vfork unshare setns prctl ptrace setsid setpgid capset seccomp process_vm_readv
      process_vm_writev pidfd_open pidfd_getfd`,
    user: 'setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid',
    memory: 'mmap mprotect userfaultfd memfd_create',
    signal: 'kill tkill tgkill',
    IPC: 'pipe pipe2',
    file: 'fsopen fsconfig',
    system: `init_module finit_module delete_module bpf perf_event_open io_uring_setup keyctl add_key request_key
      quotactl swapon reboot sethostname kexec_load`,
  }).flatMap(([category, text]) => text.split(/\s+/).map((name) => [name, category])),
);

const categoryOf = (spec: SyscallSpec): string =>
  EXCEPTIONS[spec.name] ?? (spec.family === 'exec' ? 'process' : 'file');

const CATEGORIES: ReadonlyMap<number, string> = new Map(SYSCALLS.map((s) => [s.id, categoryOf(s)]));

/** Reads and writes belong to what they read from or write to. */
export function category(view: EventView): string {
  if (READS.has(view) || WRITES.has(view)) {
    if (view.socketFamily !== undefined) return view.objectKind === 'unix' ? 'IPC' : 'net';
    return view.objectKind === 'pipe' ? 'IPC' : 'file';
  }
  return CATEGORIES.get(view.typeId) ?? 'process';
}
