import type { EventView } from '@runward/events';
import { Op } from '../builder/files.js';
import { withoutPids } from '../proc-path.js';
import type { Scene } from '../scene.js';
import type { Action, Actions } from './action.js';
import { noteHandleOf } from './handles.js';

const O_ACCMODE = 3;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
/** Names the file and opens nothing of it. */
const O_PATH = 0o10_000_000;
const PROT_EXEC = 4;
const WRITING = Op.write | Op.create | Op.delete | Op.rename | Op.link | Op.chmod | Op.chown;
const OVERRIDE = 'DAC_OVERRIDE';

/** Whether the acting user owns the object of the event. */
const isOwn = (view: EventView): boolean | undefined =>
  view.fileUid === undefined ? undefined : view.fileUid === view.process.euid;

function note(scene: Scene, view: EventView, path: string | undefined, operations: number, own?: boolean) {
  // Pipes and sockets have no path, `memfd:` and anonymous inodes none of a file system.
  if (path === undefined || !path.startsWith('/')) return;
  const place = withoutPids(path, view.process);
  scene.file(place, operations, own);
  if ((operations & WRITING) !== 0 && !scene.builder.privilege.wroteRoot) {
    if (scene.mountOf(place) === 'root') scene.builder.privilege.wroteRoot = true;
  }
  noteHandleOf(scene, place, operations, view.objectKind);
}

/** Rights over the file that its mode gives to neither owner nor group nor others come from a capability. */
function noteOverride(view: EventView, scene: Scene, operations: number): void {
  const uid = view.fileUid;
  if (uid === undefined || view.process.euid !== 0 || uid === 0 || view.fileMode === 0) return;
  const asked = ((operations & Op.read) !== 0 ? 4 : 0) | ((operations & Op.write) !== 0 ? 2 : 0);
  const given = (view.fileMode | (view.fileMode >> 3)) & 7;
  if ((asked & ~given) !== 0) scene.capability(OVERRIDE);
}

const open: Action = (view, scene) => {
  const flags = view.openFlags;
  if ((flags & O_PATH) !== 0) return;
  const access = flags & O_ACCMODE;
  let operations = access === 0 || access === 2 ? Op.read : 0;
  if (access !== 0 || (flags & O_TRUNC) !== 0) operations |= Op.write;
  // One that is opened for writing and to be made if need be is made the next time, where it is not there then.
  if (view.openCreated || (access !== 0 && (flags & O_CREAT) !== 0)) operations |= Op.create;
  note(scene, view, view.path(0), operations, isOwn(view));
  if (!view.openCreated) noteOverride(view, scene, operations);
};

const onPath =
  (operation: number): Action =>
  (view, scene) =>
    note(scene, view, view.path(0), operation);

const onBoth =
  (operation: number): Action =>
  (view, scene) => {
    note(scene, view, view.path(0), operation);
    note(scene, view, view.path(1), operation);
  };

const onDescriptor =
  (operation: number): Action =>
  (view, scene) =>
    note(scene, view, view.path(0), operation, isOwn(view));

/** What a new name is linked to: the old path is only named. */
const symlink = onPath(Op.create);

const map: Action = (view, scene) => {
  if ((view.arg(2) & PROT_EXEC) !== 0) note(scene, view, view.path(0), Op.execute, isOwn(view));
};

const chown: Action = (view, scene) => {
  note(scene, view, view.path(0), Op.chown);
  scene.capability('CHOWN');
};

const changeMode: Action = (view, scene) => {
  onDescriptor(Op.chmod)(view, scene);
  if (isOwn(view) === false) scene.capability('FOWNER');
};

const byHandle: Action = (view, scene) => {
  open(view, scene);
  scene.capability('DAC_READ_SEARCH');
};

const mount: Action = (view, scene) => {
  note(scene, view, view.path(view.typeName === 'move_mount' ? 1 : 0), Op.mount);
};

export const FILE_ACTIONS: Actions = {
  open,
  openat: open,
  openat2: open,
  creat: open,
  open_by_handle_at: byHandle,
  mmap: map,
  unlink: onPath(Op.delete),
  unlinkat: onPath(Op.delete),
  rmdir: onPath(Op.delete),
  rename: onBoth(Op.rename),
  renameat: onBoth(Op.rename),
  renameat2: onBoth(Op.rename),
  link: onBoth(Op.link),
  linkat: onBoth(Op.link),
  symlink,
  symlinkat: symlink,
  mkdir: onPath(Op.create),
  mkdirat: onPath(Op.create),
  mknod: onPath(Op.create),
  mknodat: onPath(Op.create),
  chmod: onPath(Op.chmod),
  fchmodat: onPath(Op.chmod),
  fchmodat2: onPath(Op.chmod),
  fchmod: changeMode,
  chown,
  lchown: chown,
  fchownat: chown,
  fchown: chown,
  truncate: onPath(Op.write),
  ftruncate: onDescriptor(Op.write),
  setxattr: onPath(Op.chmod),
  removexattr: onPath(Op.chmod),
  mount,
  umount2: mount,
  move_mount: mount,
};
