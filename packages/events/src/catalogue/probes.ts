import type { FieldSpec } from '../field.js';
import type { ContainerInfo, ProcessInfo } from '../model.js';
import type { EventView, Owned } from '../view.js';
import { PER_PROCESS, rowsFrom } from './spec.js';

const runtime = rowsFrom<Owned>('the container runtime');
const manifest = rowsFrom<Owned>("the pod's manifest, where the runtime keeps it (kubectl's annotation)");
const table = rowsFrom('the process table and the container runtime');

const NONE = 'NONE';
const MAX_DEPTH = 64;

type Command = (container: ContainerInfo) => readonly string[] | undefined;

/** argv a runtime starts for a health check; undefined where there is none. */
const healthcheck: Command = ({ healthcheck: test }) => {
  const [how, ...rest] = test ?? [];
  if (how === 'CMD') return rest;
  return how === 'CMD-SHELL' ? ['/bin/sh', '-c', ...rest] : undefined;
};
const liveness: Command = (c) => c.livenessProbe;
const readiness: Command = (c) => c.readinessProbe;

const sameWords = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, i) => word === b[i]);

/**
 * A probe enters the container from outside: its first process has a parent in another pid namespace. A process
 * of the container that only looks like it is none, or it could hide behind a rule's exception for probes.
 */
function isPartOf(process: ProcessInfo, argv: readonly string[]): boolean {
  let at: ProcessInfo | undefined = process;
  for (let depth = 0; depth < MAX_DEPTH && at !== undefined; depth++, at = at.parent) {
    if (at.parent?.pidNs === at.pidNs) continue;
    return at.vpid !== 1 && sameWords(at.args, argv);
  }
  return false;
}

const runs =
  (command: Command) =>
  ({ container, process }: EventView): boolean | undefined => {
    if (container === undefined) return false;
    const argv = command(container);
    return argv !== undefined && isPartOf(process, argv);
  };

const line =
  (command: Command) =>
  ({ container }: Owned): string | undefined =>
    container === undefined ? undefined : command(container)?.join(' ');

export const probeContainerFields: readonly FieldSpec<Owned>[] = [
  runtime(
    'container.healthcheck',
    'string',
    `command line of the health check; \`${NONE}\` where the image's own was switched off`,
    (v) => (v.container?.healthcheck?.[0] === NONE ? NONE : line(healthcheck)(v)),
    PER_PROCESS,
  ),
  manifest(
    'container.liveness_probe',
    'string',
    'command line of the liveness probe',
    line(liveness),
    PER_PROCESS,
  ),
  manifest(
    'container.readiness_probe',
    'string',
    'command line of the readiness probe',
    line(readiness),
    PER_PROCESS,
  ),
];

export const probeProcFields: readonly FieldSpec[] = [
  table(
    'proc.is_container_healthcheck',
    'bool',
    'the process belongs to the health check of its container',
    runs(healthcheck),
  ),
  table(
    'proc.is_container_liveness_probe',
    'bool',
    'the process belongs to the liveness probe of its container',
    runs(liveness),
  ),
  table(
    'proc.is_container_readiness_probe',
    'bool',
    'the process belongs to the readiness probe of its container',
    runs(readiness),
  ),
];
