import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, reasonOf, StateError } from '../error.js';
import { unwritable } from '../files/durable-file.js';

const ENDING = '.json';
const FRESH = '.new';
const ASIDE = '.damaged';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

export interface StoredDocument {
  readonly name: string;
  readonly text: string;
}

/**
 * A folder of documents, a file each, written without holding up who writes. Whoever reads, after a crash too, finds the
 * old text of a document or the new one, whole. One process writes.
 */
export class DocumentFolder {
  constructor(readonly path: string) {}

  /** In the order of their names. Empty when there is no folder yet. @throws StateError STATE_UNREADABLE */
  async read(): Promise<readonly StoredDocument[]> {
    try {
      const files = (await readdir(this.path)).filter((file) => file.endsWith(ENDING)).sort();
      const documents: StoredDocument[] = [];
      for (const file of files) {
        const text = await readFile(join(this.path, file), 'utf8');
        documents.push({ name: file.slice(0, -ENDING.length), text });
      }
      return documents;
    } catch (cause) {
      if (errnoOf(cause) === 'ENOENT') return [];
      throw new StateError('STATE_UNREADABLE', `cannot read \`${this.path}\`: ${reasonOf(cause)}`, {
        help: 'run as root, or name another folder with `--state DIR`',
        cause,
      });
    }
  }

  /** `durable`: it is there after a loss of power as well. @throws StateError STATE_UNWRITABLE */
  async write({ name, text }: StoredDocument, durable: boolean): Promise<void> {
    const path = this.#file(name);
    try {
      await mkdir(this.path, { recursive: true, mode: 0o700 });
      const file = await open(`${path}${FRESH}`, 'w', 0o600);
      try {
        await file.writeFile(text);
        if (durable) await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}${FRESH}`, path);
      if (durable) await this.#sync();
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /** Also one that is not there. @throws StateError STATE_UNWRITABLE */
  async remove(name: string): Promise<void> {
    try {
      await unlink(this.#file(name));
    } catch (cause) {
      if (errnoOf(cause) !== 'ENOENT') throw unwritable(this.#file(name), cause);
    }
  }

  /** Keeps a document that nobody can read where nobody reads it; returns its path. @throws StateError STATE_UNWRITABLE */
  async setAside(name: string): Promise<string> {
    const path = this.#file(name);
    try {
      await rename(path, `${path}${ASIDE}`);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    return `${path}${ASIDE}`;
  }

  #file(name: string): string {
    if (!NAME.test(name)) throw new TypeError(`\`${name}\` is no name of a document`);
    return join(this.path, `${name}${ENDING}`);
  }

  async #sync(): Promise<void> {
    const folder = await open(this.path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
