import type { PolicyFinding } from '@runward/detect';
import {
  FILE_OPERATIONS,
  type FileLine,
  type NetworkLine,
  type PathPattern,
  type ProcessLine,
  type RuntimePolicy,
  readPolicies,
} from '@runward/policy';
import { entriesOf, type Incident } from '../incident/incident.js';
import { policyDocument } from './policy-document.js';
import { isPath, line, type ProposedLine } from './policy-lines.js';
import { flowList, scalar } from './yaml.js';

/** A line of an applied policy that speaks too widely, and what to write in its place. */
export interface ChangedLine {
  readonly policy: string;
  readonly file: string;
  readonly line: number;
  /** What is to stand there; '' where the line has no exceptions and must be taken away or kept. */
  readonly yaml: string;
  readonly why: string;
}

export interface PolicyException {
  /** A policy that allows what defaults denied; ready to apply. '' when there is nothing to allow. */
  readonly text: string;
  /** An allow line does not open what a deny line closes: these are to be changed where they are. */
  readonly changes: readonly ChangedLine[];
}

/** The text of an applied policy, as it was read. */
export interface PolicyText {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** What allows that which policies denied, or would have, in an incident. */
export function policyException(incident: Incident, policies: readonly PolicyText[]): PolicyException {
  const found = distinct(entriesOf(incident).flatMap(({ policy }) => (policy === undefined ? [] : [policy])));
  const allowed: ProposedLine[] = [];
  const changes: ChangedLine[] = [];
  for (const finding of found) {
    const spoken = lineOf(finding, policies);
    if (spoken === undefined) allowed.push(...allowLine(finding));
    else changes.push({ ...place(finding), ...changed(spoken, finding) });
  }
  const text = policyDocument(incident, allowed, {
    name: `${incident.id}-allowed`,
    description: `What incident ${incident.id} was, and may be`,
    // An allow line of a policy in monitor opens nothing that one in protect denies.
    mode: found.some(({ outcome }) => outcome !== 'would deny') ? 'protect' : 'monitor',
    verdict: 'allow',
  });
  return { text, changes };
}

const place = ({
  policy,
  file,
  line: row,
}: PolicyFinding): Pick<ChangedLine, 'policy' | 'file' | 'line'> => ({
  ...{ policy, file, line: row },
});

function distinct(findings: readonly PolicyFinding[]): readonly PolicyFinding[] {
  const byText = new Map<string, PolicyFinding>();
  for (const each of findings) {
    const { policy, section, line: row, operation, object } = each;
    byText.set([policy, section, row, operation, object].join('\0'), each);
  }
  return [...byText.values()];
}

/** `192.0.2.1:443`, `[2001:db8::1]:443` */
const SOCKET = /^\[?([0-9a-fA-F.:]+?)\]?:(\d{1,5})$/;

function allowLine({ section, operation, object }: PolicyFinding): readonly ProposedLine[] {
  switch (section) {
    case 'process':
      return isPath(object) ? [line('process', `{ path: ${scalar(object)} }`)] : [];
    case 'file': {
      const known = FILE_OPERATIONS.some((each) => each === operation);
      return isPath(object) && known
        ? [line('file', `{ path: ${scalar(object)}, operations: [${operation}] }`)]
        : [];
    }
    case 'network':
      return networkLines(operation, object);
    case 'capabilities':
    case 'syscalls':
    case 'kernelSurface':
      return operation === '' ? [] : [line(section, scalar(operation))];
    default:
      return [];
  }
}

function networkLines(operation: string, object: string): readonly ProposedLine[] {
  const [, address, port] = SOCKET.exec(object) ?? [];
  if (address === undefined || port === undefined) {
    const [family = ''] = object.split(' ');
    return family === ''
      ? []
      : [line('network', `{ operation: ${scalar(operation)}, families: [${scalar(family)}] }`)];
  }
  const cidrs = operation === 'bind' || operation === 'listen' ? '' : `, cidrs: ${flowList([address])}`;
  return [line('network', `{ operation: ${scalar(operation)}${cidrs}, ports: [${Number(port)}] }`)];
}

type Spoken =
  | { readonly kind: 'process'; readonly line: ProcessLine }
  | { readonly kind: 'file'; readonly line: FileLine }
  | { readonly kind: 'network'; readonly line: NetworkLine }
  | { readonly kind: 'other' };

/** The deny line or setting that spoke; undefined where it was a default. */
function lineOf(
  { policy: name, section, line: row }: PolicyFinding,
  texts: readonly PolicyText[],
): Spoken | undefined {
  const source = texts.find((each) => each.name === name);
  if (source === undefined) return undefined;
  const { policies } = readPolicies([{ name: source.file, text: source.text }]);
  const policy = policies.find((each) => each.name === name);
  return policy === undefined ? undefined : spokenIn(policy, section, row);
}

function spokenIn(policy: RuntimePolicy, section: string, row: number): Spoken | undefined {
  const { process, file, network } = policy;
  const at = ({ span }: { readonly span: { readonly line: number } }): boolean => span.line === row;
  const [start, use, socket] = [process?.deny.find(at), file?.deny.find(at), network?.deny.find(at)];
  if (section === 'process' && start !== undefined) return { kind: 'process', line: start };
  if (section === 'file' && use !== undefined) return { kind: 'file', line: use };
  if (section === 'network' && socket !== undefined) return { kind: 'network', line: socket };
  const names = [policy.capabilities, policy.syscalls, policy.kernelSurface];
  if (names.some((each) => each?.deny.some(at) === true)) return { kind: 'other' };
  const settings = [...Object.entries(process?.keys ?? {}), ...Object.entries(policy.privilege?.keys ?? {})];
  return settings.some(([key, span]) => key !== 'default' && span.line === row)
    ? { kind: 'other' }
    : undefined;
}

function changed(spoken: Spoken, finding: PolicyFinding): Pick<ChangedLine, 'yaml' | 'why'> {
  const { object, operation } = finding;
  if (spoken.kind === 'process' && isPath(object)) {
    const { pattern, except, sha256, arguments: args, ancestors, comment } = spoken.line;
    return kept([
      ...patternKey(pattern),
      `except: [${[...except.map(shortText), pathText(object)].join(', ')}]`,
      ...(sha256.length === 0 ? [] : [`sha256: ${flowList(sha256)}`]),
      ...(args.length === 0 ? [] : [`arguments: ${flowList(args)}`]),
      ...(ancestors.length === 0 ? [] : [`ancestors: [${ancestors.map(shortText).join(', ')}]`]),
      ...commentKey(comment),
    ]);
  }
  if (spoken.kind === 'file' && isPath(object)) {
    const { pattern, except, operations, ownerOnly, from, comment } = spoken.line;
    return kept([
      ...patternKey(pattern),
      `except: [${[...except.map(shortText), pathText(object)].join(', ')}]`,
      `operations: [${operations.join(', ')}]`,
      ...(ownerOnly ? ['ownerOnly: true'] : []),
      ...(from.length === 0 ? [] : [`from: [${from.map(shortText).join(', ')}]`]),
      ...commentKey(comment),
    ]);
  }
  const [, address] = SOCKET.exec(object) ?? [];
  if (spoken.kind === 'network' && address !== undefined && spoken.line.peers.length === 0) {
    const { families, protocols, cidrs, except, ports, from, comment } = spoken.line;
    return kept([
      `operation: ${spoken.line.operation}`,
      ...(families.length === 0 ? [] : [`families: [${families.join(', ')}]`]),
      ...(protocols.length === 0 ? [] : [`protocols: [${protocols.join(', ')}]`]),
      ...(cidrs.length === 0 ? [] : [`cidrs: ${flowList(cidrs)}`]),
      `except: ${flowList([...except, address])}`,
      ...(ports.length === 0
        ? []
        : [
            `ports: [${ports.map(({ first, last }) => (first === last ? first : `"${first}-${last}"`)).join(', ')}]`,
          ]),
      ...(from.length === 0 ? [] : [`from: [${from.map(shortText).join(', ')}]`]),
      ...commentKey(comment),
    ]);
  }
  const what = object === '' ? operation : `${operation} ${object}`;
  return { yaml: '', why: `it takes no exceptions: take it away, or keep it and have \`${what}\` denied` };
}

const kept = (parts: readonly string[]): Pick<ChangedLine, 'yaml' | 'why'> => ({
  ...{ yaml: `- { ${parts.join(', ')} }`, why: 'exceptions to a line that denies are written in it' },
});
const patternKey = ({ kind, text }: PathPattern): readonly string[] =>
  kind === 'directory' && text === '/' ? ['directory: /'] : [`${kind}: ${scalar(text)}`];
const shortText = ({ kind, text }: PathPattern): string => `{ ${kind}: ${scalar(text)} }`;
const pathText = (path: string): string => `{ path: ${scalar(path)} }`;
const commentKey = (text: string): readonly string[] => (text === '' ? [] : [`comment: ${scalar(text)}`]);
