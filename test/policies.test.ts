import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readPolicies, readPolicyCases, runPolicyCases, SECTIONS } from '@runward/policy';
import { describe, expect, it } from 'vitest';

const folder = resolve(import.meta.dirname, '../policies');
const files = readdirSync(folder).filter((name) => /(?<!\.test)\.yaml$/.test(name));

const sourceOf = (name: string) => ({ name, text: readFileSync(join(folder, name), 'utf8') });

describe.each(files)('policies/%s', (name) => {
  const { policies, diagnostics } = readPolicies([sourceOf(name)]);

  it('reads without a word, warnings included', () => {
    expect(diagnostics).toEqual([]);
    expect(policies).toHaveLength(1);
  });

  it('is named as its file, is somebody’s and says what it is for', () => {
    const [policy] = policies;
    expect(`${policy?.name}.yaml`).toBe(name);
    expect(policy?.owner).not.toBe('');
    expect(policy?.description).not.toBe('');
    expect(policy?.version).not.toBe('');
    expect(policy?.selector.containerLabels.get('runward.dev/policy')).toBe(policy?.name);
  });

  it('denies nothing before it is promoted, and is no obstacle on a host that lacks a mechanism', () => {
    const sections = SECTIONS.flatMap((section) => policies[0]?.[section] ?? []);
    expect(sections.length).toBeGreaterThan(3);
    for (const { mode, onMissing } of sections) expect([mode, onMissing]).toEqual(['monitor', 'alert']);
  });

  it('allows and denies what the cases beside it say, and each of its lines has a case', () => {
    const { cases, diagnostics: problems } = readPolicyCases(sourceOf(name.replace('.yaml', '.test.yaml')));
    const run = runPolicyCases([{ cases, policies }], policies);
    expect([...problems, ...run.diagnostics]).toEqual([]);
    expect(run.results.filter(({ passed }) => !passed).map(({ test }) => test.name)).toEqual([]);
    expect(run.coverage.lines.filter(({ decided }) => decided === 0)).toEqual([]);
    expect(cases.length).toBeGreaterThan(8);
  });

  it('is in the documentation', () => {
    const page = readFileSync(resolve(folder, '../docs/policies-shipped.md'), 'utf8');
    expect(page).toContain(`(../policies/${name})`);
  });
});
