import type { Operator } from '../lex/operators.js';
import type {
  CheckExpression,
  ConstantExpression,
  Expression,
  NotExpression,
  Operand,
} from './expression.js';

export interface CheckParts {
  readonly left: Operand;
  readonly operator: Operator;
  readonly values: readonly string[];
  readonly exactlyOne?: boolean;
  readonly right?: Operand | undefined;
}

/** Makes expressions, each distinct one once: nested `and`/`or` are flattened, constants folded away. */
export class ExpressionFactory {
  readonly #known = new Map<string, Expression>();
  readonly true: ConstantExpression = Object.freeze({ kind: 'constant', id: 0, depth: 1, value: true });
  readonly false: ConstantExpression = Object.freeze({ kind: 'constant', id: 1, depth: 1, value: false });
  #nextId = 2;

  constant(value: boolean): ConstantExpression {
    return value ? this.true : this.false;
  }

  check({ left, operator, values, exactlyOne = false, right }: CheckParts): CheckExpression {
    const key = `c${left.key}\0${operator}\0${exactlyOne ? 1 : 0}\0${right?.key ?? ''}\0${values.join('\0')}`;
    const made = this.#intern(key, (id) => ({
      ...{ kind: 'check', id, depth: 1, left, operator },
      values: Object.freeze([...values]),
      ...{ exactlyOne, right },
    }));
    return made as CheckExpression; // keys starting with `c` are only made here
  }

  not(term: Expression): Expression {
    if (term.kind === 'constant') return this.constant(!term.value);
    if (term.kind === 'not') return term.term;
    const made = this.#intern(`n${term.id}`, (id) => ({ kind: 'not', id, depth: term.depth + 1, term }));
    return made as NotExpression; // keys starting with `n` are only made here
  }

  and(terms: readonly Expression[]): Expression {
    return this.#join('and', terms);
  }

  or(terms: readonly Expression[]): Expression {
    return this.#join('or', terms);
  }

  #join(kind: 'and' | 'or', terms: readonly Expression[]): Expression {
    const neutral = kind === 'and';
    const flat = new Set<Expression>();
    for (const term of terms) {
      if (term.kind === 'constant') {
        if (term.value !== neutral) return term;
      } else if (term.kind === kind) for (const inner of term.terms) flat.add(inner);
      else flat.add(term);
    }
    const list = [...flat];
    const first = list[0];
    if (first === undefined) return this.constant(neutral);
    if (list.length === 1) return first;
    const key = `${kind === 'and' ? 'a' : 'o'}${list.map((t) => t.id).join(',')}`;
    const depth = 1 + list.reduce((most, t) => Math.max(most, t.depth), 0);
    return this.#intern(key, (id) => ({ kind, id, depth, terms: Object.freeze(list) }));
  }

  #intern(key: string, make: (id: number) => Expression): Expression {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = Object.freeze(make(this.#nextId++));
    this.#known.set(key, made);
    return made;
  }
}
