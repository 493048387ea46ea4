import { didYouMean } from '@runward/core';
import { argumentNames, type FieldType } from '@runward/events';
import { quoteAlways, quoteValue } from '../lex/quoting.js';
import type {
  ArgumentListSyntax,
  ArgumentSyntax,
  CallSyntax,
  Extent,
  OperandSyntax,
} from '../parse/syntax.js';
import type { CallOperand, LiteralOperand, Operand } from '../resolve/expression.js';
import type { Lists } from '../resolve/lists.js';
import { type FieldTable, type FieldUse, lookUpField } from './field-lookup.js';
import type { Problem } from './problem.js';

export type OnProblem = (
  problem: Pick<Problem, 'code' | 'message' | 'help' | 'unknownName'>,
  extent: Extent,
) => undefined;

/** Turns written operands into checked ones; undefined after a problem. */
export class OperandResolver {
  constructor(
    readonly table: FieldTable,
    readonly lists: Lists,
    readonly onProblem: OnProblem,
  ) {}

  resolve(syntax: OperandSyntax): Operand | undefined {
    if (syntax.kind === 'call') return this.#call(syntax);
    const found = lookUpField(this.table, syntax.name, syntax.argument);
    if ('code' in found) {
      const unknownName = found.code === 'RULE_FIELD_UNKNOWN';
      const help = unknownName ? didYouMean(syntax.name, this.table.keys()) : '';
      return this.onProblem({ ...found, help, unknownName }, syntax);
    }
    this.#warnIfUnavailable(found.name, syntax);
    this.#warnIfNoArgument(found, syntax);
    const key = found.argument === undefined ? found.name : `${found.name}[${writeArgument(found.argument)}]`;
    return Object.freeze({ kind: 'field', key, ...found });
  }

  #warnIfUnavailable(name: string, extent: Extent): void {
    const why = this.table.get(name)?.unavailable;
    if (why === undefined) return;
    const message = `no event carries \`${name}\` here: ${why}`;
    const help = 'a check of it is never true, nor is one with `!=`';
    this.onProblem({ code: 'RULE_FIELD_UNAVAILABLE', message, help, unknownName: false }, extent);
  }

  /** A slip in an argument's name would make a check silently false. */
  #warnIfNoArgument({ name, argument }: FieldUse, extent: Extent): void {
    if (name !== 'evt.arg' && name !== 'evt.rawarg') return;
    if (typeof argument !== 'string' || /^\d+$/.test(argument) || argumentNames.has(argument)) return;
    const message = `no event has an argument \`${argument}\``;
    const help = didYouMean(
      argument,
      argumentNames,
      '`evt.args` shows the arguments of an event with their names',
    );
    this.onProblem({ code: 'RULE_FIELD_UNAVAILABLE', message, help, unknownName: false }, extent);
  }

  #call(syntax: CallSyntax): CallOperand | undefined {
    const args = syntax.args.map((arg) => this.#argument(arg));
    const known = args.filter((arg) => arg !== undefined);
    if (known.length < args.length) return undefined;
    const result = resultOf(syntax, known);
    if (typeof result === 'string') {
      const problem = { code: 'RULE_TRANSFORMER', message: result, help: '', unknownName: false } as const;
      return this.onProblem(problem, syntax);
    }
    const option = syntax.option === undefined ? '' : `[${syntax.option}]`;
    const key = `${syntax.transformer}(${known.map((arg) => arg.key).join(', ')})${option}`;
    const { transformer } = syntax;
    return Object.freeze({ kind: 'call', key, transformer, args: known, option: syntax.option, ...result });
  }

  #argument(syntax: ArgumentSyntax): Operand | undefined {
    if (syntax.kind === 'value') return literal([syntax.text], false);
    return syntax.kind === 'list' ? this.#list(syntax) : this.resolve(syntax);
  }

  /** Fixed texts where there is nothing else, else the members read from each event. */
  #list({ items }: ArgumentListSyntax): Operand | undefined {
    const members = items.flatMap((item): readonly (Operand | undefined)[] => {
      if (item.kind !== 'value') return [this.#member(item)];
      const named = !item.quoted && this.lists.has(item.text);
      return (named ? this.lists.use(item.text) : [item.text]).map((text) => literal([text], false));
    });
    const args = members.filter((member) => member !== undefined);
    if (args.length < members.length) return undefined;
    if (args.every((arg) => arg.kind === 'literal'))
      return literal(
        args.flatMap((arg) => arg.values),
        true,
      );
    const key = `(${args.map((arg) => arg.key).join(', ')})`;
    return Object.freeze({
      kind: 'call',
      key,
      transformer: 'list',
      args,
      option: undefined,
      type: 'string',
      list: 'set',
    });
  }

  #member(syntax: OperandSyntax): Operand | undefined {
    const operand = this.resolve(syntax);
    if (operand === undefined || (operand.type === 'string' && operand.list === 'none')) return operand;
    const message = `\`${operand.key}\` cannot stand in a list: it is no single text`;
    return this.onProblem({ code: 'RULE_TRANSFORMER', message, help: '', unknownName: false }, syntax);
  }
}

function literal(values: readonly string[], list: boolean): LiteralOperand {
  const written = values.map((value) => (list ? quoteValue(value) : quoteAlways(value))).join(', ');
  const key = list ? `(${written})` : written;
  return Object.freeze({ kind: 'literal', key, values, type: 'string', list: list ? 'set' : 'none' });
}

const writeArgument = (argument: string | number): string =>
  typeof argument === 'number' || /^[^[\]"'\s]+$/.test(argument) ? String(argument) : quoteAlways(argument);

interface Result {
  readonly type: FieldType;
  readonly list: Operand['list'];
}

/** Type of a transformer's result, or what is wrong with its arguments. */
function resultOf({ transformer, option }: CallSyntax, args: readonly Operand[]): Result | string {
  const [first, second] = args;
  if (first === undefined) return `${transformer}() needs an argument`;
  if (option !== undefined && transformer !== 'getopt') return `${transformer}() takes no \`[ ]\``;
  switch (transformer) {
    case 'join':
      if (args.length !== 2 || first.list !== 'none' || second?.list === 'none') {
        return 'join() needs a separator and a list';
      }
      return { type: 'string', list: 'none' };
    case 'concat':
      if (args.length < 2 || args.some((arg) => arg.type !== 'string' || arg.list !== 'none')) {
        return 'concat() needs two or more texts';
      }
      return { type: 'string', list: 'none' };
    case 'getopt':
      if (args.length !== 2 || first.list === 'none' || second?.list !== 'none') {
        return 'getopt() needs a list of arguments and a text of options';
      }
      if (option !== undefined && option.length !== 1) return 'getopt()[ ] takes one option letter';
      return { type: 'string', list: option === undefined ? 'set' : 'none' };
    default:
      return args.length === 1 ? singleResult(transformer, first) : `${transformer}() takes one argument`;
  }
}

function singleResult(transformer: CallSyntax['transformer'], { type, list }: Operand): Result | string {
  if (transformer === 'len') {
    if (list === 'none' && type !== 'string' && type !== 'bytes')
      return 'len() needs a text, bytes or a list';
    return { type: 'uint', list: 'none' };
  }
  const takesBytes = transformer === 'b64' && type === 'bytes';
  return type === 'string' || takesBytes ? { type: 'string', list } : `${transformer}() needs a text`;
}
