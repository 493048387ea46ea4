import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EvidenceLog, FolderDisk, verifyLog } from '@runward/evidence';
import { seeded } from '@runward/evidence/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killWriters } from '../bench/evidence-kills.js';
import { command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, uniqueName } from './harness/index.js';
import { type Collected, must, poll, run, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const runtime = runtimes.runc();
const scratch = new Scratch('evidence');
const state = scratch.below('state');
const folder = join(state, 'evidence');
const socket = scratch.below('agent.sock');
const rules = scratch.below('rules.yaml');
const container = uniqueName('evidence');
let agent: Collected;

const RULE = `
- rule: Marker read
  desc: a container reads the marker
  condition: evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.name=/etc/marker
  output: "%proc.name read %fd.name in %container.name"
  priority: WARNING
`;
const POLICY = `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata:
  name: on-record
spec:
  selector:
    containerNames: ['nobody-has-this-name']
  mode: monitor
  process:
    deny:
      - path: /bin/none
`;

interface Row {
  readonly seq: number;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

async function startAgent(): Promise<void> {
  const places = ['--socket', socket, '--state', state];
  agent = startTied(command, [
    'run',
    '--json',
    '--no-flows',
    '--no-enforcement',
    '--rules',
    rules,
    ...places,
  ]);
  await poll(
    () => agent.stderr().includes('ready') || agent.child.exitCode !== null || undefined,
    60_000,
    50,
  );
  await until(['--kind', 'agent.start', '--text', `"pid":${agent.child.pid}`]);
}

const evidence = (action: string, ...args: readonly string[]) =>
  run(command, ['evidence', action, '--folder', folder, ...args]);

async function rows(args: readonly string[]): Promise<readonly Row[]> {
  const { stdout } = await evidence('query', '--json', ...args);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row); // the command's own output
}

/** The first record that a query finds, once there is one. */
async function until(args: readonly string[]): Promise<Row> {
  const found = await poll(async () => (await rows(args))[0], 60_000, 200);
  if (found === undefined)
    throw new Error(`no record with ${args.join(' ')}; the agent said ${agent.stderr()}`);
  return found;
}

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  mkdirSync(state, { recursive: true });
  writeFileSync(rules, RULE);
  await startAgent();
}, 120_000);

afterAll(async () => {
  await stop(agent);
  await runtime.close();
  await scratch.remove();
}, 60_000);

describe('the evidence log of an agent', () => {
  it('has what was found in a container, with its rule files and its programs', async () => {
    await runtime.runToEnd({ name: container, args: ['sh', '-c', 'echo x > /etc/marker; cat /etc/marker'] });
    const { body } = await until(['--kind', 'detection', '--container', container]);
    expect(body).toMatchObject({ rule: 'Marker read', priority: 'Warning', container: { name: container } });
    const text = readFileSync(rules);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const [loaded] = await rows(['--kind', 'rules.loaded']);
    expect(loaded?.body).toMatchObject({
      when: 'start',
      files: [{ path: rules, bytes: text.length, sha256 }],
    });
    const digests = await until(['--kind', 'agent.digests']);
    const object = new URL('../../build/bpf/sensor.bpf.o', import.meta.url).pathname;
    expect(JSON.stringify(digests.body)).toContain(
      createHash('sha256').update(readFileSync(object)).digest('hex'),
    );
  });

  it('has who changed a policy, and who asked for what', async () => {
    const file = scratch.below('policy.yaml');
    writeFileSync(file, POLICY);
    await must(command, ['policy', 'apply', file, '--socket', socket, '--state', state]);
    const { body } = await until(['--kind', 'policy.change']);
    expect(body).toMatchObject({ action: 'apply', who: { uid: 0, user: 'root', program: 'runward' } });
    expect(body.changes).toMatchObject([{ name: 'on-record', before: null, after: { revision: 1 } }]);
    const asked = await until(['--kind', 'command', '--text', '/v1/policies/apply']);
    expect(asked.body).toMatchObject({ request: 'POST /v1/policies/apply', status: 200, who: { uid: 0 } });
  });

  it('verifies after a kill, up to a checkpoint that was kept, and the next agent goes on', async () => {
    const key = scratch.below('node.pem');
    writeFileSync(key, (await evidence('keys', '--pem')).stdout);
    await must(command, ['evidence', 'rotate', '--socket', socket]);
    const kept = scratch.below('node.json');
    writeFileSync(kept, (await evidence('checkpoint')).stdout);
    agent.child.kill('SIGKILL');
    await agent.exit;
    const proofs = ['--public-key', key, '--checkpoint', kept];
    const { code, stdout } = await evidence('verify', ...proofs);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('verified') });
    await startAgent();
    await stop(agent);
    expect((await evidence('verify', ...proofs)).code).toBe(0);
    const all = await rows([]);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
    expect(all.filter(({ kind }) => kind === 'agent.stop')).toMatchObject([{ body: { why: 'asked to' } }]);
  });

  it('proves one record to somebody who has a key and nothing else', async () => {
    const [found] = await rows(['--kind', 'detection', '--container', container]);
    const [proof, key] = [scratch.below('proof.json'), scratch.below('node.pem')];
    expect((await evidence('prove', String(found?.seq), '-o', proof)).code).toBe(0);
    const verify = (...args: readonly string[]) =>
      run(command, ['evidence', 'verify', '--proof', proof, ...args]);
    expect(await verify('--public-key', key)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Marker read in .*\n.*\nproven: the record was in the log/),
    });
    expect(JSON.parse((await verify('--public-key', key, '--json')).stdout)).toMatchObject({
      ...{ verified: true, record: { seq: found?.seq, body: { rule: 'Marker read' } } },
    });
    expect(await verify()).toMatchObject({ code: 2, stderr: expect.stringContaining('without a key') });
    writeFileSync(proof, readFileSync(proof, 'utf8').replace('Marker read', 'Marker made'));
    expect(await verify('--public-key', key)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the proof does not hold: .* \[EVIDENCE_PROOF_INVALID\]/),
    });
  });

  it('is found out by one byte, and the record is named', async () => {
    const [found] = await rows(['--kind', 'detection', '--container', container]);
    const copy = scratch.below('copy');
    cpSync(folder, copy, { recursive: true });
    const path = join(copy, 'segment-00000001.log');
    const bytes = readFileSync(path);
    // The number stands behind the body in a record's line; other records may name the rule too.
    bytes[bytes.lastIndexOf('Marker read', bytes.indexOf(`"seq":${found?.seq},`))] = 'm'.charCodeAt(0);
    writeFileSync(path, bytes);
    const { code, stdout } = await run(command, ['evidence', 'verify', '--folder', copy]);
    expect(code).toBe(1);
    expect(stdout).toContain(`error[EVIDENCE_RECORD_CHANGED]: record ${found?.seq} (detection) was changed`);
  });

  it('can be checked by hand, with sha256sum and openssl', async () => {
    const line = readFileSync(join(folder, 'segment-00000001.log'), 'utf8').split('\n')[0] ?? '';
    const [hash = '', signature = '', ...rest] = line.split(' ');
    const json = rest.join(' ');
    const { log, key } = (
      JSON.parse(json) as { readonly body: { readonly log: string; readonly key: string } }
    ).body; // a segment begins so
    const place = (name: string): string => scratch.below(name);
    expect(await must('sha256sum', [], { input: line.slice(65) })).toBe(`${hash}  -\n`);
    const digest = (await must('sha256sum', [], { input: json })).slice(0, 64);
    writeFileSync(place('statement'), `runward-evidence-1 record ${log} ${digest}`);
    writeFileSync(place('signature'), Buffer.from(signature, 'base64url'));
    const prefix = Buffer.from('302a300506032b6570032100', 'hex'); // RFC 8410, section 4
    writeFileSync(place('key.der'), Buffer.concat([prefix, Buffer.from(key, 'base64url')]));
    const verified = await must('openssl', [
      ...['pkeyutl', '-verify', '-rawin', '-pubin', '-keyform', 'DER', '-inkey', place('key.der')],
      ...['-in', place('statement'), '-sigfile', place('signature')],
    ]);
    expect(verified).toContain('Verified Successfully');
  });
});

describe('the log itself', () => {
  it('loses nothing that it acknowledged when its process is killed in the middle', async () => {
    const { problems, acknowledged } = await killWriters(scratch.below('killed'), 5, seeded(Date.now()));
    expect(problems).toEqual([]);
    expect(acknowledged).toBeGreaterThan(5);
  });

  it('stops on a full file system, says so, keeps what it has, and goes on when there is room', async () => {
    const small = scratch.below('small');
    mkdirSync(small);
    await must('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
    try {
      const said: string[] = [];
      const options = { host: 'h', producer: 'p', retryMs: 20, say: (text: string) => said.push(text) };
      const disk = new FolderDisk(join(small, 'log'));
      mkdirSync(join(small, 'log'));
      const log = await EvidenceLog.open(disk, options);
      const first = await log.append('agent.start', { producer: 'p', pid: 1 });
      const filler = join(small, 'filler');
      await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
      const waiting = Array.from({ length: 20 }, (_, i) =>
        log.append('agent.stop', { why: `${i} ${'x'.repeat(2000)}` }),
      );
      await poll(() => log.status.state.kind === 'stalled' || undefined, 20_000);
      expect(said).toEqual([expect.stringMatching(/ENOSPC.*records wait in memory/)]);
      expect(await verifyLog(disk)).toMatchObject({ errors: 0 });
      rmSync(filler);
      expect((await Promise.all([first, ...waiting])).every(({ kept }) => kept)).toBe(true);
      await log.close();
      expect(await verifyLog(disk)).toMatchObject({ errors: 0, findings: [] });
      expect(said.at(-1)).toBe('the evidence log is written again');
    } finally {
      await must('umount', [small]);
    }
  });
});
