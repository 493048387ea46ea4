import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { attest } from '../attest.js';
import { digestOf } from '../configuration/digest.js';
import { CONFINED } from '../testing/sample.js';
import { Approvals, approvalFor } from './approvals.js';
import { choose, keysOf, type Subject, workloadOf } from './workload.js';

const state = mkdtempSync(join(tmpdir(), 'rw-approvals-'));
afterAll(() => rmSync(state, { recursive: true }));

const subject = (part: Partial<Subject>): Subject => ({
  ...{
    id: 'c0ffee0123',
    name: 'web',
    image: 'docker.io/library/nginx:1',
    imageRepository: 'docker.io/library/nginx',
  },
  pod: undefined,
  ...part,
});
const pod = (name: string): Subject => subject({ name: 'nginx', id: name, pod: { name, namespace: 'shop' } });
const who = { uid: 0, user: 'root', program: 'test' };
const observation = { configuration: CONFINED, digest: digestOf(CONFINED), pid: 1, gaps: [] };

describe('the workload of a container', () => {
  it.each([
    [pod('web-5d9c7b8f4d-x2x4z'), 'workload:shop/web/nginx'],
    [pod('db-0'), 'workload:shop/db/nginx'],
    [pod('node-agent-x2x4z'), 'workload:shop/node-agent/nginx'],
    [pod('single'), 'workload:shop/single/nginx'],
    [subject({}), 'container:web'],
    [subject({ name: '' }), 'container:c0ffee0123'],
  ])('%#: %s', (of, key) => {
    expect(keysOf(of)).toEqual([key, 'image:docker.io/library/nginx']);
    expect(workloadOf(of)).toBe(key.slice(key.indexOf(':') + 1));
  });

  const all = [
    pod('web-5d9c7b8f4d-x2x4z'),
    pod('web-5d9c7b8f4d-abcde'),
    subject({}),
    subject({ id: 'beef00', name: 'db' }),
  ].map((each) => ({ subject: each }));
  it.each([
    ['web', 1, 'container:web'],
    ['shop/web', 2, 'workload:shop/web/nginx'],
    ['shop/web/nginx', 2, 'workload:shop/web/nginx'],
    ['docker.io/library/nginx', 4, 'image:docker.io/library/nginx'],
    ['beef', 1, 'container:db'],
  ])('%s stands for %d containers, approved as %s', (name, count, key) => {
    const choice = choose(all, name);
    expect([choice?.chosen.length, choice?.key]).toEqual([count, key]);
  });

  it('nothing stands for nobody', () => expect(choose(all, 'other')).toBeUndefined());
});

describe('approvals', () => {
  it('hold for what they were given for, the most telling first, and remember what was before', async () => {
    const approvals = new Approvals(state);
    await approvals.approve({
      key: 'image:docker.io/library/nginx',
      subject: subject({}),
      observation,
      who,
      why: 'a',
    });
    const other = { ...CONFINED, rootReadOnly: false };
    const key = 'container:web';
    await approvals.approve({
      key,
      subject: subject({}),
      observation: { ...observation, configuration: other, digest: digestOf(other) },
      who,
      why: 'b',
    });
    const read = await approvals.read();
    expect(approvalFor(read, subject({}))?.why).toBe('b');
    expect(approvalFor(read, subject({ name: 'db' }))?.why).toBe('a');
    expect(approvalFor(read, subject({ name: 'db', imageRepository: 'other' }))).toBeUndefined();
    expect(attest(subject({}), observation, read)).toMatchObject({
      state: 'changed',
      differences: [{ what: 'rootReadOnly' }],
    });
    await approvals.approve({ key, subject: subject({}), observation, who, why: 'c' });
    const again = (await approvals.read()).get(key);
    expect(again).toMatchObject({ why: 'c', history: [{ why: 'b', digest: digestOf(other) }] });
    expect(attest(subject({}), observation, await approvals.read()).state).toBe('approved');
  });

  it.each([
    ['is no JSON', () => 'x'],
    ['names no configuration', () => '{"version":1}'],
    ['is of another version', (text: string) => text.replace('"version": 1', '"version": 2')],
    [
      'does not have the digest',
      (text: string) => text.replace('"rootReadOnly": true', '"rootReadOnly": false'),
    ],
  ])('one that something else changed is refused: %s', async (why, change) => {
    const folder = join(state, 'attest');
    const [file = ''] = readdirSync(folder);
    const before = readFileSync(join(folder, file), 'utf8');
    writeFileSync(join(folder, file), change(before));
    await expect(new Approvals(state).read()).rejects.toMatchObject({
      code: 'ATTEST_APPROVAL_DAMAGED',
      message: expect.stringContaining(why) as string,
    });
    writeFileSync(join(folder, file), before);
  });
});
