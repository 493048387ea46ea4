/**
 * How long isolation takes: a container sends a datagram every few tens of microseconds to a receiver outside, and the
 * time from the command (`runward isolate`, or the request to the agent's socket) to the last datagram that left is
 * measured on the receiver's side of the bridge. One JSON line per figure.
 *
 *   scripts/node --conditions=source --experimental-transform-types --import ./test/typescript.mjs test/bench/isolation.ts [ROUNDS]
 *
 * (root; after `make build` and `scripts/build-test-programs.sh`)
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { AskedAgent, command } from '../e2e/harness/asked-agent.js';
import { runtimes } from '../e2e/harness/index.js';
import { type Collected, run, startTied, stop } from '../e2e/harness/process.js';
import { NODE, Topology } from '../e2e/harness/topology.js';
import { median, percentile, rounded } from './statistics.js';

const rounds = Number(process.argv[2] ?? 9);
const trafficProgram = new URL('../../build/test-programs/traffic', import.meta.url).pathname;

const runtime = runtimes.runc();
const net = await Topology.make();
const cleanUp: (() => Promise<unknown>)[] = [() => runtime.close(), () => net.remove()];

async function start() {
  const container = await runtime.start({ args: ['sleep', '3600'] });
  await net.join(container.pid ?? 0, 2);
  const agent = await AskedAgent.start();
  cleanUp.unshift(() => agent.stop());
  const receiver = startTied(...net.inNode(trafficProgram, ['note-udp', '::', '7001']));
  cleanUp.unshift(() => stop(receiver));
  return { container, agent, receiver };
}

/** Longer than the receiver waits before it says which datagram was the last. */
const SAID_MS = 700;

/** CLOCK_REALTIME of the last datagram, milliseconds, once no more are sent. */
async function lastDatagramMs(receiver: Collected): Promise<number> {
  await sleep(SAID_MS);
  const said = [...receiver.stdout().matchAll(/^last ([\d.]+)$/gm)].at(-1)?.[1];
  if (said === undefined) throw new Error('no datagram came');
  return Number(said) * 1000;
}

const byCommand: number[] = [];
const byRequest: number[] = [];
const took: number[] = [];
try {
  const { container, agent, receiver } = await start();
  for (let round = 0; round < 2 * rounds; round += 1) {
    const sender = container.exec(['timeout', '60', 'traffic', 'flood-udp', NODE.v4, '7001']);
    await sleep(300);
    const startedAtMs = performance.timeOrigin + performance.now();
    if (round % 2 === 0) {
      const { code, stderr } = await run(command, [...agent.argv('isolate', container.id)]);
      if (code !== 0) throw new Error(stderr);
    } else {
      const answer = (await agent.client.ask('POST', '/v1/isolation', {
        body: { container: container.id, allow: [] },
      })) as {
        readonly tookMs: number;
      }; // the agent's own route
      took.push(answer.tookMs);
    }
    await sender; // its socket is refused: it ends
    const ms = (await lastDatagramMs(receiver)) - startedAtMs;
    (round % 2 === 0 ? byCommand : byRequest).push(ms);
    await run(command, [...agent.argv('release', '--all')]);
  }
  for (const [name, sample] of [
    ['isolation_command_to_last_packet', byCommand],
    ['isolation_request_to_last_packet', byRequest],
  ] as const)
    console.log(
      JSON.stringify({
        ...{ figure: name, value: rounded(median(sample)), unit: 'ms' },
        detail: {
          ms: sample.map(rounded),
          p95: rounded(percentile(sample, 0.95)),
          tookMs: took,
          load: loadavg()[0],
        },
      }),
    );
} finally {
  for (const each of cleanUp) await each();
}
