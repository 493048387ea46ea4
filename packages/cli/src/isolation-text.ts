import type { IsolationAnswer, IsolationStatus } from '@runward/agent/isolation';
import { table, visible } from './terminal.js';

const HEAD = ['CONTAINER', 'FOR', 'LEFT', 'DROPPED IN', 'OUT', 'REFUSED', 'ALLOWED'];

export function isolationText({ containers, allow, untilMs, tookMs, notCut }: IsolationAnswer): string {
  const lines = containers.map(({ id, name, was, connections, unixConnections }) => {
    const ended = `${connections} connections and ${unixConnections} unix connections ended`;
    return `${visible(name || id)} is isolated${was ? ' (it was already)' : ''}: ${ended}`;
  });
  lines.push(
    `in force after ${tookMs} ms${untilMs === undefined ? '' : `, until ${new Date(untilMs).toISOString()}`}`,
  );
  lines.push(allow.length === 0 ? 'nothing is allowed' : `allowed: ${allow.join(', ')}`);
  return [...lines, 'not cut off on this host:', ...notCut.map((line) => `  ${line}`)].join('\n');
}

export function isolatedTable({ isolated }: IsolationStatus, nowMs: number): string {
  const rows = isolated.map((each) => [
    visible(each.name || each.id),
    spanText(nowMs - each.sinceMs),
    each.leftMs === undefined ? 'until released' : spanText(each.leftMs),
    String(each.dropped.in),
    String(each.dropped.out),
    String(each.refused),
    each.allow.length === 0 ? 'nothing' : each.allow.join(' '),
  ]);
  return table([HEAD, ...rows]);
}

/** `45s`, `12m`, `3h 20m`. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
