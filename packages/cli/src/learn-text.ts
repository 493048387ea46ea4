import type { LearningStatus } from '@runward/agent/learning';
import { duration, type Observed, type Seen, type WorkloadProfile } from '@runward/policy';
import { table, visible } from './terminal.js';

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

const sourceText = ({ source, learning }: LearningStatus): string => {
  if (!learning) return 'stopped';
  const who = [
    ...(source.startedAtMs === undefined ? [] : ['by command']),
    ...source.policies.map((name) => `by policy ${visible(name)}`),
  ];
  return `learning ${who.join(', ')}`;
};

const when = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

export function listText(statuses: readonly LearningStatus[]): string {
  const head = ['WORKLOAD', 'STATE', 'CONTAINERS', 'STARTS', 'WATCHED', 'LAST NEW (UTC)'];
  const rows = statuses.map((status) => {
    const { confidence, lastNewMs } = status;
    return [
      visible(status.workload),
      sourceText(status),
      String(confidence?.replicas ?? 0),
      String(confidence?.starts ?? 0),
      duration(confidence?.watchedMs ?? 0),
      lastNewMs === 0 ? '-' : when(lastNewMs),
    ];
  });
  return table([head, ...rows]);
}

/** How much is known, and how well, in words. */
export function statusText(status: LearningStatus): string {
  const { workload, confidence, counts, images, lastNewMs, startupOnly } = status;
  const lines = [`${visible(workload)}: ${sourceText(status)}`];
  if (confidence === undefined) {
    const wait = status.learning ? 'no container of it was seen yet' : 'nothing was seen of it';
    return [...lines, `  ${wait}`].join('\n');
  }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  lines.push(
    `  watched     ${counted(confidence.replicas, 'container')} for ${duration(confidence.watchedMs)} in all, ` +
      `${counted(confidence.starts, 'start')} from the first process on, ${counted(confidence.sessions, 'session')}`,
    ...(images.length === 0 ? [] : [`  images      ${images.map(visible).join(', ')}`]),
    `  seen        ${Object.entries(counts)
      .map(([kind, count]) => `${count} ${KIND_WORDS[kind] ?? kind}`)
      .join(', ')}`,
    `  start-up    ${startupOnly} of ${total} were seen only in the first minute of a container`,
    `  growth      ${
      confidence.growing
        ? `still growing: something new came ${duration(confidence.quietMs)} before the end`
        : `nothing new for ${duration(confidence.quietMs)}`
    } (last at ${when(lastNewMs)} UTC)`,
    `  lost        ${confidence.lostRecords === 0 ? 'nothing' : counted(confidence.lostRecords, 'record')}`,
    ...confidence.warnings.map((warning) => `  note        ${visible(warning)}`),
  );
  return lines.join('\n');
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  processes: 'programs',
  network: 'sockets and peers',
  syscalls: 'system calls',
  kernelSurface: 'kernel handles',
};

const phase = ({ startup, steady }: Seen): string =>
  startup && steady ? 'from start-up on' : steady ? 'later' : 'at start-up';
const times = (seen: Seen): string =>
  `${phase(seen)}, ${seen.count === 1 ? 'once' : `${seen.count} times`}${
    seen.replicas > 1 ? ` in ${seen.replicas} containers` : ''
  }`;
const whom = (by: readonly string[]): string => (by.length === 0 ? '' : `by ${by.map(visible).join(', ')}`);

/** All that was seen, section by section. */
export function profileText(profile: WorkloadProfile): string {
  const sections: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    [
      'programs',
      profile.processes.map((p) => [
        visible(p.path),
        times(p),
        [
          p.parent === '' ? '' : `started by ${visible(p.parent)}`,
          ...p.argumentSamples.map((sample) => `\`${visible(sample)}\``),
        ]
          .filter((part) => part !== '')
          .join('  '),
      ]),
    ],
    ['files', profile.files.map((f) => [visible(f.path), f.operations.join(','), times(f), whom(f.by)])],
    [
      'network',
      profile.network.map((n) => [
        `${n.operation} ${n.family} ${n.protocol} ${visible(n.address)}${n.port === 0 ? '' : ` port ${n.port}`}`,
        times(n),
        whom(n.by),
      ]),
    ],
    ...(['capabilities', 'kernelSurface', 'syscalls'] as const).map(
      (kind) =>
        [
          KIND_WORDS[kind] ?? kind,
          profile[kind].map((n) => [
            n.name,
            times(n),
            [n.evidence === 'inferred' ? 'inferred' : '', whom(n.by)]
              .filter((part) => part !== '')
              .join('  '),
          ]),
        ] as const,
    ),
  ];
  return sections
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) => `${title} (${rows.length})\n${indented(table(rows))}`)
    .join('\n\n');
}

const indented = (text: string): string => text.replace(/^/gm, '  ');

/** What is behind one line of the policy. */
export const observedText = (observations: readonly Observed[]): string =>
  indented(table(observations.map((seen) => [visible(seen.what), times(seen), whom(seen.by)])));
