/** What is thought of a node, by quotes of an emulated TPM: the good one, and each way not to be believed. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quoteStatement } from '@runward/protocol/node';
import { NodeTpm } from '@runward/tpm/node';
import { bootLogOf, EmulatedTpm, imaListOf, tpmToolsMissing } from '@runward/tpm/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Node } from '../link/book.js';
import { Attestation, type OnDistrust, type TrustNews } from './attestation.js';
import { makeReference } from './make-reference.js';
import { ReferenceBook } from './reference-book.js';
import { TrustBook } from './trust-book.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const [FIRMWARE, LOADER, KERNEL, TOOL, EVIL] = ['11', '22', '33', '44', '66'].map((each) =>
  each.repeat(32),
) as [string, string, string, string, string]; // five
const EVENTS = [
  { register: 0, type: 8, digest: FIRMWARE },
  { register: 4, type: 0x80000003, digest: LOADER, text: 'loader.efi' },
];
const FILES = [
  { path: '/usr/bin/kernel', hash: KERNEL },
  { path: '/usr/bin/tool', hash: TOOL },
];
const EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe.skipIf(tpmToolsMissing() !== undefined)('a node with a TPM', () => {
  let emulated: EmulatedTpm;
  let tpm: NodeTpm;
  let node: Node;
  let folder: string;
  let nowMs: number;
  let news: TrustNews[];
  let revoked: string[];
  let attestation: Attestation;
  let references: ReferenceBook;
  const exporter = randomBytes(32);
  const connection = {};

  beforeAll(async () => {
    emulated = await EmulatedTpm.start();
    tpm = new NodeTpm(emulated.path);
    await emulated.extend(EVENTS.map(({ register, digest }) => [register, digest] as const));
    await emulated.extend(imaListOf(FILES).extended.map((digest) => [10, digest] as const));
    const { endorsement, attestation: key } = await tpm.identity();
    node = {
      ...{
        id: 'f3b1c1f0-0000-4000-8000-000000000001',
        name: 'web-1',
        cluster: 'shop',
        enrolledMs: 0,
        revoked: null,
        certificates: [],
      },
      tpm: {
        endorsement: base64(endorsement),
        attestation: base64(key),
        proof: { kind: 'pinned', why: 'test' },
      },
    };
  });
  afterAll(() => emulated?.remove());

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rw-trust-'));
    nowMs = Date.UTC(2026, 10, 30);
    [news, revoked] = [[], []];
    open();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function open(onDistrust: OnDistrust = 'alert'): void {
    references = new ReferenceBook(join(folder, 'reference'));
    attestation = new Attestation({
      ...{
        references,
        trust: new TrustBook(join(folder, 'trust')),
        everyMs: EVERY_MS,
        onDistrust,
        now: () => nowMs,
      },
      onChange: (each) => news.push(each),
      revoke: (_, why) => revoked.push(why),
    });
  }

  interface Showing {
    readonly by?: NodeTpm;
    readonly over?: Buffer;
    readonly bootLog?: Buffer;
    readonly list?: Buffer;
  }
  const challenge = (boot = 'boot-1') => attestation.challenge(node, connection, boot);
  async function message(
    extraData: Uint8Array,
    { by = tpm, bootLog = bootLogOf(EVENTS), list = imaListOf(FILES).list }: Showing = {},
  ) {
    const { key, attest, signature, values } = await by.quote(extraData);
    return {
      ...{ kind: 'quote' as const, key: base64(key), attest: base64(attest), signature: base64(signature) },
      registers: Object.fromEntries(
        [...values].map(([register, value]) => [register, value.toString('hex')]),
      ),
      ...{ bootLog: base64(bootLog), measurements: base64(list) },
    };
  }
  const statement = (nonce: string): Buffer => quoteStatement(Buffer.from(nonce, 'base64'), exporter);
  async function prove(showing: Showing = {}) {
    const { nonce } = challenge();
    return attestation.take(
      node,
      connection,
      exporter,
      await message(showing.over ?? statement(nonce), showing),
    );
  }

  function setReference({ version = 1, byEvents = false, change = (text: string) => text } = {}): void {
    const measured = attestation.measured(node);
    if (measured === undefined) throw new Error('the node showed nothing yet');
    const made = makeReference(measured, {
      profile: 'rack',
      version,
      date: '2026-11-30',
      expires: '2027-02-28',
      byEvents,
    });
    references.set(change(JSON.stringify(made)), 'anna', nowMs);
  }
  async function trusted(): Promise<void> {
    expect(await prove()).toMatchObject({ state: 'unknown', reason: 'no-reference' });
    setReference();
    expect(await prove()).toMatchObject({ state: 'trusted', reason: '' });
  }

  test('is unknown until there is a reference, and trusted when it is as that says', async () => {
    await trusted();
    expect(news.map(({ after }) => after.state)).toEqual(['unknown', 'trusted']);
    expect(attestation.of(node).history.map(({ state }) => state)).toEqual(['trusted', 'unknown']);
    // Also by the digests of what was measured at boot, in the next version.
    setReference({ version: 2, byEvents: true });
    expect(references.current?.profiles[0]?.events).toEqual({ 0: [FIRMWARE], 4: [LOADER] });
    expect(await prove()).toMatchObject({ state: 'trusted' });
  });

  test('hands over what IMA measured since the last time only, and from the beginning after another start or reference', async () => {
    await trusted();
    const { from, nonce } = challenge();
    expect(from).toBe(FILES.length);
    expect(
      attestation.take(
        node,
        connection,
        exporter,
        await message(statement(nonce), { list: Buffer.alloc(0) }),
      ),
    ).toMatchObject({ state: 'trusted' });
    expect(challenge('boot-2').from).toBe(0);
    setReference({ version: 2 });
    expect(challenge().from).toBe(0);
  });

  describe('is not trusted, and the reason is told', () => {
    beforeEach(trusted);

    test('when it answers an earlier challenge with a quote that was good then', async () => {
      const { nonce } = challenge();
      const good = await message(statement(nonce), { list: Buffer.alloc(0) });
      expect(attestation.take(node, connection, exporter, good)).toMatchObject({ state: 'trusted' });
      challenge();
      expect(attestation.take(node, connection, exporter, good)).toMatchObject({
        state: 'failed',
        reason: 'replayed',
      });
    });

    test('when the nonce is another', async () => {
      expect(await prove({ over: statement(base64(randomBytes(32))) })).toMatchObject({
        reason: 'wrong-nonce',
      });
    });

    test('when the quote was made for another connection', async () => {
      const { nonce } = challenge();
      const relayed = await message(quoteStatement(Buffer.from(nonce, 'base64'), randomBytes(32)));
      expect(attestation.take(node, connection, exporter, relayed)).toMatchObject({ reason: 'wrong-nonce' });
    });

    test('when its disk runs in another machine, with another TPM', async () => {
      const other = await EmulatedTpm.start();
      try {
        expect(await prove({ by: new NodeTpm(other.path) })).toMatchObject({
          state: 'failed',
          reason: 'another-tpm',
        });
      } finally {
        await other.remove();
      }
    });

    test('when its boot log leaves an event out', async () => {
      expect(await prove({ bootLog: bootLogOf(EVENTS.slice(0, 1)) })).toMatchObject({
        reason: 'boot-log-altered',
      });
    });

    test('when its list of IMA has another file', async () => {
      challenge('boot-2');
      const list = imaListOf(
        [FILES[0], { path: '/usr/bin/tool', hash: EVIL }].flatMap((each) => each ?? []),
      ).list;
      const { nonce } = challenge('boot-2');
      expect(
        attestation.take(node, connection, exporter, await message(statement(nonce), { list })),
      ).toMatchObject({ reason: 'ima-list-altered' });
    });

    test('when it hands over something that is nothing of a TPM', async () => {
      const { nonce } = challenge();
      const good = await message(statement(nonce));
      expect(
        attestation.take(node, connection, exporter, { ...good, attest: base64(Buffer.alloc(9)) }),
      ).toMatchObject({ reason: 'signature' });
      challenge();
      expect(attestation.take(node, connection, exporter, { ...good, signature: '' })).toMatchObject({
        reason: 'malformed',
      });
    });

    test('when the reference is stale, until there is a current one', async () => {
      nowMs = Date.UTC(2027, 1, 28);
      expect(await prove({ list: Buffer.alloc(0) })).toMatchObject({
        state: 'failed',
        reason: 'reference-stale',
      });
      expect(attestation.of(node).isHeld).toBe(false);
      setReference({ version: 2, change: (text) => text.replace('2027-02-28', '2027-05-31') });
      expect(await prove()).toMatchObject({ state: 'trusted' });
    });

    test('when one of its registers changed', async () => {
      setReference({
        version: 2,
        change: (text) => text.replace(attestation.measured(node)?.registers[4] ?? '', EVIL),
      });
      expect(await prove()).toMatchObject({
        reason: 'pcr-changed',
        detail: expect.stringMatching(/^register 4 is/),
      });
    });

    test('when something was measured at boot that is not listed', async () => {
      setReference({ version: 2, byEvents: true, change: (text) => text.replace(LOADER, EVIL) });
      expect(await prove()).toMatchObject({
        reason: 'event-unknown',
        detail: expect.stringContaining('loader.efi'),
      });
    });

    test('when a file ran that is not listed', async () => {
      setReference({ version: 2, change: (text) => text.replace(TOOL, EVIL) });
      expect(await prove()).toMatchObject({
        reason: 'file-unknown',
        detail: expect.stringContaining('`/usr/bin/tool`'),
      });
    });

    test('when nothing was proven on one of its connections for long', () => {
      const copied = {};
      attestation.met(node, copied);
      nowMs += 3 * EVERY_MS - 1;
      attestation.left(connection);
      attestation.sweep();
      expect(attestation.of(node).state).toBe('trusted');
      nowMs += 1;
      attestation.sweep();
      expect(attestation.of(node)).toMatchObject({ state: 'failed', reason: 'overdue' });
    });
  });

  test('that failed comes back by decision and a good quote, not by one of them', async () => {
    await trusted();
    await prove({ over: randomBytes(32) });
    expect(await prove({})).toMatchObject({ state: 'failed', reason: 'wrong-nonce' });
    open();
    expect(await prove()).toMatchObject({ state: 'failed', reason: 'wrong-nonce' });
    expect(attestation.trust(node, 'anna', 'the cable was loose')).toMatchObject({
      state: 'unknown',
      reason: 'decided',
    });
    expect(attestation.isDue(node, connection)).toBe(true);
    expect(await prove()).toMatchObject({ state: 'trusted' });
    expect(
      attestation
        .of(node)
        .history.map(({ state, by }) => [state, by])
        .slice(0, 3),
    ).toEqual([
      ['trusted', ''],
      ['unknown', 'anna'],
      ['failed', ''],
    ]);
  });

  test('has as long as a new connection to prove itself after a decision, and after a reference', async () => {
    await trusted();
    for (const decide of [() => attestation.trust(node, 'anna', ''), () => attestation.judgeAgain()]) {
      nowMs += 3 * EVERY_MS - 1;
      decide();
      nowMs += 3 * EVERY_MS - 1;
      attestation.sweep();
      expect(attestation.of(node)).toMatchObject({ isHeld: false });
      expect(attestation.isDue(node, connection)).toBe(true);
      await prove();
    }
    nowMs += 3 * EVERY_MS;
    attestation.sweep();
    expect(attestation.of(node)).toMatchObject({ state: 'failed', reason: 'overdue' });
  });

  test('that fails has its certificate revoked where that is wanted, and not for a stale reference', async () => {
    await trusted();
    open('revoke');
    nowMs += 100 * DAY_MS;
    await prove();
    expect(revoked).toEqual([]);
    nowMs -= 100 * DAY_MS;
    await prove({ over: randomBytes(32) });
    expect(revoked).toEqual([expect.stringContaining('wrong-nonce')]);
  });

  test('is asked when it connects, and again after a while', async () => {
    expect(attestation.isDue(node, connection)).toBe(true);
    await prove();
    expect(attestation.isDue(node, connection)).toBe(false);
    expect(attestation.isDue(node, {})).toBe(true);
    nowMs += EVERY_MS;
    expect(attestation.isDue(node, connection)).toBe(true);
  });

  test('answers each challenge once, and in its time', async () => {
    const { nonce } = challenge();
    const good = await message(statement(nonce));
    attestation.take(node, connection, exporter, good);
    expect(() => attestation.take(node, connection, exporter, good)).toThrow(
      expect.objectContaining({ code: 'SERVER_CHALLENGE_OVER' }),
    );
    challenge();
    nowMs += 10 * 60_000;
    expect(() => attestation.take(node, connection, exporter, good)).toThrow(/is over/);
  });

  test('that cannot quote says why', () => {
    challenge();
    attestation.take(node, connection, exporter, { kind: 'problem', problem: 'the TPM is on fire' });
    nowMs += 3 * EVERY_MS;
    attestation.sweep();
    expect(attestation.of(node)).toMatchObject({
      reason: 'overdue',
      detail: expect.stringContaining('on fire'),
    });
  });

  test('without a TPM is unknown, and nothing is decided about it', () => {
    const plain = { ...node, tpm: null };
    expect(attestation.of(plain)).toMatchObject({ state: 'unknown', reason: 'no-tpm' });
    expect(attestation.isDue(plain, connection)).toBe(false);
    expect(() => attestation.trust(plain, 'anna', '')).toThrow(
      expect.objectContaining({ code: 'SERVER_TPM_UNBOUND' }),
    );
  });
});
