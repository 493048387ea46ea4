import { setTimeout as sleep } from 'node:timers/promises';
import { ATTACKS, type AttackGroup } from './attacks.js';
import type { LoadFailure, RunningServer } from './bench.js';
import type { ProtectedHost, VerdictLine } from './protected-host.js';
import type { Server } from './servers.js';

/** One attack or exploit on one server. */
export interface Attempt {
  readonly name: string;
  readonly group: AttackGroup | 'exploit';
  readonly what: string;
  readonly worked: boolean;
  /** Where it stopped: the step, and errno, exit code or signal; '' where it worked or that does not show. */
  readonly stoppedAt: string;
  /** The line that denied it, if one did. */
  readonly verdict?: VerdictLine;
}

export interface Trial {
  readonly server: string;
  readonly policy: string;
  /** What the load met under the policy. */
  readonly failures: readonly LoadFailure[];
  /** Denials during the load: none of them right. */
  readonly falseDenials: readonly VerdictLine[];
  readonly attempts: readonly Attempt[];
  /** The policy as it was learned. */
  readonly text?: string;
}

/** Time for a verdict to travel from the kernel to the agent's output. */
const verdictMs = 1_500;

/** What the implant does, as attempts; the implant runs in the server's own process. */
async function attack(running: RunningServer, name: string): Promise<Pick<Attempt, 'worked' | 'stoppedAt'>> {
  const result = await running.attack(name);
  if (result === undefined) return { worked: false, stoppedAt: 'no answer' };
  const { outcome, step, number } = result;
  if (outcome === 'allowed') return { worked: true, stoppedAt: '' };
  return { worked: false, stoppedAt: `${step} (${outcome === 'killed' ? 'signal' : 'error'} ${number})` };
}

/** All attacks and exploits in turn, each with the first denial that came with it. `names`: these alone. */
export async function attemptAll(
  server: Server,
  running: RunningServer,
  host?: ProtectedHost,
  names?: readonly string[],
): Promise<Attempt[]> {
  const plans = [
    ...ATTACKS.map(({ name, group, what }) => ({ name, group, what, run: () => attack(running, name) })),
    ...server.exploits.map((exploit) => ({
      name: exploit.name,
      group: 'exploit' as const,
      what: exploit.what,
      run: async () => ({ worked: await running.exploit(exploit), stoppedAt: '' }),
    })),
  ];
  const attempts: Attempt[] = [];
  for (const { run, ...plan } of plans) {
    if (names !== undefined && !names.includes(plan.name)) continue;
    const from = host?.verdicts().length ?? 0;
    const result = await run();
    const verdict = result.worked || host === undefined ? undefined : await denial(host, running, from);
    attempts.push({ ...plan, ...result, ...(verdict === undefined ? {} : { verdict }) });
  }
  return attempts;
}

async function denial(host: ProtectedHost, running: RunningServer, from: number) {
  const endsAtMs = performance.now() + verdictMs;
  for (;;) {
    const found = denialsOf(host, running, from)[0];
    if (found !== undefined || performance.now() > endsAtMs) return found;
    await sleep(25);
  }
}

/** Of an id in the agent's output. */
const SHORT_ID = 12;

const denialsOf = (host: ProtectedHost, running: RunningServer, from: number): VerdictLine[] =>
  host
    .verdicts()
    .slice(from)
    .filter(
      ({ container, outcome }) => container === running.id.slice(0, SHORT_ID) && outcome !== 'would deny',
    );

/** Load first, then the attempts, on a server that the policy covers already. */
export async function tryPolicy(
  server: Server,
  running: RunningServer,
  host: ProtectedHost,
  options: { readonly policy: string; readonly seconds: number; readonly names?: readonly string[] },
): Promise<Trial> {
  const from = host.verdicts().length;
  const failures = await running.load(options.seconds);
  await sleep(verdictMs);
  const falseDenials = denialsOf(host, running, from);
  const attempts = await attemptAll(server, running, host, options.names);
  return { server: server.name, policy: options.policy, failures, falseDenials, attempts };
}
