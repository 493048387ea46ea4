/** The commands that look at the past, over captures written here; needs neither root nor a container. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  eventBlock,
  machineBlock,
  processBlock,
  section,
  word32,
} from '../../packages/replay/src/testing/scap-file.js';

const root = resolve(import.meta.dirname, '../..');
const captures = resolve(root, '../shared/conformance/captures');
const stock = resolve(root, '../shared/conformance/falco-rules');
const ID = '3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e';
const T = 1_800_000_000_000_000_000n;

const runward = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/runward'), args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr, lines: stdout.split('\n').filter((line) => line !== '') };
};

/** A capture in which a container opens files, one each millisecond. */
function capture(files: readonly string[], startMs: number): Buffer {
  return Buffer.concat([
    section(),
    machineBlock('node-1'),
    processBlock([
      { tid: 1, comm: 'systemd', ptid: 0 },
      { tid: 50, comm: 'cat', cgroups: [`cpu=/docker/${ID}`] },
    ]),
    ...files.map((path, i) =>
      eventBlock({
        type: 307,
        tid: 50,
        timeNs: T + BigInt(startMs + i) * 1_000_000n,
        params: [4, -100, path, word32(1), word32(0), word32(0), 9],
      }),
    ),
  ]);
}

const RULES = `- rule: Shadow
  desc: d
  condition: evt.type=openat and fd.name=/etc/shadow
  output: "%proc.name opened %fd.name"
  priority: ERROR
- rule: Any file
  desc: d
  condition: evt.type=openat and fd.name startswith /data/
  output: "opened %fd.name"
  priority: NOTICE
`;

/** No gathering, no limit. */
const EACH = ['--group', '0', '--rate-limit', '0'];
let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-replay-e2e-'));
  writeFileSync(at('rules.yaml'), RULES);
  writeFileSync(at('old.yaml'), RULES.replace('/etc/shadow', '/etc/passwd'));
  writeFileSync(at('bad.yaml'), '- rule: x\n');
  for (const n of [1, 2, 3, 4]) {
    const files = [
      '/etc/shadow',
      '/etc/passwd',
      ...Array.from({ length: 1500 }, (_, i) => `/data/${n}-${i}`),
    ];
    writeFileSync(at(`${n}.scap`), n % 2 === 0 ? gzipSync(capture(files, 10 * n)) : capture(files, 10 * n));
  }
  const damaged = capture(['/etc/shadow', '/etc/shadow', '/etc/shadow'], 0);
  const last = eventLength(damaged);
  damaged.writeUInt32LE(0xffff_ffff, damaged.length - 2 * last + 4);
  writeFileSync(at('damaged.bin'), damaged);
});
afterAll(() => rmSync(folder, { recursive: true }));
const eventLength = (bytes: Buffer): number => bytes.readUInt32LE(bytes.length - 4);
const all = (): readonly string[] => [1, 2, 3, 4].map((n) => at(`${n}.scap`));

describe('replay', () => {
  test('gives the same output whatever the number of workers, file by file', () => {
    const one = runward('replay', ...all(), '--rules', at('rules.yaml'), ...EACH, '--json', '--jobs', '1');
    const many = runward('replay', ...all(), '--rules', at('rules.yaml'), ...EACH, '--json', '--jobs', '4');
    expect(one.status).toBe(0);
    expect(one.lines).toHaveLength(4 * 1501);
    expect(many.stdout).toBe(one.stdout);
    const last = one.lines.map((line) => JSON.parse(line).output_fields['fd.name']).at(-1);
    expect(last).toBe('/data/4-1499');
  });

  test('writes what `run` writes, with the container', () => {
    const { lines, stderr } = runward(
      'replay',
      at('1.scap'),
      '--rules',
      at('rules.yaml'),
      '--json',
      '--min-priority',
      'Error',
    );
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      time: '2027-01-15T08:00:00.010000000Z',
      rule: 'Shadow',
      priority: 'Error',
      source: 'syscall',
      hostname: 'node-1',
      output: 'cat opened /etc/shadow',
      output_fields: { 'fd.name': '/etc/shadow', 'container.id': ID.slice(0, 12) },
    });
    expect(JSON.parse(stderr).summary).toMatchObject({
      events: 1502,
      detections: 1501,
      malformed: 0,
      failures: [],
    });
  });

  test('tells what is damaged and goes on', () => {
    const { status, lines, stderr } = runward(
      'replay',
      at('damaged.bin'),
      '--rules',
      at('rules.yaml'),
      '--json',
    );
    expect(status).toBe(0);
    expect(lines).toHaveLength(2);
    expect(JSON.parse(stderr).summary.files[0].skipped).toEqual([
      expect.objectContaining({ kind: 'damaged', reason: 'a block longer than 32 MiB', count: 1 }),
    ]);
  });

  test.each([
    [['replay'], 'a recording or capture is missing'],
    [['replay', 'missing.scap'], 'cannot open `missing.scap`'],
    [['replay', join(root, 'package.json')], 'is no recording and no capture'],
    [['replay', '--jobs', '0', 'x'], '`--jobs 0` is not a whole number'],
    [['backtest', '--over', 'x'], '`--rules` is missing'],
    [['backtest', '--rules', 'x'], '`--over` is missing'],
    [['events', '--over', 'x', '--duration', '3'], 'exclude each other'],
  ])('%j is bad usage', (args, message) => {
    const { status, stderr } = runward(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  test('rules with errors end it before anything is read', () => {
    const { status, stderr } = runward('replay', at('1.scap'), '--rules', at('bad.yaml'));
    expect(status).toBe(2);
    expect(stderr).toContain('bad.yaml:1');
  });

  test('ends cleanly when interrupted, and when nobody reads', async () => {
    const child = spawn(join(root, 'bin/runward'), ['replay', ...all(), '--rules', at('rules.yaml')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exit = new Promise<number | null>((done) => child.on('exit', done));
    child.stdout.once('data', () => child.kill('SIGINT'));
    child.stdout.resume();
    child.stderr.resume();
    expect(await exit).toBe(0);
  });
});

test('events shows the events of a capture that pass a filter', () => {
  const { lines } = runward('events', '--over', at('2.scap'), '--json', 'fd.name=/etc/passwd');
  const events = lines.map((line) => JSON.parse(line));
  expect(events).toEqual([
    expect.objectContaining({ type: 'openat', name: '/etc/passwd', outcome: 'SUCCESS' }),
  ]);
});

describe('backtest', () => {
  test('compares rule sets over a folder, leaving out what is no capture', () => {
    const { status, stdout, stderr } = runward(
      'backtest',
      ...[
        '--rules',
        at('rules.yaml'),
        '--against',
        at('old.yaml'),
        '--over',
        folder,
        '--json',
        '--html',
        at('page.html'),
      ],
    );
    expect(status).toBe(0);
    expect(stderr).toContain('left out');
    const summary = JSON.parse(stdout);
    expect(summary.files).toHaveLength(5);
    expect(summary).toMatchObject({ compared: true, added: 6, gone: 4, both: 6000 });
    expect(summary.rules.map((r: { rule: string }) => r.rule)).toEqual(['Shadow', 'Any file']);
    const page = readFileSync(at('page.html'), 'utf8');
    expect(page).toContain('<!doctype html>');
    expect(page).toContain('Shadow');
  });
});

test.skipIf(!existsSync(captures))(
  'the stock rules and the default rules run over the captures of the ecosystem',
  () => {
    const { status, lines } = runward(
      'replay',
      captures,
      '--json',
      '--all-matches',
      '--rules',
      stock,
      '--rules',
      join(root, 'rules'),
    );
    expect(status).toBe(0);
    expect(lines.map((line) => JSON.parse(line).rule)).toContain('Unexpected UDP Traffic');
  },
);
