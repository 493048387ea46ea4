import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What `load` prints for every mode but `secret`. */
export interface LoadResult {
  readonly mode: string;
  readonly count: number;
  readonly elapsedNs: number;
  readonly cpuNs: number;
}

/** When the system calls of `load secret` began and ended, milliseconds since the Unix epoch. */
export interface SecretOpens {
  readonly beganMs: readonly number[];
  readonly endedMs: readonly number[];
}

const LOAD = { program: ['/load'], path: '/' } as const;

/** A folder with the load generator as the only program of an image, and runc containers made from it. */
export class LoadContainers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'runward-bench-'));
  #started = 0;

  constructor(source: string) {
    const image = join(this.#folder, 'image');
    for (const name of ['proc', 'dev', 'tmp', 'etc']) mkdirSync(join(image, name), { recursive: true });
    writeFileSync(join(image, 'etc/passwd'), 'root:x:0:0:root:/:/load\n');
    writeFileSync(join(image, 'etc/shadow'), 'root:*:19000:0:99999:7:::\n');
    writeFileSync(join(image, 'tmp/file'), 'content\n');
    const program = join(this.#folder, 'load');
    execFileSync('gcc', ['-O2', '-Wall', '-static', '-o', program, source]);
    copyFileSync(program, join(image, 'load'));
  }

  /** Runs `load` with these arguments in a container of its own and returns what it printed. */
  async run(...args: readonly string[]): Promise<LoadResult> {
    const { command } = this.#bundle(args);
    const { stdout } = await promisify(execFile)('runc', command, { maxBuffer: 64 << 20 });
    // The one line our own load generator prints.
    return JSON.parse(stdout) as LoadResult;
  }

  async secret(count: number, everyUs: number, ...args: readonly string[]): Promise<SecretOpens> {
    const { command } = this.#bundle([
      'secret',
      `${count}`,
      'path=/etc/shadow',
      `every_us=${everyUs}`,
      ...args,
    ]);
    const { stdout } = await promisify(execFile)('runc', command, { maxBuffer: 64 << 20 });
    // Nanoseconds since the epoch exceed 2^53; as doubles they keep a quarter of a microsecond.
    const { opens } = JSON.parse(stdout) as { opens: readonly (readonly [number, number])[] };
    return { beganMs: opens.map(([began]) => began / 1e6), endedMs: opens.map(([, ended]) => ended / 1e6) };
  }

  /** Runs a script with the busybox of this machine in a container of its own; resolves to the container's name. */
  async shell(script: string): Promise<string> {
    this.#installBusybox();
    const { name, command } = this.#bundle(['/bin/sh', '-c', script], { program: [], path: '/bin' });
    await promisify(execFile)('runc', command, { maxBuffer: 64 << 20 });
    return name;
  }

  #installBusybox(): void {
    const folder = join(this.#folder, 'image/bin');
    if (existsSync(folder)) return;
    mkdirSync(folder);
    const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
    copyFileSync(busybox, join(folder, 'busybox'));
    const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n');
    for (const applet of applets)
      if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(folder, applet));
  }

  /** Where runc keeps the state of these containers: what an agent must be told to know them. */
  get stateFolder(): string {
    return this.#state;
  }

  /** Starts `load` without waiting for its end; the function returned ends it. */
  background(...args: readonly string[]): () => Promise<void> {
    const { name, command } = this.#bundle(args);
    const child = spawn('runc', command, { stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    return async () => {
      execFileSync('runc', ['--root', this.#state, 'kill', name, 'KILL'], { stdio: 'ignore' });
      await ended;
    };
  }

  /** Also ends what an error or an interrupt left running. */
  remove(): void {
    const left = execFileSync('runc', ['--root', this.#state, 'list', '--quiet'], { encoding: 'utf8' });
    for (const name of left.split('\n').filter((line) => line !== ''))
      execFileSync('runc', ['--root', this.#state, 'delete', '--force', name], { stdio: 'ignore' });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #state(): string {
    return join(this.#folder, 'state');
  }

  #bundle(
    args: readonly string[],
    { program, path }: { readonly program: readonly string[]; readonly path: string } = LOAD,
  ): { readonly name: string; readonly command: string[] } {
    this.#started += 1;
    const name = `runward-bench-${process.pid}-${this.#started}`;
    const bundle = join(this.#folder, name);
    mkdirSync(bundle);
    const spec = {
      ociVersion: '1.0.2',
      root: { path: join(this.#folder, 'image') },
      process: { user: { uid: 0, gid: 0 }, args: [...program, ...args], env: [`PATH=${path}`], cwd: '/' },
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc' },
        { destination: '/dev', type: 'tmpfs', source: 'tmpfs' },
      ],
      linux: { namespaces: ['pid', 'mount', 'ipc', 'uts', 'network'].map((type) => ({ type })) },
    };
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
    return { name, command: ['--root', this.#state, 'run', '--bundle', bundle, name] };
  }
}
