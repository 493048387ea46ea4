import type { YamlNode, YamlScalar } from '@runward/yaml';
import { SourceText } from '@runward/yaml';
import { isOperatorWord, MODIFIERS, OPERATORS } from '../lex/operators.js';
import { isBareValue, quoteValue } from '../lex/quoting.js';
import { isProblem, parseCondition } from '../parse/condition-parser.js';
import type { ExceptionItem, ExceptionValue, RuleItem } from './items.js';
import { MapReader } from './map-reader.js';

const KEYS = new Set(['name', 'fields', 'comps', 'values']);

/** The `exceptions` key of a rule; undefined after an error, empty when there is none. */
export function readExceptions(reader: MapReader, append: boolean): readonly ExceptionItem[] | undefined {
  const node = reader.node('exceptions');
  if (node === undefined || (node.kind === 'scalar' && node.empty)) return [];
  if (node.kind !== 'list') {
    return reader.report('RULE_KEY_TYPE', '`exceptions` must be a list', '', node.span);
  }
  const items = node.items.map((item) => readException(reader, item, append));
  const found = items.filter((item) => item !== undefined);
  const names = new Set<string>();
  for (const item of found) {
    if (names.has(item.name)) {
      const message = `exception \`${item.name}\` is defined twice in the rule`;
      reader.report('RULE_EXCEPTION_DUPLICATE', message, 'give each a name of its own', item.span);
    }
    names.add(item.name);
  }
  return found.length === items.length ? found : undefined;
}

function readException(parent: MapReader, node: YamlNode, append: boolean): ExceptionItem | undefined {
  if (node.kind !== 'map') {
    return parent.report(
      'RULE_KEY_TYPE',
      'an exception must be a mapping',
      'give it name, fields and values',
      node.span,
    );
  }
  const reader = new MapReader(node, parent.reporter, parent.item);
  reader.unknownKeys(KEYS);
  const name = reader.required('name')?.text;
  if (!append && !reader.has('fields')) {
    return reader.report(
      'RULE_KEY_MISSING',
      '`fields` is missing',
      'name the field or fields of the exception',
    );
  }
  const fields = textOrTexts(reader, 'fields');
  const comparisons = textOrTexts(reader, 'comps');
  if (append && !reader.has('values') && fields === undefined) {
    const message = `exception \`${name ?? ''}\` is appended to without values`;
    reader.report('RULE_APPEND_NO_VALUES', message, 'add `values:`', node.span);
  }
  const values = readValues(reader, Array.isArray(fields) || (fields === undefined && append));
  if (name === undefined || values === undefined) return undefined;
  return { name, span: node.span, fields, comparisons, values };
}

function textOrTexts(reader: MapReader, key: string): string | readonly string[] | undefined {
  const node = reader.node(key);
  if (node === undefined) return undefined;
  return node.kind === 'list' ? reader.scalars(key)?.map((s) => s.text) : reader.text(key);
}

function readValues(reader: MapReader, tuples: boolean): readonly (readonly ExceptionValue[])[] | undefined {
  const node = reader.node('values');
  if (node === undefined) return [];
  if (node.kind !== 'list') return reader.report('RULE_KEY_TYPE', '`values` must be a list', '', node.span);
  const rows: (readonly ExceptionValue[])[] = [];
  for (const row of node.items) {
    if (row.kind === 'scalar') rows.push([row]);
    else if (row.kind === 'list' && tuples) {
      const cells = row.items.map((cell) => readCell(reader, cell));
      if (cells.includes(undefined)) return undefined;
      rows.push(cells.filter((cell) => cell !== undefined));
    } else
      return reader.report(
        'RULE_EXCEPTION',
        'a value must be a text when `fields` is one field',
        '',
        row.span,
      );
  }
  return rows;
}

function readCell(reader: MapReader, node: YamlNode): ExceptionValue | undefined {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') {
    const texts = node.items.filter((item): item is YamlScalar => item.kind === 'scalar');
    if (texts.length === node.items.length) return texts;
  }
  return reader.report(
    'RULE_EXCEPTION',
    'an exception value must be a text or a list of texts',
    '',
    node.span,
  );
}

/** Shape of complete exceptions: as many comparisons and values as fields, operators that exist. */
export function checkExceptions(reader: MapReader, exceptions: readonly ExceptionItem[]): boolean {
  return exceptions.map((exception) => checkException(reader, exception)).every((ok) => ok);
}

function checkException(reader: MapReader, { span, fields, comparisons, values }: ExceptionItem): boolean {
  const fail = (message: string, help = ''): false => {
    reader.report('RULE_EXCEPTION', message, help, span);
    return false;
  };
  if (fields === undefined) return fail('an exception needs `fields`');
  if (typeof fields === 'string') {
    if (comparisons !== undefined && typeof comparisons !== 'string') {
      return fail('`fields` is one field, so `comps` must be one operator');
    }
    if (!takesList(comparisons ?? 'in')) {
      const help = 'in, intersects, pmatch, or an operator with oneof, anyof or allof';
      return fail(`\`${comparisons}\` does not take a list`, help);
    }
    return true;
  }
  if (
    comparisons !== undefined &&
    (typeof comparisons === 'string' || comparisons.length !== fields.length)
  ) {
    return fail('`fields` and `comps` must be lists of the same length');
  }
  for (const comparison of comparisons ?? []) {
    if (!isComparison(comparison)) return fail(`\`${comparison}\` is not an operator`);
  }
  if (values.some((row) => row.length !== fields.length)) {
    return fail('each entry of `values` must have one value per field');
  }
  return true;
}

/** Values of an appended exception join the one of that name; a new name adds a new exception. */
export function appendExceptions(
  reader: MapReader,
  existing: readonly ExceptionItem[],
  added: readonly ExceptionItem[],
): readonly ExceptionItem[] {
  const result = [...existing];
  for (const item of added) {
    const at = result.findIndex((e) => e.name === item.name);
    const previous = result[at];
    if (previous === undefined) {
      if (item.values.length === 0 && item.fields !== undefined) {
        const message = `the new exception \`${item.name}\` has no values`;
        reader.report('RULE_EXCEPTION', message, 'add `values:`', item.span);
      } else if (checkExceptions(reader, [item])) result.push(item);
    } else if (item.fields !== undefined || item.comparisons !== undefined) {
      const message = `only values can be appended to exception \`${item.name}\``;
      reader.report('RULE_EXCEPTION', message, 'leave out `fields` and `comps`', item.span);
    } else {
      const merged = { ...previous, values: [...previous.values, ...item.values] };
      if (checkExceptions(reader, [merged])) result[at] = merged;
    }
  }
  return result;
}

/**
 * The condition with its exceptions added as text, `(…) and not (…)`: an exception holds for the whole
 * condition, whatever it is made of.
 *
 * A condition that cannot be read on its own is returned as it is: its mistake shall be shown where it was made,
 * not at a parenthesis nobody wrote.
 */
export function conditionWithExceptions(rule: Pick<RuleItem, 'condition' | 'exceptions'>): SourceText {
  const active = rule.exceptions.filter((e) => e.values.length > 0 && e.fields !== undefined);
  if (active.length === 0 || isProblem(parseCondition(rule.condition.text))) return rule.condition;
  const parts: (SourceText | string)[] = ['(', rule.condition, ')'];
  for (const exception of active) {
    const single = typeof exception.fields === 'string';
    parts.push(' and not ', ...(single ? singleField(exception) : manyFields(exception)));
  }
  return SourceText.concat(parts);
}

/** Each value of an exception, or row of values, as a condition of its own. */
export function exceptionEntries({ fields, comparisons, values }: ExceptionItem): readonly SourceText[] {
  if (typeof fields !== 'string') {
    return values.map((row) => SourceText.concat(rowParts(row, fields ?? [], comparisons)));
  }
  const operator = typeof comparisons === 'string' ? comparisons : 'in';
  const texts = values.flat().flat() as readonly YamlScalar[];
  return texts.map((value) => SourceText.concat([`${fields} ${operator} `, ...listParts([value])]));
}

type Parts = (SourceText | string)[];

function singleField({ fields, comparisons, values }: ExceptionItem): Parts {
  const operator = typeof comparisons === 'string' ? comparisons : 'in';
  return [
    `(${String(fields)} ${operator} `,
    ...listParts(values.flat().flat() as readonly YamlScalar[]),
    ')',
  ];
}

function manyFields({ fields, comparisons, values }: ExceptionItem): Parts {
  const rows = values.map((row): Parts => ['(', ...rowParts(row, fields ?? [], comparisons), ')']);
  return ['(', ...rows.flatMap((row, i) => (i === 0 ? row : [' or ', ...row])), ')'];
}

function rowParts(
  row: readonly ExceptionValue[],
  fields: string | readonly string[],
  comparisons: ExceptionItem['comparisons'],
): Parts {
  return row.flatMap((cell, i): Parts => {
    const operator = comparisons?.[i] ?? '=';
    return [`${i === 0 ? '' : ' and '}${fields[i] ?? ''} ${operator} `, ...cellParts(cell, operator)];
  });
}

function cellParts(cell: ExceptionValue, operator: string): Parts {
  if (!('kind' in cell)) return listParts(cell);
  if (!takesList(operator)) return [valuePart(cell)];
  return cell.text.startsWith('(') ? [cell.source()] : listParts([cell]);
}

const listParts = (values: readonly YamlScalar[]): Parts => [
  '(',
  ...values.flatMap((value, i): Parts => (i === 0 ? [valuePart(value)] : [', ', valuePart(value)])),
  ')',
];

/** As written where it is a value of the language (a quoted text, a bare word, a list's name), else quoted. */
function valuePart(value: YamlScalar): SourceText | string {
  const quoted = value.text.startsWith('"') || value.text.startsWith("'");
  return quoted || isBareValue(value.text) ? value.source() : quoteValue(value.text);
}

const isComparison = (text: string): boolean => {
  const [operator = '', modifier] = text.split(/\s+/);
  if (!isOperatorWord(operator)) return false;
  return modifier === undefined || (OPERATORS[operator] === 'text' && MODIFIERS.some((m) => m === modifier));
};

const takesList = (text: string): boolean => {
  const [operator = '', modifier] = text.split(/\s+/);
  if (!isComparison(text) || !isOperatorWord(operator)) return false;
  return modifier !== undefined || OPERATORS[operator] === 'list';
};
