import { FILE_OPERATIONS, type KernelTables, type SectionName } from '@runward/policy';
import type { SectionAbility } from '../ability.js';
import { FanotifyGuard } from './guard.js';
import { READ, WRITE } from './mark-plan.js';

/** What of a section permission events cannot do, in plain words. */
export const FANOTIFY_LIMITS: Readonly<Record<'file' | 'process', readonly string[]>> = {
  file: [
    'only opening a file or folder is judged, for reading and for writing; operations create, delete, rename, link, chmod, chown, mount and execute are not seen, nor is truncating a file by its name',
    'a file that was renamed or linked by the container is judged by its new name',
    'devices, pipes and sockets are not judged, nor files of proc, FUSE and network file systems',
    'files that the host has mounted into the container are not judged where a process reaches them through a mount it has just made, until that is noticed',
    'what opens a file by openat2 or io_uring may be writing: it is denied where writing is',
    'when the agent ends, nothing is denied until it runs again: `onFailure: closed` cannot be promised',
  ],
  process: [
    'programs in memory (memfd) are ended as they start, not denied',
    'lines with `arguments` or `sha256` end a program as it starts, they do not deny it',
    'when the agent ends, programs are ended as they start, not denied',
  ],
};

/** What permission events do for sections the kernel's own programs do not enforce here. */
export function fanotifyAbilities(problem: string = FanotifyGuard.problem()): readonly SectionAbility[] {
  const sections = ['process', 'file'] as const;
  return sections.map((section) => ({
    section,
    mechanism: problem === '' ? 'fanotify' : undefined,
    problem,
    limits: problem === '' ? FANOTIFY_LIMITS[section] : [],
  }));
}

/** A line that is not enforced by permission events, or not wholly. */
export interface LineShortfall {
  /** Its number. */
  readonly line: number;
  readonly isEnforced: 'partly' | 'not';
  readonly problem: string;
}

/** Which of the lines that deny are not enforced by permission events as they are written. */
export function fanotifyShortfalls(tables: KernelTables): readonly LineShortfall[] {
  return tables.lines.flatMap((line): LineShortfall[] => {
    if (line.section !== 'file' || line.verdict !== 'deny' || line.mode !== 'protect') return [];
    const operations = line.terms.kind === 'file' ? line.terms.line.operations : FILE_OPERATIONS;
    const unseen = operations.filter((name) => name !== 'read' && name !== 'write');
    if (unseen.length === 0) return [];
    const isEnforced = unseen.length === operations.length ? 'not' : 'partly';
    return [{ line: line.id, isEnforced, problem: `${unseen.join(', ')}: not seen by fanotify` }];
  });
}

/** Sections that permission events must not be relied on for: what the policy demands they cannot keep. */
export function fanotifyRefusals(
  tables: KernelTables,
): readonly { readonly section: SectionName; readonly problem: string }[] {
  const file = tables.sections.get('file');
  if (file?.enforced !== true || (file.deniable & (READ | WRITE)) === 0 || !file.failClosed) return [];
  return [
    {
      section: 'file',
      problem:
        '`onFailure: closed` cannot be kept: by fanotify the kernel lets everything through when the agent ends',
    },
  ];
}
