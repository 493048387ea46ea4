/** What simulated nodes tell: of the shapes and sizes of real records, and named so that nobody takes it for one. */
import { createHash } from 'node:crypto';
import type { Detection } from '@runward/agent';
import type { Incident } from '@runward/incidents';
import type { RecordKind } from '@runward/protocol';
import { Template } from './template.js';

export interface MadeUp {
  readonly kind: RecordKind;
  readonly priority: string;
  readonly rule: string;
  readonly namespace: string;
  readonly workload: string;
  readonly container: string;
  readonly incident: string;
  /** JSON text. */
  readonly body: string;
}

const PRIORITIES = [
  'Critical',
  'Error',
  'Warning',
  'Warning',
  'Notice',
  'Notice',
  'Notice',
  'Notice',
] as const;
const DEEDS = [
  'a shell was started',
  'a sensitive file was read',
  'a program that is not of the image was run',
  'a connection to outside was made',
  'a package manager was run',
  'a file below /etc was written',
] as const;
const NAMES = {
  time: '@time@',
  container: '@container@',
  name: '@name@',
  pod: '@pod@',
  namespace: '@namespace@',
};

const process = (name: string, args: readonly string[], pid: number): Detection['process'] => ({
  ...{ pid, vpid: pid % 300, name, exe: `/usr/bin/${name}`, args, cwd: '/srv/app', uid: 1000, user: 'app' },
});

function detection(at: number): Detection {
  const deed = DEEDS[at % DEEDS.length] ?? DEEDS[0];
  return {
    ...{
      time: NAMES.time,
      rule: `Simulated: ${deed}`,
      priority: PRIORITIES[at % PRIORITIES.length] ?? 'Notice',
    },
    ...{ source: 'syscall', hostname: 'simulated', tags: ['simulated', 'T1059', 'container'] },
    output: `simulated: ${deed} (user=app command=sh -c work ${at} container=@name@ image=registry.example.org/shop/web:1.${at % 20})`,
    output_fields: {
      ...{ 'user.name': 'app', 'proc.cmdline': `sh -c work ${at}`, 'proc.pname': 'node' },
      ...{ 'container.name': NAMES.name, 'fd.name': `/srv/app/data/${at}.json`, 'evt.time': NAMES.time },
    },
    container: {
      ...{ id: NAMES.container, name: NAMES.name, runtime: 'containerd', privileged: false, problem: '' },
      image: `registry.example.org/shop/web:1.${at % 20}`,
      imageDigest: `sha256:${createHash('sha256')
        .update(`${at % 20}`)
        .digest('hex')}`,
      ...{ pod: NAMES.pod, namespace: NAMES.namespace },
    },
    process: process('sh', ['sh', '-c', `work ${at}`], 1000 + at),
    ancestors: [process('node', ['node', 'server.js'], 900), process('tini', ['tini', '--', 'node'], 890)],
    event: {
      ...{ type: 'execve', number: at, cpu: at % 8, callerMemory: false },
      ...{ truncated: false, compat32: false, ioUring: false },
    },
  };
}

const DETECTIONS = Array.from({ length: 48 }, (_, at) => {
  const { rule, priority, ...rest } = detection(at);
  return { rule, priority, body: new Template({ rule, priority, ...rest }) };
});

function incident(id: string, of: MadeUp, nowMs: number): Incident {
  const entry = { rule: of.rule, source: 'syscall', priority: 'Warning', count: 3 } as const;
  const times = { firstMs: nowMs - 1000, lastMs: nowMs };
  const none = {
    timeline: {},
    rules: 0,
    containers: 0,
    processes: 0,
    techniques: 0,
    actions: 0,
    notes: 0,
    changes: 0,
  };
  return {
    ...{ format: 1, id, state: 'open', severity: 'medium', score: 40, title: `Simulated: in ${of.workload}` },
    ...{
      hostname: 'simulated',
      workloads: [of.workload],
      assignee: '',
      stateMs: nowMs,
      absorbed: 0,
      count: 3,
    },
    ...{
      stages: [],
      techniques: ['T1059'],
      rules: [{ ...entry, ...times }],
      exposed: [],
      actions: [],
      notes: [],
    },
    ...{
      processes: [],
      timeline: { first: [], milestones: [], last: [] },
      leftOut: none,
      changes: [],
      ...times,
    },
    containers: [
      {
        ...{
          id: of.container,
          name: of.workload,
          runtime: 'containerd',
          image: 'registry.example.org/shop/web:1.2',
        },
        ...{
          imageDigest: '',
          pod: of.workload,
          namespace: of.namespace,
          workload: of.workload,
          count: 3,
          ...times,
        },
      },
    ],
  };
}

const CONTAINERS = 25;
/** Of so many records one is an incident, and four are containers that came and went. */
const ROUND = 200;

/** What one node tells, one record after the other. */
export class MadeUpNode {
  readonly #containers: readonly { readonly id: string; readonly namespace: string; readonly pod: string }[];
  #told = 0;
  #incidents = 0;
  readonly #name: string;

  constructor(name: string, index: number) {
    this.#name = name;
    this.#told = index;
    this.#containers = Array.from({ length: CONTAINERS }, (_, at) => ({
      id: createHash('sha256').update(`${name} ${at}`).digest('hex'),
      namespace: `team-${(index + at) % 12}`,
      pod: `web-${(index * 7 + at) % 400}`,
    }));
  }

  next(nowMs: number, time: string): MadeUp {
    this.#told += 1;
    const { id, namespace, pod } = this.#containers[this.#told % CONTAINERS] ?? {
      id: '',
      namespace: '',
      pod: '',
    };
    const where = { namespace, workload: pod, container: id };
    const made = DETECTIONS[this.#told % DETECTIONS.length];
    const inRound = this.#told % ROUND;
    if (made === undefined || inRound % 50 === 7)
      return {
        kind: 'container',
        priority: '',
        rule: '',
        ...where,
        incident: '',
        body: containerBody(where, inRound),
      };
    const { rule, priority } = made;
    const body = made.body.with({ time, container: id, name: pod, pod, namespace });
    const told: MadeUp = { kind: 'detection', priority, rule, ...where, incident: '', body };
    if (inRound !== 0) return told;
    this.#incidents += 1;
    const name = `${this.#name}-${this.#incidents}`;
    return {
      ...{ ...told, kind: 'incident', priority: 'medium', incident: name },
      body: JSON.stringify(incident(name, told, nowMs)),
    };
  }
}

const containerBody = (
  {
    container,
    workload,
    namespace,
  }: { readonly container: string; readonly workload: string; readonly namespace: string },
  inRound: number,
): string =>
  JSON.stringify({
    ...{ event: inRound < 100 ? 'met' : 'ended', id: container, name: workload, runtime: 'containerd' },
    ...{
      image: 'registry.example.org/shop/web:1.2',
      imageDigest: '',
      privileged: false,
      pod: workload,
      namespace,
    },
  });

export const healthBody = (version: string, name: string, told: number): string =>
  JSON.stringify({
    ...{ version, kernel: 'simulated', link: { node: name }, simulated: true },
    sensor: { events: told * 40, detections: told, lost: [], cpuSeconds: told / 1000 },
  });
