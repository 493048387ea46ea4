import { foldNumber } from '../compile/specialise.js';
import type { CheckExpression, Expression } from '../resolve/expression.js';
import { ExpressionFactory } from '../resolve/expression-factory.js';
import { children, distinctNodes, fieldsOf } from '../resolve/walk.js';
import { foldEventType } from './event-types.js';

/**
 * What is known of a check before the event is seen: its value; `fixed`, when its value is known once the process
 * is; undefined, when it depends on the event.
 */
export type Foresight = (check: CheckExpression) => boolean | 'fixed' | undefined;

/** The weakest conditions over fixed checks: `may` where a node can be true, `must` where it cannot be false. */
interface Bounds {
  readonly may: Expression;
  readonly must: Expression;
}

/**
 * Partial evaluation with three values: what is left of conditions when the checks that depend on the event are
 * unknown. All results come from one factory, so that equal ones are one object.
 */
export class SurvivalPlanner {
  readonly factory = new ExpressionFactory();
  readonly #foresee: Foresight;
  /** Nodes below which nothing asks for the event type: the same for all types, and they are the most. */
  readonly #common = new Map<Expression, Bounds>();
  /** The other nodes of each condition, children first. */
  readonly #typed = new Map<Expression, readonly Expression[]>();
  readonly #byType = new Map<string, Map<Expression, Bounds>>();

  constructor(foresee: Foresight) {
    this.#foresee = foresee;
  }

  /**
   * A condition over fixed checks alone that holds whenever the given one holds for an event of this type. Where it
   * does not, no such event can match, so none needs to be sent.
   */
  survival(condition: Expression, eventType: string): Expression {
    const known = this.#byType.get(eventType) ?? new Map<Expression, Bounds>();
    this.#byType.set(eventType, known);
    const get = (node: Expression): Bounds | undefined => this.#common.get(node) ?? known.get(node);
    for (const node of this.#nodesByType(condition)) {
      if (known.has(node)) continue;
      const value = node.kind === 'check' ? foldEventType(node, eventType) : undefined;
      known.set(node, value === undefined ? this.#bounds(node, get) : both(this.factory.constant(value)));
    }
    return (get(condition) ?? this.#unknown).may;
  }

  #nodesByType(condition: Expression): readonly Expression[] {
    const known = this.#typed.get(condition);
    if (known !== undefined) return known;
    const typed: Expression[] = [];
    const common = (node: Expression): Bounds | undefined => this.#common.get(node);
    for (const node of distinctNodes([condition])) {
      if (this.#common.has(node)) continue;
      if (readsEventType(node) || !children(node).every((child) => this.#common.has(child))) typed.push(node);
      else this.#common.set(node, this.#bounds(node, common));
    }
    this.#typed.set(condition, typed);
    return typed;
  }

  get #unknown(): Bounds {
    return { may: this.factory.true, must: this.factory.false };
  }

  #bounds(node: Expression, get: (node: Expression) => Bounds | undefined): Bounds {
    const factory = this.factory;
    if (node.kind === 'constant') return both(factory.constant(node.value));
    if (node.kind === 'check') {
      const known = foldNumber(node) ?? this.#foresee(node);
      if (known === 'fixed') return both(factory.check(node));
      return known === undefined ? this.#unknown : both(factory.constant(known));
    }
    const terms = children(node).map((child) => get(child) ?? this.#unknown);
    const [first] = terms;
    if (node.kind === 'not' && first !== undefined) {
      return { may: factory.not(first.must), must: factory.not(first.may) };
    }
    const join = (nodes: readonly Expression[]): Expression =>
      node.kind === 'and' ? factory.and(nodes) : factory.or(nodes);
    return { may: join(terms.map((t) => t.may)), must: join(terms.map((t) => t.must)) };
  }
}

const both = (node: Expression): Bounds => ({ may: node, must: node });

const readsEventType = (node: Expression): boolean =>
  node.kind === 'check' && foldEventType(node, '') !== undefined;

/** A check whose fields are all fixed, on both sides. */
export function readsOnly(check: CheckExpression, isFixed: (field: string) => boolean): boolean {
  const sides = check.right === undefined ? [check.left] : [check.left, check.right];
  return sides.every((operand) => [...fieldsOf(operand)].every((field) => isFixed(field.name)));
}
