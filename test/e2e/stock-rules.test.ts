import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type DetectionLine, startAgent, type TestAgent } from './harness/agent.js';
import { which } from './harness/host.js';
import { type FinishedContainer, requireRuntime, runtimes } from './harness/index.js';
import { PodmanRuntime } from './harness/podman.js';
import { Scratch } from './harness/scratch.js';
import {
  EXERCISES,
  type Exercise,
  enabling,
  NETWORK_SETUP,
  PLACES,
  type Place,
  STOCK_FILES,
} from './stock-rules/index.js';

const present = STOCK_FILES.every(({ path }) => existsSync(path));

const scratch = new Scratch('stock');
const docker = runtimes.docker();
const podman = new PodmanRuntime();
const cri = runtimes['containerd-cri']();
const used = { runc: runtimes.runc(), docker, podman, 'containerd-cri': cri };
const places: Partial<Record<Place, Promise<FinishedContainer>>> = {};

afterAll(async () => {
  for (const runtime of Object.values(used)) await runtime.close();
  await scratch.remove();
});

/** All three files as they are, the rules they leave to the user enabled, and every match reported. */
async function watch(exercises: readonly Exercise[]): Promise<TestAgent> {
  // Before the agent starts, a probe container of each runtime has made its socket and storage.
  for (const runtime of Object.values(used)) await runtime.available();
  const enabled = scratch.below('enabled.yaml');
  writeFileSync(enabled, enabling(EXERCISES.map(({ rule }) => rule)));
  const overrides = exercises.flatMap(({ override }, at) => {
    if (override === undefined) return [];
    const file = scratch.below(`override-${at}.yaml`);
    writeFileSync(file, override.rules);
    return [file];
  });
  return startAgent({
    rules: [...STOCK_FILES.map(({ path }) => path), enabled, ...overrides],
    args: [
      '--all-matches',
      '--identity-timeout',
      '5000',
      '--runtime-socket',
      `docker=${docker.socket}`,
      '--runtime-socket',
      `containerd=${cri.socket}`,
      '--runtime-root',
      `podman=${podman.flags[1]}`,
    ],
  });
}

/** What happens in one place happens once, whichever exercise asks first. */
function inPlace(place: Place): Promise<FinishedContainer> {
  const scripts = EXERCISES.flatMap((exercise) =>
    'place' in exercise && exercise.place === place ? [exercise.script] : [],
  );
  const setup = place === 'network' ? [NETWORK_SETUP] : [];
  const lines = [...setup, ...scripts].map((script) => `( ${script} ) </dev/null >/dev/null 2>&1`);
  places[place] ??= used.runc.runToEnd({ ...PLACES[place], args: ['sh', '-c', lines.join('\n')] });
  return places[place];
}

function cannotRun({ requires }: Exercise): string | undefined {
  if (!present) return 'the stock rule files are not there';
  const absent = (requires ?? []).filter((program) => which(program) === undefined);
  return absent.length === 0 ? undefined : `not installed: ${absent.join(', ')}`;
}

const carries = (line: DetectionLine, fields: Exercise['fields']): boolean =>
  Object.entries(fields).every(([field, value]) => line.output_fields[field] === value);

const stock = EXERCISES.filter((exercise) => exercise.override === undefined);
const overridden = EXERCISES.filter((exercise) => exercise.override !== undefined);

for (const [title, exercises] of [
  ["Falco's rules, unmodified", stock],
  ["Falco's rules with an override", overridden],
] as const) {
  describe.concurrent(title, () => {
    let agent: TestAgent | undefined;
    beforeAll(async () => {
      if (present) agent = await watch(exercises);
    });
    afterAll(async () => {
      await agent?.stop();
    });

    it.for(exercises)('$rule: fires on real behaviour', async (exercise, test) => {
      const reason = cannotRun(exercise);
      if (reason !== undefined) test.skip(reason);
      const runtime = 'place' in exercise ? used.runc : used[exercise.runtime];
      await requireRuntime(runtime, test);
      const done =
        'place' in exercise ? await inPlace(exercise.place) : await runtime.runToEnd(exercise.container);
      const mine = (line: DetectionLine): boolean =>
        line.rule === exercise.rule && line.output_fields['container.id'] === done.id.slice(0, 12);
      const found = await agent
        ?.until((line) => mine(line) && carries(line, exercise.fields))
        .catch(() => {
          // Not all fields as expected: show those of the nearest miss.
          return agent?.detections.find(mine);
        });
      test.expect(found?.output_fields).toMatchObject(exercise.fields);
    });
  });
}
