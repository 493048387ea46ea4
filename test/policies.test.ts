import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readPolicies, SECTIONS } from '@runward/policy';
import { describe, expect, it } from 'vitest';

const folder = resolve(import.meta.dirname, '../policies');
const files = readdirSync(folder).filter((name) => /(?<!\.test)\.yaml$/.test(name));

describe.each(files)('policies/%s', (name) => {
  const { policies, diagnostics } = readPolicies([{ name, text: readFileSync(join(folder, name), 'utf8') }]);

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

  it('is in the documentation', () => {
    const page = readFileSync(resolve(folder, '../docs/policies-shipped.md'), 'utf8');
    expect(page).toContain(`(../policies/${name})`);
  });
});
