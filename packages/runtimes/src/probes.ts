import { at, list, parseJson, text, texts } from './io/json.js';

export interface Probes {
  readonly livenessProbe?: readonly string[];
  readonly readinessProbe?: readonly string[];
}

/** Where kubectl leaves the manifest it applied: among a pod's annotations, and in Docker's labels of them. */
const MANIFEST = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'annotation.kubectl.kubernetes.io/last-applied-configuration',
];

/**
 * The probes of one container of a pod that run a command in it. The manifest is the user's text: what it does
 * not say in the shape Kubernetes accepts is not there.
 */
export function probesOf(annotations: ReadonlyMap<string, string>, containerName: string): Probes {
  const manifest = MANIFEST.map((key) => annotations.get(key) ?? '').find((found) => found !== '');
  if (manifest === undefined) return {};
  const spec = podSpec(manifest);
  const container = list(at(spec, 'containers')).find((each) => text(at(each, 'name')) === containerName);
  const command = (probe: string): readonly string[] => texts(at(container, probe, 'exec', 'command'));
  const liveness = command('livenessProbe');
  const readiness = command('readinessProbe');
  return {
    ...(liveness.length === 0 ? {} : { livenessProbe: liveness }),
    ...(readiness.length === 0 ? {} : { readinessProbe: readiness }),
  };
}

function podSpec(manifest: string): unknown {
  try {
    return at(parseJson(manifest, "the pod's manifest"), 'spec');
  } catch {
    return undefined;
  }
}
