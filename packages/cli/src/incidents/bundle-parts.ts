import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { IncidentReport } from '@runward/agent/incidents';
import type { BundlePart } from '@runward/evidence';
import type { Incident } from '@runward/incidents';
import { detectionFindings, incidentFinding, type OcsfProducer } from '@runward/incidents/ocsf';
import { toJson } from '../terminal.js';
import { type Enclosed, incidentHtml } from './report-html.js';

export interface BundleSources {
  /** The state folder of the agent. */
  readonly state: string;
  readonly producer: OcsfProducer;
  readonly nowMs: number;
}

const README = (id: string): string => `Incident ${id}

report.html            the incident for people: open it in a browser, it needs nothing else
incident.json          the same as data
incident.ocsf.json     the same as an OCSF event, class Incident Finding
detections.ocsf.ndjson its time line as OCSF events, class Detection Finding, one a line
prevention.yaml        a policy that would have denied what was done, if there can be one
captures/              what was seen of its containers, as it was captured
policies/              the policies that were applied when this was made
manifest.json          size and SHA-256 of every file above
manifest.sig.json      the signature of the manifest, by the key of the node's evidence log

\`runward incidents verify FILE [--public-key KEY]\` checks all of it. By other means: \`sha256sum\` of the files; and the
signature is Ed25519 over the text "runward-evidence-1 bundle LOG DIGEST", DIGEST being the SHA-256 of manifest.json.
`;

/** Everything a bundle is made of. */
export function bundleParts(
  report: IncidentReport,
  { state, producer, nowMs }: BundleSources,
): readonly BundlePart[] {
  const { incident, prevention } = report;
  const captures = capturesOf(incident, join(state, 'captures'));
  const policies = policiesIn(join(state, 'policies'));
  const enclosed: readonly Enclosed[] = [
    { path: 'incident.json', what: 'this, as data' },
    { path: 'incident.ocsf.json', what: 'as an OCSF event' },
    { path: 'detections.ocsf.ndjson', what: 'its time line as OCSF events' },
    ...captures
      .filter(({ path }) => path.endsWith('/manifest.json'))
      .map(({ path }) => ({ path, what: 'a capture' })),
    ...policies.map(({ path }) => ({ path, what: 'a policy that was applied' })),
  ];
  const findings = detectionFindings(incident, producer);
  return [
    { path: 'README.txt', text: README(incident.id) },
    { path: 'report.html', text: incidentHtml(report, enclosed) },
    { path: 'incident.json', text: `${toJson(report)}\n` },
    { path: 'incident.ocsf.json', text: `${toJson(incidentFinding(incident, producer, nowMs))}\n` },
    { path: 'detections.ocsf.ndjson', text: findings.map((finding) => `${toJson(finding)}\n`).join('') },
    ...(prevention === '' ? [] : [{ path: 'prevention.yaml', text: prevention }]),
    ...captures,
    ...policies,
  ];
}

/** Captures of the containers of an incident: their manifests say whose they are. */
function capturesOf(
  { containers }: Incident,
  folder: string,
): readonly { readonly path: string; readonly file: string }[] {
  const ids = new Set(containers.map(({ id }) => id));
  return foldersIn(folder).flatMap((name) =>
    ids.has(containerOf(join(folder, name, 'manifest.json')))
      ? filesBelow(join(folder, name), `captures/${name}`)
      : [],
  );
}

function containerOf(manifest: string): string {
  try {
    const value: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
    if (typeof value !== 'object' || value === null || !('container' in value)) return '';
    const { container } = value;
    return typeof container === 'object' && container !== null && 'id' in container
      ? String(container.id)
      : '';
  } catch {
    return ''; // one in the making, or something else's
  }
}

const policiesIn = (folder: string): readonly { readonly path: string; readonly file: string }[] =>
  namesIn(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ path: `policies/${name}`, file: join(folder, name) }));

function filesBelow(
  folder: string,
  path: string,
): readonly { readonly path: string; readonly file: string }[] {
  return namesIn(folder).flatMap((name) => {
    const [file, inside] = [join(folder, name), `${path}/${name}`];
    return statSync(file).isDirectory() ? filesBelow(file, inside) : [{ path: inside, file }];
  });
}

const foldersIn = (folder: string): readonly string[] =>
  namesIn(folder).filter((name) => statSync(join(folder, name)).isDirectory());

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
