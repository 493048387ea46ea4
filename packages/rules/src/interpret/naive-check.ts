import { inNetwork, parseAddress, parseNetwork } from '@runward/core';
import type { FieldScalar, FieldValue } from '@runward/events';
import type { CheckExpression } from '../resolve/expression.js';
import { parseHex, utf8 } from '../values/bytes.js';
import { parseBoolean, parseNumber } from '../values/numbers.js';
import { compileRegex, matchesWhole } from '../values/regex.js';

/** A check of one event, value by value, as the language's description reads. Slow and plain on purpose. */
export function naiveCheck(check: CheckExpression, value: FieldValue): boolean {
  const { left, operator, values, exactlyOne } = check;
  const scalars = (Array.isArray(value) ? value : [value]) as readonly FieldScalar[];
  if (scalars.length === 0) return false;
  if (operator === 'exists') return true;
  const holds = (scalar: FieldScalar): boolean => {
    const count = values.filter((wanted) => compare(check, scalar, wanted)).length;
    if (exactlyOne) return count === 1;
    return operator === '!=' ? count === values.length : count > 0;
  };
  const all =
    (operator === '!=' && (left.list === 'endpoints' || left.list === 'set')) ||
    (operator === 'in' && left.list === 'set');
  return all ? scalars.every(holds) : scalars.some(holds);
}

function compare({ left, operator }: CheckExpression, scalar: FieldScalar, wanted: string): boolean {
  if (left.type === 'ip') {
    const [address, network] = [parseAddress(String(scalar)), parseNetwork(wanted)];
    const inside = address !== undefined && network !== undefined && inNetwork(address, network);
    return operator === '!=' ? !inside : inside;
  }
  if (left.type === 'bool') return (scalar === parseBoolean(wanted)) !== (operator === '!=');
  if (typeof scalar === 'string') return compareText(operator, scalar, wanted);
  if (scalar instanceof Uint8Array) return compareBytes(operator, scalar, wanted);
  return typeof scalar === 'boolean' ? false : compareNumber(operator, scalar, wanted);
}

function compareNumber(
  operator: CheckExpression['operator'],
  scalar: number | bigint,
  text: string,
): boolean {
  const wanted = parseNumber(text);
  if (wanted === undefined) return false;
  const order = scalar < wanted ? -1 : scalar > wanted ? 1 : 0;
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '!=':
      return order !== 0;
    default:
      return order === 0;
  }
}

function compareText(operator: CheckExpression['operator'], text: string, wanted: string): boolean {
  switch (operator) {
    case '!=':
      return text !== wanted;
    case 'contains':
      return text.indexOf(wanted) >= 0;
    case 'icontains':
      return text.toLowerCase().indexOf(wanted.toLowerCase()) >= 0;
    case 'startswith':
      return text.slice(0, wanted.length) === wanted;
    case 'endswith':
      return wanted.length <= text.length && text.slice(text.length - wanted.length) === wanted;
    case 'glob':
      return naiveGlob(wanted, text);
    case 'iglob':
      return naiveGlob(wanted.toLowerCase(), text.toLowerCase());
    case 'regex': {
      const regex = compileRegex(wanted);
      return typeof regex !== 'string' && matchesWhole(regex, text);
    }
    case 'pmatch':
      return naivePrefix(components(wanted), components(text));
    case '<':
    case '<=':
    case '>':
    case '>=': {
      // Code points sort as their UTF-8 bytes do.
      const [a, b] = [[...text], [...wanted]].map((points) => points.map((p) => p.codePointAt(0) ?? 0));
      return compareNumber(operator, order(a ?? [], b ?? []), '0');
    }
    default:
      return text === wanted;
  }
}

function order([a, ...as]: readonly number[], [b, ...bs]: readonly number[]): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1);
  return a === b ? order(as, bs) : a - b;
}

const components = (path: string): string[] => path.split('/').filter((part) => part.length > 0);

const naivePrefix = (prefix: readonly string[], path: readonly string[]): boolean =>
  prefix.length <= path.length &&
  prefix.every((part, i) => (/[*?[]/.test(part) ? naiveGlob(part, path[i] ?? '') : part === path[i]));

/** Recursive pattern match by definition; sets are handed to a regular expression. */
function naiveGlob(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*')
    return naiveGlob(pattern.slice(1), text) || (text !== '' && naiveGlob(pattern, text.slice(1)));
  if (text === '') return false;
  if (pattern[0] === '?') return naiveGlob(pattern.slice(1), text.slice(1));
  const set = /^\[([!^]?)((?:\[:[a-z]+:\]|[\s\S])(?:\[:[a-z]+:\]|[^\]])*)\]/.exec(pattern);
  if (set !== null) {
    const members = (set[2] ?? '')
      .replace(/\[:alpha:\]/g, 'A-Za-z')
      .replace(/\[:digit:\]/g, '0-9')
      .replace(/[\\\]^[]/g, '\\$&');
    const accepted = new RegExp(`[${set[1] === '' ? '' : '^'}${members}]`).test(text.charAt(0));
    return accepted && naiveGlob(pattern.slice(set[0].length), text.slice(1));
  }
  const skip = pattern[0] === '\\' && pattern.length > 1 ? 1 : 0;
  return pattern[skip] === text[0] && naiveGlob(pattern.slice(skip + 1), text.slice(1));
}

function compareBytes(operator: CheckExpression['operator'], bytes: Uint8Array, wanted: string): boolean {
  const hex = operator === 'bcontains' || operator === 'bstartswith';
  const needle = [...(hex ? (parseHex(wanted) ?? []) : utf8(wanted))].join(',');
  const hay = [...bytes].join(',');
  if (operator === '!=') return hay !== needle;
  if (operator === 'startswith' || operator === 'bstartswith')
    return `${hay},`.startsWith(needle === '' ? '' : `${needle},`);
  if (operator === 'endswith') return `,${hay}`.endsWith(needle === '' ? '' : `,${needle}`);
  if (operator === 'contains' || operator === 'bcontains')
    return `,${hay},`.includes(needle === '' ? ',' : `,${needle},`);
  return hay === needle;
}
