import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { mapSet } from '@runward/native';
import { key32 } from '../encode/writer.js';
import { RwAsked, RwFileKey, RwNamedFile } from '../layout.generated.js';

/** Tells the kernel what files contain. */
export class FileDigests {
  readonly #asked: number;
  readonly #digests: number;
  readonly #iterator: string;

  /** @param iterator path of the pinned `rw_name_files` */
  constructor(asked: number, digests: number, iterator: string) {
    this.#asked = asked;
    this.#digests = digests;
    this.#iterator = iterator;
  }

  /** The hex digest; undefined when the file changed meanwhile. */
  async record(path: string): Promise<string | undefined> {
    const file = await open(path, 'r');
    try {
      const before = await this.#keyOf(file);
      const digest = createHash('sha256');
      for await (const chunk of file.createReadStream({ autoClose: false })) digest.update(chunk);
      const after = await this.#keyOf(file);
      if (before === undefined || after === undefined || !before.equals(after)) return undefined;
      const bytes = digest.digest();
      return mapSet(this.#digests, before, bytes) === 0 ? bytes.toString('hex') : undefined;
    } finally {
      await file.close();
    }
  }

  /** What the kernel calls the file; reading the iterator asks it about all descriptors of this process. */
  async #keyOf(file: FileHandle): Promise<Buffer | undefined> {
    const question = new Uint8Array(RwAsked.size);
    new DataView(question.buffer).setUint32(RwAsked.files_tgid, process.pid, true);
    mapSet(this.#asked, key32(0), question);
    const answer = await readFile(this.#iterator);
    for (let at = 0; at + RwNamedFile.size <= answer.length; at += RwNamedFile.size) {
      if (answer.readUInt32LE(at + RwNamedFile.fd) !== file.fd) continue;
      const key = at + RwNamedFile.key;
      return answer.subarray(key, key + RwFileKey.size);
    }
    return undefined;
  }
}
