import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { which } from '../e2e/harness/host.js';
import { must } from '../e2e/harness/process.js';

const repository = resolve(import.meta.dirname, '../..');
const kernelsFolder = join(repository, 'build/kernels');
const initSource = join(import.meta.dirname, 'init.sh');

/** What the test machine's root file system is made of; the kernel's other modules are loadable once it runs. */
const wantedModules = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];

export type KernelSeries = '5.10' | '6.1' | '6.12';

export interface TestKernel {
  readonly series: KernelSeries;
  /** `uname -r` inside. */
  readonly release: string;
  readonly image: string;
  readonly modules: string;
  readonly initramfs: string;
}

/** The modules' paths in the order to load them; a module the kernel has built in is not among them. */
function loadOrder(modules: string): string[] {
  const dependencies = new Map<string, string[]>();
  for (const line of readFileSync(join(modules, 'modules.dep'), 'utf8').split('\n')) {
    const [path, needed = ''] = line.split(':');
    if (path) dependencies.set(path, needed.trim().split(' ').filter(Boolean));
  }
  const order: string[] = [];
  const add = (path: string): void => {
    if (order.includes(path)) return;
    for (const needed of dependencies.get(path) ?? []) add(needed);
    order.push(path);
  };
  for (const name of wantedModules) {
    const path = [...dependencies.keys()].find(
      (candidate) => basename(candidate).replace(/\.ko(\.\w+)?$/, '') === name,
    );
    if (path !== undefined) add(path);
  }
  return order;
}

async function buildInitramfs(modules: string, target: string): Promise<void> {
  const folder = mkdtempSync(join(kernelsFolder, '.initramfs-'));
  try {
    for (const name of ['bin', 'modules', 'proc', 'sys', 'dev', 'lower', 'upper', 'root'])
      mkdirSync(join(folder, name));
    copyFileSync(which('busybox') ?? 'busybox', join(folder, 'bin/busybox'));
    const names: string[] = [];
    for (const path of loadOrder(modules)) {
      const copy = join(folder, 'modules', basename(path));
      copyFileSync(join(modules, path), copy);
      if (copy.endsWith('.xz')) await must('xz', ['--decompress', copy]);
      names.push(basename(path).replace(/\.xz$/, ''));
    }
    writeFileSync(
      join(folder, 'init'),
      readFileSync(initSource, 'utf8').replaceAll('@MODULES@', names.join(' ')),
    );
    chmodSync(join(folder, 'init'), 0o755);
    const part = `${target}.${process.pid}`;
    await must('sh', [
      '-c',
      'cd "$1" && find . | cpio --quiet -o -H newc | gzip -1 >"$2"',
      'sh',
      folder,
      part,
    ]);
    renameSync(part, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A fetched kernel with its initramfs, made when first asked for. Fetches the kernel if it is not there yet. */
export async function testKernel(series: KernelSeries): Promise<TestKernel> {
  const folder = join(kernelsFolder, series);
  if (!existsSync(join(folder, 'release'))) {
    await must(join(repository, 'scripts/fetch-kernels.sh'), [series], { timeoutMs: 300_000 });
  }
  const release = readFileSync(join(folder, 'release'), 'utf8').trim();
  const modules = join(folder, 'lib/modules', release);
  const busybox = readFileSync(which('busybox') ?? 'busybox');
  const self = readFileSync(import.meta.filename);
  const key = createHash('sha256')
    .update(release)
    .update(readFileSync(initSource))
    .update(self)
    .update(busybox)
    .digest('hex');
  const initramfs = join(folder, `initramfs-${key.slice(0, 16)}.cpio.gz`);
  if (!existsSync(initramfs)) await buildInitramfs(modules, initramfs);
  return { series, release, image: join(folder, 'vmlinuz'), modules, initramfs };
}
