/** A node binds itself to its TPM, proves what it runs on over the link, and is found out: server and agent side, over real TLS. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Link, type LinkSettings, makeReference, startLink } from '@runward/server';
import { NodeTpm } from '@runward/tpm/node';
import { bootLogOf, EmulatedTpm, imaListOf, tpmToolsMissing } from '@runward/tpm/testing';
import { enrol, type Identity, IdentityFolder, NodeAttester, Uplink } from '@runward/uplink';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });
const HOUR = 3_600_000;
const [FIRMWARE, TOOL, EVIL] = ['11', '44', '66'].map((each) => each.repeat(32)) as [string, string, string]; // three
const EVENTS = [{ register: 0, type: 8, digest: FIRMWARE }];
const FILES = [{ path: '/usr/bin/tool', hash: TOOL }];

describe.skipIf(tpmToolsMissing() !== undefined)('node attestation', () => {
  let folder = '';
  let link: Link;
  let said: string[] = [];
  let emulated: EmulatedTpm;
  const ends: (() => unknown)[] = [];

  const serve = async (attestation: LinkSettings['attestation'] = {}): Promise<void> => {
    const state = join(folder, 'server');
    link = await startLink({
      state,
      host: '127.0.0.1',
      port: 0,
      say: (text) => said.push(text),
      attestation,
    });
    ends.push(() => link.close());
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rw-attest-'));
    said = [];
    emulated = await EmulatedTpm.start();
    ends.push(() => emulated.remove());
    await emulated.extend([
      [0, FIRMWARE] as const,
      ...imaListOf(FILES).extended.map((digest) => [10, digest] as const),
    ]);
    logs(FILES);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    rmSync(folder, { recursive: true });
  });

  const place = (name: string): string => join(folder, name);
  const logs = (files: typeof FILES): void => {
    writeFileSync(place('boot-log'), bootLogOf(EVENTS));
    writeFileSync(place('ima-list'), imaListOf(files).list);
  };
  const join_ = (node: string, tpm?: NodeTpm): Promise<Identity> => {
    const order = { cluster: 'main', node: null, replace: false, by: 'anna', validMs: HOUR };
    const { text: token } = link.registry.createToken(order);
    return enrol(
      { server: `https://127.0.0.1:${link.server.port}`, token, node, tpm },
      new IdentityFolder(place(node)),
    );
  };

  /** An agent that starts on a machine with that TPM, proves itself, and ends. */
  async function boot(identity: Identity, tpm = new NodeTpm(emulated.path), state = 'state'): Promise<void> {
    const judged = Promise.withResolvers<void>();
    const before = link.attestation.of(link.registry.find(identity.id)).judgedMs;
    const uplink = new Uplink({
      ...{
        identity,
        folder: new IdentityFolder(place(identity.node)),
        state: place(state),
        maxBytes: 1024 * 1024,
      },
      about: () => ({ version: '1', kernel: '6.1', startedMs: 1, dropped: 0, features: [] }),
      ...{ onLoss: () => undefined, say: (text: string) => said.push(text), obey: async () => null },
      attester: new NodeAttester(tpm, { bootLog: place('boot-log'), imaList: place('ima-list') }),
      onVerdict: () => judged.resolve(),
    });
    ends.push(() => uplink.close());
    await Promise.race([
      judged.promise,
      vi.waitFor(() => expect(find(identity)?.judgedMs).not.toBe(before), { timeout: 100_000 }),
    ]);
    await uplink.close();
  }
  const find = (identity: Identity) => {
    const node = link.registry.nodes.find(({ id }) => id === identity.id);
    return node === undefined ? undefined : link.attestation.of(node);
  };
  function approve(identity: Identity): void {
    const measured = link.attestation.measured(link.registry.find(identity.id));
    if (measured === undefined) throw new Error('nothing was measured');
    const order = { profile: 'rack', version: 1, date: '2026-11-30', expires: '2999-01-01', byEvents: false };
    link.references.set(JSON.stringify(makeReference(measured, order)), 'anna', Date.now());
  }

  test('a node that binds itself is trusted by a reference, and found out when its registers change', async () => {
    await serve();
    const identity = await join_('web-1', new NodeTpm(emulated.path));
    expect(identity.attested).toBe(true);
    await boot(identity);
    expect(find(identity)).toMatchObject({ state: 'unknown', reason: 'no-reference' });
    approve(identity);
    await boot(identity);
    expect(find(identity)).toMatchObject({ state: 'trusted', detail: 'it is as `rack`' });

    // Something else ran: IMA extended its register, and the list tells what it was.
    logs([...FILES, { path: '/tmp/evil', hash: EVIL }]);
    await emulated.extend([[10, imaListOf([{ path: '/tmp/evil', hash: EVIL }]).extended[0] ?? '']]);
    await boot(identity);
    expect(find(identity)).toMatchObject({
      state: 'failed',
      reason: 'file-unknown',
      detail: expect.stringContaining('/tmp/evil'),
    });
    expect(said.join('\n')).toMatch(/node `web-1` of `main` is NOT TRUSTED \(file-unknown\): `\/tmp\/evil`/);

    // A start puts that right, and is not enough.
    await emulated.off();
    await emulated.on();
    await emulated.extend([
      [0, FIRMWARE] as const,
      ...imaListOf(FILES).extended.map((digest) => [10, digest] as const),
    ]);
    logs(FILES);
    await boot(identity);
    expect(find(identity)).toMatchObject({ state: 'failed', reason: 'file-unknown' });
    link.attestation.trust(link.registry.find(identity.id), 'anna', 'set up anew');
    await boot(identity);
    expect(find(identity)).toMatchObject({ state: 'trusted' });

    await emulated.extend([[7, EVIL]]);
    await boot(identity);
    expect(find(identity)).toMatchObject({ state: 'failed', reason: 'boot-log-altered' });
  });

  test('a copy of its disk in a machine with another TPM is found out, and cut off where that is wanted', async () => {
    await serve({ onDistrust: 'revoke' });
    const identity = await join_('web-1', new NodeTpm(emulated.path));
    await boot(identity);
    approve(identity);
    await boot(identity);
    expect(find(identity)).toMatchObject({ state: 'trusted' });
    cpSync(place('state'), place('copy'), { recursive: true });
    const other = await EmulatedTpm.start();
    ends.push(() => other.remove());
    await boot(identity, new NodeTpm(other.path), 'copy').catch(() => undefined); // it is cut off meanwhile
    await vi.waitFor(
      () =>
        expect(link.registry.nodes.find(({ id }) => id === identity.id)?.revoked).toMatchObject({
          why: expect.stringContaining('another-tpm'),
        }),
      { timeout: 100_000 },
    );
  });

  test('a TPM is one node, and a server that requires one takes nobody without', async () => {
    await serve({ isRequired: true });
    await join_('web-1', new NodeTpm(emulated.path));
    await expect(join_('web-2', new NodeTpm(emulated.path))).rejects.toThrow(
      /this TPM is that of the node `web-1`.*SERVER_TPM_TAKEN/,
    );
    await expect(join_('web-3')).rejects.toThrow(/SERVER_TPM_REQUIRED/);
  });
});
