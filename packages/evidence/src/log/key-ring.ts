import { EvidenceError } from '../error.js';
import type { Disk } from './disk.js';
import { errnoOf } from './folder-disk.js';
import { Signer } from './keys.js';
import { sha256 } from './record.js';
import { PRIVATE_FOLDER } from './segment.js';

/** Also of one that was not written to its end. */
const NAME = /^[0-9a-f]{32}\.key(?:\.new)?$/;

const fileOf = (publicKey: string): string => `${PRIVATE_FOLDER}/${sha256(publicKey).slice(0, 32)}.key`;

/** The private keys on a disk, a file each. Only the one in use stays: what an ended key signed nobody can sign again. */
export class KeyRing {
  constructor(readonly disk: Disk) {}

  /** On the disk before it is used. */
  async make(): Promise<Signer> {
    const signer = Signer.generate();
    await this.disk.put(fileOf(signer.publicKey), Buffer.from(signer.toPem()));
    return signer;
  }

  /** undefined when it is not there, or is not the key that its name says. Rejects when that cannot be told. */
  async find(publicKey: string): Promise<Signer | undefined> {
    try {
      const signer = Signer.fromPem((await this.disk.read(fileOf(publicKey))).toString('utf8'));
      return signer.publicKey === publicKey ? signer : undefined;
    } catch (error) {
      if (error instanceof EvidenceError || errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Overwrites and removes every key but this one. */
  async keepOnly(publicKey: string): Promise<void> {
    for (const name of await this.disk.list(PRIVATE_FOLDER)) {
      const path = `${PRIVATE_FOLDER}/${name}`;
      if (NAME.test(name) && path !== fileOf(publicKey)) await this.disk.erase(path);
    }
  }
}
