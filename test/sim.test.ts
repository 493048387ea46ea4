/** A simulated fleet and the server side of the link, in one process, over real TLS. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Link, startLink } from '@runward/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SimFleet } from '../packages/cli/src/sim/sim-fleet.js';

vi.setConfig({ testTimeout: 300_000 });
let folder = '';
let link: Link;

const serve = (port = 0): Promise<Link> =>
  startLink({ state: join(folder, 'server'), host: '127.0.0.1', port, say: () => undefined });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rw-sim-'));
  link = await serve();
});
afterEach(async () => {
  await link.close();
  rmSync(folder, { recursive: true });
});

const open = (): Promise<SimFleet> =>
  SimFleet.open({
    ...{ server: `https://127.0.0.1:${link.server.port}`, agents: 4, rate: 100, name: 'sim', version: '1' },
    ...{ folder: join(folder, 'ids'), say: () => undefined },
    tokens: async (count) =>
      link.registry
        .createTokens({ cluster: 'sim', node: null, replace: false, by: 'test', validMs: 3_600_000 }, count)
        .map(({ text }) => text),
  });

test('what a simulated fleet is told was stored is there once, over a server that goes and comes back', async () => {
  const { port } = link.server;
  const fleet = await open();
  const stored = (): number => fleet.figures().acknowledged;
  fleet.begin();
  await vi.waitFor(() => expect(stored()).toBeGreaterThan(200), { timeout: 100_000 });
  await link.close();
  await vi.waitFor(() => expect(Object.keys(fleet.figures().errors).length).toBeGreaterThan(0), {
    timeout: 100_000,
  });
  link = await serve(port);
  const before = stored();
  await vi.waitFor(() => expect(stored()).toBeGreaterThan(before + 400), { timeout: 100_000 });
  await fleet.close();
  const figures = fleet.figures();
  expect(figures).toMatchObject({ agents: 4, missing: 0, lost: 0, waiting: 0, made: figures.acknowledged });
  const counts = await link.telemetry.count({ filter: {}, bucketMs: 86_400_000, by: 'kind' });
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(figures.acknowledged);
  expect(counts.map(({ value }) => value)).toEqual(
    expect.arrayContaining(['container', 'detection', 'health', 'incident']),
  );
  const { records } = await link.telemetry.query({ kinds: ['detection'] }, 1000);
  for (const { rule, body, container } of records) {
    expect(rule).toMatch(/^Simulated: /);
    expect(body).toMatchObject({ rule, container: { id: container } });
  }
});

test('simulated nodes are the same when they are run again, refuse commands, and are cut off together', async () => {
  await (await open()).close();
  const fleet = await open();
  expect(link.registry.nodes.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['sim-0001', 'sim-0002', 'sim-0003', 'sim-0004']),
  );
  expect(readdirSync(join(folder, 'ids'))).toHaveLength(4);
  const node = link.registry.find('sim-0001');
  const answer = await link.server.command(node, { do: 'undo', id: 'x' }, 'anna');
  expect(answer).toMatchObject({ ok: false, problem: expect.stringMatching(/simulated/) });
  expect(link.registry.revokeAll(new Set(fleet.identities.map(({ id }) => id)), 'over')).toBe(4);
  fleet.begin();
  await vi.waitFor(() => expect(Object.keys(fleet.figures().errors).join()).toMatch(/of no node/), {
    timeout: 100_000,
  });
  expect(fleet.figures()).toMatchObject({ acknowledged: 0 });
  await fleet.close(0);
});
