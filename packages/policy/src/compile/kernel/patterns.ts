import type { EffectiveLine, EffectivePolicy } from '../../decide/effective.js';
import type { PathPattern } from '../../model/policy.js';
import type { Glob } from '../../pattern/glob.js';
import { parseTextGlob } from '../../pattern/parse.js';
import { globOf } from '../../pattern/path-pattern.js';

/** A pattern of the automaton and the line it was first seen in, for errors. */
export interface PatternSource {
  readonly glob: Glob;
  readonly text: string;
  readonly line: EffectiveLine;
}

/** A list of patterns as one bit; lists that are equal share it. */
export interface ClassLists {
  readonly programs: readonly (readonly number[])[];
  readonly arguments: readonly (readonly number[])[];
}

/** A process or file line in terms of pattern numbers and class bits. */
export interface PatternLine {
  readonly line: EffectiveLine;
  readonly pattern: number;
  readonly except: readonly number[];
  readonly from: bigint;
  readonly ancestors: bigint;
  readonly arguments: bigint;
}

/** All patterns of the lines about files and programs, each once: those of paths, and those of arguments. */
export class PatternTable {
  readonly paths: PatternSource[] = [];
  readonly texts: PatternSource[] = [];
  readonly lines: PatternLine[] = [];
  /** By line number: the class of the programs a network line is about. */
  readonly networkFrom = new Map<number, bigint>();
  readonly #numbers = new Map<string, number>();
  readonly #programs = new ClassTable();
  readonly #arguments = new ClassTable();

  constructor(effective: EffectivePolicy) {
    for (const line of effective.lines) this.#add(line);
  }

  get programClasses(): readonly (readonly number[])[] {
    return this.#programs.lists;
  }
  get argumentClasses(): readonly (readonly number[])[] {
    return this.#arguments.lists;
  }
  /** The line that needed the class with this number. */
  programClassLine = (number: number): EffectiveLine | undefined => this.#programs.firstLine[number];
  argumentClassLine = (number: number): EffectiveLine | undefined => this.#arguments.firstLine[number];

  #add(line: EffectiveLine): void {
    const { terms } = line;
    if (terms.kind === 'process') {
      this.lines.push({
        line,
        pattern: this.#path(terms.line.pattern, line),
        except: terms.line.except.map((pattern) => this.#path(pattern, line)),
        from: 0n,
        ancestors: this.#classOf(terms.line.ancestors, line),
        arguments: this.#arguments.bit(
          terms.line.arguments.map((text) => this.#text(text, line)),
          line,
        ),
      });
    } else if (terms.kind === 'file') {
      this.lines.push({
        line,
        pattern: this.#path(terms.line.pattern, line),
        except: terms.line.except.map((pattern) => this.#path(pattern, line)),
        from: this.#classOf(terms.line.from, line),
        ancestors: 0n,
        arguments: 0n,
      });
    } else if (terms.kind === 'network' || terms.kind === 'direction') {
      this.networkFrom.set(line.id, this.#classOf(terms.line.from, line));
    }
  }

  #classOf(patterns: readonly PathPattern[], line: EffectiveLine): bigint {
    return this.#programs.bit(
      patterns.map((pattern) => this.#path(pattern, line)),
      line,
    );
  }

  #path(pattern: PathPattern, line: EffectiveLine): number {
    return this.#intern(this.paths, `${pattern.kind}:${pattern.text}`, () => ({
      ...{ glob: globOf(pattern), text: pattern.text, line },
    }));
  }

  #text(text: string, line: EffectiveLine): number {
    return this.#intern(this.texts, `text:${text}`, () => {
      const { glob } = parseTextGlob(text);
      if (glob === undefined) throw new RangeError(`\`${text}\` is no pattern`);
      return { glob, text, line };
    });
  }

  #intern(table: PatternSource[], key: string, make: () => PatternSource): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, table.length);
    table.push(make());
    return table.length - 1;
  }
}

class ClassTable {
  readonly lists: (readonly number[])[] = [];
  readonly firstLine: EffectiveLine[] = [];
  readonly #numbers = new Map<string, number>();

  /** The bit of a list of patterns; 0 of the empty one, which asks for nothing. */
  bit(patterns: readonly number[], line: EffectiveLine): bigint {
    if (patterns.length === 0) return 0n;
    const list = [...new Set(patterns)].sort((a, b) => a - b);
    let number = this.#numbers.get(list.join());
    if (number === undefined) {
      number = this.lists.length;
      this.#numbers.set(list.join(), number);
      this.lists.push(list);
      this.firstLine.push(line);
    }
    return 1n << BigInt(number);
  }
}
