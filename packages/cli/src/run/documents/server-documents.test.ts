import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BundleDocument, DocumentKind } from '@runward/protocol';
import type { Playbook } from '@runward/respond/playbooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drillFolder } from './drill-files.js';
import { ServerDocuments } from './server-documents.js';

const rule = (name: string, condition = 'evt.type = execve and proc.name = x'): string =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: WARNING\n`;
const OWN = {
  name: 'own.yaml',
  text: `- macro: shells\n  condition: proc.name in (sh, bash)\n${rule('own')}`,
};
const document = (kind: DocumentKind, name: string, version: number, text: string): BundleDocument => ({
  ...{ id: `${kind}-${name}`, kind, name, version, text },
});

let state = '';
let used: string[][] = [];
let takes = true;
let documents: ServerDocuments;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'rw-documents-'));
  used = [];
  takes = true;
  documents = new ServerDocuments({
    state,
    ownRules: () => [OWN],
    ownPlaybooks: () => [{ name: 'own' } as Playbook], // only its name is looked at
    useRules: async (extra) => {
      used.push(extra.map(({ name }) => name));
      return takes;
    },
    usePlaybooks: (extra) => void used.push(extra.map(({ name }) => name)),
    holdPolicies: async (held) =>
      held.map(({ name, version }) =>
        name === 'bad' ? { name, problem: 'no', holds: version - 1 } : { name, problem: '', holds: null },
      ),
  });
});
afterEach(() => rmSync(state, { recursive: true }));

test('rules come after the own ones of the node, on which they may build; the same ones are not loaded again', async () => {
  const a = document('rules', 'a', 1, rule('a', 'evt.type = execve and shells'));
  expect(await documents.putInForce([a], [])).toEqual([
    { id: 'rules-a', version: 1, state: 'in-force', holds: null, why: '' },
  ]);
  await documents.putInForce([a], []);
  expect(used).toEqual([['server/rules/a@1.yaml']]);
  await documents.putInForce([], []);
  expect([used.at(-1), documents.rules]).toEqual([[], []]);
});

test('rules with an error keep out themselves alone, and what was sound before stays', async () => {
  const [a1, b1] = [document('rules', 'a', 1, rule('a')), document('rules', 'b', 1, rule('b'))];
  const a2 = document('rules', 'a', 2, rule('a', 'evt.typ = execve'));
  const standings = await documents.putInForce([a2, b1], [a1]);
  expect(standings).toEqual([
    { id: 'rules-a', version: 2, state: 'failed', holds: 1, why: expect.stringMatching(/^server\/rules\/a@2\.yaml:3:14: error/) }, // biome-ignore format: one line
    { id: 'rules-b', version: 1, state: 'in-force', holds: null, why: '' },
  ]);
  expect(used).toEqual([['server/rules/a@1.yaml', 'server/rules/b@1.yaml']]);
});

test('rules that the sensor does not take after all are told as failed, and not counted as in force', async () => {
  takes = false;
  const [standing] = await documents.putInForce([document('rules', 'a', 1, rule('a'))], []);
  expect(standing).toMatchObject({ state: 'failed', why: expect.stringMatching(/did not take/) });
  expect(documents.rules).toEqual([]);
});

test('what becomes of policies is told for each of them', async () => {
  expect(
    await documents.putInForce([document('policy', 'web', 4, 'x'), document('policy', 'bad', 7, 'x')], []),
  ).toMatchObject([
    { id: 'policy-web', state: 'in-force' },
    { id: 'policy-bad', state: 'failed', why: 'no', holds: 6 },
  ]);
});

const shipped = (path: string): string =>
  readFileSync(join(import.meta.dirname, '../../../../..', path), 'utf8');

test('playbooks are added to those of the node, whose names they may not take', async () => {
  const text = shipped('playbooks/stop-miner.yaml');
  const [standing] = await documents.putInForce([document('playbook', 'a', 1, text)], []);
  expect(standing).toMatchObject({ state: 'in-force' });
  const [name = ''] = used.at(-1) ?? [];
  const [taken] = await documents.putInForce(
    [document('playbook', 'a', 2, text.replaceAll(`name: ${name}`, 'name: own'))],
    [],
  );
  expect(taken).toMatchObject({ state: 'failed', why: 'this node has a playbook `own` of its own' });
});

test('drills are files as long as they are named', async () => {
  const [file = ''] = readdirSync(join(import.meta.dirname, '../../../../../drills')).filter((each) =>
    each.endsWith('.yaml'),
  );
  const text = shipped(`drills/${file}`);
  const standings = await documents.putInForce(
    [document('drill', 'a', 1, text), document('drill', 'b', 1, 'id: 4\n')],
    [],
  );
  expect(standings.map(({ state: each }) => each)).toEqual(['in-force', 'failed']);
  expect(readdirSync(drillFolder(state))).toEqual(['a.yaml']);
  await documents.putInForce([], []);
  expect(existsSync(drillFolder(state))).toBe(false);
});
