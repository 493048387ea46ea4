import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EvidenceLog } from './evidence-log.js';
import { FolderDisk } from './folder-disk.js';
import { readRecords } from './read/reader.js';
import { parseSegment } from './segment.js';
import { verifyLog } from './verify/verify-log.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (): Promise<EvidenceLog> =>
  EvidenceLog.open(new FolderDisk(folder), { host: 'node-1', producer: 'test' });
const start = { producer: 'test', pid: 7 };
const names = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith('segment-'));
const records = (): readonly { readonly kind: string; readonly seq: number; readonly prev: string }[] =>
  names().flatMap((name) =>
    parseSegment(0, readFileSync(join(folder, name))).lines.map(({ record }) => record),
  );

test('a record is on the disk when its receipt comes, and names its place', async () => {
  const log = await open();
  const receipts = await Promise.all([
    log.append('agent.start', start),
    log.append('agent.stop', { why: 'x' }),
  ]);
  const lines = parseSegment(1, readFileSync(join(folder, names()[0] ?? ''))).lines;
  expect(receipts).toEqual(lines.slice(1).map(({ record, hash }) => ({ kept: true, seq: record.seq, hash })));
  expect(lines.map(({ intact }) => intact)).toEqual([true, true, true]);
  await log.close();
});

test('a log goes on where it ended: numbers and hashes run through segments and restarts', async () => {
  for (const why of ['first', 'second']) {
    const log = await open();
    await log.append('agent.stop', { why });
    await log.rotate('asked');
    await log.append('agent.stop', { why });
    await log.close();
  }
  const found = records();
  expect(found.map(({ seq }) => seq)).toEqual(found.map((_, i) => i + 1));
  const segment = ['segment.open', 'agent.stop', 'key.rotate', 'segment.close'];
  expect(found.map(({ kind }) => kind)).toEqual([...segment, ...segment, ...segment, ...segment]);
});

test('only the key in use is on the disk, and only its owner can read it', async () => {
  const log = await open();
  await log.append('agent.start', start);
  const first = readdirSync(join(folder, 'private'));
  await log.rotate('asked');
  const second = readdirSync(join(folder, 'private'));
  expect([first.length, second.length]).toEqual([1, 1]);
  expect(second).not.toEqual(first);
  expect(statSync(join(folder, 'private', second[0] ?? '')).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'private')).mode & 0o777).toBe(0o700);
  await log.close();
});

test('a body that is no data is counted in a gap; one that can be mended is kept and says where', async () => {
  const log = await open();
  const cyclic: Record<string, unknown> = { why: 'x' };
  cyclic.self = cyclic;
  const refused = await log.append('agent.stop', { why: 'x', ...cyclic });
  expect(refused.kept).toBe(false);
  await log.append('agent.stop', { why: 'half \ud800', ratio: Number.NaN });
  await log.close();
  const [, gap, mended] = records();
  expect(gap).toMatchObject({ kind: 'gap', body: { where: 'log', lost: { 'agent.stop': 1 } } });
  expect(mended).toMatchObject({ body: { why: 'half \ufffd', ratio: 'NaN' }, mended: ['.why', '.ratio'] });
});

test('after the close nothing is taken, and that is told', async () => {
  const log = await open();
  await log.close();
  await log.close();
  expect(await log.append('agent.start', start)).toEqual({ kept: false, why: 'the log is closed' });
  await expect(log.rotate('late')).rejects.toThrow('the log is closed');
  expect(existsSync(join(folder, 'checkpoint.json'))).toBe(true);
});

test('a log verifies and reads while it is written, closed and pruned', async () => {
  const disk = new FolderDisk(folder);
  const limits = { segmentBytes: 3000, keptBytes: 15_000 };
  const log = await EvidenceLog.open(disk, { host: 'node-1', producer: 'test', limits });
  await log.append('agent.start', start);
  let isOver = false;
  let written = 0;
  const writing = (async () => {
    for (; !isOver; written += 1) await log.append('agent.stop', { why: 'w'.repeat(written % 700) });
  })();
  for (let round = 0; round < 12 || written < 60; round += 1) {
    const { errors, findings } = await verifyLog(disk);
    expect({ errors, findings: findings.filter(({ severity }) => severity === 'error') }).toEqual({
      errors: 0,
      findings: [],
    });
    const seen: number[] = [];
    for await (const { record } of readRecords(disk)) seen.push(record.seq);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  }
  isOver = true;
  await writing;
  await log.close();
  expect(await verifyLog(disk)).toMatchObject({ errors: 0, findings: [] });
});
