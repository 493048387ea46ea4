import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startAgent } from './harness/agent.js';
import { start } from './harness/process.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-health-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Health {
  readonly status: number;
  readonly problem: string;
}

/** An agent whose matching can be broken while the rest of it works; see the preloaded module. */
async function startFragile(...args: readonly string[]) {
  const rules = join(folder, 'rules.yaml');
  writeFileSync(
    rules,
    `- rule: Runs
  desc: d
  condition: evt.type = execve and proc.name in (echo, true)
  output: ran %proc.cmdline
  priority: ERROR
`,
  );
  const faults = resolve(import.meta.dirname, 'faults/matching.mjs');
  const agent = await startAgent({
    rules: [rules],
    args: ['--state', join(folder, 'state'), '--metrics', '127.0.0.1:0', ...args],
    env: {
      NODE_OPTIONS: `--import ${faults}`,
      NODE_COMPILE_CACHE: join(folder, 'cache'),
      FAULTS: folder,
    },
  });
  const address = await vi.waitFor(() => {
    const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(agent.stderr()) ?? [];
    expect(found).toBeDefined();
    return found ?? '';
  }, 30_000);
  const health = async (): Promise<Health> => {
    const answer = await fetch(`${address}/healthz`);
    const { problem } = (await answer.json()) as { problem: string };
    return { status: answer.status, problem };
  };
  const becomes = (status: number, problem: RegExp): Promise<void> =>
    vi.waitFor(
      async () => expect(await health()).toEqual({ status, problem: expect.stringMatching(problem) }),
      { timeout: 60_000, interval: 500 },
    );
  return { agent, becomes };
}

test('an agent is healthy as long as rules are judged, however well it sees', async () => {
  const { agent, becomes } = await startFragile('--host');
  await becomes(200, /^$/);
  for (const [fault, problem] of [
    ['broken', /^no rule has fired for a program .* though the kernel told of it$/],
    ['stalled', /^the sensor's thread has not answered/],
  ] as const) {
    writeFileSync(join(folder, fault), '');
    await becomes(503, problem);
    rmSync(join(folder, fault));
    await becomes(200, /^$/);
  }
  await start('/bin/echo', ['not a canary']).exit;
  await agent.until(({ output }) => output === 'ran echo not a canary', 30_000);
  const { detections } = await agent.stop();
  // The host's events are judged, by a rule about this program: it has fired for others, and for no canary.
  expect(detections.map(({ output }) => output)).toContain('ran echo not a canary');
  expect(detections.map(({ rule }) => rule).filter((rule) => rule !== 'Runs')).toEqual([]);
  expect(detections.filter(({ output }) => /^ran true [0-9a-f]{32}$/.test(output))).toEqual([]);
}, 180_000);
