import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, ServerError } from '../error.js';
import { makePrivateFolder, readIfThere, writeWhole } from '../files.js';
import { type Reference, readReference } from './reference.js';

const entrySchema = z.strictObject({
  version: z.int(),
  date: z.string(),
  expires: z.string(),
  setMs: z.number(),
  by: z.string(),
});
const historySchema = z.array(entrySchema);
/** When a reference came into force, and by whom. */
export type ReferenceEntry = z.infer<typeof entrySchema>;

const MOST_HISTORY = 200;

/** The reference in force, and those before it by name. */
export class ReferenceBook {
  readonly #folder: string;
  #current: Reference | undefined;
  #history: readonly ReferenceEntry[];

  /** @throws ServerError SERVER_STATE_UNUSABLE */
  constructor(folder: string) {
    this.#folder = folder;
    try {
      makePrivateFolder(folder);
      const text = readIfThere(join(folder, 'reference.json'));
      this.#current = text === undefined ? undefined : readReference(text);
      this.#history = historySchema.parse(JSON.parse(readIfThere(join(folder, 'references.json')) ?? '[]'));
    } catch (cause) {
      throw new ServerError('SERVER_STATE_UNUSABLE', `\`${folder}\` cannot be used: ${messageOf(cause)}`, {
        help: 'restore the folder from a backup, or remove it: then no node is trusted until a reference is set',
        cause,
      });
    }
  }

  get current(): Reference | undefined {
    return this.#current;
  }

  /** Newest first. */
  get history(): readonly ReferenceEntry[] {
    return this.#history;
  }

  /**
   * In force from now on. An older one does not come back: what it approved of may have been found out since.
   *
   * @throws ServerError SERVER_REFERENCE_INVALID, SERVER_REFERENCE_OLDER
   */
  set(text: string, by: string, nowMs: number): Reference {
    const reference = readReference(text);
    const before = this.#current;
    if (before !== undefined && reference.version <= before.version)
      throw new ServerError(
        'SERVER_REFERENCE_OLDER',
        `version ${reference.version} of the reference does not follow version ${before.version}, which is in force`,
        { help: `give it the version ${before.version + 1}` },
      );
    const { version, date, expires } = reference;
    const history = [{ version, date, expires, setMs: nowMs, by }, ...this.#history].slice(0, MOST_HISTORY);
    writeWhole(join(this.#folder, 'reference.json'), `${JSON.stringify(reference, undefined, 1)}\n`);
    writeWhole(join(this.#folder, 'references.json'), `${JSON.stringify(history, undefined, 1)}\n`);
    this.#current = reference;
    this.#history = history;
    return reference;
  }
}
