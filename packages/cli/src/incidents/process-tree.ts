import type { InvolvedProcess } from '@runward/incidents';
import { visible } from '../terminal.js';

export interface TreeRow {
  readonly depth: number;
  readonly process: InvolvedProcess;
}

/** Processes below their parents, depth first, in the order they were seen. Each comes once, whatever the keys say. */
export function treeRows(processes: readonly InvolvedProcess[]): readonly TreeRow[] {
  const known = new Set(processes.map(({ key }) => key));
  const children = new Map<string, InvolvedProcess[]>();
  for (const process of processes) {
    const parent = known.has(process.parent) && process.parent !== process.key ? process.parent : '';
    children.set(parent, [...(children.get(parent) ?? []), process]);
  }
  const rows: TreeRow[] = [];
  const seen = new Set<string>();
  const waiting = (children.get('') ?? []).map((process): TreeRow => ({ depth: 0, process })).reverse();
  const walk = (): void => {
    for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
      if (seen.has(row.process.key)) continue;
      seen.add(row.process.key);
      rows.push(row);
      const depth = row.depth + 1;
      for (const process of (children.get(row.process.key) ?? []).toReversed())
        waiting.push({ depth, process });
    }
  };
  walk();
  // A number that came to be used again can make a ring: it is shown from where it is met.
  for (const process of processes) {
    if (seen.has(process.key)) continue;
    waiting.push({ depth: 0, process });
    walk();
  }
  return rows;
}

const MOST_COMMAND = 160;

export function treeText(processes: readonly InvolvedProcess[]): readonly string[] {
  return treeRows(processes).map(({ depth, process }) => {
    const { name, pid, exe, command, user, uid, rules } = process;
    const what = command === '' || command === name ? exe : command;
    const shown = what.length > MOST_COMMAND ? `${what.slice(0, MOST_COMMAND)}…` : what;
    const who = rules.length === 0 ? '' : `  ${user === '' ? `uid ${uid}` : user}: ${rules.join(', ')}`;
    return `${'  '.repeat(depth)}${visible(`${name}(${pid}) ${shown}${who}`)}`;
  });
}
