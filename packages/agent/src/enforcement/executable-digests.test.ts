import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type EffectivePolicy, mergePolicies, readPolicies } from '@runward/policy';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExecutableDigests, patternsWithDigests } from './executable-digests.js';

const DIGEST = 'a'.repeat(64);

function policyWith(lines: string): EffectivePolicy {
  const text = `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata: {name: p}\nspec:\n  mode: protect\n  process:\n    deny:\n${lines}`;
  return mergePolicies(readPolicies([{ name: 'p.yaml', text }]).policies);
}
const line = (where: string): string => `      - {${where}, sha256: [${DIGEST}]}\n`;

let root = '';
let hashed: string[] = [];
let said: string[] = [];
let digests: ExecutableDigests;

function put(path: string, mode: number): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), path, { mode });
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rw-digests-'));
  hashed = [];
  said = [];
  digests = new ExecutableDigests({
    record: async (path) => {
      hashed.push(readlinkSync(path).slice(root.length));
      return DIGEST;
    },
    say: (message) => said.push(message),
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('programs whose contents a policy asks about', () => {
  it('are those of lines with sha256 alone', () => {
    const effective = policyWith(`${line('path: /bin/x')}      - /bin/y\n${line('directory: /opt')}`);
    expect(patternsWithDigests(effective).map(({ text }) => text)).toEqual(['/bin/x', '/opt']);
  });

  it('are hashed where their lines look, once for a container and its policies', async () => {
    put('bin/one', 0o755);
    put('opt/deep/two', 0o755);
    put('opt/notes.txt', 0o644);
    put('srv/else', 0o755);
    const effective = policyWith(line('path: /bin/one') + line('directory: /opt'));
    await digests.survey('web', effective, root);
    await digests.survey('web', effective, root);
    expect(hashed.toSorted()).toEqual(['/bin/one', '/opt/deep/two']);
    digests.forget('web');
    await digests.survey('web', effective, root);
    expect(hashed).toHaveLength(4);
  });

  it('are looked for below the container’s root, whatever its links say, and nothing but files is opened', async () => {
    put('etc/passwd', 0o755);
    mkdirSync(join(root, 'opt'));
    symlinkSync('/etc/passwd', join(root, 'opt/link'));
    symlinkSync('../../../../../../../../etc/shadow', join(root, 'opt/out'));
    execFileSync('mkfifo', [join(root, 'opt/pipe')]); // opening it would wait for ever
    const paths = ['/opt/link', '/opt/out', '/opt/pipe', '/opt/none'];
    await digests.survey('web', policyWith(paths.map((path) => line(`path: ${path}`)).join('')), root);
    expect(hashed).toEqual(['/etc/passwd']);
  });

  it('are told of when they cannot be hashed, and the next are', async () => {
    put('bin/one', 0o755);
    const failing = new ExecutableDigests({
      record: async () => {
        if (hashed.push('try') === 1) throw new Error('no room');
        return DIGEST;
      },
      say: (message) => said.push(message),
    });
    await failing.hash(root, '/bin/one');
    await failing.hash(root, '/bin/one');
    expect(said).toEqual(['programs cannot be hashed for lines with sha256: no room']);
    expect(hashed).toEqual(['try', 'try']);
  });

  it('of a container that has ended are let be', async () => {
    await digests.survey('gone', policyWith(line('path: /bin/one')), join(root, 'gone'));
    expect([hashed, said]).toEqual([[], []]);
  });
});
