import type { SourceSpan } from '@runward/core';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
} from 'yaml';
import { alignScalar } from './align.js';
import { LineTable } from './line-table.js';
import { type Piece, splitItems } from './pieces.js';
import { SourceText } from './source-text.js';

/** YAML reduced to what rule and policy files use; every scalar is text, its meaning is the reader's business. */
export type YamlNode = YamlMap | YamlList | YamlScalar;

export interface YamlMap {
  readonly kind: 'map';
  readonly span: SourceSpan;
  readonly entries: ReadonlyMap<string, YamlEntry>;
}

export interface YamlEntry {
  readonly keySpan: SourceSpan;
  readonly value: YamlNode;
}

export interface YamlList {
  readonly kind: 'list';
  readonly span: SourceSpan;
  readonly items: readonly YamlNode[];
}

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly span: SourceSpan;
  readonly text: string;
  /** `key:` with nothing behind it, `~` or `null`. */
  readonly empty: boolean;
  /** Written without quotes and not as a block: other readers may take it for a number or a boolean. */
  readonly plain: boolean;
  readonly source: () => SourceText;
}

export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/**
 * What is wrong with a file as YAML. A key that is given twice is read: the first one counts.
 */
export interface YamlProblem {
  readonly kind: 'syntax' | 'duplicate-key';
  readonly message: string;
  readonly help: string;
  readonly span: SourceSpan;
}

type Report = (problem: YamlProblem) => void;

/** Documents of a file; syntax errors are reported and leave out the document they are in. */
export function readYaml(file: SourceFile, report: Report): readonly YamlNode[] {
  try {
    const text = file.text.startsWith('\ufeff') ? file.text.slice(1) : file.text;
    return new YamlReader({ name: file.name, text }, report).read();
  } catch (cause) {
    // The YAML library recurses: absurd nesting ends in a RangeError there.
    const message = cause instanceof RangeError ? 'the YAML is nested too deeply' : 'the YAML cannot be read';
    const span = { file: file.name, line: 1, column: 1, endLine: 1, endColumn: 1 };
    report({ kind: 'syntax', message, help: 'no file needs more than a few levels', span });
    return [];
  }
}

/** Alias expansion is bounded: a file of aliases to aliases must not become a file of any size. */
const MAX_ALIASED_NODES = 200_000;

/** A piece of a file that does not stand alone: the file is read as a whole. */
class NotAlone extends Error {}

class YamlReader {
  readonly #lines: LineTable;
  #aliased = 0;
  #inAlias = 0;
  /** Where in the file the piece that is being read begins. */
  #base = 0;
  #alone = true;
  /** Looking for an anchor walks the document: once per alias is enough. */
  #targets = new Map<Node, Node>();

  constructor(
    readonly file: SourceFile,
    readonly report: Report,
  ) {
    this.#lines = new LineTable(file.text);
  }

  read(): readonly YamlNode[] {
    const pieces = splitItems(this.file.text);
    return (pieces && this.#readPieces(pieces)) ?? this.#readWhole();
  }

  #readWhole(): readonly YamlNode[] {
    this.#base = 0;
    this.#alone = true;
    const nodes: YamlNode[] = [];
    for (const document of parseDocuments(this.file.text)) {
      // What follows the first syntax error of a document is mostly its echo.
      for (const problem of document.errors.slice(0, 1)) {
        const message = problem.message.charAt(0).toLowerCase() + problem.message.slice(1);
        const span = this.#span(problem.pos[0], problem.pos[1]);
        this.report({ kind: 'syntax', message, help: '', span });
      }
      if (document.errors.length > 0 || document.contents === null) continue;
      nodes.push(this.#convert(document.contents, resolverOf(document)));
    }
    return nodes;
  }

  /** Undefined when a piece is not plainly a list of items: wrong, or using an anchor of another piece. */
  #readPieces(pieces: readonly Piece[]): readonly YamlNode[] | undefined {
    const items: YamlNode[] = [];
    const problems: YamlProblem[] = [];
    const report: Report = (problem) => void problems.push(problem);
    this.#alone = false;
    for (const { start, text } of pieces) {
      this.#base = start;
      this.#targets = new Map();
      const [document, ...more] = parseDocuments(text);
      if (document === undefined || more.length > 0 || document.errors.length > 0) return undefined;
      if (!isSeq(document.contents)) return undefined;
      try {
        const list = this.#convert(document.contents, resolverOf(document), report);
        if (list.kind === 'list') for (const item of list.items) items.push(item);
      } catch (cause) {
        if (cause instanceof NotAlone) return undefined;
        throw cause;
      }
    }
    this.#base = 0;
    for (const problem of problems) this.report(problem);
    return [{ kind: 'list', span: this.#span(0, this.file.text.length), items }];
  }

  #convert(node: Node, resolve: Resolve, report = this.report): YamlNode {
    const [start = 0, end = 0] = node.range ?? [];
    if (this.#inAlias > 0) this.#aliased += 1;
    if (isScalar(node))
      return this.#scalar(typeof node.value === 'string' ? node.value : '', start, end, node.type);
    const span = this.#span(start, end);
    if (isMap(node)) return { kind: 'map', span, entries: this.#entries(node.items, resolve, report) };
    if (!isSeq(node)) return this.#alias(node, resolve, report);
    const items = node.items.map((item) => this.#child(item, resolve, start, report));
    return { kind: 'list', span, items };
  }

  #alias(node: Node, resolve: Resolve, report: Report): YamlNode {
    const [start = 0, end = 0] = node.range ?? [];
    const target = this.#targets.get(node) ?? resolve(node);
    const problem = (message: string, help: string): YamlNode => {
      if (!this.#alone) throw new NotAlone();
      report({ kind: 'syntax', message, help, span: this.#span(start, end) });
      return this.#scalar('', start, start, undefined);
    };
    if (target === undefined) return problem('the alias names no anchor before it', 'define it with `&name`');
    this.#targets.set(node, target);
    if (this.#aliased >= MAX_ALIASED_NODES) {
      if (this.#aliased === Number.POSITIVE_INFINITY) return this.#scalar('', start, start, undefined);
      this.#aliased = Number.POSITIVE_INFINITY;
      const message = `aliases expand to more than ${MAX_ALIASED_NODES} nodes`;
      return problem(message, 'write the values out, or fewer of them');
    }
    this.#inAlias += 1;
    const converted = this.#convert(target, resolve, report);
    this.#inAlias -= 1;
    return converted;
  }

  #child(item: unknown, resolve: Resolve, at: number, report: Report): YamlNode {
    const node = item as Node | null; // items of a composed document are nodes, or null where nothing stands
    return node === null ? this.#scalar('', at, at, undefined) : this.#convert(node, resolve, report);
  }

  #entries(
    items: readonly Pair<unknown, unknown>[],
    resolve: Resolve,
    report: Report,
  ): ReadonlyMap<string, YamlEntry> {
    const entries = new Map<string, YamlEntry>();
    for (const { key, value } of items) {
      const name = isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
      if (name === undefined) continue;
      const [start = 0, end = 0] = (isScalar(key) ? key.range : undefined) ?? [];
      const keySpan = this.#span(start, end);
      if (entries.has(name)) {
        const message = `key \`${name}\` is given twice; the first one counts`;
        report({ kind: 'duplicate-key', message, help: 'remove one of them', span: keySpan });
        continue;
      }
      entries.set(name, { keySpan, value: this.#child(value, resolve, end, report) });
    }
    return entries;
  }

  #scalar(text: string, start: number, end: number, type: string | null | undefined): YamlScalar {
    const plain = type === 'PLAIN' || type === undefined || type === null;
    const empty = plain && (text === '' || text === '~' || text === 'null');
    return new ScalarNode(this.file, this.#lines, text, empty, plain, this.#base + start, this.#base + end);
  }

  #span(start: number, end: number): SourceSpan {
    return new LazySpan(this.file.name, this.#lines, this.#base + start, this.#base + Math.max(start, end));
  }
}

type Resolve = (node: Node) => Node | undefined;
const resolverOf =
  (document: Document.Parsed): Resolve =>
  (node) =>
    isAlias(node) ? node.resolve(document) : node;

// `failsafe` keeps scalars as they were written: `1.0`, `yes` and `0x1f` are texts in this language.
const OPTIONS = { schema: 'failsafe', prettyErrors: false, uniqueKeys: false } as const;
const parseDocuments = (text: string): readonly Document.Parsed[] => {
  const documents = parseAllDocuments(text, OPTIONS);
  return Array.isArray(documents) ? documents : [];
};

/** Files have far more scalars than questions about them: places are worked out when asked for. */
class ScalarNode implements YamlScalar {
  readonly kind = 'scalar';

  constructor(
    readonly file: SourceFile,
    readonly lines: LineTable,
    readonly text: string,
    readonly empty: boolean,
    readonly plain: boolean,
    readonly start: number,
    readonly end: number,
  ) {}

  get span(): SourceSpan {
    return new LazySpan(this.file.name, this.lines, this.start, Math.max(this.start, this.end));
  }

  source(): SourceText {
    let offsets: ((offset: number) => number) | undefined;
    return SourceText.from(this.text, (offset) => {
      offsets ??= alignScalar(this.file.text, this.start, this.end, this.text);
      return { file: this.file.name, ...this.lines.position(offsets(offset)) };
    });
  }
}

class LazySpan implements SourceSpan {
  readonly #lines: LineTable;
  readonly #start: number;
  readonly #end: number;

  constructor(
    readonly file: string,
    lines: LineTable,
    start: number,
    end: number,
  ) {
    this.#lines = lines;
    this.#start = start;
    this.#end = end;
  }

  get line(): number {
    return this.#lines.position(this.#start).line;
  }
  get column(): number {
    return this.#lines.position(this.#start).column;
  }
  get endLine(): number {
    return this.#lines.position(this.#end).line;
  }
  get endColumn(): number {
    return this.#lines.position(this.#end).column;
  }
  toJSON(): SourceSpan {
    const { file, line, column, endLine, endColumn } = this;
    return { file, line, column, endLine, endColumn };
  }
}
