import type { Action, Actions } from './action.js';

const UNCHANGED = 0xffff_ffff;
const S_IFMT = 0o170_000;
const S_IFCHR = 0o020_000;
const S_IFBLK = 0o060_000;

/** A call that needs a capability to succeed at all. */
const needs =
  (capability: string): Action =>
  (_, scene) =>
    scene.capability(capability);

/**
 * Becoming another user takes a capability only for whoever was root; what the process was is told by what its program
 * ran as before, since the event already shows the new user.
 */
const becomes =
  (capability: string, operands: number): Action =>
  (view, scene) => {
    if (!scene.executable.ranAsRoot) return;
    for (let i = 0; i < operands; i += 1) {
      const id = view.arg(i) % 2 ** 32;
      if (id !== 0 && id !== UNCHANGED) {
        scene.capability(capability);
        return;
      }
    }
  };

/** Making a device; fifos, sockets and plain files need none. */
const makeNode =
  (mode: number): Action =>
  (view, scene) => {
    const type = view.arg(mode) & S_IFMT;
    if (type !== S_IFCHR && type !== S_IFBLK) return;
    scene.capability('MKNOD');
    scene.surface('raw-devices');
  };

const setAttribute: Action = (view, scene) => {
  const name = view.text(0) ?? '';
  if (name === 'security.capability') scene.capability('SETFCAP');
  else if (name.startsWith('trusted.') || name.startsWith('security.')) scene.capability('SYS_ADMIN');
};

export const PRIVILEGE_ACTIONS: Actions = {
  setuid: becomes('SETUID', 1),
  setreuid: becomes('SETUID', 2),
  setresuid: becomes('SETUID', 3),
  setfsuid: becomes('SETUID', 1),
  setgid: becomes('SETGID', 1),
  setregid: becomes('SETGID', 2),
  setresgid: becomes('SETGID', 3),
  setfsgid: becomes('SETGID', 1),
  chroot: needs('SYS_CHROOT'),
  mknod: makeNode(1),
  mknodat: makeNode(2),
  setxattr: setAttribute,
  removexattr: setAttribute,
  swapon: needs('SYS_ADMIN'),
  quotactl: needs('SYS_ADMIN'),
  sethostname: needs('SYS_ADMIN'),
  reboot: needs('SYS_BOOT'),
};
