import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, ServerError } from '../error.js';
import { makePrivateFolder, readIfThere, writeWhole } from '../files.js';
import { NEW_TRUST, type Trust, trustSchema } from './trust.js';

const measuredSchema = z.strictObject({
  registers: z.record(z.string(), z.string()),
  events: z.array(
    z.strictObject({ register: z.number(), type: z.string(), digest: z.string(), text: z.string() }),
  ),
  /** Digest and path. */
  files: z.array(z.tuple([z.string(), z.string()])),
});
/** What the last genuine quote of a node showed. */
export type MeasuredNode = z.infer<typeof measuredSchema>;

/** What is thought of each node, a file each: one changes with each of its quotes. */
export class TrustBook {
  readonly #folder: string;
  readonly #known = new Map<string, Trust>();

  constructor(folder: string) {
    this.#folder = folder;
    makePrivateFolder(folder);
  }

  of(node: string): Trust {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const text = this.#text(`${node}.json`);
    const trust = text === undefined ? NEW_TRUST : this.#parsed(trustSchema, text, node);
    this.#known.set(node, trust);
    return trust;
  }

  /** @throws ServerError SERVER_STATE_UNUSABLE; then nothing has changed */
  set(node: string, trust: Trust): void {
    this.#write(`${node}.json`, trust);
    this.#known.set(node, trust);
  }

  measured(node: string): MeasuredNode | undefined {
    const text = this.#text(`${node}.measured.json`);
    return text === undefined ? undefined : this.#parsed(measuredSchema, text, node);
  }

  setMeasured(node: string, measured: MeasuredNode): void {
    this.#write(`${node}.measured.json`, measured);
  }

  /** It is no node any more. */
  forget(node: string): void {
    this.#known.delete(node);
    for (const name of [`${node}.json`, `${node}.measured.json`])
      rmSync(join(this.#folder, name), { force: true });
  }

  #text(name: string): string | undefined {
    try {
      return readIfThere(join(this.#folder, name));
    } catch (cause) {
      throw this.#unusable(name, cause);
    }
  }

  #parsed<T extends z.ZodType>(schema: T, text: string, node: string): z.infer<T> {
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw this.#unusable(node, cause);
    }
  }

  #write(name: string, value: object): void {
    try {
      writeWhole(join(this.#folder, name), `${JSON.stringify(value)}\n`);
    } catch (cause) {
      throw this.#unusable(name, cause);
    }
  }

  #unusable(name: string, cause: unknown): ServerError {
    return new ServerError(
      'SERVER_STATE_UNUSABLE',
      `\`${join(this.#folder, name)}\` cannot be used: ${messageOf(cause)}`,
      {
        help: 'check the rights and the space of its file system; if it is damaged, restore it from a backup',
        cause,
      },
    );
  }
}
