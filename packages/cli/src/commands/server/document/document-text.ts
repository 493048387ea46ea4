/** Documents, versions and roll-outs for people. */
import { table, visible } from '../../../terminal.js';
import type { ShownDocument } from './chosen.js';

export const listText = (items: readonly ShownDocument[]): string =>
  table([
    ['DOCUMENT', 'CLUSTER', 'NAMESPACE', 'IN FORCE', 'NEWEST', 'STATE', 'OWNER'],
    ...items.map(({ kind, name, cluster, namespace, inForce, latest, owner }) => [
      ...[`${kind}/${name}`, cluster, namespace, inForce === null ? '-' : String(inForce)],
      ...[String(latest.number), latest.state, visible(owner)],
    ]),
  ]);

export interface ShownVersion {
  readonly number: number;
  readonly state: string;
  readonly digest: string;
  readonly author: { readonly name: string };
  readonly source: string;
  readonly note: string;
  readonly createdAt: number;
  readonly decision: { readonly by: { readonly name: string }; readonly note: string } | null;
}

export const versionsText = (items: readonly ShownVersion[]): string =>
  table([
    ['VERSION', 'STATE', 'SAVED', 'BY', 'DECIDED BY', 'SHA-256', 'NOTE'],
    ...items.map(({ number, state, createdAt, author, decision, digest, note, source }) => [
      ...[String(number), state, new Date(createdAt).toISOString(), visible(author.name)],
      ...[decision === null ? '-' : visible(decision.by.name), digest.slice(0, 12)],
      visible([source, note].filter((each) => each !== '').join('; ')) || '-',
    ]),
  ]);

export interface ShownHolder {
  readonly node: { readonly name: string; readonly cluster: string; readonly connected: boolean };
  readonly wanted: number | null;
  readonly reported: {
    readonly version: number;
    readonly state: 'in-force' | 'failed';
    readonly holds: number | null;
    readonly why: string;
  } | null;
}

export const holdersText = (items: readonly ShownHolder[]): string =>
  table([
    ['NODE', 'CLUSTER', 'LINK', 'IS TO HOLD', 'HOLDS', 'WHY'],
    ...items.map(({ node, wanted, reported }) => [
      ...[visible(node.name), node.cluster, node.connected ? 'connected' : 'away'],
      wanted === null ? '-' : String(wanted),
      ...(reported === null
        ? ['-', '-']
        : [heldOf(reported), visible(reported.why.split('\n')[0] ?? '') || '-']),
    ]),
  ]);

const heldOf = ({ version, state, holds }: NonNullable<ShownHolder['reported']>): string => {
  if (state === 'in-force') return String(version);
  return `${holds ?? 'nothing'} (${version} failed)`;
};

export interface ShownRollout {
  readonly version: number;
  readonly former: number | null;
  readonly stage: number;
  readonly plan: { readonly stages: readonly unknown[] };
  readonly state: string;
  readonly why: string;
  readonly begunBy: string;
  readonly beganAt: number;
}

export function rolloutText({
  version,
  former,
  stage,
  plan,
  state,
  why,
  begunBy,
  beganAt,
}: ShownRollout): string {
  const begun = `version ${version} after ${former ?? 'none'}, begun by ${visible(begunBy)} at ${new Date(beganAt).toISOString()}`;
  const how =
    state === 'running'
      ? `stage ${stage + 1} of ${plan.stages.length}`
      : `${state}${why === '' ? '' : `: ${visible(why)}`}`;
  return `${begun}: ${how}`;
}

const SIGN: Readonly<Record<string, string>> = { same: ' ', removed: '-', added: '+' };
const AROUND = 3;

/** What changed, with some lines around it. */
export function diffText(lines: readonly { readonly change: string; readonly text: string }[]): string {
  const isNear = (at: number): boolean =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ change }) => change !== 'same');
  let isGap = false;
  const shown: string[] = [];
  for (const [at, { change, text }] of lines.entries()) {
    if (isNear(at)) {
      if (isGap) shown.push('@@');
      shown.push(`${SIGN[change] ?? '?'}${visible(text)}`);
    }
    isGap = !isNear(at);
  }
  return shown.join('\n');
}
