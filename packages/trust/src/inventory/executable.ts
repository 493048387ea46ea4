/** How much of a file is looked at to tell whether it can run. */
export const MAGIC_BYTES = 4;

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

/** What the kernel would start or map as code: a mode that allows it, an ELF file (libraries), a script. */
export const isExecutable = (mode: number, magic: Buffer): boolean =>
  (mode & 0o111) !== 0 || magic.subarray(0, 4).equals(ELF) || magic.toString('latin1', 0, 2) === '#!';
