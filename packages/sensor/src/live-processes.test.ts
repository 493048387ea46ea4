import { closeSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { testProcess } from '@runward/events/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProcLiveProcesses } from './live-processes.js';

const TICK_NS = 10_000_000n;
const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8');
const startTicks = BigInt(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0');
const me = testProcess({ pid: process.pid, startedAtNs: startTicks * TICK_NS });
/** The same number, another process. */
const another = testProcess({ pid: process.pid, startedAtNs: (startTicks + 5n) * TICK_NS });
const gone = testProcess({ pid: 2 ** 30 });

const live = new ProcLiveProcesses(() => 0n);

describe('ProcLiveProcesses', () => {
  let server: Server;
  let client: Socket;
  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await new Promise((resolve) => client.once('connect', resolve));
  });
  afterAll(() => {
    client.destroy();
    server.close();
  });

  it('tells memory, threads and faults of a living process', () => {
    const memory = live.memory(me);
    expect(memory?.vmRssKib).toBeGreaterThan(10_000);
    expect(memory?.vmSizeKib).toBeGreaterThan(memory?.vmRssKib ?? Number.POSITIVE_INFINITY);
    expect(memory?.threads).toBeGreaterThan(1);
    expect(live.faults(me, process.pid)?.minor).toBeGreaterThan(100);
  });

  it('tells what descriptors refer to', () => {
    const file = openSync('/dev/null', 'r');
    const folder = openSync('/', 'r');
    expect(live.descriptor(me, file)).toEqual({ type: 'file', name: '/dev/null' });
    expect(live.descriptor(me, folder)).toEqual({ type: 'directory', name: '/' });
    expect(live.descriptors(me)).toEqual(expect.arrayContaining([file, folder]));
    closeSync(file);
    closeSync(folder);
    expect(live.descriptor(me, folder)).toBeUndefined();
    expect(live.descriptorLimit(me)).toBeGreaterThan(0);
  });

  it('names both ends of a connection, and the kind of files without a name', () => {
    const all = (live.descriptors(me) ?? []).map((fd) => live.descriptor(me, fd));
    const remote = `${client.remoteAddress}:${client.remotePort}`;
    expect(all).toContainEqual({
      type: 'ipv4',
      name: `${client.localAddress}:${client.localPort}->${remote}`,
    });
    expect(all).toContainEqual({ type: 'ipv4', name: remote });
    expect(all.map((each) => each?.type)).toContain('eventpoll');
  });

  it('knows the cgroup of a controller, or the unified one', () => {
    expect(live.cgroup(me, 'memory')).toMatch(/^\//);
  });

  it.each([
    ['that has ended', gone],
    ['whose number another one has now', another],
  ])('says nothing of a process %s', (_, process_) => {
    expect(live.memory(process_)).toBeUndefined();
    expect(live.faults(process_, process_.pid)).toBeUndefined();
    expect(live.descriptors(process_)).toBeUndefined();
    expect(live.descriptor(process_, 0)).toBeUndefined();
    expect(live.descriptorLimit(process_)).toBeUndefined();
    expect(live.cgroup(process_, 'memory')).toBeUndefined();
  });
});
