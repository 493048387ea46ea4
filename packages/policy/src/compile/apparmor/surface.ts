import { KERNEL_SURFACE, type KernelHandle, type PathPattern } from '../../model/policy.js';
import { HANDLES } from '../../model/surface-means.js';
import type { Shortfalls } from '../export/exported.js';
import { reasonOf } from '../export/reasons.js';
import { defaultDenial, denialOfName, type ExportSubject, linesOf } from '../export/subject.js';
import { pathTexts } from './glob.js';
import { quoted, type RuleGroup } from './rule.js';

/** Said by rules of the profile itself: see `processRules`, `mountRules`. */
const BY_OTHER_RULES: ReadonlySet<KernelHandle> = new Set([
  ...(['ptrace', 'mount', 'pivot-root', 'signal-outside', 'host-process-files'] as const),
]);

/** Handles that are files, or need a capability for everything. */
export function surfaceRules(subject: ExportSubject, shortfalls: Shortfalls): readonly RuleGroup[] {
  const unsaid: KernelHandle[] = [];
  const groups = KERNEL_SURFACE.flatMap((name): readonly RuleGroup[] => {
    const line = denialOfName(subject, 'kernelSurface', name);
    if (line === undefined || BY_OTHER_RULES.has(name)) return [];
    const rules = handleRules(name);
    if (rules.length > 0) return [{ comment: `${name}: ${reasonOf(line)}`, rules }];
    unsaid.push(name);
    return [];
  });
  const what = `${unsaid.join(', ')}, which are calls or devices`;
  for (const name of unsaid) {
    const line = denialOfName(subject, 'kernelSurface', name);
    if (line !== undefined) shortfalls.wider(line, what);
  }
  return groups;
}

function handleRules(name: KernelHandle): readonly string[] {
  if (name === 'modules') return ['deny capability sys_module'];
  if (name === 'release-agent')
    return denied([{ kind: 'glob', text: '/sys/fs/cgroup/**/release_agent' }], 'w');
  const means = HANDLES[name];
  // Of a handle that is a call besides, shutting the file alone would say too little.
  if (means?.syscalls !== undefined && name !== 'kernel-log') return [];
  const below = (paths: readonly string[] = []): readonly PathPattern[] =>
    paths.map((text) => ({ kind: 'directory', text }));
  return [...denied(below(means?.masked), 'rw'), ...denied(below(means?.readonly), 'w')];
}

const denied = (patterns: readonly PathPattern[], permissions: string): readonly string[] =>
  patterns.flatMap((pattern) =>
    (pathTexts(pattern) ?? []).map((text) => `deny ${quoted(text)} ${permissions}`),
  );

/** Mounting takes the handle and the permission for the place. */
export function mountRules(subject: ExportSubject): readonly RuleGroup[] {
  const groups: RuleGroup[] = [];
  if (denialOfName(subject, 'kernelSurface', 'mount') === undefined) {
    if (defaultDenial(subject, 'file') === undefined)
      groups.push({ comment: 'mounts: nothing denies them', rules: ['mount', 'umount', 'remount'] });
    for (const line of linesOf(subject, 'file')) {
      if (line.terms.kind !== 'file' || !line.terms.line.operations.includes('mount')) continue;
      const texts = (pathTexts(line.terms.line.pattern) ?? []).map(quoted);
      const verdict = line.verdict === 'deny' ? 'deny ' : '';
      const rules = texts.flatMap((text) => [`${verdict}mount -> ${text}`, `${verdict}umount ${text}`]);
      groups.push({ comment: `mounts: ${reasonOf(line)}`, rules });
    }
  }
  if (denialOfName(subject, 'kernelSurface', 'pivot-root') === undefined)
    groups.push({ comment: 'pivot_root: nothing denies it', rules: ['pivot_root'] });
  return groups;
}

/** What processes do to one another. A policy is about what its workload does, not about what is done to it. */
export function processRules(subject: ExportSubject, profile: string): readonly RuleGroup[] {
  const name = quoted(profile);
  const traces = denialOfName(subject, 'kernelSurface', 'ptrace');
  const signals = denialOfName(subject, 'kernelSurface', 'signal-outside');
  const files = denialOfName(subject, 'kernelSurface', 'host-process-files');
  const own = traces === undefined ? '(trace, read)' : '(read)';
  return [
    {
      comment: 'what others do to the workload is up to them: its runtime stops it, tools look at it',
      rules: ['signal (receive)', 'ptrace (readby, tracedby)'],
    },
    {
      comment: `signals: ${signals === undefined ? 'nothing denies them' : `only within the workload; ${reasonOf(signals)}`}`,
      rules: [signals === undefined ? 'signal (send)' : `signal (send) peer=${name}`],
    },
    {
      comment: `looking at processes: ${files === undefined ? 'nothing denies it' : `only those of the workload; ${reasonOf(files)}`}`,
      rules: [files === undefined ? `ptrace ${own}` : `ptrace ${own} peer=${name}`],
    },
  ];
}
