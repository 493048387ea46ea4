import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { record } from '../telemetry/testing/sample.js';
import { TestServer } from '../testing/test-server.js';

interface Told {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** What an event stream said, read from a real connection. */
class Listener {
  readonly told: Told[] = [];
  status = 0;
  isOver = false;
  close: () => void = () => undefined;

  static open(port: number, path: string, headers: Record<string, string>): Promise<Listener> {
    const listener = new Listener();
    return new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port, path: `/api/v1/live${path}`, headers, rejectUnauthorized: false },
        (answer) => {
          let text = '';
          listener.status = answer.statusCode ?? 0;
          answer.setEncoding('utf8');
          answer.on('data', (part: string) => {
            text += part;
            const blocks = text.split('\n\n');
            text = blocks.pop() ?? '';
            for (const block of blocks) listener.#take(block);
          });
          answer.on('close', () => {
            listener.isOver = true;
          });
          resolve(listener);
        },
      );
      listener.close = () => asked.destroy();
      asked.on('error', reject);
      asked.end();
    });
  }

  #take(block: string): void {
    const of = (name: string): string | undefined =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const [event, data] = [of('event'), of('data')];
    if (event !== undefined && data !== undefined)
      this.told.push({ id: of('id'), event, data: JSON.parse(data) as Told['data'] });
  }

  workloads(): readonly unknown[] {
    return this.told.filter(({ event }) => event === 'record').map(({ data }) => data.workload);
  }
}

let server: TestServer;
let port = 0;
let seq = 0;
const open: Listener[] = [];
const tell = (namespace: string, workload: string, kind: 'detection' | 'health' = 'detection') => {
  seq += 1;
  return server.told('prod', [record(seq, { namespace, workload, kind })]);
};
const listen = async (path: string, headers: Record<string, string>): Promise<Listener> => {
  const listener = await Listener.open(port, path, headers);
  open.push(listener);
  return listener;
};
const until = (what: () => void): Promise<void> => vi.waitFor(what, { timeout: 20_000, interval: 20 });

beforeAll(async () => {
  server = await TestServer.start();
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  port = (server.app.server.address() as AddressInfo).port; // it listens at a port
}, 60_000);
afterAll(async () => {
  for (const each of open) each.close();
  await server.close();
}, 60_000);

describe('a live view', () => {
  it('tells what comes, as far as the role of whoever asks goes and as was asked, without its body', async () => {
    const shop = await server.bearer([{ role: 'viewer', cluster: 'prod', namespace: 'shop', workload: '*' }]);
    const [all, one] = [
      await listen('?kind=detection', await server.role('viewer')),
      await listen('?whole=true', shop),
    ];
    await until(() => expect([all, one].map(({ told }) => told[0]?.event)).toEqual(['ready', 'ready']));
    await tell('shop', 'web');
    await tell('bank', 'ledger');
    await tell('shop', 'node', 'health');
    await tell('shop', 'last');
    await until(() => expect(all.workloads()).toEqual(['web', 'ledger', 'last']));
    await until(() => expect(one.workloads()).toEqual(['web', 'node', 'last']));
    expect(all.told[1]?.data).not.toHaveProperty('body');
    expect(one.told[1]?.data).toHaveProperty('body.seq');
    expect(JSON.stringify(one.told)).not.toContain('"boot"');
  });

  it('goes on where it ended, once each, and says when that is not known', async () => {
    const headers = await server.role('viewer');
    const before = await listen('', headers);
    await until(() => expect(before.told).toHaveLength(1));
    before.close();
    await tell('shop', 'missed-1');
    await tell('shop', 'missed-2');
    const again = await listen('', { ...headers, 'last-event-id': before.told[0]?.id ?? '' });
    await tell('shop', 'new');
    await until(() => expect(again.workloads()).toEqual(['missed-1', 'missed-2', 'new']));
    for (const id of ['999999999', 'none', "1' OR 1=1"]) {
      const lost = await listen('', { ...headers, 'last-event-id': id });
      await until(() => expect(lost.told[0]?.event, id).toBe('missed'));
    }
  });

  it('is told that more came at once than is told one by one', async () => {
    const listener = await listen('', await server.role('viewer'));
    await until(() => expect(listener.told).toHaveLength(1));
    const many = Array.from({ length: 300 }, (_, at) => record(seq + at + 1));
    seq += 300;
    await server.told('prod', many);
    await until(() => expect(listener.told.at(-1)).toMatchObject({ event: 'missed', data: { count: 300 } }));
  });

  it('ends when whoever asked is signed out, and opens for nobody who may not', async () => {
    const { cookies, headers } = await server.signIn();
    const cookie = `__Host-runward=${cookies['__Host-runward']}`;
    const listener = await listen('', { cookie });
    await until(() => expect(listener.told).toHaveLength(1));
    await server.ask('DELETE', '/session', { cookies, headers });
    await until(() => expect(listener.told.at(-1)?.event).toBe('end'));
    await until(() => expect(listener.isOver).toBe(true));
    expect((await listen('', { cookie })).status).toBe(401);
    expect((await listen('', {})).status).toBe(401);
    expect((await listen('?nothing=1', await server.role('viewer'))).status).toBe(400);
  });

  it('is not opened more often than one account needs', async () => {
    const headers = await server.bearer([{ role: 'viewer', cluster: '*', namespace: '*', workload: '*' }]);
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await listen('', headers)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(30);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    expect(server.failures).toEqual([]);
  });
});
