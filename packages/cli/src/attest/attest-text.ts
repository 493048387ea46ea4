import { type Attestation, workloadScore } from '@runward/attest';
import { table, visible } from '../terminal.js';

const STATES: Readonly<Record<Attestation['state'], string>> = {
  approved: 'as approved',
  changed: 'not as approved',
  unapproved: 'nothing approved',
};

/** A line per container, and the score of each workload. */
export function overviewText(all: readonly Attestation[]): string {
  if (all.length === 0) return 'no containers are running';
  const rows = all.map(({ name, container, workload, state, differences, findings, score, observation }) => [
    visible(name || container.slice(0, 12)),
    visible(workload),
    state === 'changed' ? `${STATES.changed} (${differences.length})` : STATES[state],
    String(score),
    String(findings.length),
    observation.digest.slice(0, 19),
  ]);
  const byWorkload = Map.groupBy(all, ({ workload }) => workload);
  const weakest = [...byWorkload]
    .filter(([, items]) => items.length > 1)
    .map(
      ([workload, items]) =>
        `${visible(workload)}: ${workloadScore(items.map(({ score }) => score))} of 100, its weakest container's`,
    );
  return [table([['NAME', 'WORKLOAD', 'STATE', 'SCORE', 'TO MEND', 'DIGEST'], ...rows]), ...weakest].join(
    '\n',
  );
}

const capabilities = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.length > 36 ? `all (${names.length})` : names.join(' ');

/** Everything about one. */
export function attestationText(attestation: Attestation): string {
  const { name, container, image, workload, observation, score, findings, differences, state } = attestation;
  const { process, namespaces, mounts, limits, devices, rootReadOnly } = observation.configuration;
  const shared = Object.entries(namespaces).filter(([, standing]) => standing === 'host');
  const rows: (readonly [string, string])[] = [
    ['workload', workload],
    ['image', image || '-'],
    ['digest', observation.digest],
    ['state', stateText(attestation)],
    [
      'user',
      `${process.uids.join('/')} groups ${[...new Set([...process.gids, ...process.groups])].join(' ')}`,
    ],
    ['effective', capabilities(process.capabilities.effective)],
    ['bounding', capabilities(process.capabilities.bounding)],
    ['no new privileges', process.noNewPrivileges ? 'on' : 'off'],
    [
      'seccomp',
      `${process.seccomp}${process.seccompFilters === null ? '' : `, ${process.seccompFilters} filters`}`,
    ],
    ['security label', process.securityLabel || 'none'],
    ['namespaces of the host', shared.length === 0 ? 'none' : shared.map(([each]) => each).join(' ')],
    ['root', rootReadOnly ? 'read-only' : 'writable'],
    ['memory', limits.memoryBytes === null ? 'no limit' : `${limits.memoryBytes} bytes`],
    ['processors', limits.cpus === null ? 'no limit' : String(limits.cpus)],
    ['processes', limits.pids === null ? 'no limit' : String(limits.pids)],
    [
      'devices',
      `${devices.nodes.length} nodes, ${devices.rules === null ? 'rules not readable' : `${devices.rules.length} rules`}`,
    ],
    ['mounts', String(mounts.length)],
    [
      'from the host',
      mounts
        .filter(({ source }) => source !== '')
        .map(({ source, destination, readOnly }) => `${source} at ${destination}${readOnly ? ' (ro)' : ''}`)
        .join(', ') || 'nothing',
    ],
    ['environment', process.environment.join(' ') || 'empty'],
    ['score', `${score} of 100`],
  ];
  const width = Math.max(...rows.map(([key]) => key.length)) + 2;
  const head = `${visible(name || container)} (${visible(container.slice(0, 12))})`;
  const facts = rows.map(([key, value]) => `  ${key.padEnd(width)}${visible(value)}`);
  const wrong = findings.flatMap(({ severity, text, advice }) => [
    `  ! ${severity}: ${visible(text)}`,
    `      ${visible(advice)}`,
  ]);
  const unread = observation.gaps.map((gap) => `  ? ${visible(gap)}`);
  return [
    head,
    ...facts,
    ...(state === 'changed' ? differencesText(differences) : []),
    ...wrong,
    ...unread,
  ].join('\n');
}

function stateText({ state, approval }: Attestation): string {
  if (approval === null) return STATES[state];
  return `${STATES[state]} by ${approval.by} at ${approval.at} (${approval.key})`;
}

const MARKS = { weaker: '-', stronger: '+', other: '~' } as const;

export const differencesText = (differences: Attestation['differences']): readonly string[] =>
  differences.map(({ effect, text }) => `  ${MARKS[effect]} ${visible(text)}`);
