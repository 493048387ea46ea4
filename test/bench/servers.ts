/**
 * Real servers under load and attack, without a policy and under the given ones, on this machine:
 *
 *   scripts/node --experimental-transform-types --import ./test/typescript.mjs test/bench/servers.ts \
 *     [--policy learned,preset,baseline] [--only nginx,redis] [--seconds 60] [--sections process,file] [--out FILE]
 *
 * `--sections`: those of a learned policy to promote, where the machine has no mechanism for others. Prints a JSON line per server and policy as it comes, and writes all of it to FILE. Root.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { withLearned, withoutPolicy, withShipped } from '../e2e/servers/hardening.js';
import { ProtectedHost } from '../e2e/servers/protected-host.js';
import { SERVERS } from '../e2e/servers/servers.js';
import type { Findings } from '../e2e/servers/table.js';
import type { Attempt, Trial } from '../e2e/servers/trial.js';

const { values } = parseArgs({
  options: {
    policy: { type: 'string', default: 'learned,preset,baseline' },
    only: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    host: { type: 'string', default: '' },
    sections: { type: 'string' },
    out: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 1) throw new Error('--seconds: a whole number from 1 on');
const kinds = values.policy.split(',').filter(Boolean);
const sections = values.sections?.split(',');
const only = values.only?.split(',');
const servers = SERVERS.filter(({ name }) => only === undefined || only.includes(name));

const before: Record<string, readonly Attempt[]> = {};
const trials: Trial[] = [];
const kernel = execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim();
const say = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

for (const server of servers) {
  before[server.name] = await withoutPolicy(server, { seconds });
  say({ server: server.name, works: before[server.name]?.filter(({ worked }) => worked).length });
}
const host = new ProtectedHost();
try {
  await host.start();
  for (const kind of kinds) {
    for (const server of servers) {
      const policy = kind === 'preset' ? server.preset : kind;
      const trial =
        kind === 'learned'
          ? await withLearned(server, host, { seconds, ...(sections === undefined ? {} : { sections }) })
          : await withShipped(server, policy, host, { seconds });
      trials.push(trial);
      say(trial);
    }
  }
} finally {
  await host.close();
}
const findings: Findings = { host: values.host || kernel, seconds, before, trials };
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(findings, undefined, 1)}\n`);
