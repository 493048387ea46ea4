import { malformed } from '../error.js';
import { Reader } from '../wire/reader.js';
import type { ImaEntry } from './entry.js';
import { readTemplate } from './template.js';

const SHA1_BYTES = 20;
const MOST_ENTRIES = 1_000_000;

/**
 * `binary_runtime_measurements` (security/integrity/ima/ima_fs.c), in the byte order of x86 and arm64.
 *
 * @throws TpmError TPM_MALFORMED, TPM_UNSUPPORTED
 */
export function parseImaBinary(bytes: Uint8Array): readonly ImaEntry[] {
  const read = new Reader(bytes, 'the IMA list');
  const entries: ImaEntry[] = [];
  while (read.left > 0) {
    if (entries.length >= MOST_ENTRIES) throw read.bad(`it has more than ${MOST_ENTRIES} entries`);
    const register = read.u32le();
    const digest = read.bytes(SHA1_BYTES);
    const template = read.bytes(read.u32le()).toString('latin1');
    entries.push(entryOf(register, digest, template, read.bytes(read.u32le())));
  }
  return entries;
}

/**
 * Where each entry begins, and where the last ends: for whoever hands on a part of the list.
 *
 * @throws TpmError TPM_MALFORMED
 */
export function imaOffsets(bytes: Uint8Array): readonly number[] {
  const read = new Reader(bytes, 'the IMA list');
  const offsets = [0];
  while (read.left > 0) {
    read.bytes(4 + SHA1_BYTES);
    read.bytes(read.u32le());
    read.bytes(read.u32le());
    offsets.push(read.at);
  }
  return offsets;
}

const LINE =
  /^(\d{1,2}) ([0-9a-f]{40}) (ima-ng|ima-sig) (?:([a-z0-9-]+):)?([0-9a-f]*) (\S*)(?: ([0-9a-f]*))?\s*$/;

/**
 * `ascii_runtime_measurements` of the templates `ima-ng` and `ima-sig`: what the binary list says, read back from its text.
 *
 * @throws TpmError TPM_MALFORMED
 */
export function parseImaText(text: string): readonly ImaEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, at) => {
      const [, register, digest = '', template = '', algorithm = '', hash = '', path = '', signature = ''] =
        LINE.exec(line) ?? [];
      if (register === undefined)
        throw malformed('the IMA list', `line ${at + 1} is none of \`ima-ng\` or \`ima-sig\``);
      const fields = [
        Buffer.concat([Buffer.from(`${algorithm}:\0`), Buffer.from(hash, 'hex')]),
        Buffer.from(`${path}\0`),
        ...(template === 'ima-sig' ? [Buffer.from(signature, 'hex')] : []),
      ];
      return entryOf(Number(register), Buffer.from(digest, 'hex'), template, templateData(fields));
    });
}

/** A template's fields, each with its length in front. */
export function templateData(fields: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(field.length);
      return [length, field];
    }),
  );
}

const entryOf = (register: number, digest: Buffer, template: string, data: Buffer): ImaEntry => ({
  ...{ register, digest, template, data },
  isViolation: digest.every((byte) => byte === 0),
  file: readTemplate(template, data),
});
