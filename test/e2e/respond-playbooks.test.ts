import { writeFileSync } from 'node:fs';
import type { RespondStatus } from '@runward/agent/respond';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskedAgent, command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { poll, run } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const scratch = new Scratch('playbooks');
const recordings = scratch.below('flight');
const playbooks = scratch.below('playbooks.yaml');
const rules = scratch.below('rules.yaml');
const runtime = runtimes.runc();
let agent: AskedAgent;

const RULES = ['killed', 'quick', 'asked', 'dry', 'spread'].map(
  (name) => `- rule: ${name}
  desc: a program is told the word
  condition: evt.type in (execve, execveat) and proc.args contains "wait word-${name}"
  output: "%proc.cmdline"
  priority: WARNING
`,
);

const playbook = (name: string, spec: string, sources = 'syscall, policy'): string =>
  `apiVersion: runward.dev/v1alpha1
kind: ResponsePlaybook
metadata: {name: ${name}}
spec: {match: {rules: [${name}], sources: [${sources}]}, ${spec}}
`;
const PLAYBOOKS = [
  playbook('killed', 'mode: act, actions: [kill-process], cooldown: 1s'),
  playbook('quick', 'mode: act, actions: [kill-process], cooldown: 1s', 'syscall'),
  playbook('asked', 'mode: act, actions: [pause], guards: {approval: {within: 1h}}'),
  playbook('dry', 'actions: [kill-container]'),
  playbook('spread', 'mode: act, breaker: {workloads: 2, within: 10m}, actions: [{throttle: {pids: 100}}]'),
];

/** Starts a process in a container that a rule is about, with a child, and does not wait for it. */
async function say(container: TestContainer, word: string): Promise<void> {
  const script = 'sleep 600 & wait';
  await container.exec(['sh', '-c', `sh -c '${script}' word-${word} >/dev/null 2>&1 &`]);
}
const status = async (): Promise<RespondStatus> =>
  (await agent.client.ask('GET', '/v1/respond')) as RespondStatus; // the agent's own route

type Decision = RespondStatus['playbooks']['decisions'][number];
const decided = (
  name: string,
  container: TestContainer,
  outcome: Decision['outcome'],
): Promise<Decision | undefined> =>
  poll(
    async () =>
      (await status()).playbooks.decisions.find(
        (each) => each.playbook === name && each.container.id === container.id && each.outcome === outcome,
      ),
    30_000,
    50,
  );
const processes = async (container: TestContainer): Promise<string> =>
  (await container.exec(['ps', '-o', 'args'])).stdout;

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  writeFileSync(rules, RULES.join(''));
  writeFileSync(playbooks, PLAYBOOKS.join('---\n'));
  const args = [
    '--no-enforcement',
    '--rules',
    rules,
    '--playbooks',
    playbooks,
    '--flight-recorder',
    recordings,
  ];
  agent = await AskedAgent.start({ args });
}, 120_000);

afterAll(async () => {
  await agent?.stop();
  await runtime.close();
  await scratch.remove();
}, 60_000);

describe('a playbook', () => {
  it.each([
    ['main', 'killed', 'frozen'],
    ["sensor's", 'quick', 'stopped'],
  ])(
    'on the %s thread ends the process of a detection with its children, and is recorded with the rule',
    async (_thread, name, how) => {
      const container = await runtime.start({ args: ['sleep', '600'] });
      await say(container, name);
      const decision = await decided(name, container, 'acted');
      expect(decision).toMatchObject({ rule: name, actions: ['kill-process'] });
      const { history } = await status();
      const record = history.find(({ id }) => id === decision?.responses?.[0]);
      expect(record).toMatchObject({
        result: 'done',
        by: { kind: 'playbook', playbook: name, rule: name },
        facts: { how },
      });
      const left = await processes(container);
      expect(left).not.toContain(`word-${name}`);
      expect(left.match(/sleep 600/g)).toHaveLength(1);
      await container.remove();
    },
    60_000,
  );

  it('waits for somebody who says yes, and does nothing when the answer is no', async () => {
    const container = await runtime.start({ args: ['sleep', '600'] });
    const other = await runtime.start({ args: ['sleep', '600'] });
    await say(container, 'asked');
    const asked = await decided('asked', container, 'asked');
    await say(other, 'asked');
    const second = await decided('asked', other, 'asked');
    expect((await status()).inForce).toEqual([]);
    const socket = ['--socket', agent.client.socket];
    const listed = await run(command, ['respond', 'list', ...socket]);
    expect(listed.stdout).toMatch(new RegExp(`waiting for an answer:[^]*${asked?.id.slice(0, 8)}`));
    const refused = await run(command, ['respond', 'refuse', second?.id.slice(0, 8) ?? '', ...socket]);
    expect(refused).toMatchObject({
      code: 0,
      stdout: `refused: pause for ${other.name} (it was not wanted)\n`,
    });
    const approved = await run(command, ['respond', 'approve', asked?.id ?? '', ...socket]);
    expect(approved).toMatchObject({ code: 0, stdout: `approved: pause for ${container.name}\n` });
    const { inForce } = await status();
    expect(inForce).toMatchObject([
      { action: 'pause', target: { id: container.id }, by: { kind: 'playbook', approvedBy: { uid: 0 } } },
    ]);
    await agent.client.ask('POST', '/v1/respond/undo', { body: { id: inForce[0]?.id } });
    for (const each of [container, other]) await each.remove();
  }, 60_000);

  it('in dry-run says what it would do, and one whose rule spreads stops and says so', async () => {
    const first = await runtime.start({ args: ['sleep', '600'] });
    const second = await runtime.start({ args: ['sleep', '600'] });
    await say(first, 'dry');
    expect(await decided('dry', first, 'dry-run')).toMatchObject({ actions: ['kill-container'] });
    expect(await processes(first)).toContain('word-dry');
    await say(first, 'spread');
    expect(await decided('spread', first, 'acted')).toBeDefined();
    await say(second, 'spread');
    expect(await decided('spread', second, 'breaker')).toMatchObject({
      why: expect.stringContaining('fits 2 workloads') as string,
    });
    expect((await status()).playbooks.open).toMatchObject([{ rule: 'spread' }]);
    expect(agent.stderr).toContain('`runward playbook resume` ends that');
    const resumed = await run(command, ['playbook', 'resume', 'spread', '--socket', agent.client.socket]);
    expect(resumed.stdout).toBe('responded to again: spread\n');
    for (const each of [first, second]) await each.remove();
  }, 60_000);

  it('is simulated over what was recorded, with the same verdicts', async () => {
    await agent.stop();
    const args = ['playbook', 'simulate', playbooks, '--over', recordings, '--rules', rules, '--json'];
    const { stdout, stderr, code } = await run(command, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>); // the command's own lines
    const seen = lines
      .slice(0, -1)
      .map(({ playbook: name, outcome }) => `${String(name)} ${String(outcome)}`);
    // As if each were in mode `act`.
    expect(seen).toEqual([
      'killed act',
      'quick act',
      'asked ask',
      'asked ask',
      'dry act',
      'spread act',
      'spread breaker',
    ]);
    expect(lines.at(-1)).toMatchObject({ summary: { detections: 7 } });
  }, 60_000);
});
