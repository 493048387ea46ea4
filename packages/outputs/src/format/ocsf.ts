import { toJson } from '@runward/core';
import type { Detection, ProcessSummary } from '@runward/detect';
import { attackOf } from './attack.js';
import { milliseconds, SEVERITIES } from './severity.js';

const VERSION = '1.3.0';

/** OCSF 1.3: a Detection Finding (class 2004). */
export function ocsf(d: Detection, version: string): string {
  const { tactics, techniques } = attackOf(d);
  const attack = [
    ...techniques.map((uid) => ({ version: '16', technique: { uid } })),
    ...tactics.map((tactic) => ({ version: '16', tactic })),
  ];
  const [process, ...ancestors] = [d.process, ...d.ancestors].map(processOf);
  const time = milliseconds(d.time);
  return toJson({
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2004,
    class_name: 'Detection Finding',
    activity_id: 1,
    activity_name: 'Create',
    type_uid: 200401,
    time,
    severity_id: SEVERITIES[d.priority].ocsf,
    severity: d.priority,
    status_id: 1,
    message: d.output,
    count: d.count ?? 1,
    ...(d.firstTime === undefined ? {} : { start_time: milliseconds(d.firstTime) }),
    ...(d.lastTime === undefined ? {} : { end_time: milliseconds(d.lastTime) }),
    metadata: {
      version: VERSION,
      product: { name: 'Runward', vendor_name: 'Runward', version },
      profiles: ['container', 'host'],
      event_code: d.event.type,
      original_time: d.time,
    },
    finding_info: {
      uid: `${d.hostname}:${d.event.cpu}:${d.event.number}:${d.time}`,
      title: d.rule,
      desc: d.output,
      created_time: time,
      types: d.tags,
      ...(attack.length === 0 ? {} : { attacks: attack }),
      analytic: { name: d.rule, type_id: 1, type: 'Rule' },
    },
    device: { hostname: d.hostname, type_id: 1, type: 'Server' },
    evidences: [
      {
        process: withParents(process, ancestors),
        ...(d.container === null ? {} : { container: containerOf(d.container) }),
        data: d.output_fields,
      },
    ],
    unmapped: { source: d.source, ...(d.policy === undefined ? {} : { policy: d.policy }) },
  });
}

const processOf = ({ pid, name, exe, args, cwd, uid, user }: ProcessSummary) => ({
  pid,
  name,
  cmd_line: args.join(' '),
  file: { name: exe.slice(exe.lastIndexOf('/') + 1), path: exe, type_id: 1 },
  working_directory: cwd,
  user: { uid: String(uid), name: user },
});

const withParents = (
  process: object | undefined,
  [parent, ...others]: readonly object[],
): object | undefined =>
  parent === undefined ? process : { ...process, parent_process: withParents(parent, others) };

const containerOf = ({
  id,
  name,
  runtime,
  image,
  imageDigest,
  pod,
}: NonNullable<Detection['container']>) => ({
  uid: id,
  name,
  runtime,
  image: { name: image, ...(imageDigest === '' ? {} : { uid: imageDigest }) },
  ...(pod === '' ? {} : { pod_uuid: pod }),
});
