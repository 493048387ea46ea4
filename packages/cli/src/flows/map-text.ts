import type { MapEdge, PolicyCounts, ServiceMap } from '@runward/flows';
import { sizeText } from '../quantity.js';
import { type Paint, table, visible } from '../terminal.js';

export const edgePort = ({ protocol, port, path }: MapEdge): string =>
  path !== undefined ? `unix ${visible(path)}` : port === 0 ? protocol : `${protocol}/${port}`;

export const rateText = (perSecond: number): string =>
  perSecond === 0 ? '-' : perSecond < 0.1 ? '<0.1/s' : `${perSecond.toFixed(1)}/s`;

/** Of the last minute's connections those that failed. */
export const errorText = ({ connections, failures }: MapEdge): string =>
  failures === 0 ? '-' : `${failures} (${Math.round((100 * failures) / Math.max(connections, failures))} %)`;

/** What policies said; '' where none judged. */
export function policyText(policy: Readonly<PolicyCounts> | undefined): string {
  if (policy === undefined) return '';
  const { allowed, denied, wouldDeny } = policy;
  const said = [
    ...(denied > 0 ? [`${denied} denied`] : []),
    ...(wouldDeny > 0 ? [`${wouldDeny} would be denied`] : []),
    ...(allowed > 0 ? [`${allowed} allowed`] : []),
  ];
  return said.join(', ') || 'judged';
}

/** Something failed, or was denied. */
export const isTroubled = ({ failures, policy }: MapEdge): boolean =>
  failures > 0 || (policy !== undefined && policy.denied > 0);

const HEAD = [
  'CLIENT',
  'SERVER',
  'PORT',
  'CONNS',
  'RATE',
  'OPEN',
  'ERRORS',
  'RESETS',
  'TO SERVER',
  'TO CLIENT',
  'POLICY',
  'VIA',
];

export function mapTable({ nodes, edges }: ServiceMap, paint: Paint): string {
  const labels = new Map(nodes.map(({ id, label }) => [id, label]));
  const rows = edges.map((edge) => [
    visible(labels.get(edge.client) ?? edge.client),
    visible(labels.get(edge.server) ?? edge.server),
    edgePort(edge),
    String(edge.connections),
    rateText(edge.connectionRate),
    String(edge.open),
    errorText(edge),
    edge.resets === 0 ? '-' : String(edge.resets),
    sizeText(edge.bytesToServer),
    sizeText(edge.bytesToClient),
    policyText(edge.policy) || '-',
    edge.services.map(visible).join(' '),
  ]);
  const [head = '', ...lines] = table([HEAD, ...rows]).split('\n');
  return [
    paint('bold', head),
    ...lines.map((line, i) => {
      const edge = edges[i];
      return edge !== undefined && isTroubled(edge) ? paint('yellow', line) : line;
    }),
  ].join('\n');
}

const quote = (text: string): string => `"${visible(text).replace(/["\\]/g, (c) => `\\${c}`)}"`;

/** For Graphviz. */
export function mapDot({ nodes, edges }: ServiceMap): string {
  const shape = { container: 'box', host: 'house', service: 'hexagon', external: 'ellipse' } as const;
  const lines = nodes.map(
    ({ id, label, kind }) => `  ${quote(id)} [label=${quote(label)}, shape=${shape[kind]}];`,
  );
  for (const edge of edges) {
    const rate = edge.connectionRate > 0 ? ` ${rateText(edge.connectionRate)}` : '';
    const policy = policyText(edge.policy);
    const errors = edge.failures > 0 ? ` errors ${errorText(edge)}` : '';
    const label = `${edgePort(edge)}${rate}${errors}${policy === '' ? '' : ` (${policy})`}`;
    const colour = isTroubled(edge) ? ', color=red' : '';
    lines.push(`  ${quote(edge.client)} -> ${quote(edge.server)} [label=${quote(label)}${colour}];`);
  }
  return `digraph services {\n  rankdir=LR;\n${lines.join('\n')}\n}`;
}
