import { asRotate } from '../bodies.js';
import type { Disk } from '../disk.js';
import { errnoOf } from '../folder-disk.js';
import { proofStatement, recordStatement, type SignatureCheck } from '../keys.js';
import type { EvidenceRecord, ReadLine } from '../record.js';
import { KEYS_FILE, parseSegment } from '../segment.js';

/** The keys of a log in the order in which they passed on. */
export class KeyChain {
  readonly #check: SignatureCheck;
  readonly #keys: string[] = [];

  constructor(check: SignatureCheck) {
    this.#check = check;
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  /** The key that may sign next; undefined before the first. */
  get current(): string | undefined {
    return this.#keys.at(-1);
  }

  has(key: string): boolean {
    return this.#keys.includes(key);
  }

  /** Forgets what came after a key; false when it is not among them. */
  backTo(key: string): boolean {
    const at = this.#keys.lastIndexOf(key);
    if (at >= 0) this.#keys.splice(at + 1);
    return at >= 0;
  }

  begin(key: string): void {
    if (this.current !== key) this.#keys.push(key);
  }

  /** Passes on as a record says; false when it is not for the current key to say so, or the new key did not agree. */
  pass(record: EvidenceRecord, log: string): boolean {
    const rotate = asRotate(record.body);
    if (rotate === undefined || rotate.from !== this.current) return false;
    const { from, to, proof } = rotate;
    if (!this.#check.holds(to, proofStatement(log, from, to), proof)) return false;
    this.#keys.push(to);
    return true;
  }

  /** As {@link pass}, for a record that stands alone. */
  passSigned({ record, json, signature, intact }: ReadLine, log: string): boolean {
    const from = this.current;
    if (!intact || from === undefined) return false;
    return this.#check.holds(from, recordStatement(log, json), signature) && this.pass(record, log);
  }
}

/** How the keys of pruned segments passed on, as far as it holds. */
export async function earlierKeys(disk: Disk, log: string, check: SignatureCheck): Promise<KeyChain> {
  const chain = new KeyChain(check);
  const bytes = await disk.read(KEYS_FILE).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  for (const line of parseSegment(0, bytes).lines) {
    const from = asRotate(line.record.body)?.from;
    if (chain.current === undefined && from !== undefined) chain.begin(from);
    if (!chain.passSigned(line, log)) break;
  }
  return chain;
}
