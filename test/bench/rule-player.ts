/**
 * Plays one stream through tracker, event view and compiled rules, on one core, as a replay does, and prints one JSON
 * line; with `--recording`, a recording instead of a generated stream. A process of its own per measurement: what the engine learnt from another stream would change the result.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Detector } from '@runward/detect';
import { fieldCatalogue } from '@runward/events';
import { testContainer } from '@runward/events/testing';
import { openEventSource } from '@runward/replay';
import { loadRules } from '@runward/rules';
import { type ProcessEntry, type Surroundings, Tracker } from '@runward/tracker';
import { multiply } from './rule-copies.ts';
import { CGROUPS, type Family, makeStream } from './rule-streams.ts';
import { percentile } from './statistics.ts';

const { values, positionals } = parseArgs({
  options: {
    family: { type: 'string', default: 'mixed' },
    recording: { type: 'string' },
    events: { type: 'string', default: '2000000' },
    copies: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    names: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const files = positionals.map((name) => ({ name, text: readFileSync(name, 'utf8') }));
const { value: loaded, diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
if (loaded === undefined) throw new Error(diagnostics.find((d) => d.severity === 'error')?.message);
const set = multiply(loaded, Number(values.copies));
const detector = new Detector(set, { host: false, allMatches: values.all });

/** A whole replay of a file: reading, unpacking, tables and rules. */
async function playRecording(file: string): Promise<void> {
  const source = await openEventSource(file);
  let found = 0;
  const started = process.cpuUsage();
  const { events, gaps } = await source.replay((view) => detector.judge(view, () => (found += 1)));
  const { user, system } = process.cpuUsage(started);
  const rules = set.rules.filter((rule) => rule.enabled).length;
  const lost = gaps.reduce((sum, gap) => sum + (gap.lost ?? 0), 0);
  console.log(
    JSON.stringify({ rules, events, lost, nsPerEvent: ((user + system) * 1000) / events, matches: found }),
  );
}
if (values.recording !== undefined) {
  await playRecording(values.recording);
  process.exit(0);
}

const stream = makeStream(values.family as Family); // the program that starts this one passes no other

const CONTAINERS: ReadonlySet<number> = new Set(CGROUPS);
const idOf = (cgroup: number): string => `${cgroup}${testContainer().id.slice(3)}`;
const machine: Surroundings = {
  hostMntNs: 1,
  hostPidNs: 1,
  readProcess: (_pid: number, _entry: ProcessEntry) => undefined,
  cgroupPathOf: (_pid, cgroup) => `/system.slice/docker-${idOf(cgroup)}.scope`,
  listCgroups: () => undefined,
  containerIdOf: (path) => /docker-(\w+)/.exec(path)?.[1],
  membersOf: () => [],
  mountNamespaceOf: () => 0,
  identify: () => undefined,
  askAccounts: () => false,
  markContainer: () => undefined,
  unmarkContainer: () => undefined,
};

let matches = 0;
const fired = new Map<string, number>();
const emit: Parameters<Detector['judge']>[1] = ({ rule }) => {
  matches += 1;
  if (values.names) fired.set(rule, (fired.get(rule) ?? 0) + 1);
};
const tracker = new Tracker(
  machine,
  { resolve: () => undefined, hostPath: () => undefined },
  {
    hostname: 'node-1',
    identityTimeoutMs: 1000,
    onEvent: (view) => detector.judge(view, emit),
  },
);
const place = { data: stream.data, bytes: stream.bytes };

function play(from: number): void {
  const { offsets, lengths } = stream;
  for (let i = from; i < offsets.length; i++) tracker.handle(place, offsets[i] ?? 0, lengths[i] ?? 0);
}

const perRound = stream.offsets.length - stream.repeatFrom;
const rounds = Math.max(1, Math.ceil(Number(values.events) / perRound));
play(0);
for (const cgroup of CONTAINERS)
  tracker.identified(cgroup, {
    kind: 'container',
    info: testContainer({ id: idOf(cgroup), name: `web-${cgroup}` }),
  });
for (let i = 0; i < Math.min(30, rounds); i++) play(stream.repeatFrom);
matches = 0;
fired.clear();

/** CPU per event of each round: the quick ones are those that nobody else's load slowed down. */
const roundNs: number[] = [];

/**
 * Bytes the heap grew by while the stream was played, over the rounds in which nothing was collected: collecting
 * makes the heap smaller, and what is then measured is not what was allocated.
 */
function playAndMeasure(): { readonly bytes: number; readonly rounds: number } {
  let bytes = 0;
  let counted = 0;
  roundNs.length = 0;
  for (let i = 0; i < rounds; i++) {
    const before = process.memoryUsage().heapUsed;
    const cpuBefore = process.cpuUsage();
    play(stream.repeatFrom);
    const { user, system } = process.cpuUsage(cpuBefore);
    roundNs.push(((user + system) * 1000) / perRound);
    const grown = process.memoryUsage().heapUsed - before;
    if (grown < 0) continue;
    bytes += grown;
    counted += 1;
  }
  return { bytes, rounds: counted };
}

globalThis.gc?.();
const before = process.cpuUsage();
const grown = playAndMeasure();
const cpu = process.cpuUsage(before);
const events = rounds * perRound;
console.log(
  JSON.stringify({
    family: values.family,
    rules: set.rules.filter((rule) => rule.enabled).length,
    events,
    nsPerEvent: ((cpu.user + cpu.system) * 1000) / events,
    nsPerEventQuiet: percentile(roundNs, 0.1),
    matches,
    bytesPerEvent: grown.bytes / (grown.rounds * perRound),
    ...(values.names ? { fired: Object.fromEntries(fired) } : {}),
  }),
);
