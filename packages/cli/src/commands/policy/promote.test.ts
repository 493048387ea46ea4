import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPolicies } from '@runward/policy';
import { PolicyAdministration, PolicyStore, splitDocuments } from '@runward/state';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseCommand } from '../../command.js';
import { promote } from './promote.js';

const folder = mkdtempSync(join(tmpdir(), 'runward-promote-'));
const socket = join(folder, 'agent.sock');
const text = `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: web }
spec:
  file: { deny: [/etc/x] }
  network: { mode: learn, default: deny }
  kernelSurface: { mode: protect, deny: [bpf] }
`;

/** What the agent answers, by method and path. */
const answers = new Map<string, unknown>();
const asked: { readonly path: string; readonly body: unknown }[] = [];
let agent: Server;

beforeAll(async () => {
  agent = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      const path = `${request.method} ${request.url}`;
      asked.push({ path, body: body === '' ? undefined : JSON.parse(body) });
      response.end(JSON.stringify(answers.get(path.replace(/\?.*/, '')) ?? {}));
    });
  });
  await new Promise<void>((resolve) => agent.listen(socket, resolve));
});
afterAll(() => {
  agent.close();
  rmSync(folder, { recursive: true });
});

let state = '';
let printed = '';
beforeEach(async () => {
  state = mkdtempSync(join(folder, 'state-'));
  const { policies } = readPolicies([{ name: 'web.yaml', text }]);
  const who = { uid: 0, user: 'root', program: 'test' };
  const administration = new PolicyAdministration(new PolicyStore(state), 'command', async () => []);
  await administration.apply(splitDocuments(text, policies, 'web.yaml'), who);
  asked.length = 0;
  answers.clear();
  answers.set('GET /v1/policies', { state });
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    printed += String(part);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => void vi.restoreAllMocks());

const run = (...argv: readonly string[]): Promise<number> =>
  promote.run(parseCommand(promote, [...argv, '--state', state]));

const LINE = {
  ...{ policy: 'web', section: 'file', file: 'web.yaml', line: 5, verdict: 'deny', mode: 'monitor' },
  ...{ text: '/etc/x', comment: '', hits: 7, lastMs: 1_700_000_000_000 },
};

const bound = (problem: string) => ({
  ...{ container: { id: 'a' }, boundAtMs: 1_699_999_200_000, problem: '' },
  sections: [{ section: 'file', mode: 'monitor', mechanism: 'lsm', problem }],
});

describe('through an agent', () => {
  test('what it counted in monitor is shown and is the evidence, with the revision that was looked at', async () => {
    answers.set('GET /v1/enforcement/containers', { containers: [bound('')] });
    answers.set('GET /v1/enforcement/lines', { lines: [LINE, { ...LINE, section: 'network' }] });
    answers.set('POST /v1/policies/promote', { changes: [], diagnostics: [] });
    expect(await run('web', '--socket', socket, '--yes')).toBe(0);
    expect(printed).toContain('7 times, last 2023-11-14T22:13:20.000Z: file /etc/x (web.yaml:5)');
    const { comment, ...line } = LINE;
    expect(asked.at(-1)).toEqual({
      path: 'POST /v1/policies/promote',
      body: {
        ...{ name: 'web', sections: ['file'], mode: 'protect', revision: 1 },
        evidence: {
          ...{ confirmed: '--yes', backtest: null },
          monitor: { containers: 1, since: '2023-11-14T22:00:00.000Z', lines: [line], unwatched: [] },
        },
      },
    });
  });

  test('sections that nothing here watches are no history', async () => {
    answers.set('GET /v1/enforcement/containers', { containers: [bound('this kernel has no LSM programs')] });
    await expect(run('web', '--socket', socket, '--yes')).rejects.toThrow(
      'the agent counts nothing of file (this kernel has no LSM programs)',
    );
    expect(asked.some(({ path }) => path.startsWith('POST'))).toBe(false);
  });

  test('a policy that no running container has is not promoted', async () => {
    answers.set('GET /v1/enforcement/containers', { containers: [] });
    await expect(run('web', '--socket', socket, '--yes')).rejects.toThrow('no running container is selected');
    expect(asked.some(({ path }) => path.startsWith('POST'))).toBe(false);
  });
});

describe('without one', () => {
  const nobody = ['--socket', join(folder, 'none.sock')];

  test('history is asked for, unless it is meant', async () => {
    await expect(run('web', ...nobody, '--yes')).rejects.toThrow('there is no history to judge by');
    expect(await run('web', ...nobody, '--yes', '--without-history', '--json')).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({
      changes: [
        { name: 'web', before: { revision: 1 }, after: { modes: { file: 'protect', network: 'learn' } } },
      ],
      evidence: { confirmed: '--yes', backtest: null, monitor: null },
    });
  });

  test('nobody is asked where there is no terminal', async () => {
    await expect(run('web', ...nobody, '--without-history')).rejects.toThrow('nobody can be asked');
  });

  test.each([
    [['web', 'network'], '`network` of `web` is in learn'],
    [['web', 'process'], '`web` has no section `process`'],
    [['wep'], 'there is no policy `wep`'],
    [[], 'no policy is named'],
  ])('%j is refused', async (operands, message) => {
    await expect(run(...operands, ...nobody, '--yes')).rejects.toThrow(message);
  });

  test('a section that is in protect needs no promotion', async () => {
    expect(await run('web', 'kernelSurface', ...nobody, '--yes')).toBe(0);
    expect(printed).toBe('nothing to promote: it is in protect already\n');
  });
});
