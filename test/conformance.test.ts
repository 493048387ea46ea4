import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fieldCatalogue } from '@runward/events';
import { loadRules, usedFields } from '@runward/rules';
import { describe, expect, it } from 'vitest';
import { FIELD_GROUPS } from './e2e/field-values.js';
import { EXERCISES, type Exercise, enabling, STOCK_FILES, type StockFile } from './e2e/stock-rules/index.js';

const page = resolve(import.meta.dirname, '../docs/conformance.md');

const ruleCount = ({ exercises, impossible }: StockFile): number => exercises.length + impossible.length;
const total = STOCK_FILES.reduce((sum, file) => sum + ruleCount(file), 0);

const HEAD = `# Conformance: Falco's rules

The three official rule files (${total} rules) load together, unmodified, without an error or a warning, and a real
container makes every rule fire that can fire in one. \`test/e2e/stock-rules.test.ts\` runs what the tables say, with
the rules that the files disable enabled, and checks the detection's rule, container and the fields shown. A rule that
needs more than the stock files says so.

This page is rendered from the test's tables: \`UPDATE_DOCS=1 npx vitest run --project unit test/conformance.test.ts\`.
`;
const TABLE = `| Rule | What the container does | Runtime | Detection carries | Result |
|---|---|---|---|---|
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');
const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |\n`;

function row(exercise: Exercise): string {
  const { rule, does, fields, override } = exercise;
  const runtime = 'place' in exercise ? 'runc' : exercise.runtime;
  const shown = Object.entries(fields).map(([field, value]) => `\`${field}=${value}\``);
  const result = override === undefined ? 'fires' : `fires with an override: ${override.because}`;
  return line([`**${rule}**`, does, runtime, shown.join('<br>'), result]);
}

const byRule = <T extends { readonly rule: string }>(items: readonly T[]): readonly T[] =>
  [...items].sort((a, b) => a.rule.localeCompare(b.rule, 'en'));

function section(file: StockFile): string {
  const title = `\n## The ${file.name} file: ${ruleCount(file)} rules\n\n`;
  const rows = byRule(file.exercises).map(row).join('');
  const impossible = byRule(file.impossible).map(({ rule, because }) => `- **${rule}**: ${because}\n`);
  const never = impossible.length === 0 ? '' : `\nNo container makes these fire:\n${impossible.join('')}`;
  return title + TABLE + rows + never;
}

describe('docs/conformance.md', () => {
  it('shows what the end-to-end test does', () => {
    const rendered = HEAD + STOCK_FILES.map(section).join('');
    if (process.env.UPDATE_DOCS) writeFileSync(page, rendered);
    expect(readFileSync(page, 'utf8')).toBe(rendered);
  });

  it.for(STOCK_FILES)('has every rule of the $name file, once', (file, test) => {
    if (!existsSync(file.path)) test.skip('the stock rule files are not there');
    const names = [...readFileSync(file.path, 'utf8').matchAll(/^- rule: (.*)$/gm)].map((m) => m[1]?.trim());
    const shown = [...file.exercises, ...file.impossible].map(({ rule }) => rule);
    expect(shown.sort()).toEqual(names.sort());
  });
});

describe('test/e2e/field-values.ts', () => {
  it('has a value for every field the stock files read', (test) => {
    if (!STOCK_FILES.every(({ path }) => existsSync(path))) test.skip('the stock rule files are not there');
    const files = STOCK_FILES.map(({ name, path }) => ({ name, text: readFileSync(path, 'utf8') }));
    const enabled = { name: 'enabled', text: enabling(EXERCISES.map(({ rule }) => rule)) };
    const { value: rules } = loadRules([...files, enabled], { catalogue: fieldCatalogue });
    const fields = rules === undefined ? [] : [...usedFields(rules)];
    const used = fields.filter((field) => field !== 'evt.arg');
    const shown = FIELD_GROUPS.flatMap(({ cases }) => cases.flatMap(({ values }) => Object.keys(values)));
    const withoutArgument = (field: string): string =>
      field.startsWith('evt.arg')
        ? field.replace(/^evt\.arg\[(.*)\]$/, 'evt.arg.$1')
        : field.replace(/\[.*/, '');
    const tested = new Set(shown.map(withoutArgument));
    expect(used.map(withoutArgument).filter((field) => !tested.has(field))).toEqual([]);
    expect(used.length).toBeGreaterThan(90);
  });
});
