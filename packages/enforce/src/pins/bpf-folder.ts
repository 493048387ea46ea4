import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { mountSystem } from '@runward/native';
import { EnforceError } from '../error.js';

export const DEFAULT_PIN_FOLDER = '/sys/fs/bpf/runward';
const SYSTEM_FOLDER = '/sys/fs/bpf';
/** `BPF_FS_MAGIC` of linux/magic.h. */
const BPF_FS = 0xcafe4a11;

const isBpfSystem = (folder: string): boolean => existsSync(folder) && statfsSync(folder).type === BPF_FS;

/**
 * Makes the folder things are pinned in, and mounts the BPF file system where it always is if nobody did.
 *
 * @throws EnforceError ENFORCE_PIN_FAILED
 */
export function makePinFolder(folder: string): void {
  const parent = dirname(folder);
  if (!isBpfSystem(parent) && parent === SYSTEM_FOLDER && existsSync(parent)) mountSystem('bpf', parent);
  if (!isBpfSystem(parent)) {
    throw new EnforceError('ENFORCE_PIN_FAILED', `\`${parent}\` is no folder of a BPF file system`, {
      help: 'mount one: `mount -t bpf bpf /sys/fs/bpf`',
    });
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new EnforceError('ENFORCE_PIN_FAILED', `the folder \`${folder}\` cannot be made`, { cause });
  }
}
