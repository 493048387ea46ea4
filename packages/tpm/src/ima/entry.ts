/** One measurement of IMA (Documentation/security/IMA-templates.rst). */
export interface ImaEntry {
  readonly register: number;
  /** SHA-1 over the template's data, as the list has it; all zeros of a violation. */
  readonly digest: Buffer;
  readonly template: string;
  /** What is extended is a digest of this. */
  readonly data: Buffer;
  /** The file was open for writing while it was measured, or the other way round: what was read is not known. */
  readonly isViolation: boolean;
  readonly file: ImaFile;
}

export interface ImaFile {
  /** `sha256:…`; '' where it cannot be told. */
  readonly hash: string;
  /** As the process saw it, or a name of IMA's own such as `boot_aggregate`. */
  readonly path: string;
  /** IMA's signature of the file; undefined where the template has none. */
  readonly signature: Buffer | undefined;
}
