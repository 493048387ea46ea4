import { plainSpan, type SourceSpan } from '@runward/core';
import { LIMITS } from '../model/limits.js';
import {
  FAILURES,
  type FileSection,
  MISSING,
  MODES,
  type NameLine,
  type NameSection,
  type NetworkLimits,
  type NetworkSection,
  type PrivilegeSection,
  type ProcessSection,
  RESPONSES,
  type SectionBase,
  VERDICTS,
  type Verdict,
} from '../model/policy.js';
import { list, object, type Written } from '../shape/collections.js';
import { byteCount, choice, flag, wholeNumber } from '../shape/scalars.js';
import { mapped, type Place, type Shape } from '../shape/shape.js';
import {
  capabilityLine,
  fileLine,
  kernelLine,
  networkLine,
  processLine,
  syscallLine,
} from './line-shapes.js';

/** What a spec says for all of its sections; a section's own word counts more. */
export type Defaults = Partial<Pick<SectionBase, 'mode' | 'response' | 'onFailure' | 'onMissing'>>;

/** A section that still has to learn what its spec says for all. */
export type Pending<S> = (defaults: Defaults) => S;

const MODE_DOC =
  'off: says nothing. learn: recorded for a profile. monitor: what protect would deny is reported and happens. protect: it is denied.';
export const defaultFields = {
  mode: { shape: choice(MODES), doc: `${MODE_DOC} Default: monitor. Quote "off" for Kubernetes.` },
  response: {
    shape: choice(RESPONSES),
    doc: 'deny: the action fails. kill: the process is ended as well. Default: deny.',
  },
  onFailure: {
    shape: choice(FAILURES),
    doc: 'When Runward cannot answer: open lets it happen, closed does not. Default: open.',
  },
  onMissing: {
    shape: choice(MISSING),
    doc: 'When this host has no mechanism for a section in protect: refuse the policy, or alert only. Default: refuse.',
  },
} as const;
const verdict = choice(VERDICTS);
const byDefault = { shape: verdict, doc: 'What holds for an action that no line names. Default: allow.' };

const lists = <L>(allow: Shape<L>, deny: Shape<L>, what: string) => ({
  allow: { shape: list(allow, LIMITS.lines), doc: `${what} that are allowed.` },
  deny: { shape: list(deny, LIMITS.lines), doc: `${what} that are denied, whatever any policy allows.` },
});

const SETTINGS = [
  'default',
  'ingress',
  'egress',
  'limits',
  'drift',
  'fileless',
  'noNewPrivileges',
  'setuidExecution',
  'readOnlyRoot',
] as const;

function baseOf(
  { value, span, keySpan }: Written<Defaults & { readonly default?: Verdict }>,
  defaults: Defaults,
): SectionBase {
  const keys = SETTINGS.flatMap((key) => {
    const at = keySpan(key);
    return at === undefined ? [] : [[key, plainSpan(at)] as const];
  });
  return {
    mode: value.mode ?? defaults.mode ?? 'monitor',
    default: value.default ?? 'allow',
    response: value.response ?? defaults.response ?? 'deny',
    onFailure: value.onFailure ?? defaults.onFailure ?? 'open',
    onMissing: value.onMissing ?? defaults.onMissing ?? 'refuse',
    span: plainSpan(span),
    keys: Object.fromEntries(keys),
  };
}

/** A section in force that asks for nothing is mostly a slip; behind errors it is mostly their echo. */
function warnEmpty(
  section: object & { readonly mode?: string },
  says: boolean,
  span: SourceSpan,
  at: Place,
): void {
  if (says || at.reporter.errors > 0 || section.mode === 'off' || section.mode === 'learn') return;
  const message = `\`${at.name}\` has no line, and its default is to allow: it denies nothing`;
  at.report(
    'POLICY_SECTION_EMPTY',
    message,
    'add `deny:` lines or `default: deny`, or leave the section away',
    span,
  );
}

export const processSection: Shape<Pending<ProcessSection>> = mapped(
  object({
    ...defaultFields,
    default: byDefault,
    drift: {
      shape: verdict,
      doc: 'Executables that are not in the image or were changed since: deny denies them even where a line allows the path. Default: allow.',
    },
    fileless: { shape: verdict, doc: 'Programs that are in no file (memfd, deleted files). Default: allow.' },
    ...lists(processLine, processLine, 'Programs'),
  }),
  (written, at) => {
    const { allow = [], deny = [], drift = 'allow', fileless = 'allow' } = written.value;
    const says =
      [written.value.default, drift, fileless].includes('deny') || deny.length > 0 || allow.length > 0;
    warnEmpty(written.value, says, written.span, at);
    return (defaults): ProcessSection => ({ ...baseOf(written, defaults), allow, deny, drift, fileless });
  },
);

const withLists = <L>(
  allowed: Shape<L>,
  denied: Shape<L>,
  what: string,
): Shape<Pending<SectionBase & { readonly allow: readonly L[]; readonly deny: readonly L[] }>> =>
  mapped(object({ ...defaultFields, default: byDefault, ...lists(allowed, denied, what) }), (written, at) => {
    const { allow = [], deny = [] } = written.value;
    warnEmpty(
      written.value,
      written.value.default === 'deny' || deny.length > 0 || allow.length > 0,
      written.span,
      at,
    );
    return (defaults) => ({ ...baseOf(written, defaults), allow, deny });
  });

const names = (line: Shape<NameLine>, what: string): Shape<Pending<NameSection>> =>
  withLists(line, line, what);

export const fileSection: Shape<Pending<FileSection>> = withLists(
  fileLine('allow'),
  fileLine('deny'),
  'Files',
);
/** A bucket holds a second's worth, and gives all of a packet: fewer bytes than a large packet has would be none at all. */
const LEAST_BYTES = 65_536;
const MOST_BYTES = 2 ** 40;

const networkLimits: Shape<NetworkLimits> = mapped(
  object({
    connections: {
      shape: wholeNumber(1, 1_000_000),
      doc: 'Connections of TCP and SCTP that the container begins in a second, loopback apart; more fail with EPERM.',
    },
    egress: {
      shape: byteCount(LEAST_BYTES, MOST_BYTES),
      doc: 'Bytes its sockets send in a second, loopback apart, such as 10MiB; packets beyond are dropped.',
    },
    ingress: {
      shape: byteCount(LEAST_BYTES, MOST_BYTES),
      doc: 'Bytes its sockets take in a second, loopback apart; packets beyond are dropped.',
    },
  }),
  ({ value }) => value,
);

export const networkSection: Shape<Pending<NetworkSection>> = mapped(
  object({
    ...defaultFields,
    default: byDefault,
    ingress: {
      shape: verdict,
      doc: 'What holds for connections from elsewhere that no line about `accept` names. Default: allow.',
    },
    egress: {
      shape: verdict,
      doc: 'What holds for connections to elsewhere that no line about `connect` names. Default: allow.',
    },
    limits: {
      shape: networkLimits,
      doc: 'How much in a second, for each container by itself. Of several policies the lowest counts.',
    },
    ...lists(networkLine, networkLine, 'Connections and sockets'),
  }),
  (written, at) => {
    const { allow = [], deny = [], ingress = 'allow', egress = 'allow', limits = {} } = written.value;
    const isLimited = Object.keys(limits).length > 0;
    const says =
      [written.value.default, ingress, egress].includes('deny') ||
      deny.length + allow.length > 0 ||
      isLimited;
    warnEmpty(written.value, says, written.span, at);
    return (defaults): NetworkSection => ({
      ...baseOf(written, defaults),
      ...{ allow, deny, ingress, egress },
      ...(isLimited ? { limits } : {}),
    });
  },
);
export const capabilitySection = names(capabilityLine, 'Capabilities');
export const syscallSection = names(syscallLine, 'System calls');
export const kernelSection = names(kernelLine, 'Handles of the kernel');

export const privilegeSection: Shape<Pending<PrivilegeSection>> = mapped(
  object({
    ...defaultFields,
    noNewPrivileges: {
      shape: flag,
      doc: 'No process may gain privileges by starting a program. Default: false.',
    },
    setuidExecution: {
      shape: verdict,
      doc: 'Starting setuid, setgid and file-capability programs. Default: allow.',
    },
    readOnlyRoot: {
      shape: flag,
      doc: 'The root file system is read-only; mounts below it keep their own rights. Default: false.',
    },
  }),
  (written, at) => {
    const { noNewPrivileges = false, setuidExecution = 'allow', readOnlyRoot = false } = written.value;
    warnEmpty(written.value, noNewPrivileges || setuidExecution === 'deny' || readOnlyRoot, written.span, at);
    return (defaults): PrivilegeSection => ({
      ...baseOf(written, defaults),
      ...{ noNewPrivileges, setuidExecution, readOnlyRoot },
    });
  },
);
