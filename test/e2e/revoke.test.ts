import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RespondAnswer } from '@runward/agent/respond';
import { type Certificate, makeCertificate, TlsServer, VaultServer } from '@runward/respond/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskedAgent, command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { poll, run } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const scratch = new Scratch('revoke');
const scripts = scratch.below('scripts');
const runtime = runtimes.runc();
const vault = new VaultServer();
let certificate: Certificate;
let server: TlsServer;
let container: TestContainer;
let agent: AskedAgent;

const IN_ENV = 'hvs.of-the-environment';
const IN_FILE = 'hvs.of-a-file';
const OF_HOST = 'hvs.of-the-host';

const DATABASE = 'postgres://shop:of-the-address@db/shop';
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** As the kubelet projects one, but for the signature. */
const JWT = `${part({ alg: 'RS256' })}.${part({ sub: 'system:serviceaccount:prod:shop' })}.c2lnbmF0dXJl`;

const textBelow = (folder: string): string =>
  readdirSync(folder)
    .map((name) => join(folder, name))
    .map((path) => (statSync(path).isDirectory() ? textBelow(path) : readFileSync(path, 'latin1')))
    .join('\n');

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  certificate = makeCertificate();
  server = new TlsServer(certificate, vault.answer);
  const url = await server.listen();
  for (const token of [IN_ENV, IN_FILE, OF_HOST]) vault.tokens.set(token, `accessor of ${token}`);
  vault.operators.add('the-agent');
  const token = join(certificate.folder, 'token');
  writeFileSync(token, 'the-agent\n', { mode: 0o600 });
  const outside = scratch.below('outside');
  writeFileSync(outside, OF_HOST);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const script = '#!/bin/sh\necho $RUNWARD_CONTAINER_ID\n';
  const line = `runward-script-1 tell ${createHash('sha256').update(script).digest('hex')}\n`;
  mkdirSync(scripts);
  writeFileSync(join(scripts, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(join(scripts, 'tell'), script);
  writeFileSync(join(scripts, 'tell.sig'), sign(null, Buffer.from(line), privateKey).toString('base64'));
  const settings = scratch.below('settings.yaml');
  writeFileSync(
    settings,
    `apiVersion: runward.dev/v1alpha1
kind: ResponseSettings
metadata: { name: node }
spec:
  scripts: { folder: ${scripts}, publicKeys: [${join(scripts, 'key.pub')}] }
  revokers:
    - vault:
        name: vault
        url: ${url}
        ca: ${certificate.cert}
        kind: token
        token: { file: ${token} }
        credentials: { env: ['SHOP_*'], files: [/run/secrets/*] }
`,
  );
  const rules = scratch.below('rules.yaml');
  writeFileSync(
    rules,
    '- rule: marked\n  desc: d\n  condition: evt.type in (execve, execveat) and proc.args contains "marked-program"\n  output: o\n  priority: ERROR\n' +
      '- rule: reacted\n  desc: d\n  condition: evt.type in (execve, execveat) and proc.args contains "reacted-program"\n  output: o\n  priority: NOTICE\n',
  );
  const playbooks = scratch.below('playbooks.yaml');
  writeFileSync(
    playbooks,
    'apiVersion: runward.dev/v1alpha1\nkind: ResponsePlaybook\nmetadata: {name: revoke}\nspec: {mode: act, match: {rules: [reacted]}, actions: [{revoke: {with: [vault]}}]}\n',
  );
  agent = await AskedAgent.start({
    args: ['--no-enforcement', '--rules', rules, '--playbooks', playbooks, '--response-settings', settings],
  });
  // A link to a file of the host, and a pipe that nobody writes to.
  const main = `mkdir -p /run/secrets; printf ${IN_FILE} > /run/secrets/api; ln -s ${outside} /run/secrets/link; mkfifo /run/secrets/pipe; mkdir /dev/shm/..data; printf ${JWT} > /dev/shm/token; printf CA > /dev/shm/ca.crt; export DATABASE=${DATABASE} HARMLESS=yes; export SHOP_TOKEN=${IN_ENV}; exec sleep 600`;
  container = await runtime.start({ args: ['sh', '-c', main] });
  const ready = () => (/sleep/.test(readFileSync(`/proc/${container.pid}/comm`, 'utf8')) ? true : undefined);
  expect(await poll(ready, 30_000)).toBe(true);
}, 120_000);

afterAll(async () => {
  await container?.remove();
  await agent?.stop();
  await server?.close();
  certificate?.remove();
  await runtime.close();
  await scratch.remove();
}, 60_000);

const revoke = async (): Promise<RespondAnswer['responses'][number]> => {
  const { stdout } = await run(command, [
    ...['respond', 'revoke', container.name, '--with', 'vault', '--why', 'a test', '--json'],
    ...['--socket', agent.client.socket],
  ]);
  const { responses } = JSON.parse(stdout) as RespondAnswer; // printed by our own command
  const [record] = responses;
  if (record === undefined) throw new Error('nothing was done');
  return record;
};

describe('what a container holds', () => {
  it('is revoked, of its environment and its files, and of nobody else', async () => {
    const record = await revoke();
    expect(record).toMatchObject({ action: 'revoke', result: 'done', undo: [] });
    const { credentials } = record.facts as { readonly credentials: readonly { readonly name: string }[] };
    expect(credentials.map((each) => each.name).toSorted()).toEqual(['/run/secrets/api', 'SHOP_TOKEN']);
    expect([...vault.tokens.keys()]).toEqual([OF_HOST]);
    expect(record.notes.join()).toContain('`/run/secrets/pipe` was left out');
  });

  it('is known to be void when it is asked for again, and cannot be undone', async () => {
    const record = await revoke();
    expect(record.result).toBe('already');
    const undone = await run(command, ['respond', 'undo', record.id, '--socket', agent.client.socket]);
    expect(undone).toMatchObject({ code: 1 });
    expect(undone.stderr).toContain('nothing to take back');
  });

  it('is listed by name in the incident of the container, for people and as data', async () => {
    await container.exec(['sh', '-c', ': marked-program']);
    const of = [
      'incidents',
      'list',
      '--all',
      '--where',
      container.id,
      '--json',
      '--socket',
      agent.client.socket,
    ];
    const id = await poll(async () => {
      const { stdout } = await run(command, of);
      return (JSON.parse(stdout) as { incidents: readonly { id: string }[] }).incidents[0]?.id; // our own command
    }, 40_000);
    const show = async (...more: readonly string[]) =>
      (await run(command, ['incidents', 'show', id ?? '', ...more, '--socket', agent.client.socket])).stdout;
    const text = await poll(async () => {
      const shown = await show();
      return shown.includes('What was within reach') ? shown : undefined;
    }, 30_000);
    expect(text).toContain('variables: DATABASE, SHOP_TOKEN');
    const { incident } = JSON.parse(await show('--json')) as {
      readonly incident: { readonly exposed: readonly { readonly files: readonly string[] }[] };
    }; // our own command
    expect(incident.exposed).toMatchObject([
      {
        ...{ container: container.id, environment: ['DATABASE', 'SHOP_TOKEN'], problem: '', leftOut: 0 },
        serviceAccounts: ['prod/shop'],
      },
    ]);
    const { files = [] } = incident.exposed[0] ?? {};
    expect(files).toEqual(
      expect.arrayContaining(['/dev/shm/token', '/run/secrets/api', '/run/secrets/pipe']),
    );
    expect(files).not.toContain('/dev/shm/ca.crt');
    for (const secret of [IN_ENV, IN_FILE, JWT, 'of-the-address', OF_HOST])
      expect(`${text}${JSON.stringify(incident)}`).not.toContain(secret);
  });

  it('is in nothing that is kept or said', async () => {
    const evidence = async () => {
      const text = textBelow(agent.state);
      return text.includes('SHOP_TOKEN') ? text : undefined;
    };
    const kept = (await poll(evidence, 30_000)) ?? expect.fail('nothing was recorded');
    for (const secret of [IN_ENV, IN_FILE, OF_HOST, JWT, 'of-the-address', 'the-agent'])
      expect(`${kept}${agent.stderr}`).not.toContain(secret);
  });

  it('is captured as a response, and told a signed script', async () => {
    const respond = async (...args: readonly string[]) => {
      const { stdout } = await run(command, ['respond', ...args, '--json', '--socket', agent.client.socket]);
      return (JSON.parse(stdout) as RespondAnswer).responses[0]; // our own command
    };
    const captured = await respond('capture', container.name, '--why', 'a test');
    expect(captured).toMatchObject({ result: 'done', undo: [] });
    const { folder } = (captured?.facts ?? {}) as { readonly folder: string };
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as unknown;
    expect(manifest).toMatchObject({ container: { id: container.id } });
    const told = await respond('exec', container.name, '--script', 'tell', '--timeout', '20s');
    expect(told).toMatchObject({ result: 'done', facts: { code: 0, output: `${container.id}\n` } });
    writeFileSync(join(scripts, 'tell'), '#!/bin/sh\necho evil\n');
    const refused = await respond('exec', container.name, '--script', 'tell');
    expect(refused).toMatchObject({ result: 'failed', error: { code: 'RESPOND_UNSIGNED' } });
  });

  it('is revoked because of a detection, where a playbook says so', async () => {
    const token = 'hvs.for-a-playbook';
    vault.tokens.set(token, 'accessor');
    // The rule fits the program that has the token, and not the shell that starts it.
    await container.exec([
      'sh',
      '-c',
      `m=reacted; SHOP_TOKEN=${token} sh -c "sleep 600; : $m-program" >/dev/null 2>&1 &`,
    ]);
    const isVoid = () => (vault.tokens.has(token) ? undefined : true);
    expect(await poll(isVoid, 60_000)).toBe(true);
    expect([...vault.tokens.keys()]).toEqual([OF_HOST]);
  });

  it('is not asked for with a revoker that is not there', async () => {
    const args = ['respond', 'revoke', container.name, '--with', 'idp', '--socket', agent.client.socket];
    const refused = await run(command, args);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stdout).toContain('[RESPOND_NOT_SET_UP]');
  });
});
