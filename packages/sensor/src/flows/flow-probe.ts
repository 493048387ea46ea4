import { closeSync, existsSync, openSync } from 'node:fs';
import {
  type FlowCounters,
  type FlowId,
  type FlowReading,
  noCounters,
  type UnixSocket,
} from '@runward/flows';
import { BpfObject, KernelBtf, mapDelete, mapEntries, mapLookup, mapTake, mapUpdate } from '@runward/native';
import { type ContainerHierarchy, findContainerHierarchy } from '../cgroup-hierarchy.js';
import { SensorError } from '../error.js';
import { RingReader } from '../ring.js';
import { decodeCounters, decodeFlow, type Place } from './decode.js';
import {
  FLOWS_LAYOUT_HASH,
  RwFlow,
  RwFlowAnswer,
  RwFlowBoot,
  RwFlowKey,
  RwUnixSocket,
} from './layout.generated.js';

export interface FlowProbeOptions {
  /** The compiled programs, build/bpf/flows.bpf.o. */
  readonly objectPath: string;
  /** Flows a single cgroup may have; the rest of it is counted together. */
  readonly flowsPerCgroup: number;
}

/** A datagram that a name server sent to somebody who asked it. */
export interface FlowAnswer {
  readonly cgroup: number;
  readonly message: Uint8Array;
}

const CGROUP_PROGRAMS = ['rw_flow_socket_made', 'rw_flow_ingress', 'rw_flow_egress'] as const;
const TRACEPOINT_PROGRAMS = ['rw_flow_state', 'rw_flow_error'] as const;
const BATCH = 1024;
const ANSWER_RING = 256 * 1024;
const MOST_ANSWERS = 1024;
/** Of unix sockets: more than a hundred thousand. */
const MOST_UNIX_BYTES = 16 * 1024 * 1024;
const EPERM = 1;

/** The programs that count flows, attached for as long as this object lives; the kernel detaches them with the process. */
export class FlowProbe {
  readonly #object: BpfObject;
  readonly #flowsFd: number;
  readonly #removedFd: number;
  readonly #answers: RingReader;
  /** Keys as the kernel has them, by flow; what cannot be found again cannot be removed. */
  readonly #keys = new Map<string, Uint8Array>();
  readonly #removed = new Map<number, number>();

  private constructor(object: BpfObject) {
    this.#object = object;
    this.#flowsFd = object.mapFd('rw_flows');
    this.#removedFd = object.mapFd('rw_flows_removed');
    this.#answers = new RingReader(object.mapFd('rw_flow_answers'), ANSWER_RING);
  }

  /**
   * Loads, finds the connections that are open already, and attaches.
   *
   * @throws SensorError with the codes of the sensor
   */
  static async open(options: FlowProbeOptions): Promise<FlowProbe> {
    const hierarchy = findContainerHierarchy();
    if (hierarchy.v2Folder === undefined) {
      throw new SensorError(
        'SENSOR_ATTACH_FAILED',
        'flows need the cgroup v2 hierarchy, which is not mounted',
        {
          help: 'mount cgroup2, for instance at /sys/fs/cgroup/unified; it may stand beside version 1',
        },
      );
    }
    const object = openObject(options.objectPath);
    try {
      await load(object, hierarchy, options);
      attach(object, hierarchy.v2Folder);
      // Attached first: a connection made meanwhile is seen by both, and counted once.
      object.runIterator('rw_flow_find_owners');
      object.runIterator('rw_flow_find_roles');
      return new FlowProbe(object);
    } catch (error) {
      object.close();
      throw error;
    }
  }

  /** What every flow in the kernel counted up to now. False when the kernel gave up, and some are missing. */
  read(take: (reading: FlowReading) => void): boolean {
    return mapEntries(
      this.#flowsFd,
      { keyBytes: RwFlowKey.size, valueBytes: RwFlow.size, batch: BATCH },
      (keys, values, count) => {
        const key = placeOf(keys);
        const value = placeOf(values);
        for (let i = 0; i < count; i += 1) {
          const reading = decodeFlow({ ...key, at: i * RwFlowKey.size }, { ...value, at: i * RwFlow.size });
          const name = nameOf(reading);
          if (!this.#keys.has(name))
            this.#keys.set(name, keys.slice(i * RwFlowKey.size, (i + 1) * RwFlowKey.size));
          take(reading);
        }
      },
    );
  }

  /** Takes a flow out of the kernel; returns what it counted last. undefined when it was not there. */
  remove(id: FlowId): FlowReading | undefined {
    const name = nameOf(id);
    const key = this.#keys.get(name);
    const value = new Uint8Array(RwFlow.size);
    if (key === undefined || !mapTake(this.#flowsFd, key, value)) return undefined;
    this.#keys.delete(name);
    const removed = (this.#removed.get(id.cgroup) ?? 0) + 1;
    this.#removed.set(id.cgroup, removed);
    mapUpdate(this.#removedFd, bytesOf(BigInt(id.cgroup)), new Uint8Array(new Uint32Array([removed]).buffer));
    return decodeFlow({ ...placeOf(key), at: 0 }, { ...placeOf(value), at: 0 });
  }

  /** The cgroup is gone, and so is what was noted of it. Its flows are removed before. */
  forget(cgroup: number): void {
    if (this.#removed.delete(cgroup)) mapDelete(this.#removedFd, bytesOf(BigInt(cgroup)));
  }

  /** What found no room at all: the table of flows was full. */
  lost(): FlowCounters {
    const value = new Uint8Array(RwFlow.size);
    const found = mapLookup(this.#object.mapFd('rw_flows_lost'), new Uint8Array(4), value);
    return found ? decodeCounters({ ...placeOf(value), at: 0 }) : noCounters();
  }

  /** Answers of name servers since the last call. The bytes are valid during the call only. */
  answers(take: (answer: FlowAnswer) => void): void {
    this.#answers.drain(({ data, bytes }, at, length) => {
      const size = Math.min(data.getUint32(at + RwFlowAnswer.length, true), length - RwFlowAnswer.data);
      const message = bytes.subarray(at + RwFlowAnswer.data, at + RwFlowAnswer.data + size);
      take({ cgroup: Number(data.getBigUint64(at + RwFlowAnswer.cgroup, true)), message });
    }, MOST_ANSWERS);
  }

  answersLost(): number {
    const value = new Uint8Array(8);
    mapLookup(this.#object.mapFd('rw_flow_answers_lost'), new Uint8Array(4), value);
    return Number(new DataView(value.buffer).getBigUint64(0, true));
  }

  /** Connected unix sockets now, a row for each process that holds one. */
  unixSockets(): UnixSocket[] {
    const rows = this.#object.readIterator('rw_flow_unix', MOST_UNIX_BYTES) ?? new Uint8Array(0);
    const { data, bytes } = placeOf(rows);
    const found: UnixSocket[] = [];
    for (let at = 0; at + RwUnixSocket.size <= rows.length; at += RwUnixSocket.size) {
      const length = data.getUint32(at + RwUnixSocket.path_length, true);
      found.push({
        cgroup: Number(data.getBigUint64(at + RwUnixSocket.cgroup, true)),
        socket: Number(data.getBigUint64(at + RwUnixSocket.socket, true)),
        peer: Number(data.getBigUint64(at + RwUnixSocket.peer, true)),
        path: unixPath(bytes.subarray(at + RwUnixSocket.path, at + RwUnixSocket.path + length)),
      });
    }
    return found;
  }

  close(): void {
    this.#object.close();
  }
}

const nameOf = ({ cgroup, netns, role, protocol, remote, port }: FlowId): string =>
  `${cgroup} ${netns} ${role} ${protocol} ${remote} ${port}`;

const placeOf = (bytes: Uint8Array): Omit<Place, 'at'> => ({
  bytes,
  data: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});

const bytesOf = (id: bigint): Uint8Array => new Uint8Array(new BigUint64Array([id]).buffer);

/** A path ends at its zero byte; an abstract name begins with one and may hold any byte. */
function unixPath(bytes: Uint8Array): string {
  if (bytes[0] === 0) return `@${new TextDecoder().decode(bytes.subarray(1))}`;
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function openObject(path: string): BpfObject {
  const object = existsSync(path) ? BpfObject.open(path) : undefined;
  if (object !== undefined) return object;
  throw new SensorError(
    'SENSOR_OBJECT_MISSING',
    `the compiled programs for flows \`${path}\` cannot be read`,
    {
      help: 'build them with `make bpf`',
    },
  );
}

async function load(
  object: BpfObject,
  hierarchy: ContainerHierarchy,
  { flowsPerCgroup }: FlowProbeOptions,
): Promise<void> {
  const boot = object.initialValue('.rodata.boot');
  const view = boot === undefined ? undefined : new DataView(boot);
  if (view?.getBigUint64(RwFlowBoot.layout_hash, true) !== FLOWS_LAYOUT_HASH) {
    throw new SensorError('SENSOR_LAYOUT_MISMATCH', 'the compiled programs for flows have another layout', {
      help: 'build both from one checkout: `make build`',
    });
  }
  view.setInt32(RwFlowBoot.cgroup_subsys, await subsystemIndex(hierarchy), true);
  view.setUint32(RwFlowBoot.flows_per_cgroup, flowsPerCgroup, true);
  for (const program of [...CGROUP_PROGRAMS, ...TRACEPOINT_PROGRAMS]) object.captureLog(program);
  const result = await object.load();
  if (result === 0) return;
  const words = object.verifierLogs().at(-1)?.text.trimEnd().split('\n').slice(-8).join('\n        ') ?? '';
  if (result === -EPERM) {
    throw new SensorError(
      'SENSOR_NOT_PERMITTED',
      'the kernel did not permit loading the programs for flows',
      {
        help: 'run as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; check kernel lockdown',
      },
    );
  }
  throw new SensorError('SENSOR_LOAD_FAILED', `the kernel refused the programs for flows: errno ${-result}`, {
    help: `Linux 5.17 or newer with CONFIG_CGROUP_BPF is needed${words === '' ? '' : `\n        ${words}`}`,
  });
}

/** The kernel's own number of the v1 controller whose groups name containers; -1: none is needed. */
async function subsystemIndex({ v1 }: ContainerHierarchy): Promise<number> {
  if (v1 === undefined) return -1;
  const btf = await KernelBtf.load();
  const index = btf?.enumValue('cgroup_subsys_id', `${v1.controller}_cgrp_id`) ?? v1.subsystem;
  btf?.close();
  return index;
}

function attach(object: BpfObject, folder: string): void {
  const root = openSync(folder, 'r');
  try {
    for (const program of CGROUP_PROGRAMS) refuse(program, object.attachCgroup(program, root));
  } finally {
    closeSync(root);
  }
  for (const program of TRACEPOINT_PROGRAMS) refuse(program, object.attach(program));
}

function refuse(program: string, result: number): void {
  if (result === 0) return;
  throw new SensorError(
    'SENSOR_ATTACH_FAILED',
    `the program \`${program}\` cannot be attached: errno ${-result}`,
    {
      help:
        result === -EPERM
          ? 'another program at the root of the cgroups tolerates none beside it (attached without BPF_F_ALLOW_MULTI)'
          : 'flows need a kernel with CONFIG_CGROUP_BPF and the tracepoint inet_sock_set_state',
    },
  );
}
