import { didYouMean, parseNetwork } from '@runward/core';
import { eventTypeByName } from '@runward/events';
import type { Operator } from '../lex/operators.js';
import type { Operand } from '../resolve/expression.js';
import { parseHex } from '../values/bytes.js';
import { parseNumber } from '../values/numbers.js';
import { compileRegex } from '../values/regex.js';
import { LINUX_SYSCALLS } from './linux-syscalls.js';
import type { Problem } from './problem.js';
import { isNumeric } from './types.js';

type Finding = Pick<Problem, 'code' | 'message' | 'help' | 'unknownName'>;

const wrong = (code: Finding['code'], message: string, help = ''): Finding => ({
  ...{ code, message, help },
  unknownName: false,
});

/** What is wrong with a value compared with an operand, if anything. */
export function checkValue(left: Operand, operator: Operator, value: string): Finding | undefined {
  if (left.kind === 'field' && left.name === 'evt.type') return checkEventType(operator, value);
  if (operator === 'regex') return checkRegex(value);
  if (operator === 'bcontains' || operator === 'bstartswith') {
    if (parseHex(value) !== undefined) return undefined;
    return wrong(
      'RULE_VALUE_TYPE',
      `\`${value}\` is not a string of hexadecimal bytes`,
      'for example cafebabe',
    );
  }
  return checkTyped(left, operator, value);
}

function checkTyped(left: Operand, operator: Operator, value: string): Finding | undefined {
  const ordered = operator === '<' || operator === '<=' || operator === '>' || operator === '>=';
  if ((isNumeric(left.type) || ordered) && parseNumber(value) === undefined) {
    if (left.type === 'port') {
      return wrong('RULE_VALUE_TYPE', `\`${value}\` is neither a port nor the name of a service`);
    }
    const message = ordered
      ? `\`${operator}\` compares with numbers; \`${value}\` is none`
      : `\`${left.key}\` is a number; \`${value}\` is not`;
    return wrong('RULE_VALUE_TYPE', message);
  }
  if (left.type === 'bool' && value !== 'true' && value !== 'false') {
    return wrong('RULE_VALUE_TYPE', `\`${left.key}\` is true or false; \`${value}\` is neither`);
  }
  if (left.type === 'ip' && parseNetwork(value) === undefined) {
    const help = 'write an address such as 10.0.0.1 or a network such as 10.0.0.0/8';
    return wrong('RULE_VALUE_TYPE', `\`${value}\` is not an address or a network`, help);
  }
  return undefined;
}

function checkRegex(value: string): Finding | undefined {
  const regex = compileRegex(value);
  if (typeof regex !== 'string') return undefined;
  return wrong(
    'RULE_PATTERN',
    `\`${value}\` is not a regular expression: ${regex}`,
    'the syntax is that of RE2',
  );
}

function checkEventType(operator: Operator, value: string): Finding | undefined {
  const exact = operator === '=' || operator === '!=' || operator === 'in' || operator === 'intersects';
  if (!exact || eventTypeByName.has(value)) return undefined;
  if (LINUX_SYSCALLS.has(value)) {
    const help = 'the check is never true; the rule works for its other event types';
    return wrong('RULE_EVENT_TYPE_UNOBSERVED', `event type \`${value}\` is not observed`, help);
  }
  const help = didYouMean(value, eventTypeByName.keys());
  return {
    code: 'RULE_EVENT_TYPE_UNKNOWN',
    message: `unknown event type \`${value}\``,
    help,
    unknownName: true,
  };
}
