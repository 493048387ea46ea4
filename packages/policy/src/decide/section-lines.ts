import {
  LIMITED,
  type Line,
  type NetworkSection,
  type PrivilegeSection,
  type ProcessSection,
  type RuntimePolicy,
  type SectionBase,
  type SectionName,
} from '../model/policy.js';
import type { LineTerms, Setting } from './effective.js';
import type { Candidate } from './merge.js';
import { directionLine } from './peers.js';

/** All that can decide in a section of a policy: settings first, then lines in the order of the text, then the default. */
export function linesOf(policy: RuntimePolicy, name: SectionName): readonly Candidate[] {
  const section = policy[name];
  if (section === undefined) return [];
  const byDefault = section.default === 'deny' ? [word(section, 'default', { kind: 'default' })] : [];
  return [...ownLines(policy, name), ...byDefault];
}

function ownLines(policy: RuntimePolicy, name: SectionName): readonly Candidate[] {
  switch (name) {
    case 'process': {
      const section = policy.process;
      if (section === undefined) return [];
      return [...processSettings(section), ...listed(section, (line) => ({ kind: 'process', line }))];
    }
    case 'file':
      return listed(policy.file, (line) => ({ kind: 'file', line }));
    case 'network':
      return [
        ...listed(policy.network, (line) => ({ kind: 'network', line })),
        ...(policy.network === undefined ? [] : [...limits(policy.network), ...directions(policy.network)]),
      ];
    case 'capabilities':
    case 'syscalls':
    case 'kernelSurface':
      return listed(policy[name], (line) => ({ kind: 'name', line }));
    case 'privilege':
      return policy.privilege === undefined ? [] : privilegeSettings(policy.privilege);
  }
}

function listed<L extends Line>(
  section: { readonly allow: readonly L[]; readonly deny: readonly L[] } | undefined,
  terms: (line: L) => LineTerms,
): readonly Candidate[] {
  if (section === undefined) return [];
  return (['deny', 'allow'] as const).flatMap((verdict) =>
    section[verdict].map((line) => ({ verdict, terms: terms(line), span: line.span, comment: line.comment })),
  );
}

/** Something denied by a word. */
const word = (section: SectionBase, key: string, terms: LineTerms): Candidate => ({
  ...{ verdict: 'deny', terms, comment: '' },
  span: section.keys?.[key] ?? section.span,
});
const setting = (section: SectionBase, key: string, name: Setting): Candidate =>
  word(section, key, { kind: 'setting', setting: name });

const limits = (section: NetworkSection): readonly Candidate[] =>
  LIMITED.flatMap((limited) => {
    const perSecond = section.limits?.[limited];
    return perSecond === undefined ? [] : [word(section, 'limits', { kind: 'limit', limited, perSecond })];
  });

const directions = (section: NetworkSection): readonly Candidate[] =>
  (['egress', 'ingress'] as const).flatMap((direction) =>
    section[direction] === 'deny'
      ? [
          word(section, direction, {
            kind: 'direction',
            direction,
            line: directionLine(direction, section.span),
          }),
        ]
      : [],
  );

const processSettings = (section: ProcessSection): readonly Candidate[] => [
  ...(section.drift === 'deny' ? [setting(section, 'drift', 'drift')] : []),
  ...(section.fileless === 'deny' ? [setting(section, 'fileless', 'fileless')] : []),
];

const privilegeSettings = (section: PrivilegeSection): readonly Candidate[] => [
  ...(section.setuidExecution === 'deny' ? [setting(section, 'setuidExecution', 'setuid-execution')] : []),
  ...(section.noNewPrivileges ? [setting(section, 'noNewPrivileges', 'new-privileges')] : []),
  ...(section.readOnlyRoot ? [setting(section, 'readOnlyRoot', 'root-write')] : []),
];
