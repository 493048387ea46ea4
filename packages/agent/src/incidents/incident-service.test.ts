import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Detection } from '@runward/detect';
import { NO_FILTER, type Retention } from '@runward/incidents';
import type { ResponseRecord } from '@runward/respond';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type IncidentRecord, IncidentService, type IncidentServiceOptions } from './incident-service.js';

const NOW = Date.UTC(2026, 10, 30, 12);
const WHO = { uid: 0, user: 'root', program: 'test' };
const RULES = [
  {
    name: 'r.yaml',
    text: '- rule: Shell\n  desc: |\n    A shell.\n\n    Response: ask.\n  condition: evt.type = execve\n  output: "%proc.exepath"\n  priority: ERROR\n',
  },
];

let state: string;
let said: string[];
let recorded: (readonly [string, string])[];
let services: IncidentService[];

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'runward-incidents-'));
  said = [];
  recorded = [];
  services = [];
});
afterEach(async () => {
  for (const service of services) await service.close();
  rmSync(state, { recursive: true });
});

async function open(
  retention: Partial<Retention> = {},
  exposure?: IncidentServiceOptions['exposure'],
): Promise<IncidentService> {
  const say = (message: string): void => void said.push(message);
  const record = ({ change, who }: IncidentRecord): void => void recorded.push([change, who?.user ?? '']);
  const service = await IncidentService.open({
    state,
    rules: () => RULES,
    say,
    now: () => NOW,
    retention,
    record,
    ...(exposure && { exposure }),
  });
  services.push(service);
  return service;
}

const process = { pid: 7, vpid: 1, name: 'sh', exe: '/bin/sh', args: ['sh'], cwd: '/', uid: 0, user: 'root' };
const detection = (facts: Partial<Detection> = {}, container = 'c1'): Detection => ({
  ...{
    time: new Date(NOW).toISOString(),
    rule: 'Shell',
    priority: 'Error',
    source: 'syscall',
    hostname: 'h',
  },
  ...{
    output: 'o',
    tags: ['mitre_execution'],
    output_fields: { 'proc.exepath': '/bin/sh' },
    ancestors: [],
    process,
  },
  container: {
    ...{ id: container, name: container, runtime: 'runc', image: '', imageDigest: '', privileged: false },
    ...{ pod: '', namespace: '', problem: '' },
  },
  event: {
    ...{ type: 'execve', number: 1, cpu: 0, callerMemory: false, truncated: false },
    ...{ compat32: false, ioUring: false },
  },
  ...facts,
});

describe('incidents of an agent', () => {
  test('are there again in the next one, each detection saying which it belongs to', async () => {
    const first = await open();
    const [told] = first.take([detection()]);
    const id = told?.incident ?? '';
    first.assign(id, 'ada', WHO);
    await first.close();
    const again = await open();
    expect(again.list(NO_FILTER)).toMatchObject([{ id, state: 'investigating', assignee: 'ada', count: 1 }]);
    expect(again.take([detection()])[0]?.incident).toBe(id);
    expect(said).toEqual([]);
    expect(recorded).toEqual([
      ['opened', ''],
      ['assigned', 'root'],
    ]);
  });

  test('leave no folder where nothing happened, and nothing of those that are forgotten', async () => {
    await (await open()).close();
    expect(readdirSync(state)).toEqual([]);
    const service = await open({ most: 20 });
    for (let i = 0; i < 30; i += 1) service.take([detection({}, `c${i}`)]);
    await service.close();
    expect(readdirSync(join(state, 'incidents'))).toHaveLength(20);
    expect(service.status).toMatchObject({ incidents: 20, evicted: 10, problem: '' });
  });

  test('that cannot be read are set aside and told, and the others are there', async () => {
    const first = await open();
    first.take([detection({}, 'a'), detection({}, 'b')]);
    await first.close();
    const [file = ''] = readdirSync(join(state, 'incidents'));
    const path = join(state, 'incidents', file);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 100));
    const again = await open();
    expect(again.list(NO_FILTER)).toHaveLength(1);
    expect(said).toEqual([expect.stringContaining('it is not JSON; it is kept as')]);
    expect(readdirSync(join(state, 'incidents')).filter((name) => name.endsWith('.damaged'))).toHaveLength(1);
  });

  test('of a second agent with the same folder are in memory only, which it says', async () => {
    const first = await open();
    first.take([detection({}, 'a')]);
    const second = await open();
    second.take([detection({}, 'b')]);
    await second.close();
    await first.close();
    expect(said).toEqual([expect.stringContaining('another agent keeps its own')]);
    expect(second.status.problem).toBe('incidents are in memory only');
    expect(readdirSync(join(state, 'incidents'))).toHaveLength(1);
  });

  test('that cannot be written go on in memory, and that is told once', async () => {
    writeFileSync(join(state, 'incidents'), 'in the way');
    const service = await open();
    const [told] = service.take([detection()]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    service.note(told?.incident ?? '', 'x', WHO);
    await service.close();
    expect(said).toEqual([expect.stringContaining('incidents cannot be kept: ')]);
    expect(service.list(NO_FILTER)).toHaveLength(1);
  });

  test('say by name what was within reach in each container, once, or why that is not known', async () => {
    const looked: string[] = [];
    const exposure = async (container: string, pid: number) => {
      looked.push(`${container} ${pid}`);
      if (container === 'gone') throw new Error('it has no process any more');
      return { environment: ['API_TOKEN'], files: ['/run/secrets/a'], serviceAccounts: [], leftOut: 0 };
    };
    const service = await open({}, exposure);
    const [told] = service.take([detection(), detection(), detection({ rule: 'Other' })]);
    const [gone] = service.take([detection({}, 'gone')]);
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(service.find(told?.incident ?? '').exposed).toMatchObject([
      { container: 'c1', environment: ['API_TOKEN'], files: ['/run/secrets/a'], problem: '' },
    ]);
    expect(service.find(gone?.incident ?? '').exposed).toMatchObject([
      { container: 'gone', environment: [], problem: 'it has no process any more' },
    ]);
    service.take([detection({ rule: 'Third' })]);
    expect(looked).toEqual(['c1 7', 'gone 7']);
    await service.close();
    expect((await open()).find(told?.incident ?? '').exposed).toHaveLength(1);
  });

  test('come with guidance by rule and stage, and a false positive with its exception', async () => {
    const service = await open();
    const actions: Detection['actions'] = [
      {
        section: 'process',
        path: '/usr/bin/nmap',
        arguments: '',
        ancestors: [],
        drift: false,
        fileless: false,
      },
    ];
    const [told] = service.take([detection({ actions })]);
    const report = await service.show(told?.incident ?? '');
    expect(report.guidance.act[0]).toEqual({ about: 'Shell', text: 'ask.' });
    expect(report.prevention).toContain('{ path: "/usr/bin/nmap" }');
    const { incident, exception } = await service.callFalsePositive(report.incident.id, 'fine', WHO);
    expect(incident.state).toBe('false-positive');
    expect(exception).toMatchObject({ policies: '', changes: [], network: '', remarks: [] });
    expect(exception.rules).toContain('- rule: Shell\n  exceptions:');
  });

  test('of a container that is isolated are contained', async () => {
    const service = await open();
    const [a, b] = service.take([detection({}, 'a'), detection({}, 'b')]);
    service.decided({
      ...{
        id: 'd',
        time: '',
        action: 'isolate',
        by: 'agent',
        changes: [],
        who: { uid: 0, user: 'ada', program: 'x' },
      },
      isolation: { containers: [{ id: 'a' }, { id: 'unknown' }, 7] },
    });
    expect([service.find(a?.incident ?? '').state, service.find(b?.incident ?? '').state]).toEqual([
      'contained',
      'open',
    ]);
  });

  test.each<readonly [Partial<ResponseRecord>, string, string]>([
    [{ action: 'quarantine', result: 'done' }, 'contained', 'quarantine done'],
    [
      { action: 'quarantine', result: 'failed', error: { code: 'X', message: 'no room', help: '' } },
      'open',
      'quarantine failed',
    ],
    [{ action: 'throttle', result: 'done' }, 'open', 'throttle done'],
    [{ action: 'pause', result: 'done', undone: { at: '', why: 'over', notes: [] } }, 'open', 'pause undone'],
    [{ action: 'kill-container', result: 'under-way' }, 'open', 'open'],
  ])('are told of the response %j', async (facts, state, what) => {
    const service = await open();
    const [told] = service.take([detection({}, 'a')]);
    service.response({
      ...{
        id: 'r',
        action: 'pause',
        order: { action: 'pause' },
        why: 'a playbook',
        beganAt: '',
        notes: [],
        undo: [],
      },
      ...{ target: { id: 'a', name: 'a', runtime: 'runc', pod: '' }, result: 'done' },
      by: { kind: 'playbook', playbook: 'shells', rule: 'Shell', detectedAt: '' },
      ...facts,
    } as ResponseRecord); // a union by action, made here of its parts
    const incident = service.find(told?.incident ?? '');
    expect(incident.state).toBe(state);
    expect(incident.changes.map(({ to }) => to)).toContain(what);
  });
});
