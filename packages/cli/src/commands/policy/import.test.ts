import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testPolicies } from '@runward/policy/testing';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseCommand } from '../../command.js';
import { importPolicies } from './import.js';

const folder = mkdtempSync(join(tmpdir(), 'rw-import-'));
const output = { stdout: '', stderr: '' };
beforeEach(() => {
  for (const stream of ['stdout', 'stderr'] as const) {
    output[stream] = '';
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      output[stream] += String(text);
      return true;
    });
  }
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...argv: readonly string[]): Promise<number> =>
  importPolicies.run(parseCommand(importPolicies, argv));
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const policy = (spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: p, namespace: shop }\nspec: ${spec}`;

describe('policy import', () => {
  test('writes policies that runward takes', async () => {
    const path = file(
      'ok.yaml',
      policy(
        '{ podSelector: { matchLabels: { app: web } }, egress: [{ ports: [{ port: 53, protocol: UDP }] }] }',
      ),
    );
    expect(await run(path, '--mode', 'protect')).toBe(0);
    const [read] = testPolicies(output.stdout, { warnings: true });
    expect(read).toMatchObject({
      name: 'shop.p',
      selector: { namespaces: ['shop'], podLabels: new Map([['app', 'web']]) },
      network: { mode: 'protect', ingress: 'deny', egress: 'deny' },
    });
    const target = join(folder, 'out.yaml');
    expect(await run(path, '-o', target)).toBe(0);
    expect(readFileSync(target, 'utf8')).toContain('mode: monitor');
  });

  test('writes nothing where something cannot be said, and tells what and where', async () => {
    const path = file('bad.yaml', policy('{ podSelector: {}, ingress: [{ ports: [{ port: http }] }] }'));
    expect(await run(path)).toBe(1);
    expect(output.stdout).toBe('');
    expect(output.stderr).toContain(`${path}:4:`);
    expect(output.stderr).toContain('no pod that is given has a port `http` of TCP');
  });

  test.each([[[]], [['x.yaml', '--mode', 'off']]])('refuses bad usage: %j', async (argv) => {
    await expect(run(...argv)).rejects.toThrow();
  });
});
