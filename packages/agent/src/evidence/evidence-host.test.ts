import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderDisk, readRecords } from '@runward/evidence';
import type { Decision } from '@runward/state';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SensorReport } from '../messages.js';
import { commandRecords } from './command-records.js';
import { EvidenceHost } from './evidence-host.js';
import { LossRecords } from './loss-records.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const host = (place: string | undefined = folder): EvidenceHost =>
  new EvidenceHost({ folder: place, producer: 'test', host: 'node-1', say: () => undefined });

async function kept(kinds: readonly string[]) {
  const found: { readonly kind: string; readonly body: Readonly<Record<string, unknown>> }[] = [];
  for await (const { record } of readRecords(new FolderDisk(folder)))
    if (kinds.includes(record.kind)) found.push({ kind: record.kind, body: record.body });
  return found;
}

const who = { uid: 0, user: 'root', program: 'runward' };
const decision = (action: Decision['action'], more: Partial<Decision> = {}): Decision => ({
  ...{ id: 'x', time: new Date().toISOString(), action, who, by: 'agent', changes: [] },
  ...more,
});

test('records that come before the log is open are in it, in their order', async () => {
  const evidence = host();
  const early = [1, 2].map((pid) => evidence.append('agent.start', { producer: 'test', pid }));
  await evidence.open();
  expect(await Promise.all(early)).toMatchObject([
    { kept: true, seq: 2 },
    { kept: true, seq: 3 },
  ]);
  await evidence.close();
  expect((await kept(['agent.start'])).map(({ body }) => body.pid)).toEqual([1, 2]);
});

test('what finds no room before the log is open is counted in it', async () => {
  const evidence = host();
  const early = Array.from({ length: 10_002 }, () => evidence.append('agent.stop', { why: 'x' }));
  expect(await early.at(-1)).toMatchObject({ kept: false });
  await evidence.open();
  expect((await Promise.all(early)).filter(({ kept: isKept }) => isKept)).toHaveLength(10_000);
  await evidence.close();
  expect(await kept(['gap'])).toMatchObject([{ body: { where: 'log', lost: { 'agent.stop': 2 } } }]);
});

test('without a log, records are taken and what became of them is told', async () => {
  const evidence = new EvidenceHost({ folder: undefined, producer: 't', host: 'h', say: () => undefined });
  await evidence.open();
  const receipt = await evidence.append('agent.start', { producer: 'test', pid: 1 });
  expect(receipt).toEqual({ kept: false, why: 'this agent keeps no evidence log' });
  expect(evidence.summary).toEqual({ problem: 'this agent keeps no evidence log' });
  expect(await evidence.rotate(who)).toBeUndefined();
});

test('a folder that another agent writes in is not taken, and what waited is told so', async () => {
  const [first, second] = [host(), host()];
  await first.open();
  const early = second.append('agent.start', { producer: 'test', pid: 1 });
  await expect(second.open()).rejects.toMatchObject({ code: 'EVIDENCE_BUSY' });
  expect(await early).toMatchObject({ kept: false });
  expect(second.summary).toMatchObject({ problem: expect.stringMatching(/another agent is writing/) });
  await first.close();
  const third = host();
  await third.open();
  await third.close();
});

test('decisions about policies and about containers are records of their kinds', async () => {
  const evidence = host();
  await evidence.open();
  evidence.decision(decision('apply', { changes: [{ name: 'web', before: null, after: null }] }));
  evidence.decision(decision('isolate', { isolation: { containers: [{ id: 'c1', name: 'web' }] } }));
  await evidence.close();
  expect(await kept(['policy.change', 'response'])).toMatchObject([
    { kind: 'policy.change', body: { action: 'apply', who, changes: [{ name: 'web' }] } },
    {
      kind: 'response',
      body: { action: 'isolate', outcome: 'done', isolation: { containers: [{ id: 'c1' }] } },
    },
  ]);
});

test('what was decided while no agent ran is put on record by the next one, once, and nothing older', async () => {
  const before = decision('apply', { by: 'command', id: 'before' });
  const first = host();
  await first.open();
  first.missed([before]);
  await first.append('agent.start', { producer: 'test', pid: 1 });
  await first.close();
  const meanwhile = decision('delete', {
    ...{ by: 'command', id: 'meanwhile', time: new Date(Date.now() + 1000).toISOString() },
  });
  const second = host();
  await second.open();
  second.missed([before, meanwhile, { ...meanwhile, by: 'agent' }]);
  await second.close();
  expect((await kept(['policy.change'])).map(({ body }) => body.id)).toEqual(['meanwhile']);
});

test('the end is on record with what the agent came to and lost', async () => {
  const evidence = host();
  await evidence.open();
  const lost = [{ type: 'openat', cpu: 0, count: 3 }];
  const report = { events: 9, detections: 1, lost, cpuSeconds: 0.5 } as unknown as SensorReport; // what is read of it
  await evidence.end('asked to', report);
  expect(await kept(['gap', 'agent.stop'])).toMatchObject([
    { kind: 'gap', body: { where: 'sensor', lost: { openat: 3 } } },
    { kind: 'agent.stop', body: { why: 'asked to', events: 9, lost } },
  ]);
});

test('totals of loss become gaps of what was lost since the last, by type over all CPUs', () => {
  const told: unknown[] = [];
  const losses = new LossRecords(
    ({ lost }) => told.push(lost),
    () => 0,
  );
  const total = (open: number, read: number) => [
    { type: 'openat', cpu: 0, count: open },
    { type: 'openat', cpu: 1, count: 1 },
    { type: 'read', cpu: 0, count: read },
  ];
  losses.tell(total(2, 0));
  losses.tell(total(4, 0));
  losses.flush();
  losses.tell(total(4, 7));
  losses.flush();
  losses.tell(total(4, 7));
  losses.flush();
  expect(told).toEqual([{ openat: 5 }, { read: 7 }]);
});

test('a request for a change is on record with who asked, but for those of runtime wrappers; its body as a digest', () => {
  const told: unknown[] = [];
  const record = commandRecords({
    append: (kind, body) => {
      told.push([kind, body]);
      return Promise.resolve({ kept: false, why: '' });
    },
  });
  const peer = { pid: process.pid, uid: 0 };
  record({ peer, method: 'POST', path: '/v1/oci/bind', body: {}, status: 204 });
  record({ peer, method: 'POST', path: '/v1/policies/delete', body: { names: ['web'] }, status: 404 });
  expect(told).toMatchObject([
    [
      'command',
      {
        ...{ request: 'POST /v1/policies/delete', status: 404, who: { uid: 0 } },
        body: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ],
  ]);
});
