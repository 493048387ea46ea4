import { EvidenceError } from '../error.js';
import type { Disk } from './disk.js';
import { errnoOf } from './folder-disk.js';
import { isSealed, type KeySealer, sealedBytes, sealedText } from './key-sealer.js';
import { Signer } from './keys.js';
import { sha256 } from './record.js';
import { PRIVATE_FOLDER } from './segment.js';

/** Also of one that was not written to its end. */
const NAME = /^[0-9a-f]{32}\.key(?:\.new)?$/;

const fileOf = (publicKey: string): string => `${PRIVATE_FOLDER}/${sha256(publicKey).slice(0, 32)}.key`;

/** The private keys on a disk, a file each. Only the one in use stays: what an ended key signed nobody can sign again. */
export class KeyRing {
  readonly #sealer: KeySealer | undefined;

  /** With a sealer, keys that are made are sealed. */
  constructor(
    readonly disk: Disk,
    sealer?: KeySealer,
  ) {
    this.#sealer = sealer;
  }

  /** On the disk before it is used. */
  async make(): Promise<Signer> {
    const sealer = this.#sealer;
    const signer = Signer.generate(sealer === undefined ? 'disk' : 'tpm');
    const text = sealer === undefined ? signer.toPem() : sealedText(await sealer.seal(signer.toDer()));
    await this.disk.put(fileOf(signer.publicKey), Buffer.from(text));
    return signer;
  }

  /** undefined when it is not there, or is not the key that its name says. Rejects when that cannot be told. */
  async find(publicKey: string): Promise<Signer | undefined> {
    try {
      const signer = await this.#read(fileOf(publicKey));
      return signer?.publicKey === publicKey ? signer : undefined;
    } catch (error) {
      if (error instanceof EvidenceError || errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #read(path: string): Promise<Signer | undefined> {
    const text = (await this.disk.read(path)).toString('utf8');
    if (!isSealed(text)) return Signer.fromPem(text);
    if (this.#sealer === undefined)
      throw new Error('its key is sealed to a TPM, and none was given (`--tpm DEVICE`)');
    const der = await this.#sealer.unseal(sealedBytes(text));
    return der && Signer.fromDer(der, 'tpm');
  }

  /** Overwrites and removes every key but this one. */
  async keepOnly(publicKey: string): Promise<void> {
    for (const name of await this.disk.list(PRIVATE_FOLDER)) {
      const path = `${PRIVATE_FOLDER}/${name}`;
      if (NAME.test(name) && path !== fileOf(publicKey)) await this.disk.erase(path);
    }
  }
}
