import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXERCISES, type Exercise } from './e2e/stock-rules.js';

const repository = resolve(import.meta.dirname, '..');
const page = resolve(repository, 'docs/conformance.md');
const stock = resolve(repository, '../shared/conformance/falco-rules/falco_rules.yaml');

const HEAD = `# Conformance: Falco's stable rules

The official stable rule file (25 rules) loads unmodified, and a real container makes each rule fire.
\`test/e2e/stock-rules.test.ts\` runs what the table says and checks the detection's rule, container and the fields
shown; a rule that needs more than the stock file says so.

This page is rendered from the test's table: \`UPDATE_DOCS=1 npx vitest run --project unit test/conformance.test.ts\`.

| Rule | What the container does | Runtime | Detection carries | Result |
|---|---|---|---|---|
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

function row({ rule, does, runtime, fields, override }: Exercise): string {
  const shown = Object.entries(fields).map(([field, value]) => `\`${field}=${value}\``);
  const result = override === undefined ? 'fires' : `fires with an override: ${override.because}`;
  return `| ${[`**${rule}**`, does, runtime, shown.join('<br>'), result].map(cell).join(' | ')} |\n`;
}

const byName = [...EXERCISES].sort((a, b) => a.rule.localeCompare(b.rule, 'en'));

describe('docs/conformance.md', () => {
  it('shows what the end-to-end test does', () => {
    const rendered = HEAD + byName.map(row).join('');
    if (process.env.UPDATE_DOCS) writeFileSync(page, rendered);
    expect(readFileSync(page, 'utf8')).toBe(rendered);
  });

  it.skipIf(!existsSync(stock))('has every rule of the stock file, once', () => {
    const names = [...readFileSync(stock, 'utf8').matchAll(/^- rule: (.*)$/gm)].map((match) =>
      match[1]?.trim(),
    );
    expect(byName.map(({ rule }) => rule)).toEqual(names.sort((a = '', b = '') => a.localeCompare(b, 'en')));
  });
});
