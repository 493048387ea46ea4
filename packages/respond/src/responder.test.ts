import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Hands } from './actions/action.js';
import { Journal } from './record/journal.js';
import type { Asker, ResponseRecord } from './record/record.js';
import { Responder } from './responder.js';
import { NO_SETTINGS } from './settings/response-settings.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-responder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SUBJECT = { id: 'c1', name: 'web', runtime: 'runc', pod: '', pids: [] };
const BY: Asker = { kind: 'person', who: { uid: 0 } };

function world(path = join(folder, 'responses.jsonl')) {
  const isolated = new Set<string>();
  const told: ResponseRecord[] = [];
  const said: string[] = [];
  const hands: Hands = {
    engines: [],
    snapshotFolder: folder,
    settings: NO_SETTINGS,
    isolate: async (id, { allow }) => {
      if (allow.includes('refused')) throw new Error('no room');
      const was = isolated.has(id);
      isolated.add(id);
      return { was, facts: { allow }, notCut: [] };
    },
    scriptFolder: folder,
    capture: async () => ({ folder, problems: [] }),
    release: async (id) => isolated.delete(id),
  };
  const responder = new Responder({
    ...{ hands, journal: new Journal(path), say: (text) => void said.push(text) },
    find: async (id) => (id === SUBJECT.id ? SUBJECT : undefined),
    onRecord: (record) => void told.push(record),
  });
  const isolate = (allow: readonly string[] = []) =>
    responder.respond({ subject: SUBJECT, order: { action: 'isolate', allow }, by: BY, why: 'test' });
  return { responder, isolated, told, said, isolate };
}

describe('a response', () => {
  test('is recorded, in force until it is undone, and undone once', async () => {
    const { responder, isolated, told, isolate } = world();
    const record = await isolate();
    expect(record).toMatchObject({ result: 'done', action: 'isolate', by: BY, undo: [{ step: 'release' }] });
    expect(responder.inForce.map(({ id }) => id)).toEqual([record.id]);
    const undone = await responder.undo(record.id.slice(0, 6), BY);
    expect(undone.undone).toMatchObject({ by: BY, why: 'it was asked for' });
    expect(isolated.size).toBe(0);
    expect(await responder.undo(record.id, BY)).toEqual(undone);
    expect(told).toHaveLength(2);
  });

  test('that finds its effect there has nothing to take back; asked with other terms the later one has', async () => {
    const { responder, isolated, isolate } = world();
    isolated.add('c1');
    const record = await isolate();
    expect(record).toMatchObject({ result: 'already', undo: [] });
    await expect(responder.undo(record.id, BY)).rejects.toMatchObject({ code: 'RESPOND_NO_UNDO' });
    isolated.clear();
    const first = await isolate();
    const second = await isolate(['10.0.0.0/8']);
    expect(responder.inForce.map(({ id }) => id)).toEqual([second.id]);
    await expect(responder.undo(first.id, BY)).rejects.toMatchObject({
      code: 'RESPOND_NO_UNDO',
      help: expect.stringContaining(second.id.slice(0, 8)) as string,
    });
    await responder.undo(second.id, BY);
    expect(isolated.size).toBe(0);
  });

  test('that fails is a record with the reason, and leaves nothing behind', async () => {
    const { responder, isolate, said } = world();
    const record = await isolate(['refused']);
    expect(record).toMatchObject({
      result: 'failed',
      undo: [],
      error: { code: 'RESPOND_FAILED', message: 'no room' },
    });
    expect(responder.inForce).toEqual([]);
    expect(said).toEqual(['`isolate` of web: failed: no room [RESPOND_FAILED]']);
    const gone = await responder.respond({
      subject: SUBJECT,
      order: { action: 'kill-container' },
      by: BY,
      why: '',
    });
    expect(gone.error).toMatchObject({ code: 'RESPOND_VANISHED' });
  });

  test('is done also when it cannot be written down, which is told once', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { responder, isolated, isolate, said } = world(join(folder, 'file', 'responses.jsonl'));
    expect(await isolate()).toMatchObject({ result: 'done' });
    expect(isolated.size).toBe(1);
    expect(responder.problem).toContain('cannot be written');
    expect(said.filter((text) => text.startsWith('responses are not recorded'))).toHaveLength(1);
  });

  test('is known to the next agent, which closes what is over and finishes what was interrupted', async () => {
    const first = world();
    const record = await first.isolate();
    const path = join(folder, 'responses.jsonl');
    const begun = { ...record, id: 'begun-1', result: 'under-way', target: { ...record.target, id: 'gone' } };
    writeFileSync(path, `${readFileSync(path, 'utf8')}${JSON.stringify(begun)}\n{"id":"cut`);
    const { responder } = world();
    expect(responder.inForce.map(({ id }) => id)).toEqual([record.id]);
    await responder.recover();
    expect(responder.records.find(({ id }) => id === 'begun-1')).toMatchObject({
      result: 'interrupted',
      undone: { why: 'the container ended' },
    });
    expect((await responder.undo(record.id, BY)).undone).toBeDefined();
    // The line that was cut short does not swallow the one after it.
    expect(new Journal(path).get(record.id)?.undone).toBeDefined();
  });

  test('to one container waits for the one before', async () => {
    const { isolate, told } = world();
    await Promise.all([isolate(), isolate(['10.0.0.0/8'])]);
    expect(told.map(({ result }) => result)).toEqual(['done', 'already']);
  });
});
