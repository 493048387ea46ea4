import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { testImage } from '../harness/images.js';
import { must, run } from '../harness/process.js';
import { uniqueName } from '../harness/runtime.js';
import { removeCgroup, Scratch } from '../harness/scratch.js';
import type { Spec } from './planted.js';

/** Many containers of one image by plain runc, each from its own specification, on one root file system. */
export class Fleet {
  readonly scratch = new Scratch('fleet');
  readonly image = `runward.test/${uniqueName('attest')}`;
  readonly folders: { readonly data: string; readonly socket: string };
  readonly #names: string[] = [];
  #rootfs = '';
  #server: Server | undefined;

  constructor() {
    const data = this.scratch.below('data');
    mkdirSync(data);
    this.folders = { data, socket: join(this.scratch.path, 'docker.sock') };
  }

  get state(): string {
    return join(this.scratch.path, 'runc');
  }

  get rootfs(): string {
    return this.#rootfs;
  }

  /** What commands need to find these containers. */
  get options(): readonly string[] {
    return ['--runtime-root', `runc=${this.state}`];
  }

  async open(): Promise<void> {
    this.#server = createServer().listen(this.folders.socket);
    const { rootfs } = await testImage();
    for (const part of ['rootfs', 'upper', 'work']) mkdirSync(join(this.scratch.path, part));
    this.#rootfs = join(this.scratch.path, 'rootfs');
    const [upper, work] = [join(this.scratch.path, 'upper'), join(this.scratch.path, 'work')];
    const layers = `lowerdir=${rootfs},upperdir=${upper},workdir=${work}`;
    await must('mount', ['-t', 'overlay', 'overlay', '-o', layers, this.#rootfs]);
    for (const folder of ['proc', 'dev', 'sys', 'tmp', 'run', 'mnt'])
      mkdirSync(join(this.#rootfs, folder), { recursive: true });
    writeFileSync(join(this.#rootfs, 'docker.sock'), '');
  }

  /** Resolves when it runs; its name is its id. */
  async start(label: string, spec: Spec): Promise<string> {
    const name = uniqueName(`rwa-${label}`);
    const bundle = this.scratch.below(name);
    mkdirSync(bundle);
    const config = {
      ...spec,
      ...{ ociVersion: '1.0.2', annotations: { 'io.containerd.image.name': `${this.image}:1` } },
      process: { ...spec.process, cwd: '/', terminal: false },
      linux: { ...spec.linux, cgroupsPath: `/${name}` },
    };
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    this.#names.push(name);
    await must('runc', ['--root', this.state, 'run', '--detach', '--bundle', bundle, name]);
    return name;
  }

  runc(...args: readonly string[]): Promise<unknown> {
    return must('runc', ['--root', this.state, ...args]);
  }

  async pidOf(name: string): Promise<number> {
    const state = await must('runc', ['--root', this.state, 'state', name]);
    return (JSON.parse(state) as { readonly pid: number }).pid; // runc's own answer
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#names.map((name) => run('runc', ['--root', this.state, 'delete', '--force', name])),
    );
    for (const name of this.#names) await removeCgroup(name);
    this.#server?.close();
    if (this.#rootfs !== '') await must('umount', ['-l', this.#rootfs]);
    await this.scratch.remove();
  }
}
