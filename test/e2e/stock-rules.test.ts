import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startAgent, type TestAgent } from './harness/agent.js';
import { which } from './harness/host.js';
import { requireRuntime, runtimes } from './harness/index.js';
import { PodmanRuntime } from './harness/podman.js';
import { Scratch } from './harness/scratch.js';
import { EXERCISES, type Exercise } from './stock-rules.js';

/** Falco's own file; users bring it, the project does not carry a copy. */
const STOCK = resolve(import.meta.dirname, '../../../shared/conformance/falco-rules/falco_rules.yaml');

const scratch = new Scratch('stock');
const docker = runtimes.docker();
const podman = new PodmanRuntime();
const used = { runc: runtimes.runc(), docker, podman };
const agents: TestAgent[] = [];

afterAll(async () => {
  for (const agent of agents) await agent.stop();
  for (const runtime of Object.values(used)) await runtime.close();
  await scratch.remove();
});

/** One agent that runs for all the exercises which load the same rule files. */
async function watch(rules: readonly string[]): Promise<TestAgent> {
  // Before the agent starts, a probe container of each runtime has made its socket and storage.
  for (const runtime of Object.values(used)) await runtime.available();
  const places = [
    '--runtime-socket',
    `docker=${docker.socket}`,
    '--runtime-root',
    `podman=${podman.flags[1]}`,
  ];
  const agent = await startAgent({ rules, args: places });
  agents.push(agent);
  return agent;
}

function overrideFiles(): string[] {
  return EXERCISES.flatMap(({ override }, at) => {
    if (override === undefined) return [];
    const file = scratch.below(`override-${at}.yaml`);
    writeFileSync(file, override.rules);
    return [file];
  });
}

function cannotRun({ requires }: Exercise): string | undefined {
  if (!existsSync(STOCK)) return `no stock rules at ${STOCK}`;
  const absent = (requires ?? []).filter((program) => which(program) === undefined);
  return absent.length === 0 ? undefined : `not installed: ${absent.join(', ')}`;
}

const stock = EXERCISES.filter((exercise) => exercise.override === undefined);
const overridden = EXERCISES.filter((exercise) => exercise.override !== undefined);

for (const [title, exercises, files] of [
  ["Falco's stable rules, unmodified", stock, () => [STOCK]],
  ["Falco's stable rules with an override", overridden, () => [STOCK, ...overrideFiles()]],
] as const) {
  describe.concurrent(title, () => {
    let agent: TestAgent | undefined;
    beforeAll(async () => {
      if (existsSync(STOCK)) agent = await watch(files());
    });
    afterAll(() => agent?.stop());

    it.for(exercises)('$rule: fires on real behaviour', async (exercise, test) => {
      const reason = cannotRun(exercise);
      if (reason !== undefined) test.skip(reason);
      const runtime = used[exercise.runtime];
      await requireRuntime(runtime, test);
      const done = await runtime.runToEnd(exercise.container);
      const found = await agent?.until(
        (line) => line.rule === exercise.rule && line.output_fields['container.name'] === done.name,
      );
      test.expect(found?.output_fields).toMatchObject({
        ...exercise.fields,
        'container.id': done.id.slice(0, 12),
      });
    });
  });
}
