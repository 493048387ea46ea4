import type { Operator } from '../lex/operators.js';
import { utf8 } from './bytes.js';
import { Glob } from './glob.js';
import { PathPrefixes } from './path-prefixes.js';
import { compileRegex, matchesWhole } from './regex.js';

/** A test of one text, prepared once. */
export type TextTest = (text: string) => boolean;

/** The test that `text operator value` stands for. */
export function textTest(operator: Operator, value: string): TextTest {
  switch (operator) {
    case 'exists':
      return () => true;
    case '=':
    case 'in':
    case 'intersects':
      return (text) => text === value;
    case '!=':
      return (text) => text !== value;
    case 'contains':
      return remembered((text) => text.includes(value));
    case 'icontains': {
      const wanted = value.toLowerCase();
      return remembered((text) => text.toLowerCase().includes(wanted));
    }
    case 'startswith':
      return (text) => text.startsWith(value);
    case 'endswith':
      return (text) => text.endsWith(value);
    case 'glob':
    case 'iglob': {
      const glob = new Glob(value, operator === 'iglob');
      return remembered((text) => glob.matches(text));
    }
    case 'regex': {
      const regex = compileRegex(value);
      return typeof regex === 'string' ? () => false : remembered((text) => matchesWhole(regex, text));
    }
    case 'pmatch': {
      const prefixes = new PathPrefixes([value]);
      return (text) => prefixes.matches(text);
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      return orderTest(operator, value);
    default:
      return () => false;
  }
}

/**
 * Keeps the last answer: what a check looks at (a command line, capabilities, a path) mostly stays the same
 * from one event to the next, and comparing a text with itself costs nothing.
 */
function remembered(test: TextTest): TextTest {
  let text = '';
  let answer = test(text);
  return (next) => {
    if (next !== text) {
      answer = test(next);
      text = next;
    }
    return answer;
  };
}

/** Texts are ordered by their bytes in UTF-8, numbers in them included: `10` comes before `9`. */
function orderTest(operator: '<' | '<=' | '>' | '>=', value: string): TextTest {
  const limit = utf8(value);
  return (text) => inOrder(operator, compareBytewise(utf8(text), limit), 0);
}

function compareBytewise(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function inOrder(operator: '<' | '<=' | '>' | '>=', a: number | bigint, b: number | bigint): boolean {
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

/** Whether a text satisfies a check with all its values. */
export function evaluateText(
  operator: Operator,
  values: readonly string[],
  exactlyOne: boolean,
  text: string,
): boolean {
  if (operator === 'exists') return true;
  let satisfied = 0;
  for (const value of values) if (textTest(operator, value)(text)) satisfied += 1;
  return exactlyOne ? satisfied === 1 : satisfied > 0;
}
