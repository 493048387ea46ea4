import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PolicyStore } from '@runward/state';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppliedPolicies } from './applied-policies.js';
import { type HeldPolicies, holdPolicies } from './held-policies.js';
import { FakeHost, workshop } from './testing/fake-host.js';

const who = { uid: 0, user: 'server', program: 'runward server' };
const text = (name: string, path = '/etc/shadow'): string =>
  `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: ${name}\nspec:\n  file:\n    mode: protect\n    deny: [${path}]\n`;
const held = (name: string, version: number, ...policies: readonly string[]): HeldPolicies => ({
  ...{ name, version, text: policies.join('---\n') },
});

let folder = '';
let applied: AppliedPolicies;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-held-'));
  const host = new FakeHost();
  host.add('web', 1);
  const store = new PolicyStore(folder);
  applied = new AppliedPolicies({ store, service: host.service(), workshop, hasWrapper: () => false });
});
afterEach(() => rmSync(folder, { recursive: true }));

const there = async (): Promise<readonly string[]> =>
  (await applied.store.read()).policies.map(({ name, source }) => `${name} ${source}`);
const fine = (name: string) => ({ name, problem: '', holds: null });

test('what the server names is in force, and what it does not name any more is not', async () => {
  await applied.apply([{ name: 'own.yaml', text: text('own') }], who);
  expect(
    await holdPolicies(applied, [held('a', 1, text('x'), text('y')), held('b', 3, text('z'))], who),
  ).toEqual([fine('a'), fine('b')]);
  expect(await there()).toEqual([
    'own own.yaml',
    'x server/policy/a@1.yaml',
    'y server/policy/a@1.yaml',
    'z server/policy/b@3.yaml',
  ]);
  expect(await holdPolicies(applied, [held('a', 2, text('x', '/etc/passwd'))], who)).toEqual([fine('a')]);
  expect(await there()).toEqual(['own own.yaml', 'x server/policy/a@2.yaml']);
  await holdPolicies(applied, [], who);
  expect(await there()).toEqual(['own own.yaml']);
});

test('a policy moves from one document to another', async () => {
  await holdPolicies(applied, [held('a', 1, text('x'), text('y'))], who);
  expect(await holdPolicies(applied, [held('a', 2, text('x')), held('b', 1, text('y'))], who)).toEqual([
    fine('a'),
    fine('b'),
  ]);
  expect((await there()).map((each) => each.split(' ')[0])).toEqual(['x', 'y']);
});

test.each([
  ['with errors', text('x').replace('deny:', 'dney:'), /server\/policy\/a@2\.yaml:8:5: error\[/],
  ['of which one is here by hand', text('own'), /`own` was applied on this node by hand/],
  [
    'that names a policy of another document',
    text('z'),
    /another document of the server has the policy `z` too/,
  ],
])('a document %s is refused with the reason, and what it said before stays', async (_, broken, problem) => {
  await applied.apply([{ name: 'own.yaml', text: text('own') }], who);
  await holdPolicies(applied, [held('0', 1, text('z')), held('a', 1, text('x'))], who);
  const before = await there();
  expect(await holdPolicies(applied, [held('0', 1, text('z')), held('a', 2, broken)], who)).toEqual([
    fine('0'),
    { name: 'a', problem: expect.stringMatching(problem), holds: 1 },
  ]);
  expect(await there()).toEqual(before);
});

test('where the kernel enforces nothing they are kept and not said to be in force', async () => {
  await holdPolicies(applied, [held('a', 1, text('x'))], who);
  await applied.service.detach('ada detached enforcement');
  const [outcome] = await holdPolicies(applied, [held('a', 1, text('x'))], who);
  expect(outcome).toEqual({
    name: 'a',
    problem: 'kept, and not enforced here: ada detached enforcement',
    holds: null,
  });
});
