import { type Endpoint, type Flow, failuresOf } from '@runward/flows';
import { sizeText } from '../quantity.js';
import { type Paint, table, visible } from '../terminal.js';

export function endText({ kind, name, address, container, service }: Endpoint): string {
  const pod = container?.pod;
  const called =
    kind === 'container' && pod !== undefined
      ? `${pod.namespace}/${pod.name}:${name}`
      : kind === 'host' && address !== ''
        ? `host (${address})`
        : name;
  const real =
    address !== '' && name !== address && kind !== 'host' && kind !== 'container' ? ` (${address})` : '';
  const through = service === undefined ? '' : ` via ${service.address}:${service.port}`;
  return visible(`${called}${real}${through}`);
}

export const portText = ({ protocol, port }: { readonly protocol: string; readonly port: number }): string =>
  port === 0 ? protocol : `${protocol}/${port}`;

/** What went wrong in words, and what is particular about the flow. */
function remarks(flow: Flow): string {
  const { counters, isMapped, isGuessed, isRaw, policy } = flow;
  const counted: readonly (readonly [number, string])[] = [
    [counters.refused, 'refused'],
    [counters.timedOut, 'timed out'],
    [counters.unreachable, 'unreachable'],
    [counters.abandoned, 'given up'],
    [counters.resetsIn, 'reset by peer'],
    [counters.resetsOut, 'reset'],
    [policy?.denied ?? 0, 'denied'],
    [policy?.wouldDeny ?? 0, 'would be denied'],
  ];
  return [
    ...counted.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : [])),
    ...(isMapped ? ['v4-mapped'] : []),
    ...(isRaw ? ['raw socket'] : []),
    ...(isGuessed ? ['direction guessed'] : []),
  ].join(', ');
}

const HEAD = ['CONTAINER', '', 'PEER', 'PORT', 'CONNS', 'OPEN', 'OUT', 'IN', 'LAST', 'REMARKS'];

export function flowsTable(flows: readonly Flow[], nowMs: number, paint: Paint): string {
  const rows = flows.map((flow) => [
    endText(flow.self),
    flow.role === 'client' ? '->' : '<-',
    endText(flow.peer),
    portText(flow),
    String(connectionsOf(flow)),
    String(flow.open),
    sizeText(flow.counters.bytesOut),
    sizeText(flow.counters.bytesIn),
    agoText(nowMs - flow.lastActiveMs),
    remarks(flow),
  ]);
  const [head = '', ...lines] = table([HEAD, ...rows]).split('\n');
  return [
    paint('bold', head),
    ...lines.map((line, i) => (isFailing(flows[i]) ? paint('yellow', line) : line)),
  ].join('\n');
}

const isFailing = (flow: Flow | undefined): boolean =>
  flow !== undefined && (failuresOf(flow.counters) > 0 || (flow.policy?.denied ?? 0) > 0);

const connectionsOf = ({ counters: { attempts, established, existing } }: Flow): number =>
  existing + Math.max(attempts, established);

function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds}s` : `${Math.round(seconds / 60)}m`;
}

/** One change of one flow, for a stream. */
export function flowLine(flow: Flow): string {
  const time = new Date(flow.lastActiveMs).toISOString().slice(11, 23);
  const { bytesOut, bytesIn } = flow.counters;
  const arrow = flow.role === 'client' ? '->' : '<-';
  const said = remarks(flow);
  return (
    `${time} ${endText(flow.self)} ${arrow} ${endText(flow.peer)} ${portText(flow)} ` +
    `conns=${connectionsOf(flow)} open=${flow.open} out=${bytesOut} in=${bytesIn}${said === '' ? '' : ` (${said})`}`
  );
}
