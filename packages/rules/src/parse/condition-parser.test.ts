import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isProblem, MAX_CONDITION_DEPTH, parseCondition } from './condition-parser.js';
import type { ConditionSyntax, OperandSyntax } from './syntax.js';

const operand = (o: OperandSyntax): string =>
  o.kind === 'field'
    ? `${o.name}${o.argument === undefined ? '' : `[${o.argument}]`}`
    : `${o.transformer}(${o.args.map((a) => (a.kind === 'value' ? `'${a.text}'` : a.kind === 'list' ? `(${a.items.map((v) => (v.kind === 'value' ? v.text : operand(v)))})` : operand(a))).join(';')})${o.option ?? ''}`;

function show(node: ConditionSyntax): string {
  switch (node.kind) {
    case 'macro':
      return node.name;
    case 'not':
      return `!${show(node.term)}`;
    case 'and':
    case 'or':
      return `{${node.terms.map(show).join(node.kind === 'and' ? ' & ' : ' | ')}}`;
    case 'check': {
      const { right } = node;
      const shown =
        right === undefined
          ? ''
          : right.kind === 'value'
            ? ` <${right.text}>`
            : right.kind === 'values'
              ? ` <${right.values.map((v) => v.text).join('|')}>`
              : ` ${operand(right)}`;
      return `${operand(node.left)} ${node.operator}${node.modifier ? ` ${node.modifier}` : ''}${shown}`;
    }
  }
}

const parsed = (text: string): string => {
  const result = parseCondition(text);
  return isProblem(result) ? `${result.message} @${result.start}-${result.end}` : show(result);
};

describe('parseCondition', () => {
  it.each([
    ['a', 'a'],
    ['a and b or c and d', '{{a & b} | {c & d}}'],
    ['a and (b or c)', '{a & {b | c}}'],
    ['not a and not(b or c)', '{!a & !{b | c}}'],
    ['not not a', 'a'],
    ['a and(b)or(c)', '{{a & b} | c}'],
    ['evt.type=open', 'evt.type = <open>'],
    ['evt.type == open', 'evt.type = <open>'],
    ['evt.dir = <', 'evt.dir = <<>'],
    ['evt.rawres>=-1', 'evt.rawres >= <-1>'],
    ['proc.pname exists', 'proc.pname exists'],
    ['not proc.name in (a, "b c",\'d\')', '!proc.name in <a|b c|d>'],
    ['proc.name in (runc:[0:PARENT], exe)', 'proc.name in <runc:[0:PARENT]|exe>'],
    ['proc.name in ()', 'proc.name in <>'],
    ['proc.name in (a, )', 'proc.name in <a>'],
    ['proc.name in shells', 'proc.name in <shells>'],
    ['proc.aname[2] startswith a', 'proc.aname[2] startswith <a>'],
    ['container.mount.dest[/proc*] = "x"', 'container.mount.dest[/proc*] = <x>'],
    ['a.b["x y"] glob *a', 'a.b[x y] glob <*a>'],
    ['proc.name startswith anyof (a, b)', 'proc.name startswith anyof <a|b>'],
    ['proc.name = anyof', 'proc.name = <anyof>'],
    ['tolower(proc.name) = val(proc.pname)', 'tolower(proc.name) = proc.pname'],
    ['toupper(basename(fd.name)) in (A)', 'toupper(basename(fd.name)) in <A>'],
    ['proc.name = tolower( proc.pname )', 'proc.name = tolower(proc.pname)'],
    ['join(",", proc.args) contains "-e,x"', "join(',';proc.args) contains <-e,x>"],
    ['getopt(proc.args, "ab:")[b] = c', "getopt(proc.args;'ab:')b = <c>"],
    ['len(concat(proc.name, "x", ("a"))) > 2', "len(concat(proc.name;'x';(a))) > <2>"],
    ['fd.name = "a\\"b\\\\c\\n"', 'fd.name = <a"b\\c\n>'],
    ["fd.name = 'a\"b'", 'fd.name = <a"b>'],
  ])('reads `%s`', (text, shown) => {
    expect(parsed(text)).toBe(shown);
  });

  it.each([
    ['', 'expected a field, a macro or `(`, found the end of the condition @0-0'],
    ['a and', 'expected a field, a macro or `(`, found the end of the condition @5-5'],
    ['and a', 'expected a term, found `and` @0-3'],
    ['a b', 'expected `and`, `or` or the end, found `b` @2-3'],
    ['(a', '`(` is never closed @0-1'],
    ['a)', '`)` without a matching `(` @1-2'],
    ['proc.name', 'expected an operator after `proc.name`, found the end of the condition @9-9'],
    ['proc.name like x', 'expected an operator after `proc.name`, found `like` @10-11'],
    ['proc.name =', 'expected a value after `=`, found the end of the condition @11-11'],
    ['proc.name in (a b)', 'expected `,` or `)` in the list, found `b)` @16-17'],
    ['fd.name = "abc', 'unterminated " string @10-11'],
    ['fd.name = "a\\qc"', 'unknown escape `\\q` @12-14'],
    ['lower(proc.name) = a', 'unknown transformer `lower` @0-5'],
    ['proc.aname[ = a', 'expected an argument inside `[ ]`, found `` @11-12'],
  ])('says what is wrong with `%s`', (text, message) => {
    expect(parsed(text)).toBe(message);
  });

  it('reads parentheses nested 1,000 deep', () => {
    expect(parsed(`${'('.repeat(1000)}a${')'.repeat(1000)}`)).toBe('a');
  });

  it('refuses deeper nesting than its limit by name, however deep', () => {
    const problem = parseCondition(`${'not ('.repeat(100_000)}a${')'.repeat(100_000)}`);
    expect(problem).toMatchObject({ tooDeep: true });
    expect(parsed('('.repeat(100_000))).toContain(`the limit of ${MAX_CONDITION_DEPTH}`);
    expect(parsed(`${'tolower('.repeat(100_000)}`)).toContain('deeper than the limit of 64');
  });

  it('never throws, whatever it is given', () => {
    const word = fc.constantFrom(
      'and',
      'or',
      'not',
      '(',
      ')',
      'a',
      'fd.name',
      '=',
      'in',
      ',',
      '"',
      "'",
      '[',
      ']',
      '\\',
      ' ',
      'tolower(',
      'val(',
      'x.y',
      '%',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 20 }).map((w) => w.join('')),
    );
    fc.assert(
      fc.property(text, (t) => {
        parseCondition(t);
      }),
      { numRuns: 2000 },
    );
  });
});
