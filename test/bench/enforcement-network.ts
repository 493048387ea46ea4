/**
 * What judging connections costs: time of `socket`, `connect` to a closed port of this machine and `close`, in a
 * container without a policy, under a small one and under one of 10,000 networks; all in turn in each round, so that
 * a slow spell of the machine meets all. `unloaded` is without the programs. One JSON line per figure.
 *
 *   scripts/node --experimental-transform-types --import ./test/typescript.mjs test/bench/enforcement-network.ts [ROUNDS]
 */
import { Guard } from '../e2e/guard.js';
import { runtimes, type TestContainer } from '../e2e/harness/index.js';
import { median, rounded } from './statistics.js';

const rounds = Number(process.argv[2] ?? 9);
const CONNECTS = Number(process.argv[3] ?? 20_000);

const line = (at: number): string =>
  `    - { operation: connect, cidrs: [10.${at >> 8}.${at & 255}.0/24], ports: [443] }`;
const policy = (networks: number): string =>
  `network:\n  mode: protect\n  default: deny\n  allow:\n    - { operation: connect, cidrs: [127.0.0.0/8] }\n${Array.from({ length: networks }, (_, at) => line(at)).join('\n')}\n`;
const POLICIES = { small: policy(9), large: policy(9_999) } as const;

const runtime = runtimes.runc();
const containers = new Map<string, TestContainer>();
for (const name of ['unloaded', 'none', ...Object.keys(POLICIES)])
  containers.set(name, await runtime.start({ args: ['sleep', '3600'], privileged: true }));

async function nsEach(name: string): Promise<number> {
  const { stdout, stderr } = (await containers
    .get(name)
    ?.exec(['sections', 'network', `connects=${CONNECTS}`])) ?? {
    stdout: '',
    stderr: '',
  };
  const found = /^ns_each (\d+)$/m.exec(stdout);
  if (found === null) throw new Error(`no figure for ${name}: ${stdout}${stderr}`);
  return Number(found[1]);
}

const measured = new Map<string, number[]>();
for (let round = 0; round < rounds; round += 1) {
  const times = new Map([['unloaded', await nsEach('unloaded')]]);
  const guard = await Guard.open();
  for (const [name, spec] of Object.entries(POLICIES)) {
    const container = containers.get(name);
    if (container !== undefined) guard.bind(container, spec);
  }
  for (const name of ['none', 'small', 'large']) times.set(name, await nsEach(name));
  await guard.close();
  for (const [name, ns] of times) measured.set(name, [...(measured.get(name) ?? []), ns]);
}
const of = (name: string): readonly number[] => measured.get(name) ?? [];
const ratios = (name: string, base: string): number[] =>
  of(name).map((ns, round) => ns / (of(base)[round] ?? Number.NaN));
for (const [figure, name, base] of [
  ['connect_no_policy', 'none', 'unloaded'],
  ['connect_small_policy', 'small', 'unloaded'],
  ['connect_10000_networks', 'large', 'unloaded'],
  ['connect_10000_over_small', 'large', 'small'],
] as const) {
  const values = ratios(name, base);
  console.log(
    JSON.stringify({ figure, value: rounded(median(values)), unit: 'ratio', detail: { ratios: values.map((value) => rounded(value)), nsEach: of(name) } }),
  ); // biome-ignore format: a line
}
await runtime.close();
