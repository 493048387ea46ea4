import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { CreationHost } from '../apply/host.js';

const APPARMOR_PROFILES = '/sys/kernel/security/apparmor/profiles';
const SELINUX_CONTEXT = '/sys/fs/selinux/context';

/** What this machine has now. Profiles come and go, so ask anew for each container. */
export const liveHost = (): CreationHost => ({
  architecture: process.arch,
  appArmorProfiles: appArmorProfiles(),
  knowsLabel: knowsLabel(),
});

/** One line per profile: `name (mode)`. */
function appArmorProfiles(): ReadonlySet<string> | undefined {
  try {
    const lines = readFileSync(APPARMOR_PROFILES, 'utf8').split('\n');
    return new Set(lines.map((line) => line.replace(/ \([a-z]+\)$/, '')).filter((name) => name !== ''));
  } catch {
    return undefined;
  }
}

/** The kernel takes a label that its policy knows, and refuses any other. */
function knowsLabel(): ((label: string) => boolean) | undefined {
  const ask = (label: string): boolean => {
    const file = openSync(SELINUX_CONTEXT, 'r+');
    try {
      writeSync(file, label);
      return true;
    } catch {
      return false;
    } finally {
      closeSync(file);
    }
  };
  try {
    closeSync(openSync(SELINUX_CONTEXT, 'r+'));
    return ask;
  } catch {
    return undefined;
  }
}
