import { closeSync, openSync, readSync } from 'node:fs';
import { conntrackIndex, parseConntrack, type Translation } from '@runward/flows';

const TABLE = '/proc/net/nf_conntrack';
const READ_AGAIN_MS = 1000;
const MOST_BYTES = 8 * 1024 * 1024;
const NOTHING: Translation = conntrackIndex([]);

/** What the host's connection tracking says: read when somebody asks, at most once a second. */
export class Translations {
  #index = NOTHING;
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** Why addresses behind a translation are not told; '' when they are. */
  problem = '';

  get current(): Translation {
    const now = performance.now();
    if (now - this.#readAtMs >= READ_AGAIN_MS) {
      this.#readAtMs = now;
      this.#index = this.#read();
    }
    return this.#index;
  }

  #read(): Translation {
    try {
      const { text, isWhole } = readBounded(TABLE);
      this.problem = isWhole
        ? ''
        : `${TABLE} is larger than ${MOST_BYTES} bytes: what follows is not looked at`;
      return conntrackIndex(parseConntrack(text));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.problem = `${TABLE} cannot be read: ${why}; a kernel with CONFIG_NF_CONNTRACK_PROCFS has it`;
      return NOTHING;
    }
  }
}

function readBounded(path: string): { readonly text: string; readonly isWhole: boolean } {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(64 * 1024);
    const parts: string[] = [];
    for (let total = 0; total < MOST_BYTES; ) {
      const count = readSync(fd, buffer);
      if (count === 0) return { text: parts.join(''), isWhole: true };
      parts.push(buffer.toString('latin1', 0, count));
      total += count;
    }
    return { text: parts.join(''), isWhole: false };
  } finally {
    closeSync(fd);
  }
}
