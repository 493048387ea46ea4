import { fieldCatalogue } from '@runward/events';
import { loadRules } from '@runward/rules';
import { expect, it } from 'vitest';
import { diagnosticsReport } from './diagnostics-text.js';

const check = (text: string) =>
  diagnosticsReport(loadRules([{ name: 'r.yaml', text }], { catalogue: fieldCatalogue }).diagnostics);

it('a good file is valid', () => {
  const text = '- rule: R\n  desc: d\n  condition: evt.type = execve\n  output: o\n  priority: INFO\n';
  expect(check(text)).toEqual({ valid: true, errors: [], warnings: [] });
});

it('an error makes the report invalid and has code, load code, texts, place and item', () => {
  const text =
    '- rule: R\n  desc: d\n  condition: evt.type = execve and proc.nmae = x\n  output: o\n  priority: INFO\n';
  const { valid, errors } = check(text);
  expect(valid).toBe(false);
  expect(errors).toHaveLength(1);
  expect(Object.keys(errors[0] ?? {})).toEqual([
    'code',
    'loadCode',
    'message',
    'help',
    'file',
    'line',
    'column',
    'item',
  ]);
  expect(errors[0]).toMatchObject({ file: 'r.yaml', line: 3, column: 36 });
});

it('a warning alone leaves the file valid', () => {
  const { valid, warnings } = check('- macro: unused\n  condition: evt.type = execve\n');
  expect(valid).toBe(true);
  expect(warnings).toEqual([expect.objectContaining({ loadCode: 'LOAD_UNUSED_MACRO' })]);
});
