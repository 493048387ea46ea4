/** Certificates of endorsement keys, made as their makers make them: by `swtpm_setup` and its authority. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { NodeTpm, type TpmIdentity } from '../node-tpm.js';
import { type PublicArea, parsePublic } from '../structures/public-area.js';
import { EmulatedTpm, tpmToolsMissing } from '../testing/index.js';
import { checkEndorsement } from './endorsement.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.skipIf(tpmToolsMissing() !== undefined)('a certificate of an endorsement key', () => {
  let emulated: EmulatedTpm;
  let identity: TpmIdentity;
  let key: PublicArea;
  let anchors: readonly X509Certificate[];
  const folder = mkdtempSync(join(tmpdir(), 'rw-ek-'));
  const place = (name: string): string => join(folder, name);
  const now = (): number => Date.now();

  beforeAll(async () => {
    for (const name of ['ca', 'state']) mkdirSync(place(name));
    const conf = {
      'localca.conf': `statedir = ${place('ca')}\nsigningkey = ${place('ca/signkey.pem')}\nissuercert = ${place('ca/issuercert.pem')}\ncertserial = ${place('ca/certserial')}\n`,
      'localca.options': '--tpm-manufacturer IBM\n--tpm-model swtpm\n--tpm-version 2\n',
      'setup.conf': `create_certs_tool=/usr/bin/swtpm_localca\ncreate_certs_tool_config=${place('localca.conf')}\ncreate_certs_tool_options=${place('localca.options')}\n`,
    };
    for (const [name, text] of Object.entries(conf)) writeFileSync(place(name), text);
    execFileSync('swtpm_setup', [
      ...['--tpm2', '--tpmstate', place('state'), '--create-ek-cert', '--lock-nvram'],
      ...['--config', place('setup.conf'), '--overwrite'],
    ]);
    emulated = await EmulatedTpm.start({ state: place('state') });
    identity = await new NodeTpm(emulated.path).identity();
    key = parsePublic(identity.endorsement);
    const names = ['ca/issuercert.pem', 'ca/swtpm-localca-rootca-cert.pem'].filter((name) =>
      existsSync(place(name)),
    );
    anchors = names.map((name) => new X509Certificate(readFileSync(place(name))));
  });
  afterAll(async () => {
    await emulated?.remove();
    rmSync(folder, { recursive: true });
  });

  test('is read from the TPM, and believed when it leads to a root of the server', () => {
    expect(anchors).toHaveLength(2);
    expect(identity.certificate).toBeInstanceOf(Buffer);
    expect(checkEndorsement(key, identity.certificate, anchors, now())).toMatchObject({
      kind: 'certified',
      issuer: expect.stringContaining('swtpm-localca-rootca'),
    });
  });

  test('is remembered and no more where there is no root, or no certificate', () => {
    expect(checkEndorsement(key, identity.certificate, [], now())).toMatchObject({ kind: 'pinned' });
    expect(checkEndorsement(key, undefined, anchors, now())).toMatchObject({ kind: 'pinned' });
  });

  test('is refused when it is of another key, unreadable, expired, or of an authority that is not trusted', async () => {
    const [issuer, root] = anchors as [X509Certificate, X509Certificate]; // two, as above
    const other = await EmulatedTpm.start();
    const stranger = parsePublic((await new NodeTpm(other.path).identity()).endorsement);
    await other.remove();
    const check = (of: PublicArea, certificate: Buffer | undefined, roots = anchors, at = now()) =>
      checkEndorsement(of, certificate, roots, at);
    expect(check(stranger, identity.certificate)).toMatch(/of another endorsement key/);
    expect(check(key, Buffer.from('nothing'))).toMatch(/cannot be read/);
    expect(check(key, identity.certificate, [issuer])).toMatch(/none of the server’s roots signed/);
    expect(check(key, identity.certificate, [root])).toMatch(/none of the server’s roots signed/);
    expect(check(key, identity.certificate, anchors, Date.UTC(1990, 0))).toMatch(/does not hold now/);
  });
});
