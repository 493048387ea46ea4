import { toJson } from '@runward/core';
import type { Detection, ProcessSummary } from '@runward/detect';
import { attackOf } from './attack.js';
import { milliseconds, SEVERITIES } from './severity.js';

const VERSION = '8.17.0';

/** Elastic Common Schema: an alert. */
export function ecs(d: Detection, version: string): string {
  const { tactics, techniques } = attackOf(d);
  const [parent] = d.ancestors;
  return toJson({
    '@timestamp': new Date(milliseconds(d.time)).toISOString(),
    ecs: { version: VERSION },
    message: d.output,
    tags: d.tags,
    event: {
      kind: 'alert',
      category: [categoryOf(d.event.type)],
      type: ['info'],
      action: d.event.type,
      module: 'runward',
      dataset: `runward.${d.source}`,
      severity: SEVERITIES[d.priority].cef,
      sequence: d.event.number,
      ...(d.policy === undefined
        ? {}
        : { outcome: d.policy.outcome === 'would deny' ? 'success' : 'failure' }),
    },
    log: { level: d.priority.toLowerCase() },
    rule: { name: d.rule, ...(d.policy === undefined ? {} : { ruleset: d.policy.policy }) },
    host: { hostname: d.hostname, name: d.hostname },
    observer: { vendor: 'Runward', product: 'Runward', version, type: 'sensor' },
    user: { id: String(d.process.uid), name: d.process.user },
    process: { ...processOf(d.process), ...(parent === undefined ? {} : { parent: processOf(parent) }) },
    ...(d.container === null ? {} : placeOf(d.container)),
    ...(tactics.length + techniques.length === 0
      ? {}
      : {
          threat: {
            framework: 'MITRE ATT&CK',
            tactic: { id: tactics.map(({ uid }) => uid), name: tactics.map(({ name }) => name) },
            technique: { id: techniques },
          },
        }),
    runward: { output_fields: d.output_fields, ...(d.policy === undefined ? {} : { policy: d.policy }) },
  });
}

function categoryOf(type: string): string {
  if (/^(?:open|read|write|unlink|rename|link|symlink|mkdir|rmdir|chmod|chown|mknod|truncate)/.test(type))
    return 'file';
  return /^(?:connect|accept|bind|listen|send|recv|socket)/.test(type) ? 'network' : 'process';
}

const processOf = ({ pid, name, exe, args, cwd }: ProcessSummary) => ({
  pid,
  name,
  executable: exe,
  args,
  working_directory: cwd,
});

const placeOf = ({
  id,
  name,
  runtime,
  image,
  imageDigest,
  pod,
  namespace,
}: NonNullable<Detection['container']>) => ({
  container: {
    id,
    name,
    runtime,
    image: { name: image, ...(imageDigest === '' ? {} : { hash: { all: [imageDigest] } }) },
  },
  ...(pod === ''
    ? {}
    : { orchestrator: { type: 'kubernetes', namespace, resource: { type: 'pod', name: pod } } }),
});
