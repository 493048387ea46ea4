import {
  isTransformer,
  MODIFIERS,
  type Modifier,
  OPERATORS,
  type Operator,
  TRANSFORMERS,
  type Transformer,
} from '../lex/operators.js';
import { type Scanner, SyntaxProblem, type Token, type ValueToken } from '../lex/scanner.js';
import type {
  ArgumentSyntax,
  CallSyntax,
  CheckSyntax,
  FieldSyntax,
  MacroSyntax,
  OperandSyntax,
  ValueListSyntax,
  ValueSyntax,
} from './syntax.js';

/** Transformers inside transformers; far beyond use, far below the stack. */
const MAX_CALL_DEPTH = 64;

const fail = (scanner: Scanner, expected: string, help = ''): never => {
  const at = scanner.position;
  const found = scanner.atEnd
    ? 'the end of the condition'
    : `\`${scanner.text.slice(at, at + 20).split(/\s/)[0]}\``;
  throw new SyntaxProblem(
    `expected ${expected}, found ${found}`,
    help,
    at,
    Math.min(at + 1, scanner.text.length),
  );
};

/** A check (`field operator value`) or the name of a macro. */
export function parseCheck(scanner: Scanner): CheckSyntax | MacroSyntax {
  const name = scanner.name() ?? fail(scanner, 'a field, a macro or `(`');
  if (!scanner.peekIs('(') && !name.text.includes('.')) {
    return Object.freeze({ kind: 'macro', name: name.text, start: name.start, end: name.end });
  }
  const left = parseOperandFrom(scanner, name, 0);
  scanner.skipBlank();
  const operator =
    scanner.operator() ??
    fail(scanner, `an operator after \`${scanner.text.slice(left.start, left.end)}\``, operatorHelp);
  return parseRight(scanner, left, operator.text === '==' ? '=' : operator.text);
}

const operatorHelp = `one of ${Object.keys(OPERATORS).join(' ')}`;

function parseRight(scanner: Scanner, left: OperandSyntax, operator: Operator): CheckSyntax {
  const finish = (right: CheckSyntax['right'], modifier?: Modifier): CheckSyntax =>
    Object.freeze({
      kind: 'check',
      left,
      operator,
      modifier,
      right,
      start: left.start,
      end: scanner.position,
    });
  const takes = OPERATORS[operator];
  if (takes === 'nothing') return finish(undefined);
  scanner.skipBlank();
  const operand = parseRightOperand(scanner);
  if (operand !== undefined) return finish(operand);
  if (takes === 'list') return finish(parseListOrName(scanner, operator));
  const modifier = takes === 'text' ? parseModifier(scanner) : undefined;
  if (modifier !== undefined) return finish(parseListOrName(scanner, modifier), modifier);
  const value = scanner.value() ?? fail(scanner, `a value after \`${operator}\``);
  return finish(valueSyntax(value));
}

/** `val(field)` or a transformer call, the only operands allowed on the right. */
function parseRightOperand(scanner: Scanner): OperandSyntax | undefined {
  const from = scanner.position;
  const name = scanner.name();
  if (name !== undefined && scanner.peekIs('(')) {
    if (isTransformer(name.text)) return parseOperandFrom(scanner, name, 0);
    if (name.text === 'val') {
      scanner.punctuation('(');
      scanner.skipBlank();
      const inner = scanner.name() ?? fail(scanner, 'a field inside `val(`');
      const operand = parseOperandFrom(scanner, inner, 0);
      scanner.skipBlank();
      if (!scanner.punctuation(')')) fail(scanner, '`)`');
      return operand;
    }
  }
  scanner.position = from;
  return undefined;
}

function parseModifier(scanner: Scanner): Modifier | undefined {
  const from = scanner.position;
  const word = scanner.word()?.text;
  const modifier = MODIFIERS.find((m) => m === word);
  if (modifier !== undefined) {
    scanner.skipBlank();
    if (scanner.peekIs('(')) return modifier;
  }
  scanner.position = from;
  return undefined;
}

function parseListOrName(scanner: Scanner, after: string): ValueListSyntax {
  if (scanner.peekIs('(')) return parseList(scanner);
  const value =
    scanner.value() ?? fail(scanner, `a list after \`${after}\``, 'write the values as `(a, b, c)`');
  return Object.freeze({ kind: 'values', values: [valueSyntax(value)], start: value.start, end: value.end });
}

function parseList(scanner: Scanner): ValueListSyntax {
  const start = scanner.position;
  scanner.punctuation('(');
  const values: ValueSyntax[] = [];
  scanner.skipBlank();
  while (!scanner.punctuation(')')) {
    if (values.length > 0) {
      if (!scanner.punctuation(',')) fail(scanner, '`,` or `)` in the list');
      scanner.skipBlank();
      // A list that expands to nothing leaves `(a, )` behind in files made by other tools.
      if (scanner.punctuation(')')) break;
    }
    values.push(valueSyntax(scanner.value() ?? fail(scanner, 'a value in the list')));
    scanner.skipBlank();
  }
  return Object.freeze({ kind: 'values', values, start, end: scanner.position });
}

const valueSyntax = (token: ValueToken): ValueSyntax =>
  Object.freeze({
    kind: 'value',
    text: token.text,
    quoted: token.quoted,
    start: token.start,
    end: token.end,
  });

/** A field or a transformer call on its own: a token of an output. */
export function parseOperand(scanner: Scanner): OperandSyntax {
  return parseOperandFrom(scanner, scanner.name() ?? fail(scanner, 'a field'), 0);
}

function parseOperandFrom(scanner: Scanner, name: Token, depth: number): OperandSyntax {
  if (!scanner.peekIs('(')) return parseField(scanner, name);
  if (!isTransformer(name.text)) {
    const help = `transformers are ${TRANSFORMERS.join(' ')}`;
    throw new SyntaxProblem(`unknown transformer \`${name.text}\``, help, name.start, name.end);
  }
  if (depth >= MAX_CALL_DEPTH) {
    const message = `transformers nested deeper than the limit of ${MAX_CALL_DEPTH}`;
    throw new SyntaxProblem(message, 'nest fewer transformers', name.start, name.end, true);
  }
  return parseCall(scanner, name, name.text, depth);
}

function parseCall(scanner: Scanner, name: Token, transformer: Transformer, depth: number): CallSyntax {
  scanner.punctuation('(');
  const args: ArgumentSyntax[] = [];
  do {
    scanner.skipBlank();
    args.push(parseArgument(scanner, depth));
    scanner.skipBlank();
  } while (scanner.punctuation(','));
  if (!scanner.punctuation(')')) fail(scanner, '`)`');
  const option = parseBrackets(scanner);
  return Object.freeze({ kind: 'call', transformer, args, option, start: name.start, end: scanner.position });
}

function parseArgument(scanner: Scanner, depth: number): ArgumentSyntax {
  return scanner.peekIs('(') ? parseArgumentList(scanner, depth) : parseItem(scanner, depth);
}

function parseArgumentList(scanner: Scanner, depth: number): ArgumentSyntax {
  const start = scanner.position;
  scanner.punctuation('(');
  const items: (OperandSyntax | ValueSyntax)[] = [];
  scanner.skipBlank();
  while (!scanner.punctuation(')')) {
    if (items.length > 0) {
      if (!scanner.punctuation(',')) fail(scanner, '`,` or `)` in the list');
      scanner.skipBlank();
    }
    items.push(parseItem(scanner, depth));
    scanner.skipBlank();
  }
  return Object.freeze({ kind: 'list', items, start, end: scanner.position });
}

function parseItem(scanner: Scanner, depth: number): OperandSyntax | ValueSyntax {
  const from = scanner.position;
  const name = scanner.name();
  if (name !== undefined && (scanner.peekIs('(') || name.text.includes('.'))) {
    return parseOperandFrom(scanner, name, depth + 1);
  }
  scanner.position = from;
  return valueSyntax(scanner.value() ?? fail(scanner, 'a field or a value'));
}

function parseField(scanner: Scanner, name: Token): FieldSyntax {
  const argument = parseBrackets(scanner);
  return Object.freeze({
    kind: 'field',
    name: name.text,
    argument,
    start: name.start,
    end: scanner.position,
  });
}

function parseBrackets(scanner: Scanner): string | undefined {
  if (!scanner.punctuation('[')) return undefined;
  const argument = scanner.argument() ?? fail(scanner, 'an argument inside `[ ]`');
  if (!scanner.punctuation(']')) fail(scanner, '`]`');
  return argument.text;
}
