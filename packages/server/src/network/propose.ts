import { NAME_LABELS } from '@runward/flows';
import { LIMITS, NETWORK_PROTOCOLS } from '@runward/policy';
import type { FlowEnd } from '@runward/protocol';
import { ServerError } from '../error.js';
import type { ClusterEdge } from './cluster-map.js';
import type { RecordedFlow } from './recorded-flow.js';

export interface Wish {
  readonly decision: 'allow' | 'deny';
  /** Whose policy says so. */
  readonly end: 'client' | 'server';
  readonly mode: 'monitor' | 'protect';
}

export interface Proposal {
  /** Of the policy. */
  readonly name: string;
  /** The line as it stands in the policy, for one that is there already. */
  readonly line: string;
  /** A RuntimePolicy that says this alone. */
  readonly text: string;
  /** What whoever applies it should know. */
  readonly notes: readonly string[];
}

/** The policy that allows or denies an edge. @throws ServerError SERVER_INVALID where that cannot be said */
export function propose(edge: ClusterEdge, { decision, end, mode }: Wish): Proposal {
  const flows = edge.flows.filter(({ body }) => body.role === end && body.self.container !== null);
  const [first] = flows;
  if (first === undefined)
    throw cannot(`the ${end} is no container of a node`, 'choose the other end: policies are of containers');
  if (flows.every(({ body }) => body.peer.kind === 'others'))
    throw cannot(
      'who was at the other end is not told',
      'it is the sum of what had no room; see `runward flows` at the node',
    );
  const notes: string[] = [];
  const peer = peerText(flows, end, notes);
  const terms = [
    `operation: ${end === 'client' ? 'connect' : 'accept'}`,
    peer,
    ...((NETWORK_PROTOCOLS as readonly string[]).includes(edge.protocol)
      ? [`protocols: [${edge.protocol}]`]
      : []),
    ...(edge.protocol === 'icmpv6' ? ['protocols: [icmp]'] : []),
    ...(edge.port > 0 ? [`ports: [${edge.port}]`] : []),
  ];
  const line = `{ ${terms.join(', ')} }`;
  if (decision === 'allow')
    notes.push(
      'a line that allows takes effect where another policy denies by default; a line that denies counts before it',
    );
  if (mode === 'monitor')
    notes.push(
      decision === 'deny'
        ? 'in monitor it is reported, and happens'
        : 'in monitor it takes no effect on what policies in protect deny',
    );
  const name = nameOf(edge, decision, end);
  const text = `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata:
  name: ${name}
spec:
  description: ${JSON.stringify(`${decision === 'allow' ? 'Allows' : 'Denies'} ${edge.client} to ${edge.server}, ${edge.protocol} ${edge.port}.`)}
  selector:
${selectorRows(flows)
  .map((row) => `    ${row}`)
  .join('\n')}
  network:
    mode: ${mode}
    ${decision}:
      - ${line}
`;
  return { name, line, text, notes };
}

const cannot = (message: string, help: string): ServerError =>
  new ServerError('SERVER_INVALID', `this cannot be said by a policy: ${message}`, { help });

const list = (texts: Iterable<string>): string =>
  `[${[...new Set(texts)]
    .toSorted()
    .map((text) => JSON.stringify(text))
    .join(', ')}]`;

/** Names are patterns in selectors: what is special there stands for itself. */
const plain = (text: string): string => text.replace(/[[\]{}*?,\\]/g, '\\$&');

function podLabel(labels: Readonly<Record<string, string>>): string | undefined {
  const key = NAME_LABELS.find((name) => (labels[name] ?? '') !== '');
  return key === undefined ? undefined : `{ ${JSON.stringify(key)}: ${JSON.stringify(labels[key])} }`;
}

/** Parts of a selector that mean the containers of these ends; a peer is a whole pod, which shares its network. */
function partsOf(ends: readonly FlowEnd[], isWholePod: boolean): readonly string[] {
  const containers = ends.flatMap(({ container }) => container ?? []);
  const pods = containers.flatMap(({ pod }) => pod ?? []);
  const labels = new Set(pods.map((pod) => podLabel(pod.labels) ?? ''));
  const [label = ''] = labels;
  const isLabelled = pods.length > 0 && labels.size === 1 && label !== '';
  return [
    ...(pods.length === 0 ? [] : [`namespaces: ${list(pods.map(({ namespace }) => plain(namespace)))}`]),
    ...(isLabelled ? [`podLabels: ${label}`] : []),
    ...(isLabelled && isWholePod
      ? []
      : [`containerNames: ${list(containers.map(({ name }) => plain(name)))}`]),
  ];
}

const selectorRows = (flows: readonly RecordedFlow[]): readonly string[] =>
  partsOf(
    flows.map(({ body }) => body.self),
    false,
  );

function peerText(flows: readonly RecordedFlow[], end: Wish['end'], notes: string[]): string {
  const peers = flows.map(({ body }) => body.peer).filter(({ kind }) => kind !== 'others');
  if (peers.every(({ container }) => container !== null))
    return `peers: [{ workload: { ${partsOf(peers, true).join(', ')} } }]`;
  if (peers.every(({ kind }) => kind === 'host')) return 'peers: [host]';
  const [name] = peers.flatMap(({ names }) => names.filter((each) => DNS_NAME.test(each)));
  if (end === 'client' && name !== undefined && peers.every(({ names }) => names.includes(name)))
    return `peers: [{ name: ${JSON.stringify(name)} }]`;
  const addresses = new Set(peers.flatMap((peer) => peer.addresses));
  if (addresses.size === 0) throw cannot('no address of the other end is known', 'write the line by hand');
  const shown = [...addresses].slice(0, LIMITS.entries);
  if (shown.length < addresses.size || peers.some(({ more }) => more > 0))
    notes.push('the other end had more addresses than are in the line');
  notes.push('the other end is named by address: where it moves, the line does not follow');
  return `cidrs: ${list(shown)}`;
}

const DNS_NAME =
  /^[a-zA-Z0-9_](?:[-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?(?:\.[a-zA-Z0-9_](?:[-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?)*\.?$/;

function nameOf({ client, server, port }: ClusterEdge, decision: string, end: string): string {
  const word = (id: string): string =>
    id
      .slice(id.indexOf(':') + 1)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60)
      .replace(/-+$/, '') || 'unnamed';
  return `network-${decision}-${word(client)}-to-${word(server)}-${port}-${end}`;
}
