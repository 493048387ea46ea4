/**
 * Plays one stream through event view, process table and compiled rules, on one core, and prints one JSON line. A
 * process of its own per measurement: what the engine learnt from another stream would change the result.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { type ContainerInfo, eventTypeById, fieldCatalogue, RingView, RwKind } from '@runward/events';
import { testAccounts, testContainer } from '@runward/events/testing';
import { compileRules, loadRules, type Matcher } from '@runward/rules';
import { ProcessTable } from '../../packages/sensor/dist/process-table.js';
import { multiply } from './rule-copies.ts';
import { CGROUPS, type Family, makeStream } from './rule-streams.ts';

const { values, positionals } = parseArgs({
  options: {
    family: { type: 'string', default: 'mixed' },
    events: { type: 'string', default: '2000000' },
    copies: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    allocation: { type: 'boolean', default: false },
    'no-match': { type: 'boolean', default: false },
    names: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const files = positionals.map((name) => ({ name, text: readFileSync(name, 'utf8') }));
const { value: loaded, diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
if (loaded === undefined) throw new Error(diagnostics.find((d) => d.severity === 'error')?.message);
const set = multiply(loaded, Number(values.copies));
const compiled = compileRules<RingView>(set, { catalogue: fieldCatalogue, allMatches: values.all });
const compileStarted = process.cpuUsage();
const matchers: (Matcher<RingView> | undefined)[] = [];
for (const [id, type] of eventTypeById)
  matchers[id] = values['no-match'] ? undefined : compiled.matcher(type.name);
const compileUs = process.cpuUsage(compileStarted).user;

const stream = makeStream(values.family as Family); // checked by the caller, the only user
const processes = new ProcessTable();
const containers = new Map<number, ContainerInfo>(
  CGROUPS.map((cgroup) => [
    cgroup,
    testContainer({ id: `${cgroup}${testContainer().id}`, name: `web-${cgroup}` }),
  ]),
);
const nowhere = { resolve: () => undefined, hostPath: () => undefined };
const view = new RingView(nowhere, processes.create(), testAccounts);

let matches = 0;
const fired = new Map<string, number>();
const onMatch: Parameters<Matcher<RingView>>[1] = ({ rule }) => {
  matches += 1;
  if (values.names) fired.set(rule.name, (fired.get(rule.name) ?? 0) + 1);
};

function play(from: number): void {
  const { data, bytes, offsets, lengths } = stream;
  for (let i = from; i < offsets.length; i++) {
    view.attach(data, bytes, offsets[i] ?? 0, lengths[i] ?? 0);
    view.number += 1;
    switch (view.kind) {
      case RwKind.RW_K_FORK:
        view.process = processes.fork(view);
        break;
      case RwKind.RW_K_EXEC:
        view.process = processes.exec(view);
        break;
      case RwKind.RW_K_EXIT:
        view.process = processes.exit(view) ?? view.process;
        break;
      default:
        view.process = processes.acting(view);
    }
    view.container = containers.get(view.cgroupId);
    matchers[view.typeId]?.(view, onMatch);
  }
}

const wanted = Number(values.events);
const perRound = stream.offsets.length - stream.repeatFrom;
const rounds = Math.max(1, Math.ceil(wanted / perRound));
play(0);
for (let i = 0; i < Math.min(20, rounds); i++) play(stream.repeatFrom);
matches = 0;
fired.clear();

/** Bytes the engine handed out since it started; what it freed is counted too. */
function allocated(): number {
  const { total_allocated_bytes: bytes } = getHeapStatistics() as unknown as Record<string, number>;
  return bytes ?? Number.NaN;
}

globalThis.gc?.();
const before = process.cpuUsage();
const heapBefore = allocated();
for (let i = 0; i < rounds; i++) play(stream.repeatFrom);
const heap = allocated() - heapBefore;
const cpu = process.cpuUsage(before);
const events = rounds * perRound;
console.log(
  JSON.stringify({
    family: values.family,
    rules: set.rules.length,
    events,
    nsPerEvent: ((cpu.user + cpu.system) * 1000) / events,
    matches,
    bytesPerEvent: heap / events,
    compileMs: compileUs / 1000,
    ...(values.names ? { fired: Object.fromEntries(fired) } : {}),
  }),
);
