import type { AttestationMessage } from '@runward/protocol';
import { bootId, type LogPlaces, type NodeTpm, readBootLog, readImaList } from '@runward/tpm/node';

/** What this machine can prove of itself. */
export interface Attester {
  readonly tpm: NodeTpm;
  boot(): Promise<string>;
  /** @throws TpmError */
  quote(extraData: Uint8Array, from: number): Promise<AttestationMessage>;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** By its TPM, and the logs its kernel keeps. */
export class NodeAttester implements Attester {
  readonly tpm: NodeTpm;
  readonly #places: Partial<LogPlaces>;

  constructor(tpm: NodeTpm, places: Partial<LogPlaces> = {}) {
    this.tpm = tpm;
    this.#places = places;
  }

  boot(): Promise<string> {
    return bootId();
  }

  async quote(extraData: Uint8Array, from: number): Promise<AttestationMessage> {
    const { key, attest, signature, values } = await this.tpm.quote(extraData);
    // Read behind the quote: all that it covers is in them.
    const [bootLog, list] = [
      await readBootLog(this.#places.bootLog),
      await readImaList(from, this.#places.imaList),
    ];
    const registers = Object.fromEntries(
      [...values].map(([register, value]) => [register, value.toString('hex')]),
    );
    return {
      ...{ kind: 'quote', key: base64(key), attest: base64(attest), signature: base64(signature), registers },
      ...{ bootLog: base64(bootLog), measurements: base64(list) },
    };
  }
}
