import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isTactic, stagesOf } from './attack.js';

test.each([
  [['mitre_execution', 'T1059.004', 'container'], undefined, ['execution'], ['T1059.004']],
  [['mitre_execution', 'mitre_persistence', 'mitre_execution'], undefined, ['execution', 'persistence'], []],
  [['network', 'flow', 'T1071.004'], undefined, ['command_and_control'], ['T1071.004']],
  [['policy', 'process'], 'process', ['execution'], []],
  [['policy', 'file'], 'file', [], []],
  [['mitre_nonsense', 'T99', 'constructor'], 'constructor', [], []],
] as const)('tags %j of section %s are the stages %j', (tags, section, tactics, techniques) => {
  expect(stagesOf(tags, section)).toEqual({ tactics, techniques });
});

test('every tactic that the default rules name is known', () => {
  const folder = join(import.meta.dirname, '../../../rules');
  const tags = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('.test.yaml'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').match(/\bmitre_\w+/g) ?? []);
  expect(tags.length).toBeGreaterThan(80);
  expect([...new Set(tags)].filter((tag) => !isTactic(tag.slice('mitre_'.length)))).toEqual([]);
});
