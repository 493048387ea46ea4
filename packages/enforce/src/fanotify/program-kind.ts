/**
 * What the beginning of an executable says of who is opened next to start it: `dynamic` has a loader, of a `script` or
 * of what only binfmt_misc knows (`other`) another program is started, `static` is all there is.
 */
export type ProgramKind = 'dynamic' | 'static' | 'script' | 'other';

const ELF_MAGIC = 0x464c457f;
const PT_INTERP = 3;
const SCRIPT = 0x2123; // #!

/** Where an ELF file of 32 or 64 bits has what it says of its program headers. */
const FORMS = {
  1: { at: 28, size: 42, count: 44 },
  2: { at: 32, size: 54, count: 56 },
} as const;

/** How much of a file {@link programKind} wants to see. Linkers put the program headers right behind the file's. */
export const PROGRAM_HEAD_BYTES = 4096;

/** Of the first `length` bytes of a file. */
export function programKind(bytes: Uint8Array, length: number): ProgramKind {
  const view = new DataView(bytes.buffer, bytes.byteOffset, Math.max(0, Math.min(length, bytes.length)));
  if (view.byteLength >= 2 && view.getUint16(0, true) === SCRIPT) return 'script';
  if (view.byteLength < 64 || view.getUint32(0, true) !== ELF_MAGIC) return 'other';
  const form = view.getUint8(4) === 1 ? FORMS[1] : FORMS[2];
  const at = form === FORMS[1] ? view.getUint32(form.at, true) : Number(view.getBigUint64(form.at, true));
  const size = view.getUint16(form.size, true);
  for (let i = 0; i < view.getUint16(form.count, true); i += 1) {
    const header = at + i * size;
    if (header + 4 > view.byteLength) break;
    if (view.getUint32(header, true) === PT_INTERP) return 'dynamic';
  }
  return 'static';
}
