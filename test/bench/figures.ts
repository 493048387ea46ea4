import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from './agent.ts';
import type { LoadContainers, LoadResult, SecretOpens } from './container.ts';
import { median, percentile } from './statistics.ts';

/** One measured figure; printed as one JSON line. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** What the project holds itself to. */
  readonly target: string;
  /** The single measurements behind `value`, and what helps to read them. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Bench {
  readonly containers: LoadContainers;
  readonly rounds: number;
  /** CPUs the load is pinned to; the agent is left to the scheduler, as on a node. */
  readonly cpus: readonly number[];
  /** Command line of the agent with the rules under measurement, or with rules that want every event. */
  readonly agent: readonly string[];
  readonly deliveringAgent: readonly string[];
}

const MICRO = 1e3;
const last = (cpus: readonly number[]): string => `cpu=${cpus.at(-1) ?? 0}`;

/** How many rounds of a mode take about this long here without the agent. */
async function calibrated(bench: Bench, mode: string, probe: number, seconds: number): Promise<number> {
  const { elapsedNs } = await bench.containers.run(mode, `${probe}`, last(bench.cpus));
  return Math.max(probe, Math.round((probe * seconds * 1e9) / elapsedNs));
}

/** Waits until the agent has worked off what the load left: less than 2 % of one CPU over 100 ms. */
async function drained(agent: Agent): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const before = agent.cpuNs;
    await sleep(100);
    if (agent.cpuNs - before < 2e6) return;
  }
}

interface Loop {
  readonly figure: string;
  readonly mode: string;
  readonly probe: number;
  readonly parallel: boolean;
  readonly target: string;
}

export const LOOPS: readonly Loop[] = [
  { figure: 'open_close_slowdown', mode: 'open', probe: 20_000, parallel: false, target: '<= 1.3' },
  {
    figure: 'no_argument_call_slowdown',
    mode: 'getppid',
    probe: 200_000,
    parallel: false,
    target: '<= 1.55',
  },
  { figure: 'fork_exec_slowdown', mode: 'forkexec', probe: 50, parallel: false, target: '<= 1.1' },
  { figure: 'mixed_slowdown', mode: 'mixed', probe: 2_000, parallel: false, target: 'none; context' },
  { figure: 'two_loops_slowdown', mode: 'open', probe: 20_000, parallel: true, target: '<= 1.6' },
];

/**
 * Time per round of each loop with the agent over time without it. The two are measured in turn within each
 * round, so that a slow spell of the machine meets both.
 */
export async function slowdowns(bench: Bench, loops: readonly Loop[]): Promise<Figure[]> {
  const counts = new Map<Loop, number>();
  for (const loop of loops) counts.set(loop, await calibrated(bench, loop.mode, loop.probe, 0.7));
  const measure = async (loop: Loop): Promise<number> => {
    const on = loop.parallel ? bench.cpus.slice(0, 2) : bench.cpus.slice(-1);
    const count = counts.get(loop) ?? loop.probe;
    const runs = await Promise.all(
      on.map((cpu) => bench.containers.run(loop.mode, `${count}`, `cpu=${cpu}`)),
    );
    return runs.reduce((sum, run) => sum + run.elapsedNs / run.count, 0) / runs.length;
  };
  const without = loops.map((): number[] => []);
  const withAgent = loops.map((): number[] => []);
  for (let round = 0; round < bench.rounds; round++) {
    for (const [index, loop] of loops.entries()) without[index]?.push(await measure(loop));
    const agent = await Agent.start(bench.agent);
    for (const [index, loop] of loops.entries()) {
      withAgent[index]?.push(await measure(loop));
      await drained(agent);
    }
    await agent.stop();
  }
  return loops.map((loop, index) => {
    const [a, b] = [without[index] ?? [], withAgent[index] ?? []];
    return {
      figure: loop.figure,
      value: median(b.map((ns, round) => ns / (a[round] ?? Number.NaN))),
      unit: 'times the untraced time, median of rounds',
      target: loop.target,
      detail: { nsWithout: a.map(Math.round), nsWith: b.map(Math.round), count: counts.get(loop) },
    };
  });
}

/**
 * Agent CPU a load causes once the agent is warm, the events it received in all, and what the same kind of load
 * cost a cold one: the JavaScript engine compiles what is used for the first time, which is paid once per start.
 */
async function cost(
  command: readonly string[],
  warmUp: () => Promise<LoadResult>,
  load: () => Promise<LoadResult>,
) {
  const agent = await Agent.start(command);
  const measure = async (run: () => Promise<LoadResult>) => {
    await drained(agent);
    const before = agent.cpuNs;
    const { count } = await run();
    await drained(agent);
    return { cpuNs: agent.cpuNs - before, count };
  };
  const cold = await measure(warmUp);
  const warm = await measure(load);
  const { events, drops } = await agent.stop();
  // The two loads are of one kind: each made its share of the events.
  const share = warm.count / (warm.count + cold.count);
  return { ...warm, events: Math.round(events * share), drops, coldUsEach: cold.cpuNs / cold.count / MICRO };
}

export async function cpuPerEvent(bench: Bench): Promise<Figure> {
  const runs: Awaited<ReturnType<typeof cost>>[] = [];
  for (let round = 0; round < bench.rounds; round++)
    runs.push(
      await cost(
        bench.deliveringAgent,
        () => bench.containers.run('open', '100000', last(bench.cpus)),
        () => bench.containers.run('open', '300000', last(bench.cpus)),
      ),
    );
  return {
    figure: 'agent_cpu_per_event',
    value: median(runs.map((run) => run.cpuNs / run.events / MICRO)),
    unit: 'microseconds per delivered event (= seconds per million)',
    target: '<= 0.35',
    detail: { runs },
  };
}

export async function cpuPerExec(bench: Bench): Promise<Figure> {
  const runs: Awaited<ReturnType<typeof cost>>[] = [];
  for (let round = 0; round < bench.rounds; round++)
    runs.push(
      await cost(
        bench.agent,
        () => bench.containers.run('forkexec', '2000', last(bench.cpus)),
        () => bench.containers.run('forkexec', '4000', last(bench.cpus)),
      ),
    );
  return {
    figure: 'agent_cpu_per_exec',
    value: median(runs.map((run) => run.cpuNs / run.count / MICRO)),
    unit: 'microseconds per fork, exec and exit of a process',
    target: '<= 6',
    detail: { runs },
  };
}

/**
 * Which output line belongs to which system call. Lines come in the order of the calls; with one missing, a
 * line goes to the last call that began before it.
 */
function latencies(opens: SecretOpens, arrivedMs: readonly number[]): { ms: number[]; missing: number } {
  const { beganMs } = opens;
  if (arrivedMs.length === beganMs.length)
    return { ms: beganMs.map((began, i) => (arrivedMs[i] ?? Number.NaN) - began), missing: 0 };
  const ms = beganMs.flatMap((began, i) => {
    const arrived = arrivedMs.find((at) => at >= began && at < (beganMs[i + 1] ?? Number.POSITIVE_INFINITY));
    return arrived === undefined ? [] : [arrived - began];
  });
  return { ms, missing: beganMs.length - ms.length };
}

/** From the system call that opens /etc/shadow to the arrival of the line that reports it. */
export async function latency(bench: Bench, loaded: boolean): Promise<Figure[]> {
  const agent = await Agent.start(bench.agent);
  const stopLoad = loaded
    ? bench.cpus.slice(0, 2).map((cpu) => bench.containers.background('open', '1000000000', `cpu=${cpu}`))
    : [];
  await sleep(500);
  const opens = await bench.containers.secret(300, 10_000);
  for (const stop of stopLoad) await stop();
  await drained(agent);
  const summary = await agent.stop();
  const reports = agent.arrivals.filter(({ line }) => line.includes('/etc/shadow'));
  const found = latencies(
    opens,
    reports.map(({ atMs }) => atMs),
  );
  const name = loaded ? 'latency_loaded' : 'latency_idle';
  const detail = {
    opens: opens.beganMs.length,
    lines: reports.length,
    missing: found.missing,
    drops: summary.drops,
    /** The slowest, with the number of the open: the first ones of a run meet cold code. */
    slowest: found.ms
      .map((ms, open) => ({ ms: Math.round(ms * 10) / 10, open }))
      .sort((a, b) => b.ms - a.ms)
      .slice(0, 8),
  };
  const figure = (p: number, target: string): Figure => ({
    figure: `${name}_p${p}`,
    value: percentile(found.ms, p / 100),
    unit: 'milliseconds from system call to output line',
    target,
    detail,
  });
  return [figure(50, loaded ? 'none; context' : '< 1'), figure(99, loaded ? '< 10' : '< 5')];
}

/** The highest rate of delivered events at which none is lost, found by halving; every CPU makes events. */
export async function losslessRate(bench: Bench): Promise<Figure> {
  const seconds = 2;
  const attempt = async (rate: number) => {
    const agent = await Agent.start(bench.deliveringAgent);
    const perCpu = rate / bench.cpus.length;
    const runs = await Promise.all(
      bench.cpus.map((cpu) =>
        bench.containers.run(
          'signal',
          `${Math.round(perCpu * seconds)}`,
          `cpu=${cpu}`,
          `rate=${Math.round(perCpu)}`,
        ),
      ),
    );
    await drained(agent);
    const { events, drops } = await agent.stop();
    const achieved = runs.reduce((sum, run) => sum + (run.count / run.elapsedNs) * 1e9, 0);
    return { rate, achieved: Math.round(achieved), events, drops };
  };
  const attempts: Awaited<ReturnType<typeof attempt>>[] = [];
  let best = 0;
  let [low, high] = [0, 3_000_000];
  for (let rate = 650_000; attempts.length < 7; rate = (low + high) / 2) {
    const result = await attempt(rate);
    attempts.push(result);
    if (result.drops === 0) {
      best = Math.max(best, result.achieved);
      low = rate;
      // The load could not keep up with the rate asked for: there is no higher one to try.
      if (result.achieved < rate * 0.9) break;
    } else high = rate;
  }
  return {
    figure: 'lossless_rate',
    value: best,
    unit: 'events per second, none lost',
    target: '>= 650000',
    detail: { attempts },
  };
}

export async function memory(bench: Bench): Promise<Figure[]> {
  const agent = await Agent.start(bench.agent);
  await sleep(2_000);
  const idle = agent.memoryMb.now;
  for (const mode of ['mixed', 'forkexec'])
    await Promise.all(
      bench.cpus.map((cpu) => bench.containers.run(mode, mode === 'mixed' ? '200000' : '1500', `cpu=${cpu}`)),
    );
  const loaded = agent.memoryMb;
  const summary = await agent.stop();
  const unit = 'MB (2^20 bytes) resident';
  return [
    { figure: 'memory_idle', value: idle, unit, target: '<= 110', detail: {} },
    {
      figure: 'memory_loaded',
      value: loaded.highest,
      unit: `${unit}, highest`,
      target: '<= 110',
      detail: { afterMb: loaded.now, ...summary },
    },
  ];
}

/** From the start of the agent's process to its first output line, while a container offends every 2 ms. */
export async function startup(bench: Bench): Promise<Figure> {
  const firstMs: number[] = [];
  const readyMs: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    const stopLoad = bench.containers.background('secret', '1000000', 'path=/etc/shadow', 'every_us=1000');
    await sleep(300);
    const agent = await Agent.start(bench.agent);
    await sleep(500);
    await stopLoad();
    await agent.stop();
    readyMs.push(agent.startupMs);
    const first = agent.arrivals.find(({ line }) => line.includes('/etc/shadow'));
    firstMs.push((first?.atMs ?? Number.NaN) - agent.spawnedAtMs);
  }
  return {
    figure: 'first_detection',
    value: median(firstMs),
    unit: 'milliseconds from process start to the first detection of a container that already ran',
    target: '<= 1000',
    detail: { firstMs: firstMs.map(Math.round), readyMs: readyMs.map(Math.round) },
  };
}
