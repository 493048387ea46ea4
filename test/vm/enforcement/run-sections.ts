/**
 * `run-sections.ts FOLDER`: tries what the sections are about in real containers, before, under and beside policies,
 * and writes what came of it to FOLDER/sections.json. A program of its own, so that it runs in a machine.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupOf, Guard, outcomesOf } from '../../e2e/guard.js';
import { runtimes, type TestContainer } from '../../e2e/harness/index.js';
import { tryPackets } from './packets.js';
import {
  ATTACKS,
  CAPABILITY_ATTEMPTS,
  CODE_ATTEMPTS,
  type Judged,
  NETWORK,
  ORDINARY,
  type Ordinary,
  type Outcomes,
  PRIVILEGE_PROGRAMS,
  type SectionResults,
} from './sections.js';

const folder = process.argv[2] ?? '/tmp/runward-sections';
const place = join(folder, 'at');
const sh = (...[program = '', ...args]: readonly string[]): string => execFileSync(program, args).toString();
function quietly(...[program = '', ...args]: readonly string[]): void {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
  } catch {
    // the kernel lacks it: the attempt finds nothing, and says so
  }
}

/** What the containers get mounted, each a folder or file of this machine. */
async function prepare(): Promise<readonly { readonly source: string; readonly target: string }[]> {
  const names = ['proc2', 'cgroup-v1', 'binfmt', 'suid', 'volume'];
  for (const name of [...names, 'sockets']) mkdirSync(join(place, name), { recursive: true });
  sh('mount', '-t', 'proc', 'proc', join(place, 'proc2'));
  quietly('mount', '-t', 'cgroup', '-o', 'none,name=of-test', 'cgroup', join(place, 'cgroup-v1'));
  quietly('modprobe', 'binfmt_misc');
  quietly('mount', '-t', 'binfmt_misc', 'binfmt_misc', join(place, 'binfmt'));
  copyFileSync('/bin/busybox', join(place, 'suid/true'));
  chmodSync(join(place, 'suid/true'), 0o4755);
  const socket = join(place, 'sockets/docker.sock');
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  server.unref();
  return [
    ...names.map((name) => ({ source: join(place, name), target: `/${name}` })),
    { source: socket, target: '/run/engine' },
  ];
}

const runtime = runtimes.runc();
const mounts = await prepare();
// What went through the cases before is taken over.
const guard = await Guard.open(process.env.RUNWARD_PIN_FOLDER);
const start = (): Promise<TestContainer> =>
  runtime.start({ args: ['sleep', '3600'], privileged: true, hostPid: true, mounts });
const guarded = await start();
const neighbour = await start();
const outside = spawn('sleep', ['3600']);
for (const container of [guarded, neighbour])
  await container.exec(['sh', '-c', 'mkdir -p /root-again && mount --bind / /root-again']);

async function attempts(
  container: TestContainer,
  group: string,
  names: readonly string[],
): Promise<Outcomes> {
  const words = names.map((name) => (name.endsWith('_outside') ? `${name}=${outside.pid}` : name));
  return outcomesOf((await container.exec(['sections', group, ...words])).stdout);
}
const namesOf = async (group: string): Promise<readonly string[]> =>
  (await neighbour.exec(['sections', group, '--list'])).stdout.trim().split('\n');

/** Of one container: what went through the cases before may have left processes that are judged yet. */
async function verdictsSince(from: number, { pid }: TestContainer): Promise<Judged['verdicts']> {
  await sleep(300);
  const group = pid === undefined ? 0 : cgroupOf(pid);
  return guard.verdicts
    .slice(from)
    .filter(({ cgroup }) => cgroup === group)
    .map(({ comm, operation, outcome, object }) => [comm, operation, outcome, object]);
}

async function under(spec: string, group: string, names: readonly string[]): Promise<Judged> {
  guard.bind(guarded, spec);
  const from = guard.verdicts.length;
  const outcomes = await attempts(guarded, group, names);
  return { outcomes, verdicts: await verdictsSince(from, guarded) };
}

async function network(): Promise<SectionResults['network']> {
  const names = (await namesOf('network')).filter((name) => name !== 'connects');
  return {
    before: await attempts(neighbour, 'network', names),
    denied: await under(NETWORK, 'network', names),
    beside: await attempts(neighbour, 'network', names),
  };
}

async function capabilities(): Promise<SectionResults['capabilities']> {
  const ask = (spec: string): Promise<Judged> =>
    under(`capabilities: { mode: protect, ${spec} }`, 'privilege', CAPABILITY_ATTEMPTS);
  return {
    before: await attempts(neighbour, 'privilege', CAPABILITY_ATTEMPTS),
    denied: await ask('deny: [CHOWN, SYS_CHROOT]'),
    override: await ask('deny: [DAC_OVERRIDE]'),
    listed: await ask('default: deny, allow: [CHOWN, FOWNER, DAC_OVERRIDE, DAC_READ_SEARCH]'),
    beside: await attempts(neighbour, 'privilege', CAPABILITY_ATTEMPTS),
  };
}

async function privilege(): Promise<SectionResults['privilege']> {
  const files = (await namesOf('privilege')).filter((name) => /^(root|mount|volume)_/.test(name));
  const ask = (spec: string, names: readonly string[]): Promise<Judged> =>
    under(`privilege: { mode: protect, ${spec} }`, 'privilege', names);
  return {
    programs: await attempts(neighbour, 'privilege', PRIVILEGE_PROGRAMS),
    setuid: await ask('setuidExecution: deny', PRIVILEGE_PROGRAMS),
    gained: await ask('noNewPrivileges: true', PRIVILEGE_PROGRAMS),
    readOnly: await ask('readOnlyRoot: true', files),
    files: await attempts(neighbour, 'privilege', files),
  };
}

async function code(): Promise<SectionResults['code']> {
  const spec = 'file: { mode: protect, deny: [{ directory: /suid, operations: [execute] }] }';
  return {
    before: await attempts(neighbour, 'privilege', CODE_ATTEMPTS),
    denied: await under(spec, 'privilege', CODE_ATTEMPTS),
  };
}

/** An ordinary container, free and held to one of the policies that come with the product. */
async function ordinary(policy: 'baseline' | 'restricted'): Promise<Ordinary> {
  const text = readFileSync(`policies/${policy}.yaml`, 'utf8');
  const spec = text
    .slice(text.indexOf('\nspec:\n') + 7)
    .replaceAll(/^ {2}/gm, '')
    .replace(/^mode: monitor$/m, 'mode: protect');
  const container = await runtime.start({ args: ['sleep', '3600'] });
  const script = ORDINARY.map((words) => `( ${words} ) 2>&1; echo "exit $?"`).join('\n');
  const work = async (): Promise<readonly string[]> =>
    (await container.exec(['sh', '-c', script])).stdout.split(/(?<=^exit \d+)\n/m).filter(Boolean);
  const attack = async (): Promise<Outcomes> => attempts(container, 'surface', ATTACKS);
  const free = { said: await work(), attacks: await attack() };
  guard.bind(container, spec);
  const held = async (): Promise<Omit<Ordinary['held'], 'attacks'>> => {
    const from = guard.verdicts.length;
    const said = await work();
    return { said, verdicts: await verdictsSince(from, container) };
  };
  const first = await held();
  // Once more, as tests are tried again: what was told the first time is told at the end.
  const once = first.verdicts.length === 0;
  return {
    free,
    held: { ...(once ? first : await held()), attacks: await attack() },
    ...(once ? {} : { before: first.verdicts }),
  };
}

/** Last: its attempts at mounts that nothing denies stay in the container. */
async function surface(): Promise<SectionResults['surface']> {
  const names = await namesOf('surface');
  const repeatable = names.filter((name) => name !== 'umount');
  const before = await attempts(guarded, 'surface', repeatable);
  const denied = await under('kernelSurface: { mode: protect, default: deny }', 'surface', names);
  const beside = await attempts(neighbour, 'surface', repeatable);
  const handles = [...new Set(denied.verdicts.map(([, operation]) => operation))];
  const allowList = `kernelSurface: { mode: protect, default: deny, allow: [${handles.join(', ')}] }`;
  const allowed = await under(allowList, 'surface', repeatable);
  const killing = 'kernelSurface: { mode: protect, response: kill, deny: [bpf] }';
  const killed = await under(killing, 'surface', ['bpf', 'perf']);
  return { before, denied, beside, allowed, killed };
}

const results: Record<string, unknown> = {};
const parts = {
  network,
  capabilities,
  privilege,
  code,
  packets: () => tryPackets(guard, guarded, neighbour),
  baseline: () => ordinary('baseline'),
  restricted: () => ordinary('restricted'),
  surface,
};
// What failed in one section hides nothing of the others; what was found so far is there if the machine ends.
for (const [name, tryOut] of Object.entries(parts)) {
  results[name] = await tryOut().catch((error: unknown) => ({ failed: String(error) }));
  writeFileSync(join(folder, 'sections.json'), JSON.stringify(results));
}
outside.kill('SIGKILL');
await runtime.close();
await guard.close();
for (const name of ['binfmt', 'cgroup-v1', 'proc2']) quietly('umount', '-l', join(place, name));
process.exit(0); // the socket that is listened on would keep it
