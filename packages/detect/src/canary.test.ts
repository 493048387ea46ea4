import { fieldCatalogue } from '@runward/events';
import { type TestEvent, testContainer, testProcess, testView } from '@runward/events/testing';
import { loadRules } from '@runward/rules';
import { expect, test } from 'vitest';
import { CanaryRule } from './canary.js';
import { Detector, type DetectorOptions } from './detector.js';

const MARK = { parentPid: 77, token: '0badcafe' };
const RULES = `- rule: Runs something
  desc: d
  condition: evt.type = execve
  output: "%proc.cmdline"
  priority: WARNING
- sequence: Runs twice
  desc: d
  priority: ERROR
  output: twice
  by: container
  within: 5s
  steps:
    - { name: first, rule: Runs something }
    - { name: second, rule: Runs something }
`;
const ran = (pid: number, ppid: number, ...args: readonly string[]): TestEvent => ({
  type: 'execve',
  process: { ...testProcess(), pid, ppid, comm: 'true', args: ['true', ...args] },
});

function judge(events: readonly TestEvent[], options: Partial<DetectorOptions> = {}, text = RULES) {
  const { value } = loadRules([{ name: 'rules.yaml', text }], { catalogue: fieldCatalogue });
  if (value === undefined) throw new TypeError('the rules do not load');
  const canary = new CanaryRule(MARK);
  const detector = new Detector(value, { host: false, allMatches: false, canary, ...options });
  const found: string[] = [];
  for (const event of events) detector.judge(testView(event), ({ output }) => found.push(output));
  const fired = events.map(({ process }) => process?.pid ?? 0).filter((pid) => canary.firedFor(pid));
  return { fired, found };
}

test.each([[{}], [{ allMatches: true }], [{ host: true }], [{ host: true, allMatches: true }]] as const)(
  'a canary is judged and told to nobody, whatever is judged besides (%j)',
  (options) => {
    expect(judge([ran(5, 77, MARK.token), ran(6, 77, MARK.token)], options)).toEqual({
      fired: [5, 6],
      found: [],
    });
  },
);

test('it is judged without any rule of the user, and of an agent that is a container itself', () => {
  const other = RULES.replaceAll('execve', 'openat');
  expect(judge([ran(5, 77, MARK.token)], {}, other).fired).toEqual([5]);
  expect(judge([{ ...ran(5, 77, MARK.token), container: testContainer() }]).fired).toEqual([5]);
});

test('what a container starts is never a canary, even when it knows the word', () => {
  const forged = { ...ran(9, 78, MARK.token), container: testContainer() };
  expect(judge([forged])).toEqual({ fired: [], found: [`true ${MARK.token}`] });
});

test('other programs of the agent are none, and are judged as anything on the host is', () => {
  const others = [ran(8, 77, 'else'), ran(8, 77), ran(8, 77, MARK.token, 'else')];
  expect(judge(others)).toEqual({ fired: [], found: [] });
  expect(judge(others.slice(0, 1), { host: true })).toEqual({ fired: [], found: ['true else'] });
});

test('a set of rules that is not judged proves nothing', () => {
  const canary = new CanaryRule(MARK);
  expect(canary.take(testView(ran(5, 77, MARK.token)), () => undefined)).toBe(false);
  expect(canary.firedFor(5)).toBe(false);
});
