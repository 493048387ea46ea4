import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '@runward/native/files';
import { HostGroups } from './host-groups.js';
import { kernelEntry } from './kernel-entry.js';
import { openLockFile, type PolicyHostOptions } from './policy-host.js';
import type { ServiceOptions } from './service.js';

export interface KernelDoor extends Pick<ServiceOptions, 'open' | 'isPinned' | 'detachAll' | 'groups'> {
  /** Lets another agent have it. */
  readonly release: () => void;
}

/** The way to the kernel's enforcement of one state folder: one agent at a time has it. */
export async function kernelOf({
  state,
  pinFolder,
  objectPath,
  disabled,
}: PolicyHostOptions): Promise<KernelDoor> {
  const entry = await kernelEntry().catch((error: Error) => error);
  const { openEnforcement, detachAll } =
    entry instanceof Error ? { openEnforcement: () => Promise.reject(entry), detachAll: () => false } : entry;
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
        ? openEnforcement({ objectPath, pinFolder })
        : Promise.reject(new Error(problem));
    },
    isPinned: () => refuse() === undefined && existsSync(pinFolder),
    detachAll: () => refuse() === undefined && detachAll(pinFolder),
    groups: () => new HostGroups(),
    release: () => {
      if (lock !== undefined) closeSync(lock);
      lock = undefined;
    },
  };
}
