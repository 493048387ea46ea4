import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What Debian's kernels can do; a machine without AppArmor has no answer of its own. */
const FEATURES = '/usr/share/apparmor-features/features';

/** Runs apparmor_parser over a text, without loading anything. @throws with the parser's words */
export function compileProfiles(text: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'rw-apparmor-'));
  try {
    const [source, target] = [join(folder, 'profile'), join(folder, 'binary')];
    writeFileSync(source, text);
    const args = ['--skip-cache', '--Werror', '-M', FEATURES, '-o', target, source];
    execFileSync('apparmor_parser', args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
    return readFileSync(target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function hasParser(): boolean {
  try {
    execFileSync('apparmor_parser', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const MAGIC = Buffer.from([0x1b, 0x5e, 0x78, 0x3d]);
/** `MAY_READ` for the owner of a file and for others (security/apparmor/include/file.h). */
const READ = 0x4 | (0x4 << 14);

/**
 * The automata over paths of compiled profiles, in the order of their names: each says whether its profile lets a path be read. The
 * format is that of security/apparmor/match.c.
 */
export function readers(binary: Buffer): readonly ((path: string) => boolean)[] {
  const automata: Automaton[] = [];
  for (let at = binary.indexOf(MAGIC); at >= 0; at = binary.indexOf(MAGIC, at + 4))
    automata.push(new Automaton(binary.subarray(at)));
  // Each profile has two: everything but files comes first.
  return automata
    .filter((_, number) => number % 2 === 1)
    .map((automaton) => (path) => (automaton.accepts(path) & READ) === READ);
}

const [ACCEPT, BASE, CHECK, DEFAULT, CLASSES, NEXT] = [1, 2, 3, 4, 5, 8];
const START = 1;
const DIFFERENCE = 0x8000_0000;

class Automaton {
  readonly #tables = new Map<number, (index: number) => number>();

  constructor(blob: Buffer) {
    const size = blob.readUInt32BE(8);
    for (let at = blob.readUInt32BE(4); at < size; ) {
      const [id, width, length] = [
        blob.readUInt16BE(at),
        blob.readUInt16BE(at + 2),
        blob.readUInt32BE(at + 8),
      ];
      const data = blob.subarray(at + 12, at + 12 + width * length);
      this.#tables.set(id, (index) =>
        index * width < data.length ? data.readUIntBE(index * width, width) : 0,
      );
      at += Math.ceil((12 + width * length) / 8) * 8;
    }
  }

  accepts(path: string): number {
    let state = START;
    for (const byte of Buffer.from(path))
      state = this.#step(state, this.#has(CLASSES) ? this.#at(CLASSES, byte) : byte);
    return this.#at(ACCEPT, state);
  }

  #step(from: number, symbol: number): number {
    let state = from;
    for (;;) {
      const base = this.#at(BASE, state);
      const place = (base & 0xff_ffff) + symbol;
      if (this.#at(CHECK, place) === state) return this.#at(NEXT, place);
      state = this.#at(DEFAULT, state);
      // Of a state that differs from another only in part, the other says the rest.
      if (base < DIFFERENCE) return state;
    }
  }

  #has(table: number): boolean {
    return this.#tables.has(table);
  }

  #at(table: number, index: number): number {
    return this.#tables.get(table)?.(index) ?? 0;
  }
}
