import type { EffectiveLine } from '../../decide/effective.js';
import { type PolicyDiagnostic, policyDiagnostic } from '../../diagnostics/codes.js';
import { seLinuxBlock } from '../../model/export-names.js';
import { CAPABILITY_NAMES } from '../../read/line-shapes.js';
import { type Exported, nothingToSay, Shortfalls } from '../export/exported.js';
import { commentLines, reasonOf } from '../export/reasons.js';
import { type SocketVerdict, socketTable } from '../export/socket-table.js';
import { type ExportSubject, lineAboutName, linesOf } from '../export/subject.js';
import { TooManyStates } from '../kernel/dfa.js';
import { type Label, type Labels, labelsOf } from './labels.js';
import {
  accessTo,
  type PathUse,
  SECOND_CAPABILITIES,
  SOCKET_PERMISSIONS,
  socketClasses,
} from './permissions.js';
import { contextRegex } from './regex.js';

const FORMAT = 'SELinux';
const SECTIONS = ['process', 'file', 'network', 'capabilities'] as const;

/**
 * A module in CIL: a type for the processes, types for files by what may be done to them, and what the processes may
 * do. `secilc` and `semodule` take it beside a base policy; which files get which type is `exportFileContexts`.
 */
export const exportSeLinux = (subject: ExportSubject): Exported => exportWith(subject, moduleText);

/** Which paths of the container's root get which type: for `setfiles -r ROOT`. */
export const exportFileContexts = (subject: ExportSubject): Exported => exportWith(subject, contextsText);

function exportWith(
  subject: ExportSubject,
  textOf: (subject: ExportSubject, labels: Labels, shortfalls: Shortfalls) => string,
): Exported {
  if (SECTIONS.every((section) => linesOf(subject, section).length === 0))
    return nothingToSay(subject, FORMAT, SECTIONS);
  const shortfalls = new Shortfalls();
  try {
    const text = textOf(subject, labelsOf(subject, shortfalls), shortfalls);
    return { text, diagnostics: shortfalls.diagnostics(FORMAT) };
  } catch (error) {
    if (error instanceof TooManyStates) return { text: undefined, diagnostics: [tooMany(subject)] };
    throw error;
  }
}

const tooMany = ({ span }: ExportSubject): PolicyDiagnostic =>
  policyDiagnostic(
    'POLICY_LIMIT',
    'the patterns of the policy overlap in too many ways to give each file one label',
    'use fewer patterns with `**` in the middle, or export the policy in another format',
    span,
    'spec.file',
  );

/** Types are called by what may be done: files that are used alike have one. */
const typeName = (uses: readonly PathUse[]): string =>
  uses.length === 0 ? 'rest' : `files_${uses.join('_')}`;

const header = (subject: ExportSubject, text: string, mark: string): readonly string[] =>
  commentLines(
    `Made by runward from ${subject.effective.policies.map(({ name }) => name).join(', ')}. ${text}`,
    mark,
  );

function moduleText(subject: ExportSubject, { labels, rest }: Labels, shortfalls: Shortfalls): string {
  const block = seLinuxBlock(subject.name);
  const types = new Map<string, { readonly uses: readonly PathUse[]; readonly labels: Label[] }>();
  for (const label of [...labels, { uses: rest, labels: [] }]) {
    const name = typeName(label.uses);
    const type = types.get(name) ?? { uses: label.uses, labels: [] };
    types.set(name, type);
    if ('pattern' in label) type.labels.push(label);
  }
  const rows = [
    ...header(
      subject,
      `Load it with semodule -i, label the root of the container with what --format selinux-contexts writes, and start it as system_u:system_r:${block}.process:s0.`,
      ';',
    ),
    `(block ${block}`,
    '  (type process)',
    '  (roletype system_r process)',
    ...OWN,
    ...[...types]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, type]) => typeRows(name, type.uses, type.labels)),
    ...socketRows(subject, shortfalls),
    ...capabilityRows(subject),
    ...BASE,
    ')',
  ];
  return `${rows.join('\n')}\n`;
}

/** What a process does to itself and to those of its kind, about which policies say nothing. */
const OWN: readonly string[] = [
  '  ; processes of the workload among themselves',
  '  (allow process self (process (fork sigchld sigkill sigstop signull signal getsched setsched getsession getpgid setpgid getcap getattr getrlimit setrlimit)))',
  '  (allow process self (fifo_file (getattr read write append open lock ioctl)))',
  '  (allow process self (file (getattr read write open append)))',
  '  (allow process self (dir (getattr search read open)))',
  '  (allow process self (lnk_file (getattr read)))',
];

/** Names of the base policy; where one is missing, the rest of the module stands without it. */
const BASE: readonly string[] = [
  ...['domain', 'container_runtime_domain', 'unconfined_domain_type'].flatMap(baseRows),
];

function baseRows(name: string): readonly string[] {
  if (name === 'domain')
    return [
      '  ; what the base policy gives every process',
      '  (optional base_domain',
      '    (typeattributeset domain (process)))',
    ];
  return [
    `  ; ${name}: who starts the workload, hands it descriptors and is told of its end`,
    `  (optional base_${name}`,
    `    (allow ${name} process (process (transition dyntransition siginh rlimitinh noatsecure signal sigkill sigstop signull getattr)))`,
    `    (allow process ${name} (fd (use)))`,
    `    (allow process ${name} (fifo_file (getattr read write append ioctl)))`,
    `    (allow process ${name} (process (sigchld))))`,
  ];
}

const SHOWN = 6;

const whyOf = (lines: readonly EffectiveLine[]): string =>
  [...new Set(lines.map(reasonOf))].slice(0, 2).join('; ');

function typeRows(name: string, uses: readonly PathUse[], labels: readonly Label[]): readonly string[] {
  const about = labels.slice(0, SHOWN).flatMap(({ pattern, lines }) => {
    return commentLines(`${pattern.text}: ${lines.length === 0 ? 'an exception' : whyOf(lines)}`, '  ;');
  });
  const more = labels.length > SHOWN ? [`  ; and ${labels.length - SHOWN} patterns more`] : [];
  const what = uses.length === 0 ? 'files that no line allows anything' : `files: ${uses.join(', ')}`;
  return [
    `  ; ${what}`,
    ...about,
    ...more,
    `  (type ${name})`,
    `  (roletype object_r ${name})`,
    // So that a runtime can mount what the container is to have with this label.
    `  (allow ${name} self (filesystem (associate)))`,
    `  (optional base_${name}`,
    `    (typeattributeset file_type (${name})))`,
    ...accessTo(uses).flatMap(([className, permissions]) =>
      permissions.length === 0 ? [] : [`  (allow process ${name} (${className} (${permissions.join(' ')})))`],
    ),
  ];
}

function socketRows(subject: ExportSubject, shortfalls: Shortfalls): readonly string[] {
  for (const line of linesOf(subject, 'network'))
    if (
      line.terms.kind === 'network' &&
      (line.terms.line.cidrs.length > 0 || line.terms.line.ports.length > 0)
    )
      shortfalls.wider(line, 'addresses and ports (only types of ports, which are the machine’s)');
  const classes = new Map<string, SocketVerdict>();
  for (const kind of socketTable(subject, shortfalls)) {
    if (!kind.allowed) continue;
    for (const name of socketClasses(kind.family, kind.protocol))
      if (!classes.has(name)) classes.set(name, kind);
  }
  return [...classes].flatMap(([name, { line }]) => {
    const isInternet = /^(tcp|udp|sctp|rawip|icmp)_/.test(name);
    const peers =
      name === 'unix_stream_socket' ? ' connectto' : name === 'unix_dgram_socket' ? ' sendto' : '';
    const netlink = name === 'netlink_route_socket' ? ' nlmsg_read' : '';
    return [
      ...commentLines(`${name}: ${line === undefined ? 'nothing denies it' : reasonOf(line)}`, '  ;'),
      `  (allow process self (${name} (${SOCKET_PERMISSIONS.join(' ')}${peers}${netlink})))`,
      ...(isInternet ? internetRows(name) : []),
    ];
  });
}

const internetRows = (name: string): readonly string[] => [
  `  (optional base_${name}_node`,
  `    (allow process node_type (${name} (node_bind))))`,
  ...(/^(tcp|udp|sctp)_/.test(name)
    ? [
        `  (optional base_${name}_port`,
        `    (allow process port_type (${name} (name_bind${name === 'udp_socket' ? '' : ' name_connect'}))))`,
      ]
    : []),
];

function capabilityRows(subject: ExportSubject): readonly string[] {
  const allowed = CAPABILITY_NAMES.toSorted().flatMap((name) => {
    const line = lineAboutName(subject, 'capabilities', name);
    return line?.verdict === 'deny' ? [] : [{ name, line }];
  });
  return allowed.flatMap(
    ({ name, line }: { readonly name: string; readonly line: EffectiveLine | undefined }) => [
      ...(line === undefined ? [] : commentLines(reasonOf(line), '  ;')),
      `  (allow process self (${SECOND_CAPABILITIES.has(name) ? 'capability2' : 'capability'} (${name.toLowerCase()})))`,
    ],
  );
}

function contextsText(subject: ExportSubject, { labels, rest }: Labels): string {
  const block = seLinuxBlock(subject.name);
  const context = (uses: readonly PathUse[]): string => `system_u:object_r:${block}.${typeName(uses)}:s0`;
  const rows = [
    ...header(
      subject,
      'Paths below the root of the container, never those of the machine: setfiles -r ROOT FILE ROOT. Of several that fit a path the last holds.',
      '#',
    ),
    '# files that no line names',
    `/.* ${context(rest)}`,
    ...labels.flatMap(({ pattern, uses, lines }) => [
      ...commentLines(lines.length === 0 ? 'an exception' : whyOf(lines), '#'),
      `${contextRegex(pattern)} ${context(uses)}`,
    ]),
  ];
  return `${rows.join('\n')}\n`;
}
