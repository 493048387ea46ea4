import { type EventView, kernelNameOf, SYSCALLS } from '@runward/events';
import type { SectionName } from '../model/policy.js';
import { capabilityActions } from './capability-actions.js';
import { fileActions } from './file-actions.js';
import { networkActions } from './network-actions.js';
import type { ObservedAction } from './observed-action.js';
import { startActions } from './start-actions.js';
import { surfaceActions } from './surface-actions.js';

const CALL_NAMES: ReadonlySet<string> = new Set(SYSCALLS.map((call) => call.name));

/**
 * What an event shows that somebody did, in the terms of a policy. Everything is copied out of the view. An event that
 * shows nothing a policy speaks of gives nothing.
 */
export function observe(view: EventView): readonly ObservedAction[] {
  const { typeName } = view;
  if (!CALL_NAMES.has(typeName)) return [];
  const called: ObservedAction = { section: 'syscalls', name: kernelNameOf(typeName) };
  if (typeName === 'execve' || typeName === 'execveat') return [called, ...startActions(view)];
  const files = fileActions(view);
  const network = networkActions(view);
  return [called, ...files, ...network, ...surfaceActions(view, files), ...capabilityActions(view, network)];
}

/** Calls an event type tells of; of others the past does not know whether they happened. */
const WANTED: Readonly<Record<SectionName, readonly string[]>> = {
  process: ['execve', 'execveat'],
  file: [
    'openat',
    'open',
    'openat2',
    'unlinkat',
    'renameat2',
    'mkdirat',
    'linkat',
    'fchmodat',
    'fchownat',
    'mmap',
  ],
  network: ['socket', 'connect', 'bind', 'listen', 'sendto'],
  capabilities: ['mount', 'setns', 'unshare', 'chroot', 'bind', 'socket', 'mknodat'],
  syscalls: SYSCALLS.map((call) => call.name),
  kernelSurface: [
    'openat',
    'connect',
    'clone',
    'unshare',
    'ptrace',
    'mount',
    'bpf',
    'setns',
    'keyctl',
    'io_uring_setup',
  ],
  privilege: ['execve', 'execveat'],
};

const ALWAYS: Readonly<Record<SectionName, string>> = {
  process: 'digests of executables are not in recordings: a line with `sha256` is taken to match no file',
  file: 'an open that failed is not judged; reads and writes count where the file was opened',
  network: '',
  capabilities:
    'only capabilities that a system call cannot do without are seen; the kernel checks more of them',
  syscalls: `recordings know ${SYSCALLS.length} system calls; what a program does with others is not seen`,
  kernelSurface: 'signals to, and files of, processes outside the container are not told apart',
  privilege:
    'what no_new_privs and a read-only root would have prevented is not told, setuid executables are',
};

/** What recordings cannot tell about a section, in words; `eventTypes`: those a recording has. */
export function unobservable(section: SectionName, eventTypes: ReadonlySet<string>): readonly string[] {
  const missing = WANTED[section].filter((name) => !eventTypes.has(name));
  const shown =
    missing.length <= 6
      ? missing.join(', ')
      : `${missing.slice(0, 6).join(', ')} and ${missing.length - 6} more`;
  return [ALWAYS[section], missing.length === 0 ? '' : `it has no events ${shown}`].filter(
    (text) => text !== '',
  );
}
