import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Detection } from '@runward/agent';
import type { DrillRun, Score } from '@runward/drill';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AskedAgent, command } from './harness/asked-agent.js';
import { missingProgram } from './harness/host.js';
import { poll, run, startTied } from './harness/process.js';
import { cgroupMounts, Scratch } from './harness/scratch.js';

const scratch = new Scratch('drills');
/** A machine that runs tests may be slow: what is detected at all is what is asked here. */
const PLACES = [
  '--scratch',
  scratch.below('containers'),
  '--state',
  scratch.below('state'),
  '--detect-within',
  '60s',
];
const drill = (...args: readonly string[]): readonly string[] => [
  'drill',
  'run',
  '--yes',
  '--json',
  ...PLACES,
  ...args,
];

type Report = DrillRun & { readonly score: Score };

async function report(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly report: Report }> {
  const { code, stdout, stderr } = await run(command, drill(...args), { timeoutMs: 300_000 });
  if (!stdout.startsWith('{')) throw new Error(`no report (exit ${code}): ${stderr}`);
  return { code, report: JSON.parse(stdout) as Report }; // the command's own
}

/** Whatever a drill makes: folders, mounts, containers' groups. */
function leftovers(): readonly string[] {
  const folder = scratch.below('containers');
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return [
    ...(existsSync(folder) ? readdirSync(folder) : []),
    ...mounts.filter((line) => line.includes(folder)),
    ...cgroupMounts().flatMap((mount) => readdirSync(mount).filter((name) => mine.has(name))),
  ];
}
const mine = new Set<string>();
const remember = ({ results, load }: DrillRun): void => {
  for (const { container } of [...results, ...(load?.loads ?? [])]) if (container !== '') mine.add(container);
};

beforeAll(() => {
  const missing = process.getuid?.() === 0 ? missingProgram('runc', 'busybox', 'script') : 'needs root';
  if (missing !== undefined) throw new Error(`drills cannot be run here: ${missing}`);
});
afterAll(() => scratch.remove());

test('every scenario that ships is detected, and nothing ordinary is reported', async () => {
  const { code, report: found } = await report('--all', '--benign-load', '2s', '--own-sensor');
  remember(found);
  const bad = found.results
    .filter(({ outcome }) => outcome !== 'detected' && outcome !== 'quiet')
    .map(({ id, outcome, reason, hits }) => [id, outcome, reason, hits.map(({ rule }) => rule)]);
  expect(bad).toEqual([]);
  expect(found.score.falsePositives).toBe(0);
  expect(found.load?.loads.filter(({ rounds, failedRounds }) => rounds === 0 || failedRounds > 0)).toEqual(
    [],
  );
  expect(found.score.judged).toBe(found.results.filter(({ benign }) => !benign).length);
  expect(code).toBe(0);
  expect(leftovers()).toEqual([]);
}, 300_000);

describe('with an agent that runs', () => {
  let agent: AskedAgent;
  beforeAll(async () => {
    agent = await AskedAgent.start();
  });
  afterAll(() => agent.stop());

  test('its detections are the ones that count, and the run is compared with the one before', async () => {
    remember((await report('ordinary-script', '--socket', agent.client.socket)).report);
    const { code, report: found } = await report(
      'escape-static-pod',
      'ordinary-script',
      '--socket',
      agent.client.socket,
    );
    remember(found);
    expect(found.results.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['escape-static-pod', 'detected'],
      ['ordinary-script', 'quiet'],
    ]);
    expect(found.detectedBy).toContain(agent.client.socket);
    expect(found.posture?.evidence).toEqual({ recorded: 1, of: 1, dropped: 0 });
    // Nobody responds to anything here.
    expect(found.score.respond).toBeUndefined();
    expect(code).toBe(0);
    const { stdout } = await run(command, ['drill', 'report', '--state', scratch.below('state')]);
    expect(stdout).toContain('compared with the drill of');
    expect(stdout).toContain('new: escape-static-pod');
  });

  test('the time of a response is taken when somebody ends the container for what it did', async () => {
    const responder = new AbortController();
    const responding = respond(agent, responder.signal);
    const { report: found } = await report('escape-static-pod', '--socket', agent.client.socket);
    responder.abort();
    await responding;
    remember(found);
    const [result] = found.results;
    expect(result?.outcome).toBe('detected');
    expect(result?.respondMs).toBeGreaterThan(0);
    expect(found.score.respond?.count).toBe(1);
    expect(leftovers()).toEqual([]);
  });
});

/** Ends the first process of the drill's containers that are reported. */
async function respond(agent: AskedAgent, signal: AbortSignal): Promise<void> {
  const folder = scratch.below('containers');
  for await (const line of agent.client.lines('/v1/detections/stream', signal)) {
    const { container } = line as Detection; // the agent's own route
    for (const name of readdirSync(folder)) {
      const path = `${folder}/${name}/containers/${container?.id}/pid`;
      if (existsSync(path)) process.kill(Number(readFileSync(path, 'utf8')), 'SIGKILL');
    }
  }
}

test('Ctrl-C in the middle of a step leaves nothing behind', async () => {
  const started = startTied(command, drill('impact', '--own-sensor'));
  const folder = scratch.below('containers');
  // The first folder of a run that has containers; then a moment, so that it is anywhere in its work.
  const isUnderWay = await poll(
    () =>
      (existsSync(folder) ? readdirSync(folder) : []).find((name) =>
        existsSync(`${folder}/${name}/containers`),
      ),
    60_000,
  );
  expect(isUnderWay).toBeDefined();
  const names = readdirSync(`${folder}/${isUnderWay}/containers`);
  for (const name of names) mine.add(name);
  await sleep(300);
  started.child.kill('SIGINT');
  const { code, stdout } = await started.exit;
  const found = JSON.parse(stdout) as Report; // the command's own
  remember(found);
  expect([code, found.isInterrupted]).toEqual([1, true]);
  expect(leftovers()).toEqual([]);
});
