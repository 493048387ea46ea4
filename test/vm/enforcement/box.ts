import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ContainerHierarchy, findContainerHierarchy } from '@runward/sensor';
import { testImage } from '../../e2e/harness/images.js';
import { ociConfig } from '../../e2e/harness/oci-bundle.js';
import { must, run } from '../../e2e/harness/process.js';

const V1_ID = 2 ** 52;

/** Programs of their own names, beside those of the image; the loader and a program it loads are the machine's. */
const EXTRA: Readonly<Record<string, string>> = {
  'opt/tools/one': 'usr/local/bin/exercise',
  'opt/tools/two': 'usr/local/bin/exercise',
  'opt/tools/deep/three': 'usr/local/bin/exercise',
  'opt/other/four': 'usr/local/bin/exercise',
};
const LOADER = '/lib64/ld-linux-x86-64.so.2';
const LIBRARY = '/lib/x86_64-linux-gnu/libc.so.6';

async function writeExtraLayer(folder: string, rootfs: string): Promise<void> {
  const copy = (from: string, to: string): void => {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    copyFileSync(from, join(folder, to));
  };
  for (const [to, from] of Object.entries(EXTRA)) copy(join(rootfs, from), to);
  copy(LOADER, 'lib64/ld-linux-x86-64.so.2');
  copy(LIBRARY, 'lib64/libc.so.6');
  copy('/usr/bin/true', 'opt/tools/dynamic');
  writeFileSync(join(folder, 'opt/tools/script'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
  for (const name of ['data', 'data/sub', 'secret', 'secret/sub'])
    mkdirSync(join(folder, 'srv', name), { recursive: true });
  for (const name of ['data/a', 'data/b', 'data/sub/c', 'secret/a', 'secret/b', 'secret/sub/c'])
    writeFileSync(join(folder, 'srv', name), `${name}\n`);
}

export interface BoxOptions {
  readonly privileged?: boolean;
  readonly mounts?: readonly { readonly source: string; readonly target: string }[];
}

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** A real container whose program runs the lines it is given, one after another. */
export class Box {
  private constructor(
    readonly name: string,
    /** Of its first process. */
    readonly pid: number,
    readonly cgroups: readonly number[],
    readonly folder: string,
    private readonly lines: number,
  ) {}

  /** The container exists and its program has not been started; `onCreated` is when to bind it. */
  static async start(
    folder: string,
    name: string,
    onCreated: (box: { readonly cgroups: readonly number[]; readonly pid: number }) => void,
    options: BoxOptions = {},
  ): Promise<Box> {
    const rootfs = process.env.RUNWARD_ROOTFS ?? (await testImage()).rootfs;
    const bundle = join(folder, name);
    for (const part of ['rootfs', 'upper', 'work', 'extra'])
      mkdirSync(join(bundle, part), { recursive: true });
    await writeExtraLayer(join(bundle, 'extra'), rootfs);
    const args = ['sh', '-c', 'while read -r line; do sh -c "$line" 2>&1; echo "=end= $?"; done'];
    const container = {
      ...{ name, args },
      privileged: options.privileged ?? false,
      ...(options.mounts === undefined ? {} : { mounts: options.mounts }),
    };
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(ociConfig(container, `/${name}`)));
    const layers = `lowerdir=${join(bundle, 'extra')}:${rootfs},upperdir=${join(bundle, 'upper')},workdir=${join(bundle, 'work')}`;
    await must('mount', ['-t', 'overlay', 'overlay', '-o', layers, join(bundle, 'rootfs')]);
    const pidFile = join(bundle, 'pid');
    const state = ['--root', join(folder, 'state')];
    // Neither a pipe that ends with runc nor a file that is at its end: the shell waits for the next line.
    await must('mkfifo', [join(bundle, 'lines')]);
    const lines = openSync(join(bundle, 'lines'), 'r+');
    const output = openSync(join(bundle, 'output'), 'a');
    const child = spawn('runc', [...state, 'create', '--bundle', bundle, '--pid-file', pidFile, name], {
      stdio: [lines, output, output],
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    closeSync(output);
    if (code !== 0) throw new Error(`runc create: ${readFileSync(join(bundle, 'output'), 'utf8')}`);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const cgroups = [cgroupOf(pid)];
    onCreated({ cgroups, pid });
    await must('runc', [...state, 'start', name]);
    return new Box(name, pid, cgroups, folder, lines);
  }

  /** One line for its shell; what it printed, and the exit code: 124 when it took too long. */
  async run(line: string, timeoutMs = 20_000): Promise<Ran> {
    const from = this.#output().length;
    writeSync(this.lines, `${line}\n`);
    for (const until = Date.now() + timeoutMs; Date.now() < until; ) {
      const text = this.#output().slice(from);
      const end = /=end= (\d+)\n/.exec(text);
      if (end !== null) return { code: Number(end[1]), output: text.slice(0, end.index) };
      await sleep(2);
    }
    return { code: 124, output: this.#output().slice(from) };
  }

  #output(): string {
    return readFileSync(join(this.folder, this.name, 'output'), 'utf8');
  }

  /** A further program of the container, as `docker exec` starts them. */
  async exec(args: readonly string[]): Promise<Ran> {
    const { code, stdout, stderr } = await run('runc', [
      '--root',
      join(this.folder, 'state'),
      'exec',
      this.name,
      ...args,
    ]);
    return { code, output: stdout + stderr };
  }

  async close(): Promise<void> {
    closeSync(this.lines);
    await run('runc', ['--root', join(this.folder, 'state'), 'delete', '--force', this.name]);
    await run('umount', ['-l', join(this.folder, this.name, 'rootfs')]);
    rmSync(join(this.folder, this.name), { recursive: true, force: true });
  }
}

/** A process' cgroup as events name it: that of the v2 tree, or where it is in its root, of the v1 hierarchy. */
export function cgroupOf(pid: number, hierarchy: ContainerHierarchy = findContainerHierarchy()): number {
  const rows = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const pathIn = (id: number): string | undefined =>
    rows.find((row) => row.startsWith(`${id}:`))?.replace(/^\d+:[^:]*:/, '');
  const v2 = pathIn(0);
  if (v2 !== undefined && v2 !== '/' && hierarchy.v2Folder !== undefined)
    return Number(statSync(hierarchy.v2Folder + v2, { bigint: true }).ino);
  const { v1 } = hierarchy;
  if (v1 === undefined) throw new Error('no cgroup tells the container');
  return Number(statSync(v1.folder + (pathIn(v1.id) ?? ''), { bigint: true }).ino) + V1_ID;
}
