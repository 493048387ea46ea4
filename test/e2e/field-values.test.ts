import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Expected, FIELD_GROUPS, type FieldCase, type FieldGroup } from './field-values.js';
import { startAgent, type TestAgent } from './harness/agent.js';
import { type FinishedContainer, requireRuntime, runtimes } from './harness/index.js';
import { Scratch } from './harness/scratch.js';

const scratch = new Scratch('fields');
const docker = runtimes.docker();
const cri = runtimes['containerd-cri']();
const used = { runc: runtimes.runc(), docker, 'containerd-cri': cri };
let agent: TestAgent | undefined;

const cases = FIELD_GROUPS.flatMap((group) => group.cases.map((each) => ({ group, each })));
const ruleOf = (each: FieldCase): string => `case ${cases.findIndex((other) => other.each === each)}`;
const ruleText = (each: FieldCase): string =>
  `- rule: ${ruleOf(each)}
  desc: ${JSON.stringify(each.act)}
  condition: container and (${each.event})
  output: ${JSON.stringify(
    Object.keys(each.values)
      .map((field) => `%${field}`)
      .concat('%container.id')
      .join(' '),
  )}
  priority: NOTICE
`;

beforeAll(async () => {
  for (const runtime of Object.values(used)) await runtime.available();
  const file = scratch.below('fields.yaml');
  const container = '- macro: container\n  condition: container.id != host\n';
  writeFileSync(file, container + cases.map(({ each }) => ruleText(each)).join(''));
  const sockets = [
    '--runtime-socket',
    `docker=${docker.socket}`,
    '--runtime-socket',
    `containerd=${cri.socket}`,
  ];
  agent = await startAgent({
    rules: [file],
    args: ['--all-matches', '--identity-timeout', '5000', ...sockets],
  });
});
afterAll(async () => {
  await agent?.stop();
  for (const runtime of Object.values(used)) await runtime.close();
  await scratch.remove();
});

const done = new Map<FieldGroup, Promise<FinishedContainer>>();

/** The acts of a group happen in one container, one after another. */
function run(group: FieldGroup): Promise<FinishedContainer> {
  const acts = [group.setup ?? ':', ...group.cases.map(({ act }) => act)];
  const script = acts.map((act) => `( ${act} ) </dev/null 2>&1 | cat >/dev/null`).join('\n');
  const running =
    done.get(group) ?? used[group.runtime].runToEnd({ ...group.container, args: ['sh', '-c', script] });
  done.set(group, running);
  return running;
}

function fits(value: unknown, expected: Expected): boolean {
  if (expected instanceof RegExp) return expected.test(String(value));
  if (typeof expected !== 'object') return value === expected;
  const number = typeof value === 'number' ? value : Number.NaN;
  return number >= expected.from && number <= (expected.to ?? Number.POSITIVE_INFINITY);
}

describe.concurrent('fields of real events', () => {
  it.for(cases)('$each.act', async ({ group, each }, test) => {
    await requireRuntime(used[group.runtime], test);
    const { id } = await run(group);
    const found = await agent?.until(
      (line) => line.rule === ruleOf(each) && line.output_fields['container.id'] === id.slice(0, 12),
    );
    const wrong = Object.entries(each.values).flatMap(([field, expected]) => {
      const value = found?.output_fields[field];
      return fits(value, expected) ? [] : [{ field, value, expected }];
    });
    test.expect(wrong).toEqual([]);
  });
});
