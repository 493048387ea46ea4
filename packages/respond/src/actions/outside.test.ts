import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Journal } from '../record/journal.js';
import { orderOf } from '../record/order.js';
import type { Asker, ResponseRecord } from '../record/record.js';
import { Responder } from '../responder.js';
import { NO_SETTINGS, type ResponseSettings } from '../settings/response-settings.js';
import { type Certificate, makeCertificate, TlsServer } from '../testing/tls-server.js';
import type { Hands } from './action.js';

let folder: string;
let certificate: Certificate;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-outside-'));
  certificate = makeCertificate();
});
afterEach(() => {
  certificate.remove();
  rmSync(folder, { recursive: true, force: true });
});

const BY: Asker = { kind: 'playbook', playbook: 'p', rule: 'Shell', detectedAt: '2026-01-05T10:00:00Z' };
const SUBJECT = { id: 'c1', name: 'web', runtime: 'runc', pod: '', pids: [] };

function act(
  order: object,
  settings: Partial<ResponseSettings> = {},
  capture?: Hands['capture'],
): Promise<ResponseRecord> {
  const hands: Hands = {
    ...{
      engines: [],
      snapshotFolder: folder,
      scriptFolder: folder,
      settings: { ...NO_SETTINGS, ...settings },
    },
    isolate: async () => ({ was: false, facts: {}, notCut: [] }),
    release: async () => true,
    capture: capture ?? (async () => ({ folder: '/captures/c1', problems: [] })),
  };
  const journal = new Journal(join(folder, 'responses.jsonl'));
  const responder = new Responder({ hands, journal, say: () => undefined, find: async () => SUBJECT });
  return responder.respond({ subject: SUBJECT, order: orderOf(order), by: BY, why: 'a test' });
}

describe('webhook', () => {
  test('tells who wants what of which container, signed, and only that', async () => {
    const server = new TlsServer(certificate, () => ({ status: 202 }));
    const url = await server.listen();
    const key = join(folder, 'key');
    writeFileSync(key, 'k\n');
    const hook = {
      name: 'tickets',
      url,
      key: { kind: 'file' as const, path: key },
      ca: certificate.cert,
      timeoutMs: 5000,
      attempts: 1,
    };
    const record = await act({ action: 'webhook', to: 'tickets' }, { webhooks: [hook] });
    expect(record).toMatchObject({ result: 'done', undo: [], facts: { to: 'tickets' } });
    const [asked] = server.asked;
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      ...{ type: 'runward.response', response: record.id, by: BY, why: 'a test' },
      container: { id: 'c1', name: 'web', runtime: 'runc', pod: '' },
    });
    const [, seconds = '', mac] =
      /^t=(\d+),v1=(.*)$/.exec(String(asked?.headers['x-runward-signature'])) ?? [];
    expect(mac).toBe(createHmac('sha256', 'k').update(`${seconds}.${asked?.body}`).digest('hex'));
    const unknown = await act({ action: 'webhook', to: 'pager' }, { webhooks: [hook] });
    expect(unknown.error).toMatchObject({ code: 'RESPOND_NOT_SET_UP', help: 'there are tickets' });
    await server.close();
  });
});

describe('capture', () => {
  test('is recorded with where it lies and what could not be had', async () => {
    const record = await act({ action: 'capture' }, {}, async (id, why) => ({
      ...{ folder: `/captures/${id}`, problems: ['no flows'], why },
    }));
    expect(record).toMatchObject({
      result: 'done',
      facts: { folder: '/captures/c1', why: 'a test' },
      notes: ['no flows'],
    });
  });

  test.each([
    ['nobody', 'RESPOND_NOT_SET_UP'],
    ['gone', 'RESPOND_VANISHED'],
  ] as const)('that %s takes is %s', async (answer, code) => {
    expect((await act({ action: 'capture' }, {}, async () => answer)).error?.code).toBe(code);
  });
});

test.each([{ action: 'exec', script: 'a' }, { action: 'webhook', to: 'a' }, { action: 'revoke' }])(
  '%j without settings says what to write',
  async (order) => {
    const { error } = await act(order);
    expect(error).toMatchObject({
      code: 'RESPOND_NOT_SET_UP',
      help: expect.stringContaining('--response-settings') as string,
    });
  },
);

test.each(['../evil', '/bin/sh', 'a b', '.hidden', 'a/b', ''])('%j is no name of a script', (script) => {
  expect(() => orderOf({ action: 'exec', script })).toThrow('is no script');
});
