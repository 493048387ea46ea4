import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldCatalogue } from '@runward/events';
import { playbookJsonSchemaText, readPlaybookCases, runPlaybookCases } from '@runward/respond/playbooks';
import { loadRules } from '@runward/rules';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readPlaybookFiles } from './playbook-files.js';
import { readYamlFiles } from './yaml-files.js';

const root = join(import.meta.dirname, '../../..');
const folder = join(root, 'playbooks');
const { playbooks, diagnostics } = readPlaybookFiles([folder]);

describe('the playbooks that ship', () => {
  test('are sound, only say what they would do, and pass their cases', () => {
    expect(diagnostics).toEqual([]);
    expect(playbooks.map(({ mode }) => mode)).toEqual(['dry-run', 'dry-run', 'dry-run']);
    const path = join(folder, 'shipped.test.yaml');
    const { cases, diagnostics: found } = readPlaybookCases([
      { name: path, text: readFileSync(path, 'utf8') },
    ]);
    expect(found).toEqual([]);
    const tried = new Set(cases.map(({ playbook }) => playbook));
    expect(playbooks.filter(({ name }) => !tried.has(name))).toEqual([]);
    expect(runPlaybookCases(playbooks, cases).flatMap(({ failures }) => failures)).toEqual([]);
  });

  test('are about rules that ship', () => {
    const { value } = loadRules(readYamlFiles([join(root, 'rules')]).files, { catalogue: fieldCatalogue });
    const names = new Set(value?.rules.map(({ name }) => name));
    const tags = new Set(value?.rules.flatMap((rule) => rule.tags));
    for (const { match } of playbooks) {
      expect(match.rules.filter((name) => !names.has(name))).toEqual([]);
      expect(match.tags.filter((tag) => !tags.has(tag))).toEqual([]);
    }
  });

  test('are valid by the published schema, which refuses what the reader refuses', () => {
    const validate = new Ajv({ strict: false }).compile(JSON.parse(playbookJsonSchemaText()) as object); // our own text
    for (const { span } of playbooks) {
      expect(validate(parse(readFileSync(span.file, 'utf8'))), JSON.stringify(validate.errors)).toBe(true);
    }
    const wrong = parse(readFileSync(join(folder, 'stop-miner.yaml'), 'utf8')) as { spec: object }; // it is one
    expect(validate({ ...wrong, spec: { ...wrong.spec, guard: {} } })).toBe(false);
    expect(validate({ ...wrong, spec: { ...wrong.spec, cooldown: 5 } })).toBe(false);
  });
});
