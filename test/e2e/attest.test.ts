import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from './attest/fleet.js';
import { cleanSpec, plants, type Spec } from './attest/planted.js';
import { command } from './harness/asked-agent.js';
import { requireRuntime, runtimes } from './harness/index.js';
import { run } from './harness/process.js';

interface Told {
  readonly name: string;
  readonly state: string;
  readonly differences: readonly { readonly what: string; readonly effect: string; readonly text: string }[];
}

const fleet = new Fleet();
const PLANTS = plants(fleet.folders);
const state = fleet.scratch.below('state');
const names = new Map<string, string>();
let told: ReadonlyMap<string, Told>;

const runward = (...args: readonly string[]) =>
  run(command, [...args, '--state', state, ...fleet.options, '--json'], { timeoutMs: 60_000 });
const clean = (): Spec => cleanSpec(fleet.rootfs, fleet.folders);

async function diff(...args: readonly string[]): Promise<ReadonlyMap<string, Told>> {
  const { stdout, stderr } = await runward('attest', 'diff', ...args);
  expect(stderr).toBe('');
  const { containers } = JSON.parse(stdout) as { readonly containers: readonly Told[] }; // the command's own answer
  return new Map(containers.map((each) => [each.name, each]));
}

beforeAll(async () => {
  const runc = runtimes.runc();
  await requireRuntime(runc, { skip: (note) => expect.fail(note) });
  await runc.close();
  await fleet.open();
  names.set('approved', await fleet.start('approved', clean()));
  const approved = await runward(
    'attest',
    'approve',
    fleet.image,
    '--seccomp-filters',
    '--why',
    'a test',
    '--socket',
    `${state}.sock`,
  );
  expect(approved).toMatchObject({ code: 0, stderr: '' });
  await Promise.all([
    ...['clean-1', 'clean-2', 'clean-3'].map(async (name) =>
      names.set(name, await fleet.start(name, clean())),
    ),
    ...PLANTS.map(async ({ name, plant }) => {
      const spec = clean();
      plant(spec);
      names.set(name, await fleet.start(name, spec));
    }),
  ]);
  told = await diff(fleet.image, '--seccomp-filters');
}, 180_000);

afterAll(() => fleet.close(), 60_000);

const of = (name: string): Told | undefined => told.get(names.get(name) ?? '');

it.each(['approved', 'clean-1', 'clean-2', 'clean-3'])(
  'nothing is told of the clean container %s',
  (name) => {
    expect(of(name)).toMatchObject({ state: 'approved', differences: [] });
  },
);

describe('what is planted in a container is told, and nothing else', () => {
  it('of at least 25 kinds', () => expect(PLANTS.length).toBeGreaterThanOrEqual(25));

  it.each(PLANTS.map((plant) => [plant.name, plant] as const))('%s', (name, { told: expected, text }) => {
    const found = of(name);
    expect(found?.differences.map(({ what }) => what)).toEqual(expected);
    expect(found?.differences.map((each) => each.text).join('\n')).toMatch(text);
  });
});
