import type { FieldSpec, FieldValue } from '../field.js';
import type { FlowCounts, FlowView } from '../flow-view.js';
import type { Owned } from '../view.js';
import { containerFields } from './container.js';
import { k8sFields } from './k8s.js';
import { serviceName } from './services.js';
import { known, rowsFrom } from './spec.js';
import { clockTime, clockTimeNs, dateTime, dateTimeNs, isoTime } from './time.js';

const LIST = { list: true } as const;
const MS = 1_000_000n;

const kernel = rowsFrom<FlowView>("the kernel's counters at the sockets");
const agent = rowsFrom<FlowView>('the agent');
const reading = rowsFrom<Owned>('when the kernel was read');
const peer = rowsFrom<FlowView>(
  'addresses of network namespaces, connection tracking and answers of name servers',
);
const policies = rowsFrom<FlowView>('verdicts of policies');
const answers = rowsFrom<FlowView>('answers that name servers gave this container over UDP; nobody is asked');

type Read<T> = (view: FlowView) => T | undefined;

const isServer = ({ flow }: FlowView): boolean => flow.role === 'server';
const local: Read<string> = ({ flow }) => known(flow.local);
const remote: Read<string> = ({ flow }) => known(flow.remote);
const serverIp: Read<string> = (v) => (isServer(v) ? local(v) : remote(v));
const clientIp: Read<string> = (v) => (isServer(v) ? remote(v) : local(v));
const serverPort: Read<number> = ({ flow }) => (flow.port === 0 ? undefined : flow.port);
const localPort: Read<number> = (v) => (isServer(v) ? serverPort(v) : undefined);
const remotePort: Read<number> = (v) => (isServer(v) ? undefined : serverPort(v));

const service =
  (port: Read<number>): Read<string> =>
  (view) => {
    const number = port(view);
    return number === undefined ? undefined : serviceName(number);
  };
const both: Read<FieldValue> = (view) => [local(view), remote(view)].filter((ip) => ip !== undefined);
const domain =
  (address: Read<string>): Read<FieldValue> =>
  (view) => {
    const ip = address(view);
    const names = ip === undefined ? [] : view.namesOf(ip);
    return names.length === 0 ? undefined : names;
  };

/** As events spell it. */
const transport: Read<string> = ({ flow: { isRaw, protocol } }) =>
  isRaw ? 'raw' : protocol === 'icmpv6' ? 'icmp' : protocol;

const failures = ({ refused, timedOut, unreachable, abandoned }: FlowCounts): number =>
  refused + timedOut + unreachable + abandoned;

function stateOf({ flow }: FlowView): string {
  const { counters, open, policy, protocol } = flow;
  const { established, existing, attempts, packetsIn, packetsOut } = counters;
  if (open > 0) return 'open';
  if (established + existing > 0) return 'closed';
  if (failures(counters) > 0) return 'failed';
  if (attempts + packetsIn + packetsOut === 0 && (policy?.denied ?? 0) > 0) return 'denied';
  if (protocol === 'tcp') return 'attempted';
  return packetsIn > 0 && packetsOut > 0 ? 'answered' : 'unanswered';
}

const VERDICTS = [
  ['allowed', 'allowed'],
  ['denied', 'denied'],
  ['wouldDeny', 'would-deny'],
] as const;
const verdicts: Read<FieldValue> = ({ flow: { policy } }) => {
  if (policy === undefined) return undefined;
  const said = VERDICTS.filter(([count]) => policy[count] > 0).map(([, word]) => word);
  return said.length === 0 ? undefined : said;
};

const count = (name: keyof FlowCounts) => (v: FlowView) => v.flow.counters[name];

/** Times and the host, as events have them. */
const when: readonly FieldSpec<Owned>[] = [
  reading('evt.time', 'string', 'local time with nanoseconds, `14:05:09.000000001`', (v) =>
    clockTimeNs(v.timeNs),
  ),
  reading('evt.time.s', 'string', 'local time in seconds, `14:05:09`', (v) => clockTime(v.timeNs)),
  reading('evt.time.iso8601', 'string', 'time in UTC', (v) => isoTime(v.timeNs)),
  reading('evt.datetime', 'string', 'local date and time with nanoseconds', (v) => dateTimeNs(v.timeNs)),
  reading('evt.datetime.s', 'string', 'local date and time in seconds', (v) => dateTime(v.timeNs)),
  reading('evt.rawtime', 'time', 'nanoseconds since the Unix epoch', (v) => v.timeNs),
  reading('evt.hostname', 'string', 'name of the host the agent runs on', (v) => v.hostname),
  reading('evt.source', 'string', 'always `flow`', () => 'flow'),
];

// biome-ignore format: a table reads best as a table
const ends: readonly FieldSpec<FlowView>[] = [
  kernel('fd.sockfamily', 'string', 'always `ip`', () => 'ip'),
  kernel('fd.type', 'string', '`ipv4`, through an IPv6 socket too, or `ipv6`', ({ flow }) => (flow.remote.includes(':') ? 'ipv6' : 'ipv4')),
  kernel('fd.l4proto', 'string', '`tcp`, `udp`, `icmp`, `raw`, `sctp`, or `ip-` and the number', transport),
  kernel('fd.sip', 'ip', 'address of the server', serverIp),
  kernel('fd.cip', 'ip', 'address of the client', clientIp),
  kernel('fd.lip', 'ip', 'local address', local),
  kernel('fd.rip', 'ip', 'remote address', remote),
  kernel('fd.ip', 'ip', 'address of the client or the server', both, LIST),
  kernel('fd.snet', 'ip', 'address of the server, to compare with networks', serverIp),
  kernel('fd.cnet', 'ip', 'address of the client, to compare with networks', clientIp),
  kernel('fd.lnet', 'ip', 'local address, to compare with networks', local),
  kernel('fd.rnet', 'ip', 'remote address, to compare with networks', remote),
  kernel('fd.net', 'ip', 'address of the client or the server, to compare with networks', both, LIST),
  kernel('fd.sport', 'port', 'port of the server', serverPort),
  kernel('fd.lport', 'port', 'local port, of a server', localPort),
  kernel('fd.rport', 'port', 'remote port, of a client', remotePort),
  kernel('fd.sproto', 'string', "well-known name, such as `https`, or else the number, of the server's port", service(serverPort)),
  kernel('fd.is_server', 'bool', 'the container is the server of the connections', isServer),
  kernel('fd.connected', 'bool', 'a connection is open', ({ flow }) => flow.open > 0),
  answers('fd.sip.name', 'string', 'domain name of the server', domain(serverIp), LIST),
  answers('fd.cip.name', 'string', 'domain name of the client', domain(clientIp), LIST),
  answers('fd.lip.name', 'string', 'domain name of the local address', domain(local), LIST),
  answers('fd.rip.name', 'string', 'domain name of the remote address', domain(remote), LIST),
];

// biome-ignore format: a table reads best as a table
const facts: readonly FieldSpec<FlowView>[] = [
  kernel('flow.direction', 'string', '`egress` of a client, `ingress` of a server', (v) => (isServer(v) ? 'ingress' : 'egress')),
  kernel('flow.role', 'string', '`client` or `server`', ({ flow }) => flow.role),
  kernel('flow.protocol', 'string', '`tcp`, `udp`, `icmp`, `icmpv6`, `sctp`, or `ip-` and the number', ({ flow }) => flow.protocol),
  kernel('flow.state', 'string', '`open` while a connection is, else `closed` when one was, `failed` when all came to nothing, `attempted` when none was answered yet; without connections `answered` and `unanswered`; `denied` when a policy let nothing begin', stateOf),
  kernel('flow.start_ts', 'time', 'when it was first seen', ({ flow }) => BigInt(Math.round(flow.firstSeenMs)) * MS),
  kernel('flow.duration', 'duration', 'nanoseconds from then to its last activity', ({ flow }) => BigInt(Math.max(0, Math.round(flow.lastActiveMs - flow.firstSeenMs))) * MS),
  kernel('flow.bytes.out', 'uint', 'payload the container sent', count('bytesOut')),
  kernel('flow.bytes.in', 'uint', 'payload it received', count('bytesIn')),
  kernel('flow.packets.out', 'uint', 'packets it sent', count('packetsOut')),
  kernel('flow.packets.in', 'uint', 'packets it received', count('packetsIn')),
  kernel('flow.attempts', 'uint', 'connections a client began', count('attempts')),
  kernel('flow.connections', 'uint', 'connections that came to be, those older than the agent included', ({ flow: { counters } }) => counters.established + counters.existing),
  kernel('flow.connections.open', 'uint', 'those that are open', ({ flow }) => flow.open),
  kernel('flow.failures', 'uint', 'attempts that came to nothing, for whatever reason', ({ flow }) => failures(flow.counters)),
  kernel('flow.refused', 'uint', 'attempts answered by a reset or an ICMP error', count('refused')),
  kernel('flow.timed_out', 'uint', 'attempts nobody answered', count('timedOut')),
  kernel('flow.unreachable', 'uint', 'attempts the network had no way for', count('unreachable')),
  kernel('flow.abandoned', 'uint', 'attempts the client gave up', count('abandoned')),
  kernel('flow.resets.in', 'uint', 'open connections the other side ended at once', count('resetsIn')),
  kernel('flow.resets.out', 'uint', 'open connections this side ended at once', count('resetsOut')),
  kernel('flow.rate.bytes.out', 'double', 'payload sent per second, over the last half minute to minute', ({ flow }) => flow.rates.bytesOut),
  kernel('flow.rate.bytes.in', 'double', 'payload received per second', ({ flow }) => flow.rates.bytesIn),
  kernel('flow.rate.connections', 'double', 'connections per second', ({ flow }) => flow.rates.connections),
  kernel('flow.rate.failures', 'double', 'failures per second', ({ flow }) => flow.rates.failures),
  kernel('flow.is_raw', 'bool', 'packets the sender built itself', ({ flow }) => flow.isRaw),
  kernel('flow.is_mapped', 'bool', 'it is IPv4 through an IPv6 socket', ({ flow }) => flow.isMapped),
  kernel('flow.is_guessed', 'bool', 'it is older than the agent, and who began it is guessed by the ports', ({ flow }) => flow.isGuessed),
  policies('flow.verdict', 'string', '`allowed`, `denied`, `would-deny`: all that policies said of it; not set where none judged', verdicts, LIST),
  policies('flow.denied', 'uint', 'attempts a policy refused', ({ flow }) => flow.policy?.denied),
  policies('flow.would_deny', 'uint', 'attempts a policy in monitor would have refused', ({ flow }) => flow.policy?.wouldDeny),
  agent('flow.workload', 'string', "what the container's replicas have in common: `NAMESPACE/NAME`, or the container's name", ({ workload }) => known(workload)),
  peer('flow.peer.kind', 'string', '`container`, `host`, `service` or `external`', ({ flow }) => flow.peer.kind),
  peer('flow.peer.name', 'string', 'the container, a name of the address, or the address', ({ flow }) => known(flow.peer.name)),
  peer('flow.peer.workload', 'string', 'workload of the container at the other end', ({ flow }) => known(flow.peer.container?.workload)),
  peer('flow.peer.container.id', 'string', 'first 12 characters of its id', ({ flow }) => known(flow.peer.container?.id.slice(0, 12))),
  peer('flow.peer.container.name', 'string', 'its name', ({ flow }) => known(flow.peer.container?.name)),
  peer('flow.peer.container.image', 'string', 'its image', ({ flow }) => known(flow.peer.container?.image)),
  peer('flow.peer.ns.name', 'string', 'namespace of its pod', ({ flow }) => known(flow.peer.container?.pod?.namespace)),
  peer('flow.peer.pod.name', 'string', 'name of its pod', ({ flow }) => known(flow.peer.container?.pod?.name)),
  peer('flow.service.ip', 'ip', 'the address the client meant, where it was translated', ({ flow }) => flow.peer.service?.address),
  peer('flow.service.port', 'port', 'the port the client meant, where it was translated', ({ flow }) => flow.peer.service?.port),
];

/** Every field of a flow, class by class. */
export const flowRows: readonly FieldSpec<FlowView>[] = [
  ...when,
  ...ends,
  ...facts,
  ...containerFields,
  ...k8sFields,
];
