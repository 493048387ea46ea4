/**
 * A process that guards containers by fanotify: takes orders as JSON lines, and tells what happens as JSON lines. A
 * process of its own, so that a test can kill it; it runs compiled code.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FanotifyGuard } from '@runward/enforce';
import { BpfObject, mapUpdate } from '@runward/native';
import { compileForKernel, mergePolicies, readPolicies } from '@runward/policy';
import { findContainerHierarchy, namespaceId } from '@runward/sensor';
import {
  RwAsked,
  RwBinding,
  RwEnforceBoot,
  RwPlace,
  RwSet,
} from '../../../packages/enforce/dist/layout.generated.js';
import type { Order, Report } from './orders.js';

const PROGRAMS = ['rw_enforce_exec', 'rw_enforce_fork', 'rw_enforce_cgroup_mkdir', 'rw_mark_members'];
const V1_ID = 2 ** 52;

/** The kernel's marks of who is a container's, without anything that denies: what fanotify does is seen alone. */
class KernelMarks {
  readonly #hierarchy = findContainerHierarchy();
  readonly object: BpfObject;

  private constructor(object: BpfObject) {
    this.object = object;
  }

  static async load(root: string): Promise<KernelMarks> {
    const object = BpfObject.open(join(root, 'build/bpf/enforce.bpf.o'));
    const boot = object?.initialValue('.rodata.boot');
    if (object === undefined || boot === undefined)
      throw new Error('the programs of enforcement are not built');
    const marks = new KernelMarks(object);
    const view = new DataView(boot);
    view.setInt32(RwEnforceBoot.cgroup_subsys, marks.#hierarchy.v1?.subsystem ?? -1, true);
    view.setUint32(RwEnforceBoot.cgroup_hierarchy, marks.#hierarchy.v1?.id ?? 0, true);
    view.setUint32(RwEnforceBoot.host_mount_ns, namespaceId(1, 'mnt'), true);
    const source = readFileSync(join(root, 'build/bpf/enforce.bpf.o')).toString('latin1');
    for (const [, name = ''] of source.matchAll(/\0(rw_[a-z0-9_]+)(?=\0)/g))
      if (object.hasProgram(name)) object.setAutoload(name, PROGRAMS.includes(name));
    const loaded = await object.load();
    if (loaded !== 0) throw new Error(`the kernel refuses the programs: ${loaded}`);
    for (const name of PROGRAMS.filter((each) => each !== 'rw_mark_members')) {
      const result = object.attach(name);
      if (result !== 0) throw new Error(`cannot attach ${name}: ${result}`);
    }
    return marks;
  }

  get maps(): { members: number; bound: number } {
    return { members: this.object.mapFd('rw_members'), bound: this.object.mapFd('rw_bound') };
  }

  /** Binds the cgroup of a process to a set that says nothing, and marks what runs in it. */
  bind(pid: number, set: number): number {
    const cgroup = this.#cgroupOf(pid);
    const key = new Uint8Array(new BigUint64Array([BigInt(cgroup)]).buffer);
    const id = new Uint8Array(new Uint32Array([set]).buffer);
    const value = new Uint8Array(RwSet.size);
    new DataView(value.buffer).setUint32(RwSet.id, set, true);
    const place = new Uint8Array(RwPlace.size);
    new DataView(place.buffer).setUint32(RwPlace.mount_ns, namespaceId(pid, 'mnt'), true);
    new DataView(place.buffer).setBigUint64(RwPlace.container, BigInt(cgroup), true);
    const binding = new Uint8Array(RwBinding.size);
    new DataView(binding.buffer).setUint32(RwBinding.set, set, true);
    new DataView(binding.buffer).setBigUint64(RwBinding.cgroup, BigInt(cgroup), true);
    const asked = new Uint8Array(RwAsked.size);
    new DataView(asked.buffer).setUint32(RwAsked.first_tgid, pid, true);
    const done = [['rw_asked', new Uint8Array(4), asked], ['rw_sets', id, value], ['rw_places', key, place], ['rw_bound', key, binding]] as const; // biome-ignore format: a table
    for (const [map, at, what] of done)
      if (!mapUpdate(this.object.mapFd(map), at, what)) throw new Error(`cannot write ${map}`);
    this.object.runIterator('rw_mark_members');
    return cgroup;
  }

  #cgroupOf(pid: number): number {
    const { v1, v2Folder } = this.#hierarchy;
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
    const pathOf = (id: number): string =>
      lines.find((line) => line.startsWith(`${id}:`))?.replace(/^\d+:[^:]*:/, '') ?? '/';
    if (v2Folder !== undefined && pathOf(0) !== '/') return statSync(v2Folder + pathOf(0)).ino;
    return V1_ID + statSync(`${v1?.folder}${pathOf(v1?.id ?? 0)}`).ino;
  }
}

const tell = (report: Report): void => void process.stdout.write(`${JSON.stringify(report)}\n`);

const marks = await KernelMarks.load(join(import.meta.dirname, '../../..'));
const guard = await FanotifyGuard.start(marks.maps);
let sets = 0;
guard.onVerdicts((verdicts) => {
  for (const { section, operation, object, outcome, line, unresolved, comm } of verdicts)
    tell({ kind: 'verdict', section, operation, object, outcome, line, unresolved, comm });
});
guard.onProblem((text) => tell({ kind: 'problem', text }));

async function obey(order: Order): Promise<void> {
  if (order.kind === 'close') {
    await guard.close();
    tell({ kind: 'closed' });
    process.exit(0);
  }
  if (order.kind === 'unbind') {
    guard.unbind(order.pid);
    tell({ kind: 'unbound' });
    return;
  }
  if (order.kind === 'counts') {
    const counts = [...guard.counts(order.set)].map(([line, { hits }]) => [line, hits] as const);
    tell({ kind: 'counts', counts });
    return;
  }
  const { policies, diagnostics } = readPolicies([{ name: 'test.yaml', text: order.policy }]);
  const { tables } = compileForKernel(mergePolicies(policies));
  if (tables === undefined || policies.length === 0) throw new Error(JSON.stringify(diagnostics));
  sets += 1;
  const set = sets;
  guard.load(set, tables);
  marks.bind(order.pid, set);
  tell({ kind: 'bound', set, ...(await guard.bind({ pid: order.pid, set })) });
}

tell({ kind: 'ready' });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    await obey(JSON.parse(line) as Order); // written by GuardProcess
  } catch (error) {
    tell({ kind: 'failed', text: error instanceof Error ? error.message : String(error) });
  }
}
