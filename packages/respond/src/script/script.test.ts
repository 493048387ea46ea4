import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pollUntil } from '../container/poll.js';
import { isOver, statOf } from '../container/processes.js';
import { runScript } from './run-script.js';
import { readSigned, type ScriptSettings, signedText } from './signed-script.js';

let folder: string;
let settings: ScriptSettings;
const pair = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-scripts-'));
  const keys = [other, pair].map(({ publicKey }, i) => {
    const path = join(folder, `${i}.pem`);
    writeFileSync(path, publicKey.export({ type: 'spki', format: 'pem' }));
    return path;
  });
  settings = { folder, publicKeys: keys };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
function put(name: string, text: string, { as = name, key = pair.privateKey } = {}): void {
  writeFileSync(join(folder, name), text);
  const signature = sign(null, Buffer.from(signedText(as, digest(text))), key);
  writeFileSync(join(folder, `${name}.sig`), `${signature.toString('base64')}\n`);
}
const run = (name: string, timeoutMs = 20_000) =>
  runScript(readSigned(name, settings), {
    ...{ folder: join(folder, 'run'), id: 'r1', timeoutMs, environment: { RUNWARD_WHY: '$(id) "x"' } },
  });

const isGone = (pid: number): boolean => {
  const stat = statOf(pid);
  return stat === undefined || isOver(stat);
};

describe('a script', () => {
  test('runs with a small environment and nothing else, and its copy goes', async () => {
    put('tell', '#!/bin/sh\nenv | sort; pwd; echo "args $#"; cat; echo done >&2\n');
    process.env.RUNWARD_TEST_SECRET = 'hunter2';
    const { output, code, sha256 } = await run('tell');
    delete process.env.RUNWARD_TEST_SECRET;
    expect(code).toBe(0);
    expect(sha256).toBe(digest(readFileSync(join(folder, 'tell'), 'utf8')));
    expect(output).toContain('RUNWARD_WHY=$(id) "x"\n');
    expect(output).toContain('args 0\n');
    expect(output).not.toContain('hunter2');
    expect(
      output
        .split('\n')
        .filter((line) => /^[A-Z_]+=/.test(line))
        .map((line) => line.split('=')[0]),
    ).toEqual(expect.not.arrayContaining(['HOME', 'USER', 'NODE_OPTIONS']));
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
  });

  test('that fails says how, with the last of what it wrote', async () => {
    put('fail', '#!/bin/sh\necho no such volume >&2\nexit 3\n');
    await expect(run('fail')).rejects.toMatchObject({
      code: 'RESPOND_SCRIPT_FAILED',
      message: 'the script `fail` ended with 3: no such volume',
    });
  });

  test('is ended with its group when its time is over', async () => {
    put('slow', '#!/bin/sh\nsleep 600 &\necho $!\nsleep 600\n');
    const error = await run('slow', 1_000).then(
      () => expect.fail('it did not fail'),
      (failure: Error) => failure,
    );
    expect(error).toMatchObject({ code: 'RESPOND_SCRIPT_FAILED' });
    const [, pid = ''] = /was ended after 1000 ms: (\d*)$/.exec(error.message) ?? expect.fail(error.message);
    // A loaded machine may not have come to write it.
    if (pid !== '') expect(await pollUntil(() => isGone(Number(pid)), 10_000)).toBe(true);
  });

  test('leaves nothing running in its group when it ends', async () => {
    put('leave', '#!/bin/sh\nsleep 600 &\necho $!\n');
    const { output } = await run('leave');
    expect(await pollUntil(() => isGone(Number(output.trim())), 10_000)).toBe(true);
  });

  test('that is no program is told', async () => {
    put('text', 'hello\n');
    await expect(run('text')).rejects.toMatchObject({
      message: expect.stringContaining('is no program') as string,
    });
    expect(existsSync(join(folder, 'run'))).toBe(false);
  });
});

describe('a script that is not run', () => {
  test.each([
    ['changed since', () => writeFileSync(join(folder, 's'), '#!/bin/sh\necho evil\n')],
    ['signed as another', () => put('s', '#!/bin/sh\n', { as: 't' })],
    [
      'signed by another key',
      () => put('s', '#!/bin/sh\n', { key: generateKeyPairSync('ed25519').privateKey }),
    ],
    ['without a signature', () => rmSync(join(folder, 's.sig'))],
    ['with half a signature', () => writeFileSync(join(folder, 's.sig'), 'aGk=')],
    ['not there', () => rmSync(join(folder, 's'))],
    ['too large', () => put('s', 'x'.repeat(1024 * 1024 + 1))],
  ])('is %s', (_, spoil) => {
    put('s', '#!/bin/sh\n');
    expect(readSigned('s', settings).name).toBe('s');
    spoil();
    expect(() => readSigned('s', settings)).toThrow(expect.objectContaining({ code: 'RESPOND_UNSIGNED' }));
  });

  test('has keys that are none', () => {
    put('s', '#!/bin/sh\n');
    const path = join(folder, 'rsa.pem');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    writeFileSync(path, rsa.export({ type: 'spki', format: 'pem' }));
    const wrong = { ...settings, publicKeys: [path] };
    expect(() => readSigned('s', wrong)).toThrow(expect.objectContaining({ code: 'RESPOND_SECRET' }));
  });
});

test('a script is signed by openssl as the documentation says', async () => {
  const [key, publicKey] = [join(folder, 'key'), join(folder, 'key.pub')];
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key]);
  execFileSync('openssl', ['pkey', '-in', key, '-pubout', '-out', publicKey]);
  writeFileSync(join(folder, 'hello'), '#!/bin/sh\necho hello\n');
  const steps =
    'n=hello; printf "runward-script-1 %s %s\\n" $n $(sha256sum < $n | cut -c1-64) > $n.line; ' +
    'openssl pkeyutl -sign -rawin -inkey key -in $n.line | base64 -w0 > $n.sig';
  execFileSync('sh', ['-c', steps], { cwd: folder });
  settings = { folder, publicKeys: [publicKey] };
  expect((await run('hello')).output).toBe('hello\n');
});
