import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { specification } from './bundle.js';
import { runCommand } from './command.js';
import { isStatic } from './host.js';
import { abandonedFolders, startOf } from './leftovers.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-drill-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a command', () => {
  test('gives its exit code and what it said', async () => {
    const { code, output } = await runCommand('sh', ['-c', 'echo out; echo err >&2; exit 3']);
    expect([code, output.includes('out'), output.includes('err')]).toEqual([3, true, true]);
  });

  test('that is not there ends with 127', async () => {
    expect((await runCommand(join(folder, 'none'), [])).code).toBe(127);
  });

  test('is ended when its time is over and when the drill is', async () => {
    expect(await runCommand('sleep', ['100'], { timeoutMs: 50 })).toMatchObject({
      code: 137,
      isTimedOut: true,
    });
    const abort = new AbortController();
    const running = runCommand('sleep', ['100'], { signal: abort.signal });
    abort.abort();
    expect((await running).code).toBe(137);
  });

  test('keeps a bounded amount of what is said', async () => {
    const { output } = await runCommand('sh', ['-c', 'head -c 1000000 /dev/zero | tr "\\0" x']);
    expect(output.length).toBe(16 * 1024);
  });
});

test('a folder is abandoned when its process is gone, also when another one has the number now', () => {
  const mine = `${process.pid}-${startOf(process.pid)}`;
  const gone = [`${process.pid}-1`, '4194305-77'];
  for (const name of [mine, ...gone, 'other']) mkdirSync(join(folder, name));
  expect(abandonedFolders(folder)).toEqual(gone.map((name) => join(folder, name)).sort());
  expect(abandonedFolders(join(folder, 'none'))).toEqual([]);
});

test('a program is static when nothing has to be loaded with it', () => {
  expect(isStatic(process.execPath)).toBe(false);
  for (const [name, bytes] of [
    ['text', '#!/bin/sh\n'],
    ['empty', ''],
    ['cut', '\x7fELF\x02\x01'],
  ] as const) {
    writeFileSync(join(folder, name), bytes);
    expect([name, isStatic(join(folder, name))]).toEqual([name, false]);
  }
});

describe('the specification of a scratch container', () => {
  const of = (privileged: boolean) =>
    // Its own shape, see there.
    specification({ id: 'i', scenario: 's', privileged, lifeSeconds: 9 }) as {
      readonly process: {
        readonly capabilities: { readonly bounding: readonly string[] };
        readonly args: readonly string[];
      };
      readonly mounts: readonly { readonly type: string }[];
      readonly linux: {
        readonly namespaces: readonly { readonly type: string }[];
        readonly readonlyPaths: readonly string[];
      };
    };

  test.each([false, true])('keeps it away from the machine (privileged: %s)', (privileged) => {
    const { process: first, mounts, linux } = of(privileged);
    expect(linux.namespaces.map(({ type }) => type)).toEqual(['pid', 'ipc', 'uts', 'mount', 'network']);
    expect(mounts.filter(({ type }) => type === 'bind')).toEqual([]);
    expect(linux.readonlyPaths).toEqual(expect.arrayContaining(['/proc/sys', '/proc/sysrq-trigger']));
    const dangerous = /CAP_(?:SYS_MODULE|SYS_BOOT|SYS_TIME|SYS_RAWIO|BPF|MAC_ADMIN)$/;
    expect(first.capabilities.bounding.filter((name) => dangerous.test(name))).toEqual([]);
    expect(first.args).toEqual(['sleep', '9']);
  });
});
