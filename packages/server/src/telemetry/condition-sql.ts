import type { Check, Condition, FilterField } from '../filter/index.js';

/** Puts a value aside, and says what stands for it in the text. */
export type Put = (value: string) => string;

/** A condition in the language of the store. What was asked stands in values, never in the text. */
export function conditionText(condition: Condition, put: Put): string {
  switch (condition.kind) {
    case 'not':
      return `NOT ${conditionText(condition.term, put)}`;
    case 'and':
    case 'or':
      // All of nothing holds, one of nothing does not.
      if (condition.terms.length === 0) return condition.kind === 'and' ? 'true' : 'false';
      return `(${condition.terms.map((term) => conditionText(term, put)).join(condition.kind === 'and' ? ' AND ' : ' OR ')})`;
    case 'check':
      // What is not there is neither true nor false to the store; to a filter it is false.
      return `COALESCE(${checkText(condition, put)}, false)`;
  }
}

function checkText({ field, operator, values }: Check, put: Put): string {
  const value = valueText(field, put);
  if (operator === 'exists') return `${value} IS NOT NULL`;
  const isNumber = field.type === 'number';
  const subject = isNumber ? `TRY_CAST(${value} AS DOUBLE)` : value;
  const asked = values.map((each) => (isNumber ? `TRY_CAST(${put(each)} AS DOUBLE)` : each));
  const any = (test: (value: string) => string): string =>
    asked.length === 0 ? 'false' : `(${asked.map(test).join(' OR ')})`;
  const given = (each: string): string => (isNumber ? each : put(each));
  switch (operator) {
    case '=':
      return any((each) => `${subject} = ${given(each)}`);
    case '!=':
      return asked.length === 0
        ? `${subject} IS NOT NULL`
        : `(${asked.map((each) => `${subject} <> ${given(each)}`).join(' AND ')})`;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return any((each) => `${subject} ${operator} ${each}`);
    case 'contains':
      return any((each) => `contains(${value}, ${given(each)})`);
    case 'icontains':
      return any((each) => `contains(lower(${value}), lower(${given(each)}))`);
    case 'startswith':
      return any((each) => `starts_with(${value}, ${given(each)})`);
    case 'endswith':
      return any((each) => `ends_with(${value}, ${given(each)})`);
    case 'glob':
      return any((each) => `regexp_full_match(${value}, ${put(patternOf(each, '(?s)'))})`);
    case 'iglob':
      return any((each) => `regexp_full_match(${value}, ${put(patternOf(each, '(?is)'))})`);
    case 'regex':
      return any((each) => `regexp_full_match(${value}, ${put(`(?m)(?:${each})`)})`);
  }
}

/** NULL where there is none. */
function valueText({ from }: FilterField, put: Put): string {
  if (typeof from === 'string') return `NULLIF(${from}, '')`;
  const places = from.map(
    (path) => `TRY(json_extract_string(body, ${put(`$.${path.map((part) => `"${part}"`).join('.')}`)}))`,
  );
  return `NULLIF(COALESCE(${places.join(', ')}), '')`;
}

/** A shell pattern as a regular expression. */
function patternOf(glob: string, flags: string): string {
  let text = flags;
  for (let at = 0; at < glob.length; at += 1) {
    const char = glob.charAt(at);
    if (char === '*') text += '.*';
    else if (char === '?') text += '.';
    else if (char === '\\' && at + 1 < glob.length) {
      at += 1;
      text += quoted(glob.charAt(at));
    } else text += quoted(char);
  }
  return text;
}

const quoted = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
