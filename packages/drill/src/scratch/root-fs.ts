import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DrillError } from '../error.js';
import { runCommand } from './command.js';
import { isStatic, which } from './host.js';

/** Where the programs of scratch containers come from. */
export type RootChoice =
  | { readonly kind: 'busybox' }
  /** An image of Docker or Podman, by any name they know. */
  | { readonly kind: 'image'; readonly reference: string }
  /** An unpacked root file system, which is not written to. */
  | { readonly kind: 'folder'; readonly path: string };

/** The lowest layer of scratch containers. */
export interface RootFs {
  readonly folder: string;
  /** For people. */
  readonly origin: string;
  /** On this machine; sets up networks. undefined: scenarios with a network cannot be run. */
  readonly busybox: string | undefined;
}

const UNPACK_TIMEOUT_MS = 600_000;

const FOLDERS = ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/local/bin', 'etc', 'root', 'home', 'proc', 'sys', 'dev',
  'run', 'mnt', 'opt', 'srv', 'lib', 'var/log', 'var/lib', 'var/spool']; // biome-ignore format: a list

const FILES: Readonly<Record<string, { readonly text: string; readonly mode?: number }>> = {
  'etc/passwd': {
    text: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
  },
  'etc/group': { text: 'root:x:0:\nnogroup:x:65534:\n' },
  'etc/shadow': { text: 'root:*:19700:0:99999:7:::\n', mode: 0o640 },
  'etc/hosts': { text: '127.0.0.1 localhost\n' },
  'etc/resolv.conf': { text: 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' },
};

/** @throws DrillError DRILL_NO_ROOT */
export async function makeRootFs(choice: RootChoice, folder: string, signal: AbortSignal): Promise<RootFs> {
  const busybox = which('busybox');
  if (choice.kind === 'busybox') {
    if (busybox === undefined) {
      throw noRoot(
        '`busybox` is not installed',
        'install it (Debian: busybox-static), or name an image with `--image`',
      );
    }
    if (!isStatic(busybox)) {
      throw noRoot(
        `\`${busybox}\` needs libraries, which an empty root file system does not have`,
        'install a static one (Debian: busybox-static), or name an image with `--image`',
      );
    }
    await fillWithBusybox(folder, busybox);
    return { folder, origin: busybox, busybox };
  }
  if (choice.kind === 'image') await exportImage(choice.reference, folder, signal);
  const root = choice.kind === 'image' ? folder : choice.path;
  if (!['bin/sh', 'usr/bin/sh'].some((path) => existsSync(join(root, path)) || isLink(join(root, path)))) {
    throw noRoot(
      `there is no \`sh\` in \`${nameOf(choice)}\``,
      'scenarios are scripts: choose an image with a shell',
    );
  }
  return { folder: root, origin: nameOf(choice), busybox };
}

const nameOf = (choice: RootChoice): string =>
  choice.kind === 'image' ? choice.reference : choice.kind === 'folder' ? choice.path : 'busybox';

const noRoot = (message: string, help: string): DrillError =>
  new DrillError('DRILL_NO_ROOT', message, { help });

/** A link's target may be absolute and then is not there from outside. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

async function fillWithBusybox(folder: string, busybox: string): Promise<void> {
  for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['tmp', 'var/tmp']) {
    mkdirSync(join(folder, name), { recursive: true });
    chmodSync(join(folder, name), 0o1777);
  }
  copyFileSync(busybox, join(folder, 'bin/busybox'));
  const { output } = await runCommand(busybox, ['--list']);
  for (const applet of output.split('\n'))
    if (/^[a-z0-9_[.-]+$/.test(applet) && applet !== 'busybox')
      symlinkSync('busybox', join(folder, 'bin', applet));
  for (const [name, { text, mode = 0o644 }] of Object.entries(FILES)) writeFileIn(folder, name, text, mode);
}

export function writeFileIn(folder: string, name: string, text: string, mode: number): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

/** The files of an image, as a container of it that is never started has them. */
async function exportImage(reference: string, folder: string, signal: AbortSignal): Promise<void> {
  const programs = ['docker', 'podman'].filter((name) => which(name) !== undefined);
  const problems: string[] = [];
  for (const program of programs) {
    const made = await runCommand(
      program,
      ['create', '--pull', 'never', '--network', 'none', '--', reference, '/bin/sh'],
      {
        signal,
      },
    );
    const id = /^[0-9a-f]{64}$/m.exec(made.output)?.[0];
    if (made.code === 0 && id !== undefined) return unpack(program, { id, reference, folder, signal });
    problems.push(`${program}: ${made.output.trim().split('\n').at(-1) ?? ''}`);
  }
  throw programs.length === 0
    ? noRoot(
        '`--image` needs Docker or Podman',
        'without them unpack the image and name its folder with `--rootfs`',
      )
    : noRoot(
        `there is no image \`${reference}\` (${problems.join('; ')})`,
        `\`${programs[0]} images\` lists those there are; a drill pulls none`,
      );
}

async function unpack(
  program: string,
  image: {
    readonly id: string;
    readonly reference: string;
    readonly folder: string;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { id, reference, folder, signal } = image;
  try {
    mkdirSync(folder, { recursive: true });
    const script = 'set -o pipefail; "$0" export "$1" | tar -x -C "$2"';
    const done = await runCommand('bash', ['-c', script, program, id, folder], {
      signal,
      timeoutMs: UNPACK_TIMEOUT_MS,
    });
    if (done.code !== 0) throw noRoot(`\`${reference}\` cannot be unpacked: ${done.output.trim()}`, '');
  } finally {
    await runCommand(program, ['rm', '-f', id]);
  }
}
