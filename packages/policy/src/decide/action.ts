import type {
  FileOperation,
  KernelHandle,
  NetworkFamily,
  NetworkOperation,
  NetworkProtocol,
  SectionName,
} from '../model/policy.js';

/**
 * Something a container does, as policies judge it. Each kind belongs to one section; what touches several (starting
 * a setuid program) is several actions, and is denied when one of them is. Paths are as `PathPattern` says: below
 * the root of the container, links resolved.
 */
export type Action =
  | ExecAction
  | FileAction
  | NetworkAction
  | CapabilityAction
  | SyscallAction
  | KernelAction
  | PrivilegeAction;

/** A program is started. */
export interface ExecAction {
  readonly kind: 'exec';
  readonly path: string;
  /** Those behind argv[0], joined by one blank. */
  readonly arguments: string;
  /** Executables of the processes above, in the container; any order. */
  readonly ancestors: readonly string[];
  /** The executable is not in the image, or was changed since the container started. */
  readonly drifted: boolean;
  /** The program is in no file that has a name. */
  readonly fileless: boolean;
  /** Hex digest of the file, where it is known. Lines that ask for one do not match without. */
  readonly sha256?: string;
}

export interface FileAction {
  readonly kind: 'file';
  readonly operation: FileOperation;
  readonly path: string;
  /** Executable of the process that does it. */
  readonly by: string;
  /** The acting user owns the file (for create: the directory it comes to lie in). */
  readonly owner: boolean;
}

export interface NetworkAction {
  readonly kind: 'network';
  readonly operation: NetworkOperation;
  readonly family: NetworkFamily;
  /** Undefined where none of the names fits. */
  readonly protocol?: NetworkProtocol;
  /** The remote end for connect and accept, the local one else; undefined for families without, and for create. */
  readonly address?: string;
  /** For accept the local one. */
  readonly port?: number;
  /** Who the remote end is known to be: keys of peers, as `peerKey` gives them. */
  readonly remote?: readonly string[];
  readonly by: string;
}

export interface CapabilityAction {
  readonly kind: 'capability';
  /** Without `CAP_`. */
  readonly name: string;
}

export interface SyscallAction {
  readonly kind: 'syscall';
  readonly name: string;
}

export interface KernelAction {
  readonly kind: 'kernel';
  readonly handle: KernelHandle;
}

export const PRIVILEGES = ['setuid-execution', 'new-privileges', 'root-write'] as const;
/**
 * setuid-execution: a setuid, setgid or file-capability program is started. new-privileges: a process comes to have
 * more by starting a program. root-write: the root file system is written, mounts below it not counted.
 */
export type Privilege = (typeof PRIVILEGES)[number];

export interface PrivilegeAction {
  readonly kind: 'privilege';
  readonly privilege: Privilege;
}

export const ACTION_SECTIONS = {
  exec: 'process',
  file: 'file',
  network: 'network',
  capability: 'capabilities',
  syscall: 'syscalls',
  kernel: 'kernelSurface',
  privilege: 'privilege',
} as const satisfies Record<Action['kind'], SectionName>;

export const sectionOf = (action: Action): SectionName => ACTION_SECTIONS[action.kind];
