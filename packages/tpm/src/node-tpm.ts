import { QUOTED, type QuotedPcrs } from './appraise/genuine.js';
import {
  activateCredential,
  create,
  createPrimary,
  HANDLE,
  type LoadedKey,
  load,
  unseal,
} from './commands/keys.js';
import { makeOf, type TpmMake } from './commands/properties.js';
import { quote, readPcrs } from './commands/registers.js';
import { RC } from './commands/response-code.js';
import { readStored } from './commands/stored.js';
import { AK_TEMPLATE, EK_TEMPLATES, SEALED_TEMPLATE, SRK_TEMPLATE } from './commands/templates.js';
import { RefusedError, Tpm } from './commands/tpm.js';
import type { Credential } from './credential/make-credential.js';
import { malformed } from './error.js';
import { parseQuote } from './structures/attest.js';
import { digestOfPcrs } from './structures/pcr-values.js';
import { Reader } from './wire/reader.js';
import { Writer } from './wire/writer.js';

/** Where makers put certificates of endorsement keys (TCG EK Credential Profile, 2.2.1.4). */
const CERTIFICATES = { rsa: 0x01c00002, ecc: 0x01c0000a } as const;
const SEALED = 'runward-sealed-1';
/** Registers change while they are read: IMA measures whatever is run. */
const MOST_TRIES = 10;

/** Who a TPM is: what it shows when the node enrols. */
export interface TpmIdentity {
  /** TPMT_PUBLIC of the endorsement key. */
  readonly endorsement: Buffer;
  /** DER. */
  readonly certificate: Buffer | undefined;
  /** TPMT_PUBLIC of the attestation key. */
  readonly attestation: Buffer;
}

/** The TPM of this machine. Each call opens it, and leaves nothing behind; calls wait for each other. */
export class NodeTpm {
  readonly path: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  #with<T>(act: (tpm: Tpm) => Promise<T>): Promise<T> {
    const run = this.#last.then(() => Tpm.with(this.path, act));
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** @throws TpmError, as all of these */
  make(): Promise<TpmMake> {
    return this.#with(makeOf);
  }

  identity(): Promise<TpmIdentity> {
    return this.#with(async (tpm) => {
      const { kind, certificate } = await endorsementKind(tpm);
      const { publicArea: endorsement } = await createPrimary(tpm, HANDLE.endorsement, EK_TEMPLATES[kind]);
      const { publicArea: attestation } = await attestationKey(tpm);
      return { endorsement, certificate, attestation };
    });
  }

  /** What a credential for both keys of this TPM holds. */
  activate(credential: Credential): Promise<Buffer> {
    return this.#with(async (tpm) => {
      const { kind } = await endorsementKind(tpm);
      const endorsement = await createPrimary(tpm, HANDLE.endorsement, EK_TEMPLATES[kind]);
      const { handle } = await attestationKey(tpm);
      return activateCredential(tpm, handle, endorsement.handle, credential);
    });
  }

  /** The registers, signed. */
  quote(extraData: Uint8Array): Promise<QuotedPcrs> {
    return this.#with(async (tpm) => {
      const { handle, publicArea: key } = await attestationKey(tpm);
      for (let tries = 1; ; tries += 1) {
        const values = await readPcrs(tpm, QUOTED);
        const signed = await quote(tpm, handle, extraData, QUOTED);
        const isSame = digestOfPcrs(values, QUOTED).equals(parseQuote(signed.attest).pcrDigest);
        // At the end whoever judges it finds the same, and says so.
        if (isSame || tries === MOST_TRIES) return { key, ...signed, values };
      }
    });
  }

  /** What only this TPM gives back. At most 128 bytes. */
  seal(secret: Uint8Array): Promise<Buffer> {
    return this.#with(async (tpm) => {
      const { handle } = await createPrimary(tpm, HANDLE.owner, SRK_TEMPLATE);
      const { privateArea, publicArea } = await create(tpm, handle, SEALED_TEMPLATE, secret);
      return new Writer().bytes(Buffer.from(SEALED)).sized(privateArea).sized(publicArea).done();
    });
  }

  /** undefined: it was sealed by another TPM, or changed. */
  unseal(sealed: Uint8Array): Promise<Buffer | undefined> {
    return this.#with(async (tpm) => {
      const read = new Reader(sealed, 'what was sealed');
      if (read.bytes(SEALED.length).toString('latin1') !== SEALED)
        throw malformed('what was sealed', 'it is of another form');
      const [privateArea, publicArea] = [read.sized(), read.sized()];
      read.end();
      const { handle } = await createPrimary(tpm, HANDLE.owner, SRK_TEMPLATE);
      try {
        return await unseal(tpm, await load(tpm, handle, privateArea, publicArea));
      } catch (error) {
        if (error instanceof RefusedError && error.base === RC.integrity) return undefined;
        throw error;
      }
    });
  }
}

const attestationKey = (tpm: Tpm): Promise<LoadedKey> => createPrimary(tpm, HANDLE.endorsement, AK_TEMPLATE);

/** The kind of endorsement key that has a certificate; RSA where there is none, which every TPM can. */
async function endorsementKind(
  tpm: Tpm,
): Promise<{ readonly kind: 'rsa' | 'ecc'; readonly certificate: Buffer | undefined }> {
  for (const kind of ['ecc', 'rsa'] as const) {
    const certificate = await readStored(tpm, CERTIFICATES[kind]);
    if (certificate !== undefined) return { kind, certificate: exactDer(certificate) };
  }
  return { kind: 'rsa', certificate: undefined };
}

/** Makers leave bytes behind the certificate: the index is as large as the largest. */
function exactDer(bytes: Buffer): Buffer {
  const isLong = bytes[0] === 0x30 && bytes[1] === 0x82 && bytes.length > 4;
  return isLong ? bytes.subarray(0, Math.min(bytes.length, 4 + bytes.readUInt16BE(2))) : bytes;
}
