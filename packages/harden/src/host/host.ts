import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { HardenError } from '../error.js';

/** Of a configuration file or a file of the kernel; larger ones are none. */
const MOST_BYTES = 1024 * 1024;

/** The machine that is looked at, below a root: `/`, or where it is mounted. */
export class Host {
  /** @throws HardenError HARDEN_ROOT_MISSING */
  constructor(readonly root: string) {
    if (lstatSync(root, { throwIfNoEntry: false }) === undefined)
      throw new HardenError('HARDEN_ROOT_MISSING', `there is no folder \`${root}\``, {
        help: 'name the root of the host that is looked at with `--root DIR`',
      });
  }

  /** undefined when there is none, or it cannot be read. */
  read(path: string): string | undefined {
    try {
      const text = readFileSync(this.#at(path), 'utf8');
      return text.length > MOST_BYTES ? undefined : text;
    } catch {
      return undefined;
    }
  }

  /** Of a link itself. */
  stat(path: string): Stats | undefined {
    try {
      return lstatSync(this.#at(path), { throwIfNoEntry: false });
    } catch {
      return undefined;
    }
  }

  list(path: string): readonly string[] {
    try {
      return readdirSync(this.#at(path)).sort();
    } catch {
      return [];
    }
  }

  /** '' or why not. */
  write(path: string, text: string): string {
    return attempt(() => {
      if (!path.startsWith('/proc/')) mkdirSync(dirname(this.#at(path)), { recursive: true });
      writeFileSync(this.#at(path), text);
    });
  }

  remove(path: string): string {
    return attempt(() => rmSync(this.#at(path), { force: true }));
  }

  setMode(path: string, mode: number): string {
    return attempt(() => chmodSync(this.#at(path), mode));
  }

  #at(path: string): string {
    return join(this.root, path);
  }
}

function attempt(act: () => void): string {
  try {
    act();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
