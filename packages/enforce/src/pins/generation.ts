import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, openPinned, pinObject } from '@runward/native';
import { EnforceError } from '../error.js';
import { MAPS, type MapName, type Maps } from '../kernel/maps.js';

/** Names may have no dots in a BPF file system. */
const UNFINISHED = 'new-';

/** What one load of the programs pinned: a folder that is there whole or not at all. */
export class Generation {
  constructor(
    readonly folder: string,
    /** Layout and digest of the object: {@link generationName}. */
    readonly name: string,
  ) {}

  get #path(): string {
    return join(this.folder, this.name);
  }

  get layout(): string {
    return this.name.slice(0, LAYOUT_DIGITS);
  }

  /** Path of the pinned iterator: reading it runs it. */
  iterator = (program: string): string => join(this.#path, `link-${program}`);

  hasLink = (program: string): boolean => existsSync(join(this.#path, `link-${program}`));

  /**
   * Descriptors of the pinned maps, which the caller closes.
   *
   * @throws EnforceError ENFORCE_PIN_FAILED
   */
  openMaps(): Maps {
    const opened: Partial<Record<MapName, number>> = {};
    for (const name of MAPS) {
      const fd = openPinned(join(this.#path, `map-${name}`));
      if (fd < 0) {
        for (const other of Object.values(opened)) closeFd(other);
        throw new EnforceError('ENFORCE_PIN_FAILED', `the map \`${name}\` pinned in \`${this.#path}\` cannot be opened (errno ${-fd})`, {
          help: 'something else removed it: `runward policy detach --all`, then start again',
        }); // biome-ignore format: one call
      }
      opened[name] = fd;
    }
    return opened as Maps; // every name of MAPS was set
  }

  /** Removes what is pinned: the kernel detaches its programs. False when nothing was. */
  remove(): boolean {
    return removeFolder(this.#path);
  }
}

const LAYOUT_DIGITS = 16;
const GENERATION = /^[0-9a-f]{16}-[0-9a-f]{16}$/;

export const generationName = (layout: bigint, objectDigest: string): string =>
  `${layout.toString(16).padStart(LAYOUT_DIGITS, '0')}-${objectDigest.slice(0, 16)}`;

/** The finished generations in a folder. */
export function generationsIn(folder: string): readonly Generation[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => GENERATION.test(name))
    .map((name) => new Generation(folder, name));
}

/** Removes what a start that was cut short left. */
export function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith(UNFINISHED)) removeFolder(join(folder, name));
}

export interface Pinnable {
  readonly name: string;
  readonly fd: number;
}

/**
 * Pins maps and links as one generation.
 *
 * @throws EnforceError ENFORCE_PIN_FAILED
 */
export function pinGeneration(
  folder: string,
  name: string,
  maps: readonly Pinnable[],
  links: readonly Pinnable[],
): Generation {
  const unfinished = join(folder, UNFINISHED + name);
  try {
    mkdirSync(unfinished);
    const all = [
      ...maps.map((map) => ({ ...map, name: `map-${map.name}` })),
      ...links.map((link) => ({ ...link, name: `link-${link.name}` })),
    ];
    for (const { name: pin, fd } of all) {
      const result = pinObject(fd, join(unfinished, pin));
      if (result !== 0) throw new Error(`\`${pin}\`: errno ${-result}`);
    }
    renameSync(unfinished, join(folder, name));
  } catch (cause) {
    removeFolder(unfinished);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EnforceError('ENFORCE_PIN_FAILED', `the programs cannot be pinned in \`${folder}\`: ${why}`, {
      cause,
    });
  }
  return new Generation(folder, name);
}

function removeFolder(path: string): boolean {
  if (!existsSync(path)) return false;
  for (const name of readdirSync(path)) unlinkSync(join(path, name));
  rmdirSync(path);
  return true;
}

/** Removes all that is pinned in the folder, and the folder. True when there was something. */
export function removePins(folder: string): boolean {
  if (!existsSync(folder)) return false;
  let found = false;
  for (const name of readdirSync(folder)) found = removeFolder(join(folder, name)) || found;
  rmdirSync(folder);
  return found;
}
