import { type EventView, newNamespaces } from '@runward/events';
import type { ObservedAction, ObservedNetworkUse } from './observed-action.js';
import { succeeded } from './outcome.js';

/** Calls that succeed only with a capability, in the namespace the kernel asks it of. */
const CALLS: Readonly<Record<string, string>> = {
  mount: 'SYS_ADMIN',
  umount2: 'SYS_ADMIN',
  move_mount: 'SYS_ADMIN',
  fsopen: 'SYS_ADMIN',
  pivot_root: 'SYS_ADMIN',
  setns: 'SYS_ADMIN',
  sethostname: 'SYS_ADMIN',
  swapon: 'SYS_ADMIN',
  chroot: 'SYS_CHROOT',
  init_module: 'SYS_MODULE',
  finit_module: 'SYS_MODULE',
  delete_module: 'SYS_MODULE',
  reboot: 'SYS_BOOT',
  kexec_load: 'SYS_BOOT',
  open_by_handle_at: 'DAC_READ_SEARCH',
};

const FIRST_FREE_PORT = 1024;
const S_IFMT = 0o170000;
const DEVICES: ReadonlySet<number> = new Set([0o020000, 0o060000]);

/**
 * Capabilities a call that succeeded must have used. What the kernel checks beyond that leaves no trace in events, so
 * this is a part of what was used, never more.
 */
export function capabilityActions(
  view: EventView,
  network: readonly ObservedAction[],
): readonly ObservedAction[] {
  if (!succeeded(view)) return [];
  const names = new Set<string>();
  const direct = CALLS[view.typeName];
  if (direct !== undefined) names.add(direct);
  if (view.typeName === 'unshare' || view.typeName === 'clone' || view.typeName === 'clone3') {
    const { user, others } = newNamespaces(view);
    // Together with a user namespace the others are made inside it, where every capability is there.
    if (others && !user) names.add('SYS_ADMIN');
  }
  if ((view.typeName === 'mknod' || view.typeName === 'mknodat') && DEVICES.has(modeOf(view) & S_IFMT))
    names.add('MKNOD');
  for (const action of network) if (action.section === 'network') addNetwork(action, names);
  return [...names].map((name) => ({ section: 'capabilities', name }));
}

const modeOf = (view: EventView): number => view.arg(view.typeName === 'mknod' ? 1 : 2);

function addNetwork({ operation, family, protocol, port }: ObservedNetworkUse, names: Set<string>): void {
  if (operation === 'create' && (protocol === 'raw' || family === 'packet')) names.add('NET_RAW');
  const isIp = family === 'ipv4' || family === 'ipv6';
  if (operation === 'bind' && isIp && port > 0 && port < FIRST_FREE_PORT) names.add('NET_BIND_SERVICE');
}
