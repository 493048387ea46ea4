import type { RuleProfile } from '@runward/rules';
import { table, visible } from './terminal.js';

/** Lines of each table; `--json` has all. */
const SHOWN = 15;
const CONDITION_WIDTH = 72;
/** With fewer the engine has not yet optimised the code whose time is taken. */
const ENOUGH_EVENTS = 100_000;

/** Which rules keep the kernel from leaving events out, per event type. */
export interface UnfilteredType {
  readonly type: string;
  readonly events: number;
  readonly rules: readonly string[];
}

const count = (n: number): string => n.toLocaleString('en-US');
const share = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${((part / whole) * 100).toFixed(1)} %`;
const each = (ns: number, runs: number): string =>
  runs === 0 || ns === 0 ? '-' : `${(ns / runs).toFixed(0)} ns`;
const cut = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;

/** What `rules profile` prints for people. */
export function profileText(profile: RuleProfile, unfiltered: readonly UnfilteredType[]): string {
  const { events, ns } = profile;
  const judged = profile.types.reduce((sum, type) => sum + type.events, 0);
  const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[]): string => {
    const more = rows.length > SHOWN ? [`and ${count(rows.length - SHOWN)} more (\`--json\` has all)`] : [];
    const body = rows.length === 0 ? ['  none'] : table([head, ...rows.slice(0, SHOWN)]).split('\n');
    return [title, ...[...body, ...more].map((line) => `  ${line.trimStart()}`)].join('\n');
  };
  return [
    [
      `${count(events)} events, ${count(judged)} of types that rules are about`,
      'times are those of code under measurement, several times slower than in use: read the shares',
      ...(judged < ENOUGH_EVENTS ? ['few events: trust the counts, not the times'] : []),
    ].join('\n'),
    section(
      'event types',
      ['share', 'each', 'events', 'no rule left', 'matched', 'rules', 'type'],
      profile.types.map((t) => [
        ...[share(t.ns, ns), each(t.ns, t.events), count(t.events), share(t.ruledOut, t.events)],
        ...[count(t.matched), String(t.rules), t.type],
      ]),
    ),
    section(
      'rules that were tested in full',
      ['share', 'each', 'tested', 'of', 'matched', 'rule'],
      profile.rules
        .filter((r) => r.tested > 0)
        .map((r) => [
          ...[share(r.ns, ns), each(r.ns, r.tested), count(r.tested), count(r.events), count(r.matched)],
          visible(r.rule),
        ]),
    ),
    section(
      'conditions',
      ['share', 'each', 'evaluated', 'held', 'rules', 'condition'],
      profile.conditions.map((c) => [
        ...[share(c.ns, ns), each(c.ns, c.evaluated), count(c.evaluated), share(c.held, c.evaluated)],
        ...[String(c.rules.length), visible(cut(c.condition, CONDITION_WIDTH))],
      ]),
    ),
    section(
      'fields',
      ['share', 'each', 'read', 'field'],
      profile.fields.map((f) => [share(f.ns, ns), each(f.ns, f.read), count(f.read), visible(f.field)]),
    ),
    section(
      'rules that want every event of a type, so that the kernel can leave none out',
      ['events', 'type', 'rules'],
      unfiltered.map(({ type, events: of, rules }) => [
        count(of),
        type,
        visible(cut(rules.join(', '), CONDITION_WIDTH)),
      ]),
    ),
  ].join('\n\n');
}
