import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashFile } from './hash-file.js';

export interface ManifestEntry {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export const MANIFEST = 'manifest.json';
const BEGUN = '.begun';

/** The folder of a capture in the making. It has its name once everything is in it. */
export class CaptureFolder {
  readonly path: string;
  readonly #begun: string;
  readonly #entries: ManifestEntry[] = [];

  private constructor(path: string) {
    this.path = path;
    this.#begun = `${path}${BEGUN}`;
  }

  static async make(path: string): Promise<CaptureFolder> {
    const folder = new CaptureFolder(path);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await mkdir(folder.#begun, { mode: 0o700 });
    return folder;
  }

  async json(path: string, value: unknown): Promise<void> {
    const text = `${JSON.stringify(value, plain, 2)}\n`;
    await this.#make(path);
    await writeFile(join(this.#begun, path), text, { mode: 0o600 });
    const sha256 = createHash('sha256').update(text).digest('hex');
    this.#entries.push({ path, bytes: Buffer.byteLength(text), sha256 });
  }

  /** What `write` puts at the path it is given. */
  async file<T>(path: string, write: (place: string) => Promise<T>): Promise<T> {
    const place = await this.#make(path);
    const result = await write(place);
    const { bytes, sha256, problem } = await hashFile(place, Number.POSITIVE_INFINITY);
    if (problem !== '') throw new Error(`\`${place}\` cannot be read again: ${problem}`);
    this.#entries.push({ path, bytes, sha256 });
    return result;
  }

  /** Writes the manifest and gives the folder its name. */
  async finish(head: Readonly<Record<string, unknown>>): Promise<readonly ManifestEntry[]> {
    const files = this.#entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    await writeFile(join(this.#begun, MANIFEST), `${JSON.stringify({ ...head, files }, plain, 2)}\n`, {
      mode: 0o600,
    });
    await syncAll(this.#begun);
    await rename(this.#begun, this.path);
    return files;
  }

  async discard(): Promise<void> {
    await rm(this.#begun, { recursive: true, force: true });
  }

  async #make(path: string): Promise<string> {
    const place = join(this.#begun, path);
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    return place;
  }
}

async function syncAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncAll(path);
    const file = await open(path, 'r');
    await file.sync();
    await file.close();
  }
}

/** JSON of what the rooms hand out: large numbers as text, maps as objects. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  return value instanceof Map ? Object.fromEntries(value) : value;
}
