import type { EventView, ProcessInfo } from '@runward/events';
import type { ObservedAction } from './observed-action.js';

const MAX_ANCESTORS = 64;

/** What a successful exec shows; the process of the event is the new program's. */
export function startActions(view: EventView): readonly ObservedAction[] {
  if (view.execFailed || view.result !== 0) return [];
  const { executable, args } = view.process;
  const { memfd, deleted, upperLayer, setuid, setgid } = executable;
  const started: ObservedAction = {
    section: 'process',
    path: executable.path,
    arguments: args.slice(1).join(' '),
    ancestors: ancestorsOf(view.process),
    drift: upperLayer,
    fileless: memfd || deleted,
  };
  return setuid || setgid ? [started, { section: 'privilege', operation: 'setuid-execution' }] : [started];
}

/** Executables of the ancestors in the same container, nearest first. */
export function ancestorsOf(process: ProcessInfo): readonly string[] {
  const paths: string[] = [];
  for (let at = process.parent; at !== undefined && paths.length < MAX_ANCESTORS; at = at.parent) {
    if (at.mntNs !== process.mntNs) break;
    paths.push(at.executable.path);
  }
  return paths;
}
