import type { Scenario } from '@runward/drill';
import { visible } from '../terminal.js';

const lines = (text: string, indent: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${visible(line)}`);

/** What scenarios will do: in a few words, or with every command. */
export function planText(scenarios: readonly Scenario[], detail: 'short' | 'whole'): readonly string[] {
  return scenarios.flatMap((scenario) => {
    const { id, title, about, theme, tactic, technique, steps, container, benign, expect } = scenario;
    const attack = technique === undefined ? theme : `${theme}, ${tactic ?? ''} ${technique}`;
    const head = `${visible(id)} (${visible(attack)}): ${visible(title)}`;
    if (detail === 'short') return [head, ...steps.flatMap((step) => lines(step.title, '    - '))];
    const traits = [
      container?.privileged === true && 'privileged',
      container?.settled === true && 'half a minute old',
      scenario.network !== undefined && 'a network of its own with loopback alone',
    ].filter((trait) => trait !== false);
    const awaited = [
      ...(expect?.any === true ? ['anything reported of the container'] : []),
      ...(expect?.rules ?? []),
      ...(expect?.techniques ?? [technique ?? '']),
    ].filter((each) => each !== '');
    return [
      head,
      ...lines(about, '  '),
      ...(traits.length > 0 ? [`  container: ${traits.join(', ')}`] : []),
      ...steps.flatMap((step) => [`  - ${visible(step.title)}`, ...lines(step.run, '      ')]),
      benign === true ? '  must not be reported' : `  detected by: ${awaited.map(visible).join(', ')}`,
      '',
    ];
  });
}
