import { expect, test } from 'vitest';
import { stagesOf } from './attack.js';

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
