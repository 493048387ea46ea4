import type { SourceSpan } from '@runward/core';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments } from 'yaml';
import type { Reporter } from '../diagnostics/reporter.js';
import { type Position, SourceText } from '../source/source-text.js';
import { alignScalar } from './align.js';

/** YAML reduced to what rule files use; every scalar is text, its meaning is the reader's business. */
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
  readonly source: () => SourceText;
}

export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** Documents of a file; syntax errors are reported and leave out the document they are in. */
export function readYaml(file: SourceFile, reporter: Reporter): readonly YamlNode[] {
  try {
    const text = file.text.startsWith('\ufeff') ? file.text.slice(1) : file.text;
    return new YamlReader({ name: file.name, text }, reporter).read();
  } catch (cause) {
    // The YAML library recurses: absurd nesting ends in a RangeError there.
    const message = cause instanceof RangeError ? 'the YAML is nested too deeply' : 'the YAML cannot be read';
    const span = { file: file.name, line: 1, column: 1, endLine: 1, endColumn: 1 };
    reporter.report('RULE_YAML_SYNTAX', message, 'rule files need no more than a few levels', span, '');
    return [];
  }
}

/** Alias expansion is bounded: a file of aliases to aliases must not become a file of any size. */
const MAX_ALIASED_NODES = 200_000;

class YamlReader {
  readonly #lines = new LineCounter();
  #aliased = 0;
  #inAlias = 0;
  /** Looking for an anchor walks the document: once per alias is enough. */
  readonly #targets = new Map<Node, Node>();

  constructor(
    readonly file: SourceFile,
    readonly reporter: Reporter,
  ) {}

  read(): readonly YamlNode[] {
    // `failsafe` keeps scalars as they were written: `1.0`, `yes` and `0x1f` are texts in this language.
    const options = {
      schema: 'failsafe',
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
    } as const;
    const documents = parseAllDocuments(this.file.text, options);
    const nodes: YamlNode[] = [];
    for (const document of documents) {
      // What follows the first syntax error of a document is mostly its echo.
      for (const problem of document.errors.slice(0, 1)) {
        const message = problem.message.charAt(0).toLowerCase() + problem.message.slice(1);
        this.reporter.report('RULE_YAML_SYNTAX', message, '', this.#span(problem.pos[0], problem.pos[1]), '');
      }
      if (document.errors.length > 0 || document.contents === null) continue;
      nodes.push(this.#convert(document.contents, (node) => (isAlias(node) ? node.resolve(document) : node)));
    }
    return nodes;
  }

  #convert(node: Node, resolve: (node: Node) => Node | undefined): YamlNode {
    const [start = 0, end = 0] = node.range ?? [];
    const span = this.#span(start, end);
    if (this.#inAlias > 0) this.#aliased += 1;
    if (isMap(node)) return { kind: 'map', span, entries: this.#entries(node.items, resolve) };
    if (isSeq(node)) {
      const items = node.items.map((item) => this.#child(item, resolve, start));
      return { kind: 'list', span, items };
    }
    if (isScalar(node))
      return this.#scalar(typeof node.value === 'string' ? node.value : '', start, end, node.type);
    return this.#alias(node, resolve);
  }

  #alias(node: Node, resolve: (node: Node) => Node | undefined): YamlNode {
    const [start = 0, end = 0] = node.range ?? [];
    const target = this.#targets.get(node) ?? resolve(node);
    if (target !== undefined) this.#targets.set(node, target);
    if (target !== undefined && this.#aliased < MAX_ALIASED_NODES) {
      this.#inAlias += 1;
      const converted = this.#convert(target, resolve);
      this.#inAlias -= 1;
      return converted;
    }
    if (this.#aliased !== Number.POSITIVE_INFINITY) {
      this.#aliased = Number.POSITIVE_INFINITY;
      const message = `aliases expand to more than ${MAX_ALIASED_NODES} nodes`;
      this.reporter.report(
        'RULE_YAML_SYNTAX',
        message,
        'write lists and macros instead',
        this.#span(start, end),
        '',
      );
    }
    return this.#scalar('', start, start, undefined);
  }

  #child(item: unknown, resolve: (node: Node) => Node | undefined, at: number): YamlNode {
    const node = item as Node | null; // items of a composed document are nodes, or null where nothing stands
    return node === null ? this.#scalar('', at, at, undefined) : this.#convert(node, resolve);
  }

  #entries(
    items: readonly Pair<unknown, unknown>[],
    resolve: (node: Node) => Node | undefined,
  ): ReadonlyMap<string, YamlEntry> {
    const entries = new Map<string, YamlEntry>();
    for (const { key, value } of items) {
      const name = isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
      if (name === undefined) continue;
      const [start = 0, end = 0] = (isScalar(key) ? key.range : undefined) ?? [];
      if (entries.has(name)) {
        const message = `key \`${name}\` is given twice; the first one counts`;
        this.reporter.report('RULE_KEY_DUPLICATE', message, 'remove one of them', this.#span(start, end), '');
        continue;
      }
      entries.set(name, { keySpan: this.#span(start, end), value: this.#child(value, resolve, end) });
    }
    return entries;
  }

  #scalar(text: string, start: number, end: number, type: string | null | undefined): YamlScalar {
    const plain = type === 'PLAIN' || type === undefined || type === null;
    const empty = plain && (text === '' || text === '~' || text === 'null');
    const locate = (): ((offset: number) => Position) => {
      const offsets = alignScalar(this.file.text, start, end, text);
      return (offset) => this.#position(offsets(offset));
    };
    let located: ((offset: number) => Position) | undefined;
    const source = (): SourceText =>
      SourceText.from(text, (offset) => {
        located ??= locate();
        return located(offset);
      });
    return { kind: 'scalar', span: this.#span(start, end), text, empty, source };
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file.name, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** Spans are asked for rarely and made for every node: the line search waits until one is read. */
  #span(start: number, end: number): SourceSpan {
    return new LazySpan(this.file.name, this.#lines, start, Math.max(start, end));
  }
}

class LazySpan implements SourceSpan {
  constructor(
    readonly file: string,
    lines: LineCounter,
    start: number,
    end: number,
  ) {
    this.#lines = lines;
    this.#start = start;
    this.#end = end;
  }
  readonly #lines: LineCounter;
  readonly #start: number;
  readonly #end: number;

  get line(): number {
    return Math.max(1, this.#lines.linePos(this.#start).line);
  }
  get column(): number {
    return Math.max(1, this.#lines.linePos(this.#start).col);
  }
  get endLine(): number {
    return Math.max(1, this.#lines.linePos(this.#end).line);
  }
  get endColumn(): number {
    return Math.max(1, this.#lines.linePos(this.#end).col);
  }
  toJSON(): SourceSpan {
    const { file, line, column, endLine, endColumn } = this;
    return { file, line, column, endLine, endColumn };
  }
}
