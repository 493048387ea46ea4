import type { SourceSpan } from '@runward/core';
import type { EffectiveLine, EffectivePolicy } from '../../decide/effective.js';
import { mergePolicies } from '../../decide/merge.js';
import { type RuntimePolicy, SECTIONS, type SectionName, type Selector } from '../../model/policy.js';

/** What an export is made from. */
export interface ExportSubject {
  /** What the result is called by: that of the policy, unless someone asked for another. */
  readonly name: string;
  /** The policies together, every section that is not `off` as if it were in protect. */
  readonly effective: EffectivePolicy;
  readonly selector: Selector;
  /** Users the workload was seen running as; undefined where nobody watched. */
  readonly uids: readonly number[] | undefined;
  /** Where the first of the policies is written. */
  readonly span: SourceSpan;
  readonly architecture: Architecture;
}

export const ARCHITECTURES = ['x64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export interface SubjectOptions {
  readonly name?: string | undefined;
  readonly uids?: readonly number[] | undefined;
  readonly architecture?: Architecture | undefined;
  /** Texts the policies were read from, by the name of their file: remarks in them say why a line is there. */
  readonly texts?: ReadonlyMap<string, string> | undefined;
}

/**
 * The policies as one statement. Who exports decides where the result is used and when, so the modes of the sections
 * do not matter, but for `off`, which says nothing. Undefined for no policies.
 */
export function exportSubject(
  policies: readonly RuntimePolicy[],
  { name, uids, architecture = 'x64', texts = new Map() }: SubjectOptions = {},
): ExportSubject | undefined {
  const remarks = new Map([...texts].map(([file, text]) => [file, remarksOf(text)]));
  const effective = remarked(mergePolicies(policies.map(inForce)), remarks);
  const [first] = effective.policies;
  if (first === undefined) return undefined;
  return {
    name: name ?? first.name,
    effective,
    selector: first.selector,
    uids,
    span: first.span,
    architecture,
  };
}

type Remarks = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** What stands behind `#` on the lines of a YAML text, by line number. Only read by people: a guess is good enough. */
function remarksOf(text: string): ReadonlyMap<number, string> {
  const rows = text.split('\n');
  return new Map(
    rows.flatMap((row, at) => {
      const remark = /\s#\s+(.+)$/.exec(row)?.[1];
      return remark === undefined ? [] : [[at + 1, remark] as const];
    }),
  );
}

function inForce(policy: RuntimePolicy): RuntimePolicy {
  const sections = SECTIONS.flatMap((name) => {
    const section = policy[name];
    return section === undefined || section.mode === 'off' ? [] : [[name, { ...section, mode: 'protect' }]];
  });
  return { ...policy, ...Object.fromEntries(sections) };
}

/** Lines without a comment of their own have the remark beside them. */
function remarked(effective: EffectivePolicy, remarks: Remarks): EffectivePolicy {
  const lines = effective.lines.map((line) =>
    line.comment === '' ? { ...line, comment: remarks.get(line.span.file)?.get(line.span.line) ?? '' } : line,
  );
  const sections = [...effective.sections].map(
    ([name, section]) =>
      [name, { ...section, lines: section.lines.flatMap(({ id }) => lines[id - 1] ?? []) }] as const,
  );
  return { ...effective, lines, sections: new Map(sections) };
}

export const linesOf = ({ effective }: ExportSubject, section: SectionName): readonly EffectiveLine[] =>
  effective.sections.get(section)?.lines ?? [];

/** What denies everything a section has no line about; undefined when nothing does. */
export const defaultDenial = (subject: ExportSubject, section: SectionName): EffectiveLine | undefined =>
  linesOf(subject, section).find(({ terms }) => terms.kind === 'default');

/** What denies connections to or from elsewhere that no line is about. */
export const directionDenial = (
  subject: ExportSubject,
  direction: 'ingress' | 'egress',
): EffectiveLine | undefined =>
  linesOf(subject, 'network').find(
    ({ terms }) => terms.kind === 'direction' && terms.direction === direction,
  );

/** What the policies say of a name in one of the sections that list names; undefined when nothing. */
export const lineAboutName = (
  subject: ExportSubject,
  section: 'capabilities' | 'syscalls' | 'kernelSurface',
  name: string,
): EffectiveLine | undefined =>
  linesOf(subject, section).find(
    ({ terms }) => terms.kind === 'default' || (terms.kind === 'name' && terms.line.name === name),
  );

/** The line that denies a name, if one does. */
export function denialOfName(...asked: Parameters<typeof lineAboutName>): EffectiveLine | undefined {
  const line = lineAboutName(...asked);
  return line?.verdict === 'deny' ? line : undefined;
}
