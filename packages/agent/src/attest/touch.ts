import type { Detection } from '@runward/detect';
import type { OwnRule } from '../own-rules/own-rules.js';

/** Calls after which a container may do other things than before. */
const CALLS = ['mount', 'umount2', 'move_mount', 'setns', 'unshare', 'capset', 'chroot', 'pivot_root'];

export const TOUCH_RULE: OwnRule = {
  name: 'confinement touched',
  condition: `evt.type in (${CALLS.join(', ')})`,
};

/** Whatever rule it was that told of it. */
export const touchesConfinement = ({ event }: Detection): boolean => CALLS.includes(event.type);
