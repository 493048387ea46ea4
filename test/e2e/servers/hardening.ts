import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { which } from '../harness/host.js';
import { poll } from '../harness/process.js';
import { uniqueName } from '../harness/runtime.js';
import { ServerBench } from './bench.js';
import type { ProtectedHost } from './protected-host.js';
import type { Server } from './servers.js';
import { type Attempt, attemptAll, type Trial, tryPolicy } from './trial.js';

const shipped = resolve(import.meta.dirname, '../../../policies');

export interface HardeningOptions {
  /** Of load; for a learned policy also of learning. */
  readonly seconds: number;
  /** Attempts by name; all when left out. */
  readonly names?: readonly string[];
  /** Sections to promote; all when left out. The others stay in monitor, for want of a mechanism. */
  readonly sections?: readonly string[];
}

/** What an intruder can do in the server where there is no policy. */
export async function withoutPolicy(server: Server, options: HardeningOptions): Promise<readonly Attempt[]> {
  const bench = new ServerBench();
  try {
    return await attemptAll(server, await bench.start(server), undefined, options.names);
  } finally {
    await bench.close();
  }
}

interface PolicyStatus {
  readonly containers?: readonly unknown[];
}

/** Waits until the agent says that the policy holds in a container. */
async function inForce(host: ProtectedHost, policy: string): Promise<void> {
  const held = await poll(
    async () => {
      const { code, stdout } = await host.ask('policy', 'show', policy, '--json');
      if (code !== 0) return undefined;
      const status: PolicyStatus = JSON.parse(stdout); // our own command's output
      return (status.containers?.length ?? 0) > 0 || undefined;
    },
    30_000,
    250,
  );
  if (!held) throw new Error(`policy ${policy} is in force nowhere: ${host.log()}`);
}

/** A policy of policies/, promoted, on the server it is made for (or that a label gives it). */
export async function withShipped(
  server: Server,
  policy: string,
  host: ProtectedHost,
  options: HardeningOptions,
): Promise<Trial> {
  const bench = new ServerBench(host.wrap(which('runc') ?? 'runc', host.folder));
  try {
    await host.tell('policy', 'apply', join(shipped, `${policy}.yaml`));
    await host.tell('policy', 'mode', policy, 'protect');
    const labels = { 'runward.dev/policy': policy };
    const running = await bench.start(server, { name: uniqueName(`${policy}-${server.name}`), labels });
    await inForce(host, policy);
    return await tryPolicy(server, running, host, { policy, ...options });
  } finally {
    await bench.close();
    await host.ask('policy', 'delete', policy);
  }
}

/**
 * The server's own policy: learned under load, watched in monitor, promoted, and tried on a new container. Learned from
 * two starts, so that what differs from one to the next (process ids, temporary names) is seen to differ.
 */
export async function withLearned(
  server: Server,
  host: ProtectedHost,
  options: HardeningOptions,
): Promise<Trial> {
  const bench = new ServerBench(host.wrap(which('runc') ?? 'runc', host.folder));
  const prefix = `learned-${server.name}`;
  const workload = `${prefix}-*`;
  const underLoad = async (seconds: number, then?: () => Promise<unknown>): Promise<void> => {
    const running = await bench.start(server, { name: uniqueName(prefix) });
    const failures = await running.load(seconds);
    if (failures.length > 0) throw new Error(`${server.name} fails unprotected: ${JSON.stringify(failures)}`);
    await then?.();
    await running.remove();
  };
  let policy = '';
  let text = '';
  try {
    await host.tell('learn', 'start', workload);
    await underLoad(options.seconds);
    await underLoad(part(options.seconds));
    await host.tell('learn', 'stop', workload);
    const shown = JSON.parse(await host.tell('learn', 'show', workload, '--policy', '--json')) as {
      readonly text: string; // our own command's output
    };
    text = shown.text;
    policy = /^ {2}name: (\S+)$/m.exec(text)?.[1] ?? '';
    const file = join(host.folder, `${server.name}.yaml`);
    writeFileSync(file, text);
    await host.tell('policy', 'apply', file);
    await underLoad(part(options.seconds), () =>
      host.tell('policy', 'promote', policy, ...(options.sections ?? []), '--yes', '--without-history'),
    );
    const running = await bench.start(server, { name: uniqueName(prefix) });
    await inForce(host, policy);
    return { ...(await tryPolicy(server, running, host, { policy: 'learned', ...options })), text };
  } catch (error) {
    const verdicts = host
      .verdicts()
      .slice(-20)
      .map((each) => JSON.stringify(each));
    throw new Error(`${server.name}, learned: ${verdicts.join('\n')}\n${host.log()}\n${text}`, {
      cause: error,
    });
  } finally {
    await bench.close();
    await host.ask('policy', 'delete', policy);
  }
}

const part = (seconds: number): number => Math.max(1, Math.round(seconds / 3));
