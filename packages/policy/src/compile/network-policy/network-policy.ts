import type { EffectiveLine } from '../../decide/effective.js';
import { type PolicyDiagnostic, policyDiagnostic } from '../../diagnostics/codes.js';
import type { WorkloadPeer } from '../../model/policy.js';
import { type Exported, nothingToSay, Shortfalls } from '../export/exported.js';
import { reasonOf } from '../export/reasons.js';
import { defaultDenial, directionDenial, type ExportSubject, linesOf } from '../export/subject.js';
import { because, type Commented, commentedYaml } from '../export/yaml.js';
import { cidrText, EVERYTHING } from './networks.js';
import { EVERY_PORT } from './ports.js';
import { EGRESS, ingressOf, PROTOCOLS, type Traffic, trafficOf } from './traffic.js';

const FORMAT = 'a NetworkPolicy';

/** A NetworkPolicy (networking.k8s.io/v1), as YAML. */
export function exportNetworkPolicy(subject: ExportSubject): Exported {
  const lines = linesOf(subject, 'network');
  if (lines.length === 0) return nothingToSay(subject, FORMAT, ['network']);
  const shortfalls = new Shortfalls();
  const egress = trafficOf(subject, EGRESS, shortfalls);
  const ingress = trafficOf(subject, ingressOf(subject), shortfalls);
  for (const line of lines) reportUnsaid(line, shortfalls);
  shortfalls.limits(lines);
  const types = [...(isFree(ingress) ? [] : ['Ingress']), ...(isFree(egress) ? [] : ['Egress'])];
  if (types.length === 0) return nothingToSay(subject, FORMAT, ['network']);
  const { metadata, podSelector, diagnostics } = placeOf(subject);
  const rules = (name: 'to' | 'from', traffic: readonly Traffic[]): unknown => {
    const fallback =
      directionDenial(subject, name === 'to' ? 'egress' : 'ingress') ?? defaultDenial(subject, 'network');
    const items = traffic.map((each) => ruleOf(name, each));
    if (items.length > 0 || fallback === undefined) return items;
    return because(items, `nothing: ${reasonOf(fallback)}`);
  };
  const document = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector,
      policyTypes: types,
      ...(types.includes('Ingress') && { ingress: rules('from', ingress) }),
      ...(types.includes('Egress') && { egress: rules('to', egress) }),
    },
  };
  const header = [
    `Made by runward from ${subject.effective.policies.map(({ name }) => name).join(', ')}.`,
    'It is about the whole pod; connections within the pod (loopback, unix sockets) pass no network and are not its business.',
  ];
  return {
    text: commentedYaml(document, header),
    diagnostics: [...diagnostics, ...shortfalls.diagnostics(FORMAT)],
  };
}

const EVERYWHERE = EVERYTHING.map(cidrText).toSorted();

const isEverywhere = ({ blocks }: Pick<Traffic, 'blocks'>): boolean =>
  blocks.length === EVERYWHERE.length &&
  blocks.every(({ cidr, except }, at) => cidr === EVERYWHERE[at] && except.length === 0);
const isEveryPort = ({ ports }: Traffic): boolean =>
  PROTOCOLS.every((protocol) =>
    ports.some(
      (port) =>
        port.protocol === protocol &&
        port.range.first === EVERY_PORT.first &&
        port.range.last === EVERY_PORT.last,
    ),
  );
/** Nothing is denied: the direction is not restricted at all. */
const isFree = (traffic: readonly Traffic[]): boolean =>
  traffic.some((each) => isEverywhere(each) && isEveryPort(each));

const SHOWN = 4;

function ruleOf(name: 'to' | 'from', traffic: Traffic): Commented {
  const peers = [
    ...traffic.workloads.flatMap(podPeers),
    ...traffic.blocks.map(({ cidr, except }) => ({
      ipBlock: { cidr, ...(except.length > 0 && { except }) },
    })),
  ];
  const ports = traffic.ports.map(({ protocol, range: { first, last } }) => ({
    ...{ protocol, port: first },
    ...(last > first && { endPort: last }),
  }));
  const rule = {
    ...(!isEverywhere(traffic) && { [name]: peers }),
    ...(!isEveryPort(traffic) && { ports }),
  };
  return because(rule, why(traffic.lines));
}

/** One for each namespace; without one, pods of any: a policy that names none means all. */
const podPeers = ({ namespaces, podLabels }: WorkloadPeer): readonly unknown[] => {
  const podSelector = Object.keys(podLabels).length === 0 ? {} : { matchLabels: podLabels };
  if (namespaces.length === 0) return [{ namespaceSelector: {}, podSelector }];
  return namespaces.map((name) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
    podSelector,
  }));
};

function why(lines: readonly EffectiveLine[]): string {
  const reasons = [
    ...new Set(
      lines.map((line) => (line.verdict === 'deny' ? `but not: ${reasonOf(line)}` : reasonOf(line))),
    ),
  ];
  if (reasons.length === 0) return 'no line denies it';
  const rest = reasons.length > SHOWN ? `; and ${reasons.length - SHOWN} more lines` : '';
  return reasons.slice(0, SHOWN).join('; ') + rest;
}

const UNSAID: ReadonlySet<string> = new Set(['raw', 'icmp']);

/** Lines about what passes no network are other mechanisms' and no shortfall; ICMP is. */
function reportUnsaid(line: EffectiveLine, shortfalls: Shortfalls): void {
  if (line.terms.kind !== 'network' || line.terms.line.operation === 'create') return;
  const { protocols } = line.terms.line;
  if (protocols.length === 0 || !protocols.every((name) => UNSAID.has(name))) return;
  const what = 'protocols without ports (ICMP, raw), which network plug-ins treat as they like';
  if (line.verdict === 'allow') shortfalls.narrower(line, what);
  else shortfalls.wider(line, what);
}

/** Where the object belongs and whom it selects. */
function placeOf(subject: ExportSubject) {
  const { selector, name, span } = subject;
  const diagnostics: PolicyDiagnostic[] = [];
  const report = (message: string, help: string): void => {
    diagnostics.push(policyDiagnostic('POLICY_EXPORT_SELECTOR', message, help, span, 'spec.selector'));
  };
  const [namespace, ...more] = selector.namespaces;
  const isOne = namespace !== undefined && more.length === 0 && !/[*?[\]{}\\]/.test(namespace);
  if (namespace !== undefined && !isOne)
    report(
      `a NetworkPolicy is in one namespace, and the policy selects ${selector.namespaces.map((each) => `\`${each}\``).join(', ')}`,
      'apply it in each of them: `kubectl apply --namespace …`',
    );
  const labels = Object.fromEntries(selector.podLabels);
  if (selector.podLabels.size === 0)
    report(
      `\`${name}\` selects no pod labels, so the NetworkPolicy selects every pod of its namespace`,
      'give the policy `selector.podLabels`, or write `podSelector` into the result',
    );
  const podSelector = selector.podLabels.size === 0 ? {} : { matchLabels: labels };
  return { metadata: { name, ...(isOne && { namespace }) }, podSelector, diagnostics };
}
