import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Enforcement,
  type EnforcementOptions,
  FanotifyGuard,
  PinnedEnforcement,
} from '@runward/enforce';
import { tryLock } from '@runward/native/files';
import { GuardedKernel } from './guarded-kernel.js';
import { HostGroups } from './host-groups.js';
import { openLockFile, type PolicyHostOptions } from './policy-host.js';
import type { ServiceOptions } from './service-options.js';

export type { BoundContainer } from '@runward/enforce';

/** What of the kernel's enforcement is used here. */
export interface Kernel extends KernelCalls {
  /** Whether a set that is in the kernel has to be loaded all the same, for what judges beside the kernel. */
  wantsTables?(set: number, hasFiles: boolean): boolean;
  /** Whether containers of a set are judged beside the kernel too, which needs a process that runs. */
  isGuarded?(set: number): boolean;
}

type KernelCalls = Pick<
  Enforcement,
  | 'abilities'
  | 'load'
  | 'bind'
  | 'unbind'
  | 'bindings'
  | 'sets'
  | 'unload'
  | 'counts'
  | 'recordDigest'
  | 'onVerdicts'
  | 'dropped'
  | 'retirePrevious'
  | 'close'
>;

export interface KernelDoor extends Pick<ServiceOptions, 'open' | 'isPinned' | 'detachAll' | 'groups'> {
  /** Lets another agent have it. */
  readonly release: () => void;
}

/** The way to the kernel's enforcement of one state folder: one agent at a time has it. */
export function kernelOf({ state, pinFolder, objectPath, disabled, say }: PolicyHostOptions): KernelDoor {
  let lock: number | undefined;
  const claim = (): boolean => {
    if (lock !== undefined) return true;
    const fd = openLockFile(join(state, 'enforcement.lock'));
    if (tryLock(fd)) lock = fd;
    else closeSync(fd);
    return lock !== undefined;
  };
  const refuse = (): string | undefined => {
    if (disabled !== undefined) return disabled;
    return claim() ? undefined : `another agent has the policies of \`${state}\` in force`;
  };
  return {
    open: () => {
      const problem = refuse();
      return problem === undefined
        ? openGuarded({ objectPath, pinFolder }, say)
        : Promise.reject(new Error(problem));
    },
    isPinned: () => refuse() === undefined && existsSync(pinFolder),
    detachAll: () => refuse() === undefined && PinnedEnforcement.detachAll(pinFolder),
    groups: () => new HostGroups(),
    release: () => {
      if (lock !== undefined) closeSync(lock);
      lock = undefined;
    },
  };
}

/** Where the kernel has no programs for files, fanotify judges them beside it. */
async function openGuarded(options: EnforcementOptions, say: (message: string) => void): Promise<Kernel> {
  const kernel = await PinnedEnforcement.open(options);
  const source = {
    problem: () => FanotifyGuard.problem(),
    start: () => FanotifyGuard.start(kernel.guardMaps),
  };
  return GuardedKernel.of(kernel, source, say);
}
