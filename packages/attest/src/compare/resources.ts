import type { CgroupLimits, Configuration } from '../configuration/configuration.js';
import type { Difference } from './difference.js';
import { changes, listed } from './lists.js';

/** Pure. Devices and limits of the group. */
export const compareResources = (before: Configuration, after: Configuration): readonly Difference[] => [
  ...nodes(before.devices.nodes, after.devices.nodes),
  ...rules(before.devices.rules, after.devices.rules),
  ...limits(before.limits, after.limits),
];

function nodes(before: readonly string[], after: readonly string[]): readonly Difference[] {
  const { added, gone } = changes(before, after);
  return [
    ...added.map(
      (node): Difference => ({
        what: 'devices.nodes',
        effect: 'weaker',
        text: `it has the device ${listed([node])}`,
      }),
    ),
    ...gone.map(
      (node): Difference => ({
        what: 'devices.nodes',
        effect: 'stronger',
        text: `it lacks the device ${listed([node])}`,
      }),
    ),
  ];
}

function rules(before: readonly string[] | null, after: readonly string[] | null): readonly Difference[] {
  // Another kernel, or another version of cgroups: neither is a choice of whoever made the container.
  if (before === null || after === null) return [];
  const { added, gone } = changes(before, after);
  return [
    ...(added.length > 0
      ? [
          {
            what: 'devices.rules',
            effect: 'weaker',
            text: `its group may use the devices ${listed(added)}`,
          } as const,
        ]
      : []),
    ...(gone.length > 0
      ? [
          {
            what: 'devices.rules',
            effect: 'stronger',
            text: `its group may not use the devices ${listed(gone)}`,
          } as const,
        ]
      : []),
  ];
}

const WORDS: Readonly<Record<Exclude<keyof CgroupLimits, 'cpuset'>, readonly [string, string]>> = {
  memoryBytes: ['memory', 'bytes'],
  memorySwapBytes: ['memory and swap', 'bytes'],
  cpus: ['processor time', 'processors'],
  pids: ['processes and threads', ''],
};

function limits(before: CgroupLimits, after: CgroupLimits): readonly Difference[] {
  const found: Difference[] = [];
  for (const key of Object.keys(WORDS) as (keyof typeof WORDS)[]) {
    // its keys are these names
    const [had, has] = [before[key], after[key]];
    if (had === has) continue;
    const [what, unit] = WORDS[key];
    const told = (value: number | null): string =>
      value === null ? 'without a limit' : `limited to ${value} ${unit}`.trim();
    found.push({
      what: `limits.${key}`,
      effect: (has ?? Number.POSITIVE_INFINITY) > (had ?? Number.POSITIVE_INFINITY) ? 'weaker' : 'stronger',
      text: `its ${what} is ${told(has)}, and ${told(had)} as approved`,
    });
  }
  if (before.cpuset !== after.cpuset)
    found.push({
      what: 'limits.cpuset',
      effect: 'other',
      text: `it runs on processors ${listed([after.cpuset])} and not ${listed([before.cpuset])}`,
    });
  return found;
}
