import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { which } from './host.js';
import { must, run } from './process.js';

const repository = resolve(import.meta.dirname, '../../..');
const programsFolder = join(repository, 'build/test-programs');
const imagesFolder = join(repository, 'build/test-images');

export interface TestImage {
  /** Full reference, e.g. `docker.io/runward.test/tools:1`. */
  readonly reference: string;
  /** The unpacked root; never written to, shared by all containers as an overlay's lower layer. */
  readonly rootfs: string;
  /** One archive that is an OCI layout and a docker-archive at once: ctr, docker and podman all load it. */
  readonly archive: string;
  /** Digest of the OCI manifest, `sha256:…`. */
  readonly digest: string;
  /** Digest of the image's configuration, which Docker and Podman call the image id. */
  readonly imageId: string;
}

const files: Readonly<Record<string, { text: string; mode?: number }>> = {
  'etc/passwd': {
    text: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
  },
  'etc/group': { text: 'root:x:0:\nnogroup:x:65534:\n' },
  'etc/shadow': { text: 'root:*:19700:0:99999:7:::\n', mode: 0o640 },
  'etc/hosts': { text: '127.0.0.1 localhost\n' },
  'etc/resolv.conf': { text: '' },
  'etc/nsswitch.conf': { text: 'hosts: files\n' },
};

const folders = ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/local/bin', 'etc', 'root', 'home', 'proc', 'sys', 'dev',
  'run', 'mnt', 'opt', 'srv', 'lib', 'var/log', 'var/tmp', 'var/lib']; // biome-ignore format: a list

async function writeToolsRootfs(root: string): Promise<void> {
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  for (const folder of ['tmp', 'var/tmp']) {
    mkdirSync(join(root, folder), { recursive: true });
    chmodSync(join(root, folder), 0o1777);
  }
  const busybox = busyboxPath();
  copyFileSync(busybox, join(root, 'bin/busybox'));
  const applets = (await must(busybox, ['--list'])).split('\n');
  for (const applet of applets) {
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  }
  for (const [name, file] of Object.entries(files)) {
    writeFileSync(join(root, name), file.text);
    chmodSync(join(root, name), file.mode ?? 0o644);
  }
  for (const program of programNames()) {
    copyFileSync(join(programsFolder, program), join(root, 'usr/local/bin', program));
  }
}

function writePauseRootfs(root: string): void {
  for (const folder of ['proc', 'sys', 'dev', 'etc']) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(join(programsFolder, 'pause'), join(root, 'pause'));
}

/** What is being built just now has a name that begins with a dot. */
function programNames(): string[] {
  return readdirSync(programsFolder)
    .filter((name) => !name.startsWith('.'))
    .sort();
}

function busyboxPath(): string {
  const path = which('busybox');
  if (path === undefined) throw new Error('busybox is not installed (Debian: busybox-static)');
  return path;
}

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** Lays the blobs out once and describes them twice: index.json for OCI readers, manifest.json for Docker's. */
async function writeArchive(folder: string, reference: string, command: readonly string[]): Promise<void> {
  const layout = join(folder, 'layout');
  const blobs = join(layout, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const store = (bytes: Buffer | string): { digest: string; size: number } => {
    const hex = sha256(bytes);
    writeFileSync(join(blobs, hex), bytes);
    return { digest: `sha256:${hex}`, size: Buffer.byteLength(bytes) };
  };
  const layerFile = join(folder, 'layer.tar');
  await must('tar', ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-C', join(folder, 'rootfs'), '-cf', layerFile, '.']); // biome-ignore format: one command
  const layer = store(readFileSync(layerFile));
  rmSync(layerFile);
  const environment = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
  const config = store(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: { Env: environment, Cmd: command, Labels: { 'test.runward.image': reference } },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'runward tests' }],
    }),
  );
  const mediaType = 'application/vnd.oci.image';
  const manifest = store(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${mediaType}.manifest.v1+json`,
      config: { mediaType: `${mediaType}.config.v1+json`, ...config },
      layers: [{ mediaType: `${mediaType}.layer.v1.tar`, ...layer }],
    }),
  );
  const annotations = {
    'io.containerd.image.name': reference,
    'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
  };
  const index = {
    schemaVersion: 2,
    manifests: [{ mediaType: `${mediaType}.manifest.v1+json`, ...manifest, annotations }],
  };
  const blobPath = (digest: string): string => digest.replace('sha256:', 'blobs/sha256/');
  const docker = [
    { Config: blobPath(config.digest), RepoTags: [reference], Layers: [blobPath(layer.digest)] },
  ];
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
  writeFileSync(join(layout, 'manifest.json'), JSON.stringify(docker));
  await must('tar', [
    '-C',
    layout,
    '-cf',
    join(folder, 'archive.tar'),
    'oci-layout',
    'index.json',
    'manifest.json',
    'blobs',
  ]);
  rmSync(layout, { recursive: true });
  writeFileSync(
    join(folder, 'digests.json'),
    JSON.stringify({ digest: manifest.digest, imageId: config.digest }),
  );
}

function contentKey(): string {
  const programs = programNames();
  const bytes = programs.map((program) => sha256(readFileSync(join(programsFolder, program))));
  const self = readFileSync(import.meta.filename);
  return sha256([sha256(self), sha256(readFileSync(busyboxPath())), ...bytes].join('\n')).slice(0, 16);
}

async function build(name: string): Promise<TestImage> {
  const made = await run(join(repository, 'scripts/build-test-programs.sh'), []);
  if (made.code !== 0) throw new Error(`test programs do not build: ${made.stderr}`);
  const reference = `docker.io/runward.test/${name}:1`;
  const folder = join(imagesFolder, `${name}-${contentKey()}`);
  if (!existsSync(join(folder, 'digests.json'))) {
    const part = `${folder}.${process.pid}`;
    mkdirSync(join(part, 'rootfs'), { recursive: true });
    if (name === 'pause') writePauseRootfs(join(part, 'rootfs'));
    else await writeToolsRootfs(join(part, 'rootfs'));
    await writeArchive(part, reference, name === 'pause' ? ['/pause'] : ['/bin/sh']);
    // Another process may have built the same content meanwhile: either copy is good.
    if (existsSync(folder)) rmSync(part, { recursive: true });
    else renameSync(part, folder);
  }
  const digests: unknown = JSON.parse(readFileSync(join(folder, 'digests.json'), 'utf8'));
  // Written by writeArchive above, so of that shape.
  const { digest, imageId } = digests as { digest: string; imageId: string };
  return { reference, rootfs: join(folder, 'rootfs'), archive: join(folder, 'archive.tar'), digest, imageId };
}

const built = new Map<string, Promise<TestImage>>();

/**
 * `tools` (busybox applets in /bin, the test programs in /usr/local/bin), `pause` (a pod sandbox), or any other
 * name for an image with the content of `tools` under that name. Built once, cached under build/test-images.
 */
export function testImage(name = 'tools'): Promise<TestImage> {
  const image = built.get(name) ?? build(name);
  built.set(name, image);
  return image;
}
