import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerInfo } from '@runward/events';
import { testContainer } from '@runward/events/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CaptureReport, type CaptureSources, captureContainer } from './capture.js';
import type { CapturedProcess } from './process-facts.js';
import type { CapturedSockets } from './socket-tables.js';

const SECRET = 'hunter2-not-to-be-kept';

let folder: string;
let child: ChildProcess;
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runward-capture-'));
  child = spawn('sleep', ['600'], { env: { DATABASE_PASSWORD: SECRET, PATH: process.env.PATH ?? '' } });
  await new Promise((resolve) => child.once('spawn', resolve));
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  child.kill('SIGKILL');
  server.close();
  rmSync(folder, { recursive: true });
});

const container: ContainerInfo = { ...testContainer({ id: 'c1' }), env: [`TOKEN=${SECRET}`, 'HOME=/'] };
const sources = (facts: Partial<CaptureSources> = {}): CaptureSources => ({
  ...{
    pids: () => [child.pid ?? 0, 0x7fff_fff0],
    network: async () => undefined,
    isolation: () => ({ isolated: false }),
  },
  ...{ recordings: undefined, ...facts },
});
const capture = (
  facts: Partial<CaptureSources> = {},
  memory: readonly number[] = [],
  memoryBytes = 1 << 28,
): Promise<CaptureReport> =>
  captureContainer(
    { container, cgroups: [1], folder: join(folder, 'one'), why: 'a test', who: {}, memory, memoryBytes },
    sources(facts),
  );

const read = (report: CaptureReport, file: string): unknown =>
  JSON.parse(readFileSync(join(report.folder, file), 'utf8'));

describe('a capture', () => {
  test('has the processes that are there, and nothing of what their variables hold', async () => {
    const report = await capture();
    const processes = read(report, 'processes.json') as readonly CapturedProcess[]; // the capture's own file
    expect(processes).toHaveLength(1);
    expect(processes[0]).toMatchObject({
      ...{ pid: child.pid, parent: process.pid, name: 'sleep', arguments: ['sleep', '600'] },
      environment: expect.arrayContaining(['DATABASE_PASSWORD', 'PATH']),
      namespaces: { net: expect.stringMatching(/^net:\[\d+\]$/), pid: expect.any(String) },
      descriptors: expect.arrayContaining([expect.objectContaining({ fd: 0, target: expect.any(String) })]),
    });
    expect(read(report, 'container.json')).toMatchObject({ env: ['TOKEN', 'HOME'] });
    for (const { path } of report.files)
      expect(readFileSync(join(report.folder, path)).includes(SECRET), path).toBe(false);
  });

  test('lists the sockets of the network namespace, with their states', async () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const [sockets] = Object.values(
      read(await capture(), 'sockets.json') as Readonly<Record<string, CapturedSockets>>,
    ); // its own file
    expect(sockets?.sockets).toContainEqual(
      expect.objectContaining({ protocol: 'tcp', local: `127.0.0.1:${port}`, state: 'listening' }),
    );
  });

  test('has a manifest of the digests of all its files, which nobody else may read', async () => {
    const report = await capture();
    const { files, format } = read(report, 'manifest.json') as {
      files: CaptureReport['files'];
      format: string;
    }; // its own file
    expect(format).toBe('runward-capture-1');
    expect(files.map(({ path }) => path)).toEqual(
      readdirSync(report.folder).filter((name) => name !== 'manifest.json'),
    );
    for (const { path, sha256, bytes } of files) {
      const content = readFileSync(join(report.folder, path));
      expect([path, createHash('sha256').update(content).digest('hex'), content.length]).toEqual([
        path,
        sha256,
        bytes,
      ]);
      expect(statSync(join(report.folder, path)).mode & 0o077).toBe(0);
    }
    expect(readdirSync(folder)).toEqual(['one']);
  });

  test('names the program that runs by what it contains', async () => {
    const executables = read(await capture(), 'executables.json') as readonly {
      pids: number[];
      sha256: string;
      path: string;
    }[]; // its own file
    const [program] = executables;
    const digest = createHash('sha256')
      .update(readFileSync(program?.path ?? ''))
      .digest('hex');
    expect(executables).toMatchObject([{ pids: [child.pid], sha256: digest }]);
  });

  test('has the memory that is asked for, up to its bounds, and says what is not in it', async () => {
    const pid = child.pid ?? 0;
    const report = await capture({}, [pid, 1], 64 * 1024 * 1024);
    const memory = readFileSync(join(report.folder, `memory/${pid}.bin`));
    expect(memory.includes(SECRET)).toBe(true); // that is what it is for, and why it must be asked for
    expect(report.problems).toContain("memory: process 1 is none of the container's");
    rmSync(report.folder, { recursive: true });
    const small = await capture({}, [pid], 8192);
    expect(statSync(join(small.folder, `memory/${pid}.bin`)).size).toBeLessThanOrEqual(8192);
    const { regions } = read(small, `memory/${pid}.json`) as { regions: readonly { problem: string }[] }; // its own file
    expect(regions.some(({ problem }) => problem === 'there is no room for it')).toBe(true);
  });

  test('takes the newest recordings that have room', async () => {
    const recordings = join(folder, 'flight');
    mkdirSync(recordings);
    writeFileSync(join(recordings, 'a.rwrec'), 'one');
    writeFileSync(join(recordings, 'other.txt'), 'no recording');
    const report = await capture({ recordings });
    expect(readdirSync(join(report.folder, 'recordings'))).toEqual(['a.rwrec']);
    expect((await captureTwice()).problems).toContainEqual(expect.stringMatching(/^recordings: ENOENT/));
    async function captureTwice(): Promise<CaptureReport> {
      rmSync(report.folder, { recursive: true });
      return capture({ recordings: join(folder, 'gone') });
    }
  });

  test('that fails leaves nothing behind', async () => {
    const failing = capture({ network: () => Promise.reject(new Error('no flows')) });
    await expect(failing).rejects.toThrow('no flows');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of a container without processes is what is known of it', async () => {
    const report = await capture({ pids: () => [] });
    expect(report).toMatchObject({ processes: 0, changes: 0, foreign: [] });
    expect(report.problems).toEqual([
      'changes of the image: the root of the container is not known any more',
    ]);
  });
});

test('a link in the place of a file is not followed', async () => {
  const { hashFile } = await import('./hash-file.js');
  writeFileSync(join(folder, 'file'), 'x');
  symlinkSync(join(folder, 'file'), join(folder, 'link'));
  expect((await hashFile(join(folder, 'link'), 100)).problem).toContain('ELOOP');
  expect((await hashFile(join(folder, 'file'), 0)).problem).toBe('it is larger than 0 bytes');
  expect((await hashFile(folder, 100)).problem).toBe('it is no file');
});

test('as many processes as there is room for are told, and how many are not', async () => {
  const report = await capture({
    pids: () => Array.from({ length: 5000 }, () => child.pid ?? 0).fill(0x7fff_fff0, 1),
  });
  expect(report.processes).toBe(1);
  expect(report.problems).toContain('904 processes were left out: there is no room for them');
});
