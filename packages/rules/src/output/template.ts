import { didYouMean } from '@runward/core';
import { type FieldTable, lookUpField } from '../check/field-lookup.js';
import { OperandResolver } from '../check/operands.js';
import { isTransformer } from '../lex/operators.js';
import { Scanner, SyntaxProblem } from '../lex/scanner.js';
import { parseOperand } from '../parse/check-parser.js';
import type { Operand } from '../resolve/expression.js';
import { Lists } from '../resolve/lists.js';

/** One piece of an output: fixed text, or a token with its field. */
export type TemplatePart = string | TemplateToken;

export interface TemplateToken {
  /** As written, without `%` and width: the key in `output_fields`. */
  readonly name: string;
  readonly operand: Operand;
  /** Exact width, 0 for none. */
  readonly width: number;
}

export interface Template {
  readonly parts: readonly TemplatePart[];
}

export interface TemplateProblem {
  /** A field that exists and is never set is shown as `<NA>`: worth a warning, no error. */
  readonly code: 'RULE_OUTPUT' | 'RULE_FIELD_UNAVAILABLE';
  readonly message: string;
  readonly help: string;
  readonly start: number;
  readonly end: number;
  readonly unknownName: boolean;
}

/** What `%container.info` of older rule files stands for. */
const CONTAINER_INFO = 'container_id=%container.id container_name=%container.name';

/** Reads an output text; every token must name a field. A leading `*` is dropped: all fields are optional. */
export function parseTemplate(
  written: string,
  table: FieldTable,
  onProblem: (problem: TemplateProblem) => void,
): Template {
  const text = table.has('container.info') ? written : written.replaceAll('%container.info', CONTAINER_INFO);
  const parts: TemplatePart[] = [];
  let fixed = '';
  let at = text.startsWith('*') ? 1 : 0;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    if (char !== '%') {
      fixed += char;
      continue;
    }
    if (text[at + 1] === '%') {
      fixed += '%';
      at += 1;
      continue;
    }
    const token = readToken(text, at, table, onProblem);
    if (token === undefined) {
      fixed += '%';
      continue;
    }
    if (fixed !== '') parts.push(fixed);
    fixed = '';
    parts.push(token.token);
    at = token.end - 1;
  }
  if (fixed !== '') parts.push(fixed);
  return { parts };
}

/** Reads the token that begins with the `%` at `at`; `end` is the offset behind it. */
export function readToken(
  text: string,
  at: number,
  table: FieldTable,
  onProblem: (problem: TemplateProblem) => void,
): { readonly token: TemplateToken; readonly end: number } | undefined {
  const [, digits = '', name = ''] = /^%(\d{0,4})([a-zA-Z][\w.]*)?/.exec(text.slice(at, at + 256)) ?? [];
  const start = at + 1 + digits.length;
  const problem = (
    message: string,
    help = '',
    unknownName = false,
    code: TemplateProblem['code'] = 'RULE_OUTPUT',
  ): undefined => {
    onProblem({ code, message, help, start: at, end: start + Math.max(1, name.length), unknownName });
  };
  if (name === '') return problem('`%` is not followed by a field', 'write `%%` for a percent sign');
  const scanner = new Scanner(text);
  scanner.position = start;
  // A sentence may end right behind a token: what follows the longest known name is text.
  if (!isTransformer(name) || text[start + name.length] !== '(') {
    const known = longestKnown(table, name);
    if (known === undefined) {
      return problem(`unknown field \`${name}\` in the output`, didYouMean(name, table.keys()), true);
    }
    if (known.length < name.length) scanner.text = text.slice(0, start + known.length);
  }
  try {
    const syntax = parseOperand(scanner);
    const operands = new OperandResolver(
      table,
      new Lists(new Map()),
      ({ code, message, help, unknownName }) =>
        code === 'RULE_FIELD_UNAVAILABLE'
          ? problem(message, 'outputs show `<NA>` there', unknownName, code)
          : problem(message, help, unknownName),
    );
    const operand = operands.resolve(syntax);
    if (operand === undefined) return undefined;
    const token = { name: text.slice(start, syntax.end), operand, width: Number(digits) };
    return { token, end: syntax.end };
  } catch (cause) {
    if (cause instanceof SyntaxProblem) return problem(cause.message, cause.help);
    throw cause;
  }
}

/** Whether a text is a field, or a transformer applied to one, and nothing else. */
export function isOperand(text: string, table: FieldTable): boolean {
  const scanner = new Scanner(text);
  try {
    const syntax = parseOperand(scanner);
    const operands = new OperandResolver(table, new Lists(new Map()), () => undefined);
    return scanner.atEnd && operands.resolve(syntax) !== undefined;
  } catch (cause) {
    if (cause instanceof SyntaxProblem) return false;
    throw cause;
  }
}

function longestKnown(table: FieldTable, written: string): string | undefined {
  let name = written.replace(/\.+$/, '');
  for (;;) {
    const found = lookUpField(table, name, undefined);
    if (!('code' in found) || found.code !== 'RULE_FIELD_UNKNOWN') return name;
    const dot = name.lastIndexOf('.');
    if (dot <= 0) return undefined;
    name = name.slice(0, dot);
  }
}
