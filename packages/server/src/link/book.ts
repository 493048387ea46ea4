import { join } from 'node:path';
import { nameSchema } from '@runward/protocol';
import { z } from 'zod';
import { bindingSchema } from '../attestation/binding.js';
import { messageOf, ServerError } from '../error.js';
import { makePrivateFolder, readIfThere, writeWhole } from '../files.js';

const time = z.int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

const tokenSchema = z.strictObject({
  id: z.string(),
  /** SHA-256 of the secret: whoever reads this file cannot enrol with it. */
  hash: digest,
  cluster: nameSchema,
  /** The only name it is for; null: any that is free. */
  node: nameSchema.nullable(),
  /** May take over the name of a node that is there, which then is no node any more. */
  replace: z.boolean(),
  by: z.string(),
  createdMs: time,
  expiresMs: time,
  /** By which key it was used. */
  used: z.strictObject({ atMs: time, key: digest, node: z.string() }).nullable(),
});
export type Token = z.infer<typeof tokenSchema>;

const certificateSchema = z.strictObject({ fingerprint: digest, key: digest, expiresMs: time });

const nodeSchema = z.strictObject({
  id: z.uuid(),
  name: nameSchema,
  cluster: nameSchema,
  enrolledMs: time,
  /** null: it is a node. */
  revoked: z.strictObject({ atMs: time, why: z.string() }).nullable(),
  /** Those that may be shown. */
  certificates: z.array(certificateSchema),
  /** The TPM it was bound to; null: it enrolled without one. */
  tpm: bindingSchema.nullable().default(null),
});
export type Node = z.infer<typeof nodeSchema>;

const contentSchema = z.strictObject({
  version: z.literal(1),
  /** The latest time this server has seen: a clock that is set back does not make expired tokens valid again. */
  latestMs: time,
  tokens: z.array(tokenSchema),
  nodes: z.array(nodeSchema),
});
export type BookContent = z.infer<typeof contentSchema>;

/** Who enrolled, and who may. Each change is on the disk when it returns, or did not happen. */
export interface Book {
  readonly content: BookContent;
  /** @throws ServerError SERVER_STATE_UNUSABLE; then nothing has changed */
  change(make: (content: BookContent) => BookContent): void;
}

/** One file: there are thousands of nodes at most, and they seldom change. */
export class FileBook implements Book {
  readonly #path: string;
  #content: BookContent;

  /** @throws ServerError SERVER_STATE_UNUSABLE */
  constructor(folder: string) {
    this.#path = join(folder, 'nodes.json');
    try {
      makePrivateFolder(folder);
      const text = readIfThere(this.#path);
      this.#content =
        text === undefined
          ? { version: 1, latestMs: 0, tokens: [], nodes: [] }
          : contentSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw this.#unusable(cause);
    }
  }

  get content(): BookContent {
    return this.#content;
  }

  change(make: (content: BookContent) => BookContent): void {
    const changed = make(this.#content);
    try {
      writeWhole(this.#path, `${JSON.stringify(changed, undefined, 1)}\n`);
    } catch (cause) {
      throw this.#unusable(cause);
    }
    this.#content = changed;
  }

  #unusable(cause: unknown): ServerError {
    return new ServerError('SERVER_STATE_UNUSABLE', `\`${this.#path}\` cannot be used: ${messageOf(cause)}`, {
      help: 'check the rights and the space of its file system; if it is damaged, restore it from a backup',
      cause,
    });
  }
}
