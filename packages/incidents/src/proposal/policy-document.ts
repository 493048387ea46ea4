import { readPolicies, SECTIONS } from '@runward/policy';
import type { Incident } from '../incident/incident.js';
import type { ProposedLine } from './policy-lines.js';
import { comment, flowList, scalar } from './yaml.js';

export interface DocumentHead {
  readonly name: string;
  readonly description: string;
  readonly mode: 'monitor' | 'protect';
  readonly verdict: 'allow' | 'deny';
}

/**
 * A policy of these lines for the containers of an incident, ready for `runward policy apply`. Lines that the reader of
 * policies would not take are left out: what is handed out has been read. '' when nothing is left.
 */
export function policyDocument(
  incident: Incident,
  lines: readonly ProposedLine[],
  head: DocumentHead,
): string {
  const taken = lines.filter((each, i) => isFirst(lines, i) && isValid(write(incident, [each], head)));
  if (taken.length === 0) return '';
  const text = write(incident, taken, head);
  return isValid(text) ? text : '';
}

const isFirst = (lines: readonly ProposedLine[], i: number): boolean =>
  lines.findIndex(({ section, yaml }) => section === lines[i]?.section && yaml === lines[i]?.yaml) === i;

const isValid = (text: string): boolean => {
  const { policies, diagnostics } = readPolicies([{ name: 'proposal', text }]);
  return policies.length === 1 && diagnostics.every(({ severity }) => severity !== 'error');
};

function write(incident: Incident, lines: readonly ProposedLine[], head: DocumentHead): string {
  const rows = [
    ...['apiVersion: runward.dev/v1alpha1', 'kind: RuntimePolicy', 'metadata:', `  name: ${head.name}`],
    ...['spec:', `  description: ${scalar(head.description)}`, '  selector:'],
    ...selectorOf(incident).map((row) => `    ${row}`),
    `  mode: ${head.mode}`,
  ];
  for (const section of SECTIONS) {
    const own = lines.filter((each) => each.section === section);
    if (own.length === 0) continue;
    rows.push(`  ${section}:`);
    const entries = own.filter(({ kind }) => kind === 'line');
    for (const each of own.filter(({ kind }) => kind === 'setting')) rows.push(...row(each, '    '));
    if (entries.length > 0) rows.push(`    ${head.verdict}:`);
    for (const each of entries) rows.push(...row({ ...each, yaml: `- ${each.yaml}` }, '      '));
  }
  return `${rows.join('\n')}\n`;
}

const row = ({ yaml, caution }: ProposedLine, indent: string): readonly string[] =>
  caution === '' ? [`${indent}${yaml}`] : [`${indent}# careful: ${comment(caution)}`, `${indent}${yaml}`];

/** What selectors take for wildcards. */
const literal = (text: string): string => text.replace(/[\\*?[\]{},]/g, '\\$&');
const MOST = 64;

/** The containers of the incident, never every container of the machine. */
function selectorOf({ containers, workloads }: Incident): readonly string[] {
  const unique = (texts: readonly string[]): readonly string[] =>
    [...new Set(texts)]
      .filter((text) => text !== '')
      .slice(0, MOST)
      .map(literal);
  const namespaces = unique(containers.map(({ namespace }) => namespace));
  const images = unique(containers.map(({ image }) => image));
  const isEachNamed = containers.every(({ image }) => image !== '');
  if (images.length > 0 && isEachNamed)
    return [
      ...(namespaces.length > 0 && containers.every(({ namespace }) => namespace !== '')
        ? [`namespaces: ${flowList(namespaces)}`]
        : []),
      `images: ${flowList(images)}`,
    ];
  const names = unique(containers.map(({ name }) => name));
  return [`containerNames: ${flowList(names.length > 0 ? names : unique(workloads))}`];
}
