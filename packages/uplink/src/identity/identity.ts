import { X509Certificate } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { enrolledSchema } from '@runward/protocol';
import { z } from 'zod';
import { messageOf, UplinkError } from '../error.js';

const identitySchema = enrolledSchema.extend({ server: z.url(), key: z.string() });
/** Who this node is for its server. */
export type Identity = z.infer<typeof identitySchema>;

const FILE = 'identity.json';
const PENDING = 'enrolling.key';

/** What a node shows its server, on its disk: for its owner alone, and whole or not at all. */
export class IdentityFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** undefined: it never enrolled. @throws UplinkError UPLINK_IDENTITY_UNUSABLE */
  read(): Identity | undefined {
    const text = this.#text(FILE);
    if (text === undefined) return undefined;
    try {
      return identitySchema.parse(JSON.parse(text));
    } catch (cause) {
      throw this.#unusable(cause);
    }
  }

  /** @throws UplinkError UPLINK_IDENTITY_UNUSABLE */
  write(identity: Identity): void {
    this.#put(FILE, `${JSON.stringify(identity, undefined, 1)}\n`);
    rmSync(join(this.#folder, PENDING), { force: true });
  }

  /** The key of an enrolment that has not ended: the same is used again, should the answer have been lost. */
  pendingKey(): string | undefined {
    return this.#text(PENDING);
  }

  keepPending(key: string): void {
    this.#put(PENDING, key);
  }

  #text(name: string): string | undefined {
    try {
      return readFileSync(join(this.#folder, name), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw this.#unusable(error);
    }
  }

  #put(name: string, text: string): void {
    const path = join(this.#folder, name);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const fd = openSync(`${path}.part`, 'w', 0o600);
      try {
        writeFileSync(fd, text); // all of it: one call of `write` may take less
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(`${path}.part`, path);
    } catch (cause) {
      throw this.#unusable(cause);
    }
  }

  #unusable(cause: unknown): UplinkError {
    return new UplinkError(
      'UPLINK_IDENTITY_UNUSABLE',
      `the identity in \`${this.#folder}\` cannot be used: ${messageOf(cause)}`,
      {
        help: 'check its rights; if it is damaged remove the folder and enrol again, with `--replace` for the same name',
        cause,
      },
    );
  }
}

/** Whether a third of its time is left, or less. */
export function isToRenew(certificate: string, now: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return to - now < (to - from) / 3;
}
