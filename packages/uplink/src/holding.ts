import { createPublicKey, type KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Bundle,
  type BundleDocument,
  type DocumentStanding,
  type Standing,
  signedBundleSchema,
} from '@runward/protocol';
import { parseMessage, verifyBundle } from '@runward/protocol/node';
import { messageOf, UplinkError } from './error.js';

/**
 * Puts in force what a node is to hold, and takes out what it held before and is not named any more. `sound`: what went in
 * force last, for documents that fail now. Never rejects.
 */
export type PutInForce = (
  documents: readonly BundleDocument[],
  sound: readonly BundleDocument[],
) => Promise<readonly DocumentStanding[]>;

export interface HoldingOptions {
  /** The id of this node. */
  readonly node: string;
  /** PEM, handed over when it enrolled; signs bundles too. */
  readonly commandKey: string;
  readonly folder: string;
  readonly putInForce: PutInForce;
  readonly say: (message: string) => void;
}

const CURRENT = 'bundle.json';
/** The last of which everything went in force. */
const SOUND = 'sound-bundle.json';

/**
 * The documents of this node: signed by its server, for it, and never older than those it has. They are on the disk before
 * they are put in force, so they hold without the server, and after a restart.
 */
export class Holding {
  readonly #options: HoldingOptions;
  readonly #key: KeyObject;
  #held: Bundle | undefined;
  #standing: Standing | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: HoldingOptions) {
    this.#options = options;
    this.#key = createPublicKey(options.commandKey);
    this.#held = this.#read(CURRENT);
    if (this.#held !== undefined) void this.#next(() => this.#apply());
  }

  /** The number of the bundle at hand; 0: none. */
  get version(): number {
    return this.#held?.version ?? 0;
  }

  /** What became of it; undefined: it is being put in force, or there is none. */
  get standing(): Standing | undefined {
    return this.#standing;
  }

  /** Resolves when it is in force, as far as it can be. @throws UplinkError UPLINK_BUNDLE_REFUSED; ProtocolError */
  take(text: string): Promise<void> {
    return this.#next(async () => {
      const bundle = this.#verified(text);
      if (bundle.version === this.version) return;
      if (bundle.version < this.version)
        throw refused(`is older than the one at hand (${bundle.version}, ${this.version})`);
      this.#write(CURRENT, text);
      this.#held = bundle;
      await this.#apply();
    });
  }

  /** What was begun has ended. */
  settled(): Promise<unknown> {
    return this.#last;
  }

  async #apply(): Promise<void> {
    const { putInForce, say } = this.#options;
    const bundle = this.#held;
    if (bundle === undefined) return;
    this.#standing = undefined;
    const documents = await putInForce(bundle.documents, this.#read(SOUND)?.documents ?? []);
    this.#standing = { bundle: bundle.version, documents: [...documents] };
    const failed = documents.filter(({ state }) => state === 'failed');
    say(
      failed.length === 0
        ? `${documents.length} documents of the server are in force`
        : `${failed.length} of ${documents.length} documents of the server are not in force: ${failed[0]?.why ?? ''}`,
    );
    if (failed.length > 0) return;
    try {
      this.#write(SOUND, readFileSync(this.#path(CURRENT), 'utf8'));
    } catch (error) {
      say(`what is in force now cannot be kept for later: ${messageOf(error)}`);
    }
  }

  #verified(text: string): Bundle {
    const bundle = verifyBundle(parseMessage(signedBundleSchema, text, 'a bundle'), this.#key);
    if (bundle.node !== this.#options.node) throw refused('is for another node');
    return bundle;
  }

  /** What somebody changed on the disk is not taken, and said. */
  #read(name: string): Bundle | undefined {
    try {
      return this.#verified(readFileSync(this.#path(name), 'utf8'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      this.#options.say(`\`${this.#path(name)}\` is not taken: ${messageOf(error)}`);
      return undefined;
    }
  }

  #write(name: string, text: string): void {
    const path = this.#path(name);
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    const fd = openSync(`${path}.part`, 'w', 0o600);
    try {
      writeFileSync(fd, text); // all of it: one call of `write` may take less
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(`${path}.part`, path);
  }

  #path(name: string): string {
    return join(this.#options.folder, name);
  }

  /** One after the other. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const refused = (why: string): UplinkError =>
  new UplinkError('UPLINK_BUNDLE_REFUSED', `a bundle of documents ${why}`, {
    help: 'somebody may have sent it again; what is at hand stays in force',
  });
