import type { MapEdge, MapNode, ServiceMap } from '@runward/flows';
import { escapeHtml } from '../html-page.js';
import { sizeText } from '../quantity.js';
import { NODE, type PlacedNode, placeNodes } from './map-layout.js';
import { edgePort, errorText, isTroubled, policyText, rateText } from './map-text.js';

const STYLE = `:root{color-scheme:light dark;--ink:#1d2733;--soft:#5a6775;--paper:#fff;--line:#d8dee5;--head:#f2f5f8;--link:#7b8896;--bad:#b42318}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa7b5;--paper:#12171d;--line:#303a45;--head:#1b222a;--link:#8391a0;--bad:#f5866f}}
*{box-sizing:border-box}body{margin:0;padding:1.5rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}.soft{color:var(--soft)}.scroll{overflow-x:auto}
table{border-collapse:collapse}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line)}thead th{background:var(--head)}
td.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:var(--bad)}
svg{display:block;max-width:none}svg text{fill:var(--ink);font-size:13px}svg .soft{fill:var(--soft);font-size:11px}
rect{fill:var(--head);stroke:var(--line)}.host rect,.external rect,.service rect{stroke-dasharray:4 3}
path{fill:none;stroke:var(--link);stroke-width:1.5}path.bad{stroke:var(--bad)}`;

const MOST_LABEL = 24;
const cut = (text: string): string => (text.length > MOST_LABEL ? `${text.slice(0, MOST_LABEL - 1)}…` : text);

function nodeSvg({ label, kind, containers }: MapNode, { x, y }: PlacedNode): string {
  const about =
    kind === 'container' ? `${containers.length} container${containers.length === 1 ? '' : 's'}` : kind;
  return (
    `<g class="${kind}"><title>${escapeHtml(label)}</title><rect x="${x}" y="${y}" width="${NODE.width}" height="${NODE.height}" rx="6"/>` +
    `<text x="${x + 10}" y="${y + 19}">${escapeHtml(cut(label))}</text><text class="soft" x="${x + 10}" y="${y + 35}">${about}</text></g>`
  );
}

function edgeSvg(edge: MapEdge, from: PlacedNode, to: PlacedNode, nth: number): string {
  const isBack = to.x <= from.x;
  const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
  const [x2, y2] = [to.x, to.y + NODE.height / 2];
  const bend = isBack ? 90 : (x2 - x1) / 2;
  const at = 0.5 + 0.08 * (nth % 3);
  const [lx, ly] = [x1 + (x2 - x1) * at, y1 + (y2 - y1) * at - 5];
  const label = `${edgePort(edge)}${edge.connectionRate > 0 ? ` ${rateText(edge.connectionRate)}` : ''}`;
  const isBad = isTroubled(edge);
  return (
    `<path${isBad ? ' class="bad"' : ''} marker-end="url(#tip)" d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"/>` +
    `<text class="soft" text-anchor="middle" x="${lx}" y="${ly}">${escapeHtml(cut(label))}</text>`
  );
}

function row(edge: MapEdge, labels: ReadonlyMap<string, string>): string {
  const label = (id: string): string => escapeHtml(labels.get(id) ?? id);
  const cells = [
    `<th scope="row">${label(edge.client)}</th>`,
    `<td>${label(edge.server)}</td>`,
    `<td>${escapeHtml(edgePort(edge))}</td>`,
    `<td class="n">${edge.connections}</td>`,
    `<td class="n">${rateText(edge.connectionRate)}</td>`,
    `<td class="n">${edge.open}</td>`,
    `<td class="n${edge.failures > 0 ? ' bad' : ''}">${errorText(edge)}</td>`,
    `<td class="n">${edge.resets}</td>`,
    `<td class="n">${sizeText(edge.bytesToServer)}</td>`,
    `<td class="n">${sizeText(edge.bytesToClient)}</td>`,
    `<td${(edge.policy?.denied ?? 0) > 0 ? ' class="bad"' : ''}>${policyText(edge.policy)}</td>`,
    `<td>${escapeHtml(edge.services.join(' '))}</td>`,
  ];
  return `<tr>${cells.join('')}</tr>`;
}

const HEADS = [
  'Client',
  'Server',
  'Port',
  'Connections',
  'Rate',
  'Open',
  'Errors',
  'Resets',
  'To server',
  'To client',
  'Policy',
  'Via',
];

/** One page without scripts or anything from elsewhere. */
export function mapHtml(map: ServiceMap, title: string, at: Date): string {
  const { places, width, height } = placeNodes(map);
  const labels = new Map(map.nodes.map(({ id, label }) => [id, label]));
  const nodes = map.nodes.flatMap((node) => {
    const place = places.get(node.id);
    return place === undefined ? [] : [nodeSvg(node, place)];
  });
  const edges = map.edges.flatMap((edge, i) => {
    const [from, to] = [places.get(edge.client), places.get(edge.server)];
    return from === undefined || to === undefined ? [] : [edgeSvg(edge, from, to, i)];
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1><p class="soft">${at.toISOString()}: ${map.nodes.length} nodes, ${map.edges.length} connections between them</p>
<div class="scroll" tabindex="0" role="region" aria-label="Map of services"><svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Services and who asks whom">
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8"/></marker></defs>
${edges.join('\n')}
${nodes.join('\n')}
</svg></div>
<h2>Connections</h2><div class="scroll"><table><thead><tr>${HEADS.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>
${map.edges.map((edge) => row(edge, labels)).join('\n')}
</tbody></table></div></body></html>`;
}
