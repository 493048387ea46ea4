/** The files of an OCI layout, wherever they lie. Paths are relative, with `/`, and made by this room alone. */
export interface LayoutFiles {
  readonly name: string;
  /** undefined where there is no such file. @throws TrustError `IMAGE_TOO_LARGE` beyond `maxBytes` */
  read(path: string, maxBytes: number): Promise<Buffer | undefined>;
  stream(path: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
