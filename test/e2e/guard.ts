import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Enforcement, type KernelVerdict, PinnedEnforcement } from '@runward/enforce';
import { compileForKernel, mergePolicies } from '@runward/policy';
import { testPolicy } from '@runward/policy/testing';
import { poll } from './harness/process.js';
import type { TestContainer } from './harness/runtime.js';
import { cgroupMounts } from './harness/scratch.js';

const objectPath = resolve(import.meta.dirname, '../../build/bpf/enforce.bpf.o');

/** The v2 group of a process as events name it. */
export function cgroupOf(pid: number): number {
  const line = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith('0::'));
  const folder = line?.slice(3);
  if (folder === undefined || folder === '/') throw new Error(`process ${pid} is in no v2 group`);
  for (const mount of cgroupMounts())
    if (existsSync(join(mount, 'cgroup.controllers'))) return statSync(join(mount, folder)).ino;
  throw new Error(`no v2 tree is among ${cgroupMounts().join(', ')}`);
}

/** The kernel's enforcement, loaded for one test file into a folder of pins of its own. */
export class Guard {
  readonly verdicts: KernelVerdict[] = [];
  readonly #sets = new Map<string, number>();

  private constructor(
    readonly enforcement: Enforcement,
    readonly pinFolder: string,
  ) {
    enforcement.onVerdicts((verdicts) => this.verdicts.push(...verdicts));
  }

  static async open(pinFolder = `/sys/fs/bpf/runward-test-${process.pid}`): Promise<Guard> {
    mkdirSync(pinFolder, { recursive: true });
    return new Guard(await PinnedEnforcement.open({ objectPath, pinFolder }), pinFolder);
  }

  /** Compiles and loads policies, each the text of a `spec`; what the kernel holds already is loaded once. */
  load(...specs: readonly string[]): number {
    const key = JSON.stringify(specs);
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const policies = specs.map((spec, at) => testPolicy(spec, `policy-${at}`, { warnings: true }));
    const { tables, diagnostics } = compileForKernel(mergePolicies(policies));
    if (tables === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    const set = this.enforcement.load(tables);
    this.#sets.set(key, set);
    return set;
  }

  bind(container: TestContainer, ...specs: readonly string[]): void {
    const { pid } = container;
    if (pid === undefined) throw new Error(`${container.name} has ended`);
    this.enforcement.bind({ cgroups: [cgroupOf(pid)], pid, set: this.load(...specs), failClosed: true });
  }

  unbind({ pid }: TestContainer): void {
    if (pid !== undefined) this.enforcement.unbind([cgroupOf(pid)]);
  }

  /** The verdicts since `from` that `accepts` takes, once there is one; [] when none came. */
  async verdictsOf(
    accepts: (verdict: KernelVerdict) => boolean,
    from = 0,
  ): Promise<readonly KernelVerdict[]> {
    const find = (): readonly KernelVerdict[] => this.verdicts.slice(from).filter(accepts);
    return (await poll(() => (find().length > 0 ? find() : undefined), 3000, 10).catch(() => [])) ?? [];
  }

  async close(): Promise<void> {
    await this.enforcement.close();
    PinnedEnforcement.detachAll(this.pinFolder);
    try {
      rmdirSync(this.pinFolder);
    } catch {
      // detaching has removed it
    }
  }
}

/** What `sections` printed: each attempt's outcome. */
export const outcomesOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .trim()
      .split('\n')
      .filter((line) => line.includes(' '))
      .map((line): [string, string] => {
        const [name = '', outcome = ''] = line.split(' ');
        return [name, outcome];
      }),
  );
