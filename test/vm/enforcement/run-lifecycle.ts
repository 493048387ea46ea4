/**
 * `run-lifecycle.ts FOLDER`: what becomes of enforcement when the processes that loaded it come and go, and how it
 * bears many policies. Writes FOLDER/lifecycle.json.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnforceError, type KernelVerdict, PinnedEnforcement } from '@runward/enforce';
import { findContainerHierarchy } from '@runward/sensor';
import { Box } from './box.js';
import { type Lifecycle, SCALE, SECRET, scaleTables } from './lifecycle.js';
import { tablesOf } from './policies.js';

const folder = process.argv[2] ?? '/tmp/runward-lifecycle';
const pinFolder = process.env.RUNWARD_PIN_FOLDER ?? '/sys/fs/bpf/runward-test';
const objectPath = 'build/bpf/enforce.bpf.o';
mkdirSync(folder, { recursive: true });
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Where opens are not judged by the kernel's programs, the start of a program is what is tried. */
const hasLsm =
  existsSync('/sys/kernel/security/lsm') && readFileSync('/sys/kernel/security/lsm', 'utf8').includes('bpf');
const attempt = hasLsm ? 'cat /srv/secret/a' : '/opt/tools/one sleep 0';
const passed = hasLsm ? /secret\/a$|sleep: 0/m : /sleep: 0/;

const box = await Box.start(folder, 'box-life', () => undefined);
/** '' when the container is denied what {@link SECRET} denies. */
async function denied(): Promise<string> {
  const { output } = await box.run('cat /srv/secret/a; /opt/tools/one sleep 0');
  return passed.test(output) ? output : '';
}

function hold(): Promise<ChildProcess> {
  const flags = process.execArgv;
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, 'holder.ts'), String(box.pid)], {
    env: { ...process.env, RUNWARD_PIN_FOLDER: pinFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`the holder ended with ${String(code)}`)));
  });
}

const holder = await hold();
const runningContainer = await denied();
say(`running container: ${JSON.stringify(runningContainer)}`);
await box.run(
  `(n=0; while [ ! -e /tmp/stop ]; do n=$((n+1)); ${attempt} && echo LEAK; echo $n >/tmp/tries; done) >/tmp/leaks 2>/dev/null &`,
);

let secondProcess = 'opened';
try {
  await (await PinnedEnforcement.open({ objectPath, pinFolder })).close();
} catch (error) {
  secondProcess = error instanceof EnforceError ? error.code : String(error);
}
holder.kill('SIGKILL');
await new Promise((resolve) => holder.once('exit', resolve));
await sleep(500);
const afterKill = await denied();
say(`after kill -9: ${JSON.stringify(afterKill)}`);

const verdicts: KernelVerdict[] = [];
const boundTo = (enforcement: PinnedEnforcement): string =>
  enforcement.sets().get(enforcement.bindings().get(box.cgroups[0] ?? 0) ?? 0) ?? 'nothing';
let enforcement = await PinnedEnforcement.open({ objectPath, pinFolder });
enforcement.onVerdicts((more) => verdicts.push(...more));
await sleep(300);
const takeover = { origin: enforcement.origin, boundTo: boundTo(enforcement), verdicts: verdicts.length };
say(`takeover: ${JSON.stringify(takeover)}`);
await enforcement.close();

// Another object to whoever looks at its digest; the loader does not mind what stands behind the end.
const newer = join(folder, 'newer.bpf.o');
copyFileSync(objectPath, newer);
appendFileSync(newer, 'newer');
enforcement = await PinnedEnforcement.open({ objectPath: newer, pinFolder });
const upgrade = { origin: enforcement.origin, boundTo: boundTo(enforcement) };
say(`upgrade: ${JSON.stringify(upgrade)}`);
const afterUpgrade = await denied();
await enforcement.close();

// Programs of another layout to whoever looks at the name of their folder.
for (const name of readdirSync(pinFolder).filter((name) => /^[0-9a-f]{16}-/.test(name)))
  renameSync(join(pinFolder, name), join(pinFolder, '0'.repeat(16) + name.slice(16)));
enforcement = await PinnedEnforcement.open({ objectPath: newer, pinFolder });
const { origin } = enforcement;
const besidePrevious = await denied();
enforcement.bind({
  cgroups: box.cgroups,
  pid: box.pid,
  set: enforcement.load(tablesOf(SECRET)),
  failClosed: true,
});
const retired = enforcement.retirePrevious();
const layout = { origin, besidePrevious, retired, afterPrevious: await denied() };
say(`another layout: ${JSON.stringify(layout)}`);
await box.run('touch /tmp/stop');
await sleep(500);
const gaps = Number((await box.run('grep -c LEAK /tmp/leaks')).output);
const tries = Number((await box.run('cat /tmp/tries')).output);

let unknownSet = 'bound';
try {
  enforcement.bind({ cgroups: box.cgroups, set: 4711, failClosed: true });
} catch (error) {
  unknownSet = error instanceof EnforceError ? error.code : String(error);
}

const scale = await tryScale();
enforcement.unbind(box.cgroups);
const afterUnbind = await denied();
enforcement.bind({
  cgroups: box.cgroups,
  pid: box.pid,
  set: enforcement.load(tablesOf(SECRET)),
  failClosed: true,
});
await enforcement.close();
PinnedEnforcement.detachAll(pinFolder);
await sleep(500);
const afterDetach = await denied();
await box.close();

async function tryScale(): Promise<Lifecycle['scale']> {
  const tables = scaleTables(process.env.RUNWARD_TABLES);
  const groups = Array.from(
    { length: SCALE.containers },
    (_, at) => `${findContainerHierarchy().v2Folder}/rw-scale-${process.pid}-${at}`,
  );
  for (const group of groups) mkdirSync(group);
  const available = (): number =>
    Number(/MemAvailable:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) / 1024;
  const before = available();
  const from = performance.now();
  const sets = tables.map((each) => enforcement.load(each));
  const loaded = performance.now();
  groups.forEach((group, at) => {
    const cgroup = Number(statSync(group, { bigint: true }).ino);
    enforcement.bind({ cgroups: [cgroup], set: sets[at % sets.length] ?? 0, failClosed: true });
  });
  const allBound = performance.now();
  const memoryMiB = before - available();
  enforcement.bind({ cgroups: box.cgroups, set: sets[7] ?? 0, failClosed: true });
  await box.run('mkdir -p /srv/team-7/app-2; echo t7 >/srv/team-7/app-2/a.log; echo t8 >/srv/team-7/other');
  const { output } = await box.run('cat /srv/team-7/app-2/a.log; cat /srv/team-7/other');
  const bound = enforcement.bindings().size;
  for (const group of groups) rmdirSync(group);
  const judged = `${/^t7$/m.test(output) ? 'missed' : 'denied'}, ${/^t8$/m.test(output) ? 'allowed' : 'refused'}`;
  const left = enforcement.bindings().size;
  return {
    loadMs: Math.round(loaded - from),
    bindMs: Math.round(allBound - loaded),
    memoryMiB: Math.round(memoryMiB),
    ...{ judged, bound, left },
  };
}

const found: Lifecycle = {
  ...{
    runningContainer,
    afterKill,
    takeover,
    upgrade,
    layout,
    gaps,
    tries,
    afterUpgrade,
    unknownSet,
    secondProcess,
  },
  ...{ afterUnbind, afterDetach, scale },
};
writeFileSync(join(folder, 'lifecycle.json'), JSON.stringify(found));
say(JSON.stringify(found));
