/**
 * Real servers under load and attack, without a policy and under the given ones, on this machine or in an emulated one:
 *
 *   scripts/node --experimental-transform-types --no-warnings --import ./test/typescript.mjs test/bench/servers.ts \
 *     [--policy learned,preset,baseline] [--only nginx,redis] [--seconds 60] [--sections process,file] \
 *     [--vm 6.12] [--out FILE] [--docs docs/server-hardening.md] [--from FILE,FILE]
 *
 * `--vm`: in a machine with that kernel. `--attempts`: some by name, and not without a policy before. `--sections`:
 * those of a learned policy to promote, where the machine has no mechanism for others. `--from`: what earlier runs found,
 * in place of a run. Prints a JSON line per server and policy as it comes, writes all of it to FILE, and the tables into
 * the page (`--docs`). Root.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { withLearned, withoutPolicy, withShipped } from '../e2e/servers/hardening.js';
import { serverImage } from '../e2e/servers/layer.js';
import { writeTables } from '../e2e/servers/page.js';
import { ProtectedHost } from '../e2e/servers/protected-host.js';
import { SERVERS, type Server } from '../e2e/servers/servers.js';
import type { Findings } from '../e2e/servers/table.js';
import type { Attempt, Trial } from '../e2e/servers/trial.js';
import { tryServersInVm } from '../vm/servers-in-vm.js';

const { values } = parseArgs({
  options: {
    policy: { type: 'string', default: 'learned,preset,baseline' },
    only: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    sections: { type: 'string' },
    attempts: { type: 'string' },
    vm: { type: 'string' },
    out: { type: 'string' },
    docs: { type: 'string' },
    from: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 1) throw new Error('--seconds: a whole number from 1 on');
if (values.vm !== undefined && values.vm !== '6.1' && values.vm !== '6.12')
  throw new Error('--vm: 6.1 or 6.12');
const kinds = values.policy.split(',').filter(Boolean);
const sections = values.sections?.split(',');
const only = values.only?.split(',');
const names = values.attempts?.split(',');
const options = { seconds, ...(names === undefined ? {} : { names }) };
const unknown = only?.find((name) => !SERVERS.some((server) => server.name === name));
if (unknown !== undefined) throw new Error(`--only: no server \`${unknown}\``);
const servers = SERVERS.filter(({ name }) => only === undefined || only.includes(name));
/** For one server in an emulated machine, with the load in it. */
const MACHINE_MS = 600_000 + 6 * 1000 * seconds;
const say = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

async function tryHere(): Promise<Findings> {
  const before: Record<string, readonly Attempt[]> = {};
  const trials: Trial[] = [];
  for (const server of names === undefined ? servers : []) {
    before[server.name] = await withoutPolicy(server, options);
    say({ server: server.name, works: before[server.name]?.filter(({ worked }) => worked).length });
  }
  const host = new ProtectedHost();
  try {
    // A server that starts opens thousands of files in a moment, which a slow machine falls behind.
    await host.start('--ring-size', '64');
    for (const kind of kinds)
      for (const server of servers) {
        try {
          const trial = await tryKind(server, kind, host);
          trials.push(trial);
          say(trial);
        } catch (error) {
          // The others are tried all the same.
          process.exitCode = 1;
          console.error(server.name, kind, error);
        }
      }
  } finally {
    await host.close();
  }
  const kernel = execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim();
  return { host: kernel, seconds, before, trials };
}

function tryKind(server: Server, kind: string, host: ProtectedHost): Promise<Trial> {
  if (kind === 'learned')
    return withLearned(server, host, { ...options, ...(sections === undefined ? {} : { sections }) });
  return withShipped(server, kind === 'preset' ? server.preset : kind, host, options);
}

async function tryInMachine(kernel: '6.1' | '6.12'): Promise<Findings> {
  const found = await tryServersInVm(
    servers.map(({ name }) => name),
    {
      ...{ kernel, policy: values.policy, seconds, timeoutMs: MACHINE_MS * servers.length },
      ...(names === undefined ? {} : { attempts: names }),
    },
  );
  for (const trial of found.trials) say(trial);
  return found;
}

/** Of several runs on one kind of host. */
function together(found: readonly Findings[]): Findings {
  const [first] = found;
  if (first === undefined) throw new Error('nothing was tried');
  return {
    host: first.host,
    seconds: Math.min(...found.map((each) => each.seconds)),
    before: Object.assign({}, ...found.map(({ before }) => before)),
    trials: found.flatMap(({ trials }) => trials),
  };
}

const read = (file: string): Findings => JSON.parse(readFileSync(file, 'utf8')) as Findings; // our own

const write = (file: string, findings: Findings): void =>
  writeFileSync(file, `${JSON.stringify(findings, undefined, 1)}\n`);

async function find(): Promise<Findings> {
  if (values.from !== undefined) return together(values.from.split(',').map(read));
  await serverImage();
  return values.vm === undefined ? tryHere() : tryInMachine(values.vm);
}

const findings = await find();
if (values.out !== undefined) write(values.out, findings);
if (values.docs !== undefined) writeTables(values.docs, values.vm === undefined ? 'host' : 'vm', findings);
