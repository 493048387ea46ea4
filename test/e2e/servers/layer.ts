import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { must } from '../harness/process.js';
import { LAYER_FILES } from './layer-files.js';

const repository = resolve(import.meta.dirname, '../../..');
const serversFolder = join(repository, 'build/servers');
const implantFolder = join(import.meta.dirname, 'implant');

export interface ServerImage {
  /** Debian's packages, unpacked; never written to. */
  readonly rootfs: string;
  /** Lower layers of an overlay, as its `lowerdir` has them: our own files over the packages. */
  readonly layers: string;
  /** Sends an order to the implant: `order PID NUMBER`. */
  readonly order: string;
}

const compilation = ['-O1', '-Wall', '-Wextra', '-Werror'];

async function compileImplant(target: string): Promise<void> {
  const source = (name: string): string => join(implantFolder, name);
  const made = (name: string): string => join(target, name);
  const small = ['-static', '-nostdlib', '-Os', '-s', '-Wl,--build-id=none', '-Wl,-z,norelro'];
  await must('gcc', [...small, '-o', made('payload'), source('payload.c')]);
  await must('gcc', [...compilation, '-static', '-o', made('order'), source('order.c')]);
  // Hidden: a name of ours must not take the place of one of the server's.
  const shared = ['-shared', '-fPIC', '-fvisibility=hidden', `-Wa,-I${target}`];
  await must('gcc', [
    ...compilation,
    ...shared,
    '-o',
    made('implant.so'),
    source('implant.c'),
    source('attacks.c'),
  ]);
}

function writeLayer(target: string): void {
  for (const file of LAYER_FILES) {
    const path = join(target, file.path);
    mkdirSync(dirname(path), { recursive: true });
    if (file.folder) mkdirSync(path, { recursive: true });
    else writeFileSync(path, file.text ?? Buffer.alloc(file.bytes ?? 0, 'runward '));
    chmodSync(path, file.mode ?? (file.folder ? 0o755 : 0o644));
    chownSync(path, file.owner ?? 0, file.owner ?? 0);
  }
}

function contentKey(): string {
  const hash = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .update(JSON.stringify(LAYER_FILES));
  for (const name of readdirSync(implantFolder).sort()) hash.update(readFileSync(join(implantFolder, name)));
  return hash.digest('hex').slice(0, 16);
}

/** Fetches the packages and builds our layer, where that has not been done yet. */
export async function serverImage(): Promise<ServerImage> {
  await must(join(repository, 'scripts/fetch-servers.sh'), [], { timeoutMs: 600_000 });
  const folder = join(serversFolder, `layer-${contentKey()}`);
  if (!existsSync(folder)) {
    const part = `${folder}.${process.pid}`;
    const layer = join(part, 'files');
    mkdirSync(layer, { recursive: true });
    await compileImplant(part);
    writeLayer(layer);
    mkdirSync(join(layer, 'opt'), { recursive: true });
    writeFileSync(join(layer, 'opt/implant.so'), readFileSync(join(part, 'implant.so')), { mode: 0o755 });
    // Another process may have built the same content meanwhile: either copy is good.
    if (existsSync(folder)) rmSync(part, { recursive: true });
    else renameSync(part, folder);
  }
  const rootfs = join(serversFolder, 'rootfs');
  return { rootfs, layers: `${join(folder, 'files')}:${rootfs}`, order: join(folder, 'order') };
}
