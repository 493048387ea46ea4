import type { FieldCatalogue } from '@runward/events';
import { isNumeric } from '../check/types.js';
import type { CheckExpression, Expression, Operand } from '../resolve/expression.js';
import { children, distinctNodes } from '../resolve/walk.js';
import { parseBoolean, parseNumber } from '../values/numbers.js';
import { pairTest } from '../values/pair-check.js';
import { valueTest } from '../values/scalar-check.js';
import type { CostModel } from './cost.js';
import type { FieldFacet } from './field-facet.js';
import { operandReader } from './operand-reader.js';
import type { Probe, Tally } from './probe.js';

/** Every so many levels a condition becomes a function of its own: the engine's parser recurses too. */
const LEVELS_PER_FUNCTION = 16;
/** Conditions cheaper than this are evaluated again rather than remembered. */
const MIN_SHARED_COST = 4;
/** Stamps are small integers to the engine up to here; beyond, each store would allocate. */
const MAX_STAMP = 2 ** 30 - 1;
const NEXT_EVENT = `if (E === ${MAX_STAMP}) { reset(); E = 0; }\nE += 1;`;

/** A rule to be tested in full; `index` is that of its condition among those compiled. */
export interface Leaf {
  readonly index: number;
  readonly condition: Expression;
}

/**
 * Writes JavaScript for conditions of one event type.
 *
 * Invariant: nothing a rule says ever becomes source text. Values, sets, patterns, readers are passed in
 * through the constants array and appear as `k0`, `k1`, …; the text consists of names and operators made here.
 *
 * Fields and shared conditions are evaluated at most once per event, when first needed: each has a stamp that
 * is compared with the number of the event, so nothing is cleared between events and nothing is allocated.
 */
export class CodeWriter<View> {
  readonly constants: unknown[] = [];
  readonly #declarations: string[] = [];
  readonly #stamps: string[] = [];
  readonly #readers = new Map<string, string>();
  readonly #functions = new Map<Expression, string>();
  readonly #facets = new Map<FieldFacet<View>, string>();
  #leaves = 0;
  #tables = 0;
  readonly #references: ReadonlyMap<Expression, number>;

  constructor(
    readonly catalogue: FieldCatalogue<View>,
    readonly costs: CostModel,
    roots: readonly Expression[],
    readonly probe?: Probe,
    /** By the key of their operand: their checks are bits that were worked out with the value. */
    readonly facets: ReadonlyMap<string, FieldFacet<View>> = new Map(),
  ) {
    this.#references = countReferences(roots);
    // Children come first, so that no writing goes deeper than to the next function below.
    for (const node of distinctNodes(roots)) {
      if (node.depth % LEVELS_PER_FUNCTION === 0) this.#function(node, this.#isShared(node));
    }
  }

  #isShared(node: Expression): boolean {
    const isUsedAgain = (this.#references.get(node) ?? 0) > 1;
    if (this.probe !== undefined && isUsedAgain && node.kind !== 'constant') return true;
    return isUsedAgain && this.costs.of(node) >= MIN_SHARED_COST;
  }

  /**
   * Runs text that ends in `return function NAME(v…) {…};` with all functions written so far, and gives that
   * function. Each call of it is a new event: what was remembered of the one before no longer counts.
   */
  program(text: string): unknown {
    const reset = `function reset() { ${this.#stamps.map((s) => `${s} = 0;`).join(' ')} }`;
    const names = this.constants.map((_, i) => `k${i}`).join(', ');
    const body = text.replace(/return function \w+\(v[^)]*\) \{\n/, (head) => `${head}${NEXT_EVENT}\n`);
    const parts = [
      `'use strict';`,
      `const [${names}] = K;`,
      'let E = 0;',
      ...this.#declarations,
      reset,
      body,
    ];
    // The only place where text becomes code; see the invariant above.
    return new Function('K', parts.join('\n'))(this.constants);
  }

  constant(value: unknown): string {
    this.constants.push(value);
    return `k${this.constants.length - 1}`;
  }

  /** A whole rule, as a function of its own: big functions are never optimised. */
  leaf(rule: Leaf): string {
    return `${this.#leafFunction(rule)}(v)`;
  }

  /** Functions of rules that are chosen by their position when an event comes. */
  leafTable(rules: readonly Leaf[]): string {
    const name = `t${this.#tables++}`;
    const entries = rules.map((rule) => this.#leafFunction(rule));
    this.#declarations.push(`const ${name} = [${entries.join(', ')}];`);
    return name;
  }

  #leafFunction({ index, condition }: Leaf): string {
    const name = `r${this.#leaves++}`;
    const terms = this.probe !== undefined && condition.kind === 'and' ? condition.terms : [condition];
    const body = terms.map((term) => this.#term(term)).join(' && ');
    this.#declare(name, body, this.probe?.rule(index, condition));
    return name;
  }

  /** While measured, each term of a rule is a function that counts itself. */
  #term(node: Expression): string {
    if (this.probe === undefined || node.kind === 'constant') return this.expression(node);
    return `${this.#function(node, true)}(v)`;
  }

  #declare(name: string, body: string, tally: Tally | undefined): void {
    if (tally === undefined) this.#declarations.push(`function ${name}(v) { return ${body}; }`);
    else {
      this.#declarations.push(
        `function ${name}_(v) { return ${body}; }`,
        `function ${name}(v) { return ${this.constant(tally)}.run(${name}_, v); }`,
      );
    }
  }

  expression(node: Expression): string {
    const shared = this.#isShared(node);
    if (shared || this.#functions.has(node)) return `${this.#function(node, shared)}(v)`;
    return this.#body(node);
  }

  #body(node: Expression): string {
    switch (node.kind) {
      case 'constant':
        return String(node.value);
      case 'not':
        return `!${this.expression(node.term)}`;
      case 'check':
        return `(${this.#check(node)})`;
      default:
        return `(${node.terms.map((term) => this.expression(term)).join(node.kind === 'and' ? ' && ' : ' || ')})`;
    }
  }

  #function(node: Expression, remembered: boolean): string {
    const known = this.#functions.get(node);
    if (known !== undefined) return known;
    const id = this.#functions.size;
    const name = `c${id}`;
    this.#functions.set(node, name);
    let body = this.#body(node);
    if (remembered) {
      if (this.probe !== undefined) {
        this.#declare(`m${id}`, body, this.probe.condition(node));
        body = `m${id}(v)`;
      }
      this.#stamps.push(`cs${id}`);
      this.#declarations.push(
        `let cs${id} = 0, cv${id} = false;`,
        `function ${name}(v) { if (cs${id} === E) return cv${id}; cv${id} = ${body}; cs${id} = E; return cv${id}; }`,
      );
    } else this.#declarations.push(`function ${name}(v) { return ${body}; }`);
    return name;
  }

  /** What the value of a facet's field says, looked up at most once per event. */
  facet(facet: FieldFacet<View>): string {
    const known = this.#facets.get(facet);
    if (known !== undefined) return `${known}(v)`;
    const id = this.#facets.size;
    this.#facets.set(facet, `b${id}`);
    this.#stamps.push(`bs${id}`);
    const find = `${this.constant(facet.memo)}.find(${this.read(facet.operand)})`;
    this.#declarations.push(
      `let bs${id} = 0, bv${id};`,
      `function b${id}(v) { if (bs${id} === E) return bv${id}; bv${id} = ${find}; bs${id} = E; return bv${id}; }`,
    );
    return `b${id}(v)`;
  }

  #check(check: CheckExpression): string {
    const facet = this.facets.get(check.left.key);
    const known = facet?.bitOf(check);
    if (facet !== undefined && known !== undefined)
      return `(${this.facet(facet)}[${known.word}] & ${known.bit}) !== 0`;
    const left = this.read(check.left);
    if (check.right !== undefined)
      return `${this.constant(pairTest(check))}(${left}, ${this.read(check.right)})`;
    return this.#inline(check, left) ?? `${this.constant(valueTest(check))}(${left})`;
  }

  /** The commonest checks as operators of the language the engine knows best. */
  #inline({ left, operator, values, exactlyOne }: CheckExpression, value: string): string | undefined {
    if (left.list !== 'none' || exactlyOne) return undefined;
    if (operator === 'exists') return `${value} !== undefined`;
    const [only] = values;
    if (left.type === 'string') {
      if (operator === '=' && only !== undefined) return `${value} === ${this.constant(only)}`;
      return operator === 'in' ? `${this.constant(new Set(values))}.has(${value})` : undefined;
    }
    if (only === undefined || values.length > 1) return undefined;
    if (left.type === 'bool') {
      return operator === '=' ? `${value} === ${parseBoolean(only) === true}` : undefined;
    }
    const number = isNumeric(left.type) ? parseNumber(only) : undefined;
    if (number === undefined || operator === '!=' || operator === 'in' || operator === 'intersects')
      return undefined;
    // `==` on purpose: the value may be a bigint, the number not.
    return `${value} ${operator === '=' ? '==' : operator} ${this.constant(number)}`;
  }

  /** The value of an operand, read at most once per event. */
  read(operand: Operand): string {
    const known = this.#readers.get(operand.key);
    if (known !== undefined) return `${known}(v)`;
    const id = this.#readers.size;
    const name = `f${id}`;
    this.#readers.set(operand.key, name);
    this.#stamps.push(`fs${id}`);
    const [reader, argument] = this.#source(operand);
    let value = `${reader}(v${argument})`;
    if (this.probe?.field !== undefined) {
      this.#declare(`q${id}`, value, this.probe.field(operand));
      value = `q${id}(v)`;
    }
    this.#declarations.push(
      `let fs${id} = 0, fv${id};`,
      `function ${name}(v) { if (fs${id} === E) return fv${id}; fv${id} = ${value}; fs${id} = E; return fv${id}; }`,
    );
    return `${name}(v)`;
  }

  /** Fields are extracted without a closure in between. */
  #source(operand: Operand): readonly [string, string] {
    const extract = operand.kind === 'field' ? this.catalogue.get(operand.name)?.extract : undefined;
    if (operand.kind !== 'field' || extract === undefined) {
      return [this.constant(operandReader(operand, this.catalogue)), ''];
    }
    const argument = operand.argument === undefined ? 'undefined' : this.constant(operand.argument);
    return [this.constant(extract), `, ${argument}`];
  }
}

function countReferences(roots: readonly Expression[]): ReadonlyMap<Expression, number> {
  const counts = new Map<Expression, number>();
  const add = (node: Expression): void => {
    counts.set(node, (counts.get(node) ?? 0) + 1);
  };
  for (const root of roots) add(root);
  for (const node of distinctNodes(roots)) for (const child of children(node)) add(child);
  return counts;
}
