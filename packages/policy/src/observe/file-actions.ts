import type { EventView } from '@runward/events';
import type { FileOperation } from '../model/policy.js';
import type { ObservedAction, ObservedFileUse } from './observed-action.js';
import { succeeded } from './outcome.js';

const O_ACCMODE = 3;
const O_RDWR = 2;
const O_TRUNC = 0o1000;
const O_PATH = 0o10000000;
const PROT_EXEC = 4;
const O_RDONLY = 0;
const O_WRONLY = 1;

type Table = Readonly<Record<string, readonly [FileOperation, ...(readonly (0 | 1)[])]>>;

/** Calls that name paths: what they do to which operand. */
const PATH_CALLS: Table = {
  unlink: ['delete', 0],
  unlinkat: ['delete', 0],
  rmdir: ['delete', 0],
  rename: ['rename', 0, 1],
  renameat: ['rename', 0, 1],
  renameat2: ['rename', 0, 1],
  link: ['link', 0, 1],
  linkat: ['link', 0, 1],
  symlink: ['create', 0],
  symlinkat: ['create', 0],
  mkdir: ['create', 0],
  mkdirat: ['create', 0],
  mknod: ['create', 0],
  mknodat: ['create', 0],
  chmod: ['chmod', 0],
  fchmodat: ['chmod', 0],
  fchmodat2: ['chmod', 0],
  fchmod: ['chmod', 0],
  chown: ['chown', 0],
  lchown: ['chown', 0],
  fchownat: ['chown', 0],
  fchown: ['chown', 0],
  truncate: ['write', 0],
  ftruncate: ['write', 0],
  mount: ['mount', 0],
  umount2: ['mount', 0],
  move_mount: ['mount', 0, 1],
  pivot_root: ['mount', 0, 1],
};

const OPENS: ReadonlySet<string> = new Set(['open', 'openat', 'openat2', 'creat', 'open_by_handle_at']);

/** What a call that succeeded did to files. */
export function fileActions(view: EventView): readonly ObservedAction[] {
  if (!succeeded(view)) return [];
  if (OPENS.has(view.typeName)) return opened(view);
  if (view.typeName === 'mmap' || view.typeName === 'mprotect') return mapped(view);
  const [operation, ...operands] = PATH_CALLS[view.typeName] ?? [];
  if (operation === undefined) return [];
  return operands.flatMap((operand) => use(view, operation, view.path(operand)));
}

function opened(view: EventView): readonly ObservedAction[] {
  if ((view.openFlags & O_PATH) !== 0) return [];
  const path = view.path(0);
  const access = view.openFlags & O_ACCMODE;
  const reads = access === O_RDONLY || access === O_RDWR;
  const writes = access === O_WRONLY || access === O_RDWR || (view.openFlags & O_TRUNC) !== 0;
  return [
    ...(view.openCreated ? use(view, 'create', path) : []),
    ...(reads ? use(view, 'read', path) : []),
    ...(writes ? use(view, 'write', path) : []),
  ];
}

/** mmap of a file as code: how libraries are loaded. */
function mapped(view: EventView): readonly ObservedAction[] {
  const protection = view.arg(2);
  return view.typeName === 'mmap' && (protection & PROT_EXEC) !== 0 && view.objectKind === 'file'
    ? use(view, 'execute', view.path(0))
    : [];
}

function use(
  view: EventView,
  operation: FileOperation,
  path: string | undefined,
): readonly ObservedFileUse[] {
  if (path === undefined || !path.startsWith('/')) return [];
  const { fileUid, process } = view;
  const owned = fileUid === undefined ? undefined : fileUid === process.euid;
  return [{ section: 'file', operation, path, by: process.executable.path, owned }];
}
