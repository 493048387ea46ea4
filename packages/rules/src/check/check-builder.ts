import type { FieldType } from '@runward/events';
import type { Modifier, Operator } from '../lex/operators.js';
import type { CheckSyntax, Extent, ValueListSyntax, ValueSyntax } from '../parse/syntax.js';
import type { Expression, Operand } from '../resolve/expression.js';
import type { ExpressionFactory } from '../resolve/expression-factory.js';
import type { Lists } from '../resolve/lists.js';
import { servicePort } from '../values/service-ports.js';
import type { FieldTable } from './field-lookup.js';
import { type OnProblem, OperandResolver } from './operands.js';
import { comparable, operatorsOf, takesOperator } from './types.js';
import { checkValue } from './values.js';

/** `evt.dir` is on its way out of the language: every event is the exit of its call. */
const CONSTANT_FIELDS: ReadonlyMap<string, string> = new Map([['evt.dir', '<']]);

type WrittenValue = readonly [value: string, extent: Extent];

/** Turns written checks into resolved ones, checking names, types and values on the way. */
export class CheckBuilder {
  readonly #operands: OperandResolver;

  constructor(
    readonly factory: ExpressionFactory,
    readonly table: FieldTable,
    readonly lists: Lists,
    readonly onProblem: OnProblem,
  ) {
    this.#operands = new OperandResolver(table, lists, onProblem);
  }

  /** A check with a problem is reported and becomes false; the rule it stands in is not loaded. */
  build(syntax: CheckSyntax): Expression {
    const constant = this.#constant(syntax);
    if (constant !== undefined) return constant;
    const left = this.#operands.resolve(syntax.left);
    const { right } = syntax;
    if (right !== undefined && right.kind !== 'value' && right.kind !== 'values') {
      const operand = this.#operands.resolve(right);
      return left && operand ? this.#compareOperands(left, operand, syntax) : this.factory.false;
    }
    const values = this.#values(right);
    if (left === undefined || values === undefined || !this.#operatorFits(left, syntax))
      return this.factory.false;
    const resolved: string[] = [];
    for (const [written, extent] of values) {
      const value = left.type === 'port' ? String(servicePort(written) ?? written) : written;
      const finding = checkValue(left, syntax.operator, value);
      if (finding !== undefined) this.onProblem(finding, extent);
      resolved.push(value);
    }
    this.#warnOfMissing(left, syntax, resolved);
    // Of a value that stands there twice `oneof` counts both.
    const distinct = syntax.modifier === 'oneof' ? resolved : [...new Set(resolved)];
    return this.#check(left, syntax.operator, distinct, syntax.modifier);
  }

  #check(
    left: Operand,
    operator: Operator,
    values: readonly string[],
    modifier: Modifier | undefined,
  ): Expression {
    const { factory } = this;
    if (isAround(left, operator)) return factory.check({ left, operator: '<=', values });
    const single = (value: string): Expression => factory.check({ left, operator, values: [value] });
    if (modifier === undefined) {
      const one = operator === 'intersects' && left.list === 'none' ? 'in' : operator;
      if (one !== 'exists' && values.length === 0) return factory.false;
      return factory.check({ left, operator: one, values });
    }
    if (values.length === 0) return factory.false;
    if (modifier === 'allof') return factory.and(values.map(single));
    if (modifier === 'oneof') return factory.check({ left, operator, values, exactlyOne: values.length > 1 });
    if (operator === '!=') return factory.or(values.map(single));
    if (operator === '=' && left.list === 'none') return factory.check({ left, operator: 'in', values });
    return factory.check({ left, operator, values });
  }

  #compareOperands(left: Operand, right: Operand, syntax: CheckSyntax): Expression {
    if (!this.#operatorFits(left, syntax)) return this.factory.false;
    if (!comparable(left.type, right.type)) {
      const message = `\`${left.key}\` (${left.type}) cannot be compared with \`${right.key}\` (${right.type})`;
      this.onProblem({ code: 'RULE_OPERATOR_TYPE', message, help: '', unknownName: false }, syntax);
      return this.factory.false;
    }
    if (NO_RIGHT_OPERAND.has(syntax.operator)) {
      const message = `\`${syntax.operator}\` needs values written in the rule on its right`;
      this.onProblem({ code: 'RULE_OPERATOR_TYPE', message, help: '', unknownName: false }, syntax);
      return this.factory.false;
    }
    return this.factory.check({ left, operator: syntax.operator, values: [], right });
  }

  /** `<NA>` is how outputs show that there is no value; no field has it as its value. */
  #warnOfMissing(left: Operand, syntax: CheckSyntax, values: readonly string[]): void {
    if (!COMPARES_EQUAL.has(syntax.operator) || values.length === 0) return;
    if (values.some((value) => value !== '<NA>')) return;
    const message = `\`${left.key}\` is compared with \`<NA>\`, which no field is ever equal to`;
    const help = `write \`${left.key} exists\`, or \`not ${left.key} exists\``;
    this.onProblem({ code: 'RULE_UNSAFE_NA_CHECK', message, help, unknownName: false }, syntax);
  }

  #operatorFits(left: Operand, syntax: CheckSyntax): boolean {
    if (takesOperator(left.type, syntax.operator)) return true;
    const message = `\`${syntax.operator}\` does not apply to \`${left.key}\`, which is ${article(left.type)}`;
    const help = `operators for it: ${operatorsOf(left.type).join(' ')}`;
    this.onProblem({ code: 'RULE_OPERATOR_TYPE', message, help, unknownName: false }, syntax);
    return false;
  }

  /** Values with the place each comes from: its own, or that of the list's name. */
  #values(right: ValueSyntax | ValueListSyntax | undefined): readonly WrittenValue[] | undefined {
    if (right?.kind === 'value') return this.#singleValue(right);
    const values: WrittenValue[] = [];
    for (const value of right?.values ?? []) {
      if (value.quoted || !this.lists.has(value.text)) values.push([value.text, value]);
      else for (const item of this.lists.use(value.text)) values.push([item, value]);
    }
    return values;
  }

  #singleValue(value: ValueSyntax): readonly WrittenValue[] | undefined {
    const { text, quoted } = value;
    if (quoted || !this.lists.has(text)) return [[text, value]];
    const items = this.lists.use(text);
    if (items.length === 1) return items.map((item) => [item, value]);
    const message = `list \`${text}\` has ${items.length} items and stands where one value belongs`;
    const help = `use \`in (${text})\`, or quote it if the text is meant`;
    return this.onProblem({ code: 'RULE_LIST_AS_VALUE', message, help, unknownName: false }, value);
  }

  #constant({ left, operator, right, start, end }: CheckSyntax): Expression | undefined {
    const constant = left.kind === 'field' ? CONSTANT_FIELDS.get(left.name) : undefined;
    if (constant === undefined || left.kind !== 'field') return undefined;
    const message = `\`${left.name}\` is deprecated: it is always \`${constant}\``;
    const problem = {
      code: 'RULE_DEPRECATED',
      message,
      help: 'remove the check',
      unknownName: false,
    } as const;
    this.onProblem(problem, { start, end });
    const values = right?.kind === 'value' ? [right] : right?.kind === 'values' ? right.values : [];
    const equal = operator === 'exists' || values.some((value) => value.text === constant);
    return this.factory.constant(operator === '!=' ? !equal : equal);
  }
}

/** `evt.around[T] = D` asks whether the event is at most D milliseconds from T; the field is how many it is. */
const isAround = (left: Operand, operator: Operator): boolean =>
  left.kind === 'field' && left.name === 'evt.around' && operator === '=';

const COMPARES_EQUAL: ReadonlySet<Operator> = new Set(['=', '!=', 'in', 'intersects', 'pmatch']);
const NO_RIGHT_OPERAND: ReadonlySet<Operator> = new Set(['regex', 'pmatch', 'bcontains', 'bstartswith']);

const article = (type: FieldType): string => {
  if (type === 'ip') return 'an address';
  if (type === 'int' || type === 'uint') return 'a number';
  return type === 'bytes' ? 'bytes' : `a ${type}`;
};
