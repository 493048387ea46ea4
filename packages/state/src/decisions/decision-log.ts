import { existsSync, fstatSync, fsyncSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { readFileIfAny, syncFolder, unwritable, withFile, writeAll } from '../files/durable-file.js';
import type { Decision } from './decision.js';

/** Far more than the longest decision takes. */
const TAIL_BYTES = 4 * 1024 * 1024;

/** `decisions.jsonl`: written at its end only, each line on the disk before the next step is taken. */
export class DecisionLog {
  constructor(readonly path: string) {}

  /**
   * Adds a line, unless it is there already: a change that a crash interrupted is finished later, once.
   *
   * @throws StateError STATE_UNWRITABLE
   */
  append(decision: Decision): void {
    const isNew = !existsSync(this.path);
    try {
      withFile(this.path, 'a+', (fd) => {
        const end = tail(fd);
        if (end.includes(`"id":"${decision.id}"`)) return;
        // A line that was cut short by a crash is left as it is, and ended.
        const cut = end !== '' && !end.endsWith('\n') ? '\n' : '';
        writeAll(fd, `${cut}${JSON.stringify(decision)}\n`);
        fsyncSync(fd);
      });
      if (isNew) syncFolder(dirname(this.path));
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  /** In order. A line that a crash cut short was never in force and is left out. */
  read(): readonly Decision[] {
    return (readFileIfAny(this.path) ?? '').split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as Decision]; // written by append alone
      } catch {
        return [];
      }
    });
  }
}

function tail(fd: number): string {
  const { size } = fstatSync(fd);
  const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
  const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
  const text = bytes.toString('utf8', 0, read);
  return text;
}
