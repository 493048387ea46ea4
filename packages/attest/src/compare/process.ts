import type { CapabilitySet, ProcessConfiguration } from '../configuration/configuration.js';
import { RISKY_CAPABILITIES } from '../hygiene/capability-risks.js';
import type { Difference } from './difference.js';
import { changes, listed, same } from './lists.js';

const SETS: readonly CapabilitySet[] = ['effective', 'permitted', 'bounding', 'inheritable', 'ambient'];
const IDS = ['real', 'effective', 'saved', 'file system'];

/** Pure. Of the first process. */
export function compareProcess(
  before: ProcessConfiguration,
  after: ProcessConfiguration,
): readonly Difference[] {
  return [
    ...capabilities(before, after),
    ...identity('user', before.uids, after.uids),
    ...identity('group', before.gids, after.gids),
    ...groups(before.groups, after.groups),
    ...confinement(before, after),
    ...filters(before, after),
    ...environment(before.environment, after.environment),
    ...hardLimits(before.hardLimits, after.hardLimits),
    ...(before.executable === after.executable
      ? []
      : [
          other(
            'process.executable',
            `its first process runs ${listed([after.executable])} and not ${listed([before.executable])}`,
          ),
        ]),
    ...(before.oomScoreAdjust === after.oomScoreAdjust
      ? []
      : [
          {
            what: 'process.oomScoreAdjust',
            effect: after.oomScoreAdjust < before.oomScoreAdjust ? 'weaker' : 'stronger',
            text: `when memory runs out the kernel ends it ${after.oomScoreAdjust < before.oomScoreAdjust ? 'later' : 'sooner'} than approved: its score is moved by ${after.oomScoreAdjust}, not by ${before.oomScoreAdjust}`,
          } as const,
        ]),
  ];
}

const other = (what: string, text: string): Difference => ({ what, effect: 'other', text });

/** By capability and not by set: what one has in three sets is one difference. */
function capabilities(before: ProcessConfiguration, after: ProcessConfiguration): readonly Difference[] {
  const [gained, lost] = [new Map<string, string[]>(), new Map<string, string[]>()];
  const note = (into: Map<string, string[]>, name: string, set: string): void => {
    into.set(name, [...(into.get(name) ?? []), set]);
  };
  for (const set of SETS) {
    const { added, gone } = changes(before.capabilities[set], after.capabilities[set]);
    for (const name of added) note(gained, name, set);
    for (const name of gone) note(lost, name, set);
  }
  const told = (name: string, sets: readonly string[], word: string): string => {
    const risk = RISKY_CAPABILITIES[name];
    return `its first process ${word} \`${name}\` (${sets.join(', ')})${risk === undefined || word === 'lacks' ? '' : `, with which it ${risk}`}`;
  };
  const what = (name: string): string => `process.capabilities.${name}`;
  return [
    ...[...gained].map(
      ([name, sets]): Difference => ({ what: what(name), effect: 'weaker', text: told(name, sets, 'has') }),
    ),
    ...[...lost].map(
      ([name, sets]): Difference => ({
        what: what(name),
        effect: 'stronger',
        text: told(name, sets, 'lacks'),
      }),
    ),
  ];
}

function identity(
  kind: 'user' | 'group',
  before: readonly number[],
  after: readonly number[],
): readonly Difference[] {
  if (same(before, after)) return [];
  const which = IDS.filter((_, i) => before[i] !== after[i]).join(', ');
  const became = after.includes(0) && !before.includes(0);
  return [
    {
      what: kind === 'user' ? 'process.uids' : 'process.gids',
      effect: became ? 'weaker' : before.includes(0) && !after.includes(0) ? 'stronger' : 'other',
      text: `it runs as ${kind} ${listed([...new Set(after)])} and not as ${listed([...new Set(before)])} (${which})${became ? `: that is ${kind === 'user' ? 'root' : "root's group"}` : ''}`,
    },
  ];
}

function groups(before: readonly number[], after: readonly number[]): readonly Difference[] {
  const { added, gone } = changes(before.map(String), after.map(String));
  return [
    ...(added.length > 0
      ? [
          {
            what: 'process.groups',
            effect: 'weaker',
            text: `it is in the groups ${listed(added)} as well`,
          } as const,
        ]
      : []),
    ...(gone.length > 0
      ? [
          {
            what: 'process.groups',
            effect: 'stronger',
            text: `it is not in the groups ${listed(gone)}`,
          } as const,
        ]
      : []),
  ];
}

const RANK = { none: 0, unknown: 0, strict: 2, filter: 1 } as const;

function confinement(before: ProcessConfiguration, after: ProcessConfiguration): readonly Difference[] {
  const found: Difference[] = [];
  if (before.noNewPrivileges !== after.noNewPrivileges)
    found.push({
      what: 'process.noNewPrivileges',
      effect: after.noNewPrivileges ? 'stronger' : 'weaker',
      text: after.noNewPrivileges
        ? 'it can gain no privileges by setuid programs, which it could as approved'
        : 'it may gain privileges by setuid programs: no-new-privileges is off',
    });
  if (before.securityLabel !== after.securityLabel)
    found.push({
      what: 'process.securityLabel',
      effect: after.securityLabel === '' ? 'weaker' : before.securityLabel === '' ? 'stronger' : 'other',
      text:
        after.securityLabel === ''
          ? `no security module confines it; ${listed([before.securityLabel])} is approved`
          : `the security module confines it by ${listed([after.securityLabel])} and not by ${listed([before.securityLabel])}`,
    });
  return found;
}

function filters(before: ProcessConfiguration, after: ProcessConfiguration): readonly Difference[] {
  if (before.seccomp !== after.seccomp)
    return [
      {
        what: 'process.seccomp',
        effect: RANK[after.seccomp] < RANK[before.seccomp] ? 'weaker' : 'stronger',
        text:
          after.seccomp === 'none'
            ? 'it may use every system call: no filter (seccomp) is on, and one is approved'
            : `its system calls are limited by seccomp mode ${listed([after.seccomp])} and not ${listed([before.seccomp])}`,
      },
    ];
  if (before.seccompFilters !== after.seccompFilters)
    return [
      other(
        'process.seccompFilters',
        `${after.seccompFilters ?? 'an unknown number of'} filters judge its system calls and not ${before.seccompFilters ?? 'an unknown number'}`,
      ),
    ];
  const [had, has] = [before.seccompDigests, after.seccompDigests];
  if (had === null ? has !== null : has === null)
    return [
      other(
        'process.seccompDigests',
        `its filters of system calls ${has === null ? 'were not read, and were when it was approved' : 'were read, and were not when it was approved'}: compare with the same choice of \`--seccomp-filters\``,
      ),
    ];
  return had !== null && has !== null && !same(had, has)
    ? [other('process.seccompDigests', 'its filters of system calls are others than those approved')]
    : [];
}

function environment(before: readonly string[], after: readonly string[]): readonly Difference[] {
  const { added, gone } = changes(before, after);
  const loads = added.filter((name) => name.startsWith('LD_'));
  return [
    ...(added.length > 0
      ? [
          {
            what: 'process.environment',
            effect: loads.length > 0 ? 'weaker' : 'other',
            text: `it was given the variables ${listed(added)} as well${loads.length > 0 ? `: ${listed(loads)} changes what its programs load` : ''}`,
          } as const,
        ]
      : []),
    ...(gone.length > 0
      ? [other('process.environment', `it was not given the variables ${listed(gone)}`)]
      : []),
  ];
}

const amount = (text: string): number => (text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text));

function hardLimits(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly Difference[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .flatMap((name): Difference[] => {
      const [had = 'unlimited', has = 'unlimited'] = [before[name], after[name]];
      if (had === has) return [];
      return [
        {
          what: `process.hardLimits.${name}`,
          effect: amount(has) > amount(had) ? 'weaker' : 'stronger',
          text: `its limit \`${name.toLowerCase()}\` is ${has} and not ${had}`,
        },
      ];
    });
}
