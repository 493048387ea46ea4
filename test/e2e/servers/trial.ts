import { ATTACKS, type Attack, type AttackResult } from './attacks.js';
import type { LoadFailure, RunningServer } from './bench.js';
import type { ProtectedHost, VerdictLine } from './protected-host.js';

/** How one attack on one server went under a policy, and which line of it spoke. */
export interface AttackRow {
  readonly attack: Attack;
  /** Without any policy, if that was tried. */
  readonly before: AttackResult | undefined;
  readonly after: AttackResult | undefined;
  readonly verdict: VerdictLine | undefined;
}

export interface Trial {
  readonly server: string;
  readonly policy: string;
  /** What the load met under the policy. */
  readonly failures: readonly LoadFailure[];
  /** Denials during the load: none of them right. */
  readonly falseDenials: readonly VerdictLine[];
  readonly rows: readonly AttackRow[];
}

/** Time for a verdict to travel from the kernel to the agent's output. */
const verdictMs = 1_500;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** All attacks on a server in turn, each with the first verdict that came with it. */
export async function attackAll(
  server: RunningServer,
  host: ProtectedHost | undefined,
  before: readonly AttackRow[] = [],
  names: readonly string[] = ATTACKS.map(({ name }) => name),
): Promise<AttackRow[]> {
  const rows: AttackRow[] = [];
  for (const attack of ATTACKS.filter(({ name }) => names.includes(name))) {
    const from = host?.verdicts().length ?? 0;
    const after = await server.attack(attack.name);
    const spoken = (): VerdictLine | undefined =>
      host
        ?.verdicts()
        .slice(from)
        .find(({ outcome }) => outcome !== 'would deny');
    // Nothing to wait for where nothing was denied.
    const isDenied = after === undefined || after.outcome !== 'allowed';
    for (let waited = 0; host !== undefined && isDenied && waited < verdictMs; waited += 50) {
      if (spoken() !== undefined) break;
      await pause(50);
    }
    rows.push({
      attack,
      before: before.find((row) => row.attack === attack)?.after,
      after,
      verdict: spoken(),
    });
  }
  return rows;
}

/** Load first, then the attacks, on a server that the policy already covers. */
export async function tryPolicy(
  server: RunningServer,
  host: ProtectedHost,
  what: { readonly server: string; readonly policy: string; readonly seconds: number },
  before: readonly AttackRow[] = [],
): Promise<Trial> {
  const from = host.verdicts().length;
  const failures = await server.load(what.seconds);
  await pause(verdictMs);
  const falseDenials = host.verdicts().slice(from);
  const rows = await attackAll(server, host, before);
  return { server: what.server, policy: what.policy, failures, falseDenials, rows };
}
