import type { FieldValue } from '@runward/events';
import { describe, expect, it } from 'vitest';
import { tinyCatalogue } from '../testing/tiny-catalogue.js';
import { formatter } from './formatter.js';
import { parseTemplate } from './template.js';

function format(template: string, facts: Record<string, FieldValue>): { output: string; fields: object } {
  const problems: string[] = [];
  const parsed = parseTemplate(template, tinyCatalogue, ({ message }) => problems.push(message));
  expect(problems).toEqual([]);
  return formatter(parsed, tinyCatalogue)(facts);
}

describe('formatter', () => {
  it.each<[string, Record<string, FieldValue>, string]>([
    ['a %proc.name b', { 'proc.name': 'sh' }, 'a sh b'],
    ['*a %proc.name', {}, 'a <NA>'],
    ['100%% %proc.name.', { 'proc.name': 'sh' }, '100% sh.'],
    ['%proc.aname[2]/%proc.aname', { 'proc.aname': ['a', 'b'] }, 'b/(a,b)'],
    ['%evt.arg.flags', { 'evt.arg[flags]': 'O_CREAT' }, 'O_CREAT'],
    ['%evt.arg[flags]', { 'evt.arg[flags]': 'O_CREAT' }, 'O_CREAT'],
    ['[%5proc.name]', { 'proc.name': 'sh' }, '[sh   ]'],
    ['%toupper(proc.name) %len(proc.aname)', { 'proc.name': 'sh', 'proc.aname': ['a'] }, 'SH 1'],
    ['%fd.num %evt.is_open_write', { 'fd.num': 5n, 'evt.is_open_write': true }, '5 true'],
    ['%proc.cmdline', { 'proc.cmdline': 'a\u001b[31m\nb\u009bc é' }, 'a.[31m.b.c é'],
  ])('%s', (template, facts, output) => {
    expect(format(template, facts).output).toBe(output);
  });

  it('gives the fields with their own types, under the names they were asked by', () => {
    const facts = { 'fd.num': 5n, 'proc.name': 'a\nb', 'proc.aname': ['x'] };
    expect(format('%fd.num %proc.name %proc.aname %proc.aname[3] %tolower(fd.name)', facts).fields).toEqual({
      ...facts,
      'proc.aname[3]': null,
      'tolower(fd.name)': null,
      'fd.name': null,
    });
  });
});
