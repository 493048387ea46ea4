import type { EffectiveLine } from '../../decide/effective.js';
import { familiesOf } from '../../decide/network.js';
import { networksOf } from '../../decide/peers.js';
import { type PolicyDiagnostic, policyDiagnostic } from '../../diagnostics/codes.js';
import type { NetworkLine, NetworkProtocol, Peer, WorkloadPeer } from '../../model/policy.js';
import { type Exported, nothingToSay, Shortfalls } from '../export/exported.js';
import { reasonOf } from '../export/reasons.js';
import { defaultDenial, directionDenial, type ExportSubject, linesOf } from '../export/subject.js';
import { because, commentedYaml } from '../export/yaml.js';
import { cidrText, isIpv4, isLoopback } from '../network-policy/networks.js';

const FORMAT = 'a CiliumNetworkPolicy';
const NAMESPACE_LABEL = 'k8s:io.kubernetes.pod.namespace';

type DirectionName = 'ingress' | 'egress';

/** A CiliumNetworkPolicy (cilium.io/v2), as YAML. Its denials count before what it allows, as a policy's do. */
export function exportCiliumPolicy(subject: ExportSubject): Exported {
  if (linesOf(subject, 'network').length === 0) return nothingToSay(subject, FORMAT, ['network']);
  const shortfalls = new Shortfalls();
  shortfalls.limits(linesOf(subject, 'network'));
  const egress = directionOf(subject, 'egress', shortfalls);
  const ingress = directionOf(subject, 'ingress', shortfalls);
  if (egress === undefined && ingress === undefined) return nothingToSay(subject, FORMAT, ['network']);
  const [namespace, ...more] = subject.selector.namespaces;
  const isOne = namespace !== undefined && more.length === 0 && !/[*?[\]{}\\]/.test(namespace);
  const labels = Object.fromEntries(subject.selector.podLabels);
  const document = {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: subject.name, ...(isOne && { namespace }) },
    spec: {
      endpointSelector: Object.keys(labels).length === 0 ? {} : { matchLabels: labels },
      enableDefaultDeny: { ingress: ingress?.closed ?? false, egress: egress?.closed ?? false },
      ...ingress?.rules,
      ...egress?.rules,
    },
  };
  const header = [`Made by runward from ${subject.effective.policies.map(({ name }) => name).join(', ')}.`];
  const diagnostics = [...selectorProblems(subject, isOne), ...shortfalls.diagnostics(FORMAT)];
  return { text: commentedYaml(document, header), diagnostics };
}

function selectorProblems(
  { selector, name, span }: ExportSubject,
  isOne: boolean,
): readonly PolicyDiagnostic[] {
  const told: PolicyDiagnostic[] = [];
  const tell = (message: string, help: string): void =>
    void told.push(policyDiagnostic('POLICY_EXPORT_SELECTOR', message, help, span, 'spec.selector'));
  if (selector.namespaces.length > 0 && !isOne)
    tell(
      'a CiliumNetworkPolicy is in one namespace',
      'apply it in each of them: `kubectl apply --namespace …`',
    );
  if (selector.podLabels.size === 0)
    tell(
      `\`${name}\` selects no pod labels, so the CiliumNetworkPolicy selects every pod of its namespace`,
      'give the policy `selector.podLabels`, or write `endpointSelector` into the result',
    );
  return told;
}

/** undefined: nothing is said of the direction. */
function directionOf(
  subject: ExportSubject,
  name: DirectionName,
  shortfalls: Shortfalls,
): { readonly closed: boolean; readonly rules: object } | undefined {
  const operation = name === 'egress' ? 'connect' : 'accept';
  const lines = linesOf(subject, 'network').filter(
    ({ terms }) => terms.kind === 'network' && terms.line.operation === operation,
  );
  const fallback =
    directionDenial(subject, name) ?? (name === 'egress' ? defaultDenial(subject, 'network') : undefined);
  if (lines.length === 0 && fallback === undefined) return undefined;
  const rulesFor = (verdict: 'allow' | 'deny'): readonly unknown[] =>
    lines.flatMap((line) =>
      line.verdict === verdict && line.terms.kind === 'network'
        ? rulesOf(line, line.terms.line, name, shortfalls)
        : [],
    );
  const [allowed, denied] = [rulesFor('allow'), rulesFor('deny')];
  const asksNames = lines.some(
    ({ terms }) => terms.kind === 'network' && terms.line.peers.some(({ kind }) => kind === 'name'),
  );
  const all = [...allowed, ...(asksNames && name === 'egress' ? [DNS] : [])];
  return {
    closed: fallback !== undefined,
    rules: {
      // An empty rule allows nothing, and is what makes the default hold.
      [name]:
        all.length === 0 && fallback !== undefined ? [because({}, `nothing: ${reasonOf(fallback)}`)] : all,
      ...(denied.length > 0 && { [`${name}Deny`]: denied }),
    },
  };
}

const DNS = because(
  {
    toEndpoints: [{ matchLabels: { [NAMESPACE_LABEL]: 'kube-system', 'k8s:k8s-app': 'kube-dns' } }],
    toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [{ matchPattern: '*' }] } }],
  },
  'Cilium learns the addresses of names from answers that pass its proxy',
);

const UNSAID = 'peers other than addresses, names, services, hosts and the labels and namespaces of pods';

function rulesOf(
  line: EffectiveLine,
  terms: NetworkLine,
  name: DirectionName,
  shortfalls: Shortfalls,
): readonly unknown[] {
  const denies = line.verdict === 'deny';
  const short = (what: string): void =>
    denies ? shortfalls.wider(line, what) : shortfalls.narrower(line, what);
  if (terms.from.length > 0) {
    shortfalls.wider(line, 'which program connects (`from`)');
    if (denies) return [];
  }
  const ports = portsOf(terms);
  if (ports === undefined) {
    short('raw sockets and ICMP beside ports');
    return [];
  }
  const to = name === 'egress' ? 'to' : 'from';
  const rules: object[] = [];
  const networks = networksOf({ ...terms, peers: terms.peers.filter(isFixed) });
  const families = familiesOf(terms);
  const outside = networks?.filter((each) => !isLoopback(each) && families?.includes(isIpv4(each) ? 'ipv4' : 'ipv6') !== false); // biome-ignore format: one condition
  if (networks === undefined && terms.peers.length === 0) rules.push({ [`${to}Entities`]: ['all'] });
  else if (outside !== undefined && outside.length > 0 && (terms.cidrs.length > 0 || terms.peers.length === 0 || terms.peers.some(isFixed)))
    rules.push({ [`${to}CIDRSet`]: outside.map((each) => ({ cidr: cidrText(each) })) }); // biome-ignore format: one condition
  for (const peer of terms.peers) {
    const said = isFixed(peer) ? {} : peerOf(peer, to, denies);
    if (said === undefined) short(UNSAID);
    else if (Object.keys(said).length > 0) rules.push(said);
  }
  return rules.map((rule) =>
    because({ ...rule, ...(ports.length > 0 && { toPorts: [{ ports }] }) }, reasonOf(line)),
  );
}

const isFixed = (peer: Peer): boolean => peer.kind === 'named' && peer.name === 'metadata';

/** undefined: it has no words for it. */
function peerOf(peer: Peer, to: 'to' | 'from', denies: boolean): object | undefined {
  switch (peer.kind) {
    case 'workload':
      return isOfPods(peer.workload) ? { [`${to}Endpoints`]: endpointsOf(peer.workload) } : undefined;
    case 'name': {
      if (to === 'from' || denies) return undefined;
      const { pattern } = peer;
      // One star is one label there, and two at the front any number.
      return {
        toFQDNs: [pattern.startsWith('*.') ? { matchPattern: `*${pattern}` } : { matchName: pattern }],
      };
    }
    case 'service':
      if (to === 'from') return undefined;
      return { toServices: [{ k8sService: { serviceName: peer.name, namespace: peer.namespace } }] };
    case 'named':
      if (peer.name === 'host') return { [`${to}Entities`]: ['host'] };
      return peer.name === 'kubernetes-api' ? { [`${to}Entities`]: ['kube-apiserver'] } : undefined;
  }
}

const isOfPods = ({ images, containerNames, containerLabels, namespaces }: WorkloadPeer): boolean =>
  images.length + containerNames.length + Object.keys(containerLabels).length === 0 &&
  namespaces.every((name) => name === '*' || !/[*?[\]{}\\]/.test(name));

function endpointsOf({ namespaces, podLabels }: WorkloadPeer): readonly object[] {
  const labels = Object.fromEntries(Object.entries(podLabels).map(([key, value]) => [`k8s:${key}`, value]));
  if (namespaces.length === 0 || namespaces.includes('*'))
    return [{ matchLabels: labels, matchExpressions: [{ key: NAMESPACE_LABEL, operator: 'Exists' }] }];
  return namespaces.map((name) => ({ matchLabels: { ...labels, [NAMESPACE_LABEL]: name } }));
}

const PROTOCOLS: Readonly<Partial<Record<NetworkProtocol, string>>> = {
  tcp: 'TCP',
  udp: 'UDP',
  sctp: 'SCTP',
};

/** Empty: all; undefined: nothing that is asked for has ports. */
function portsOf({ protocols, ports }: NetworkLine): readonly object[] | undefined {
  const named = protocols.flatMap((protocol) => PROTOCOLS[protocol] ?? []);
  if (protocols.length > 0 && named.length === 0) return undefined;
  if (ports.length === 0) return named.map((protocol) => ({ port: '0', protocol }));
  return (named.length === 0 ? ['ANY'] : named).flatMap((protocol) =>
    ports.map(({ first, last }) => ({
      port: `${first}`,
      ...(last > first && { endPort: last }),
      protocol,
    })),
  );
}
