import { randomBytes } from 'node:crypto';
import type { Credential } from '../credential/make-credential.js';
import { ALG } from '../structures/algorithms.js';
import { encodePublic, type PublicArea } from '../structures/public-area.js';
import { Writer } from '../wire/writer.js';
import type { Tpm } from './tpm.js';

export const HANDLE = { owner: 0x40000001, null: 0x40000007, endorsement: 0x4000000b } as const;

const NO_PCRS = new Writer().u32(0).done();

/** TPM2B_SENSITIVE_CREATE without a password; with what is to be sealed. */
const sensitive = (data: Uint8Array): Buffer => new Writer().sized(Buffer.alloc(0)).sized(data).done();
const creation = (template: PublicArea, data: Uint8Array): Buffer =>
  new Writer()
    .sized(sensitive(data))
    .sized(encodePublic(template))
    .sized(Buffer.alloc(0))
    .bytes(NO_PCRS)
    .done();

export interface LoadedKey {
  readonly handle: number;
  /** TPMT_PUBLIC. */
  readonly publicArea: Buffer;
}

export async function createPrimary(tpm: Tpm, hierarchy: number, template: PublicArea): Promise<LoadedKey> {
  const { handle, parameters } = await tpm.run({
    ...{ name: 'CreatePrimary', code: 0x131, handles: [hierarchy], sessions: ['password'] },
    ...{ parameters: creation(template, Buffer.alloc(0)), returnsHandle: true },
  });
  return { handle, publicArea: parameters.sized() };
}

/** An object below a key, as its two halves: only that TPM can load it. */
export async function create(
  tpm: Tpm,
  parent: number,
  template: PublicArea,
  data: Uint8Array,
): Promise<{ readonly privateArea: Buffer; readonly publicArea: Buffer }> {
  const { parameters } = await tpm.run({
    ...{ name: 'Create', code: 0x153, handles: [parent], sessions: ['password'] },
    parameters: creation(template, data),
  });
  return { privateArea: parameters.sized(), publicArea: parameters.sized() };
}

export async function load(
  tpm: Tpm,
  parent: number,
  privateArea: Uint8Array,
  publicArea: Uint8Array,
): Promise<number> {
  const { handle } = await tpm.run({
    ...{ name: 'Load', code: 0x157, handles: [parent], sessions: ['password'], returnsHandle: true },
    parameters: new Writer().sized(privateArea).sized(publicArea).done(),
  });
  return handle;
}

export async function unseal(tpm: Tpm, handle: number): Promise<Buffer> {
  const { parameters } = await tpm.run({
    name: 'Unseal',
    code: 0x15e,
    handles: [handle],
    sessions: ['password'],
  });
  return parameters.sized();
}

/** A session that may use the endorsement key, as its policy wants it. */
async function endorsementSession(tpm: Tpm): Promise<number> {
  const { handle } = await tpm.run({
    ...{ name: 'StartAuthSession', code: 0x176, handles: [HANDLE.null, HANDLE.null], returnsHandle: true },
    // A nonce, no salt, a policy session, no encryption of parameters.
    parameters: new Writer().sized(randomBytes(16)).u16(0).u8(1).u16(ALG.null).u16(ALG.sha256).done(),
  });
  await tpm.run({
    ...{ name: 'PolicySecret', code: 0x151, handles: [HANDLE.endorsement, handle], sessions: ['password'] },
    parameters: new Writer().u16(0).u16(0).u16(0).u32(0).done(),
  });
  return handle;
}

/** The secret of a credential, if both keys are of this TPM. */
export async function activateCredential(
  tpm: Tpm,
  attestation: number,
  endorsement: number,
  { blob, secret }: Credential,
): Promise<Buffer> {
  const session = await endorsementSession(tpm);
  const { parameters } = await tpm.run({
    ...{ name: 'ActivateCredential', code: 0x147, handles: [attestation, endorsement] },
    sessions: ['password', session],
    parameters: new Writer().sized(blob).sized(secret).done(),
  });
  return parameters.sized();
}
