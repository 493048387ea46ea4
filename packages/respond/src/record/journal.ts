import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { respondError } from '../error.js';
import { isInForce, type ResponseRecord } from './record.js';

const MOST_BYTES = 8 * 1024 * 1024;
const MOST_RECORDS = 2_000;
const OWNER_ONLY = 0o600;

/**
 * `responses.jsonl`: each line is a record as it is by then; of lines with one id the last counts. A line is on the disk
 * before the step it tells of is taken.
 */
export class Journal {
  readonly #records = new Map<string, ResponseRecord>();

  constructor(private readonly path: string) {
    this.#read();
  }

  /** The oldest first. */
  get records(): readonly ResponseRecord[] {
    return [...this.#records.values()];
  }

  get(id: string): ResponseRecord | undefined {
    return this.#records.get(id);
  }

  /**
   * Remembers a record also where it cannot be written.
   *
   * @throws RespondError RESPOND_NO_SPACE, RESPOND_DENIED, RESPOND_FAILED
   */
  put(record: ResponseRecord): void {
    this.#records.set(record.id, record);
    this.#forget();
    try {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      if (existsSync(this.path) && statSync(this.path).size > MOST_BYTES) this.#rewrite();
      else write(this.path, 'a', `${JSON.stringify(record)}\n`);
    } catch (cause) {
      throw respondError(`\`${this.path}\` cannot be written`, cause);
    }
  }

  /** What is in force is never forgotten. */
  #forget(): void {
    if (this.#records.size <= MOST_RECORDS) return;
    for (const [id, record] of this.#records) {
      if (this.#records.size <= MOST_RECORDS) return;
      if (!isInForce(record) && record.result !== 'under-way') this.#records.delete(id);
    }
  }

  #rewrite(): void {
    const fresh = `${this.path}.new`;
    write(fresh, 'w', this.records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    renameSync(fresh, this.path);
  }

  #read(): void {
    if (!existsSync(this.path)) return;
    for (const line of readFileSync(this.path, 'utf8').split('\n')) {
      try {
        const record = JSON.parse(line) as ResponseRecord; // written by this class alone, in a folder of root's
        if (typeof record.id === 'string') this.#records.set(record.id, record);
      } catch {
        // The last line, cut short by a crash: its step was not taken.
      }
    }
    this.#forget();
  }
}

function write(path: string, flags: string, text: string): void {
  const fd = openSync(path, flags, OWNER_ONLY);
  try {
    const { size } = statSync(path);
    // A line that was cut short by a crash or a full disk is ended first.
    const bytes = Buffer.from(flags === 'a' && size > 0 && !endsLine(path, size) ? `\n${text}` : text);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function endsLine(path: string, size: number): boolean {
  const fd = openSync(path, 'r');
  try {
    const last = Buffer.alloc(1);
    return readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === 0x0a;
  } finally {
    closeSync(fd);
  }
}
