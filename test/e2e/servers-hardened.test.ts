import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireRuntime, runtimes } from './harness/index.js';
import { withLearned } from './servers/hardening.js';
import { ProtectedHost } from './servers/protected-host.js';
import { SERVERS } from './servers/servers.js';

/** What a machine without LSM programs has mechanisms for: kill at exec, fanotify, cgroup programs, and the creation. */
const sections = ['process', 'file', 'network', 'capabilities', 'syscalls', 'privilege'];

/** One of each kind; the documented run (docs/server-hardening.md) has all. */
const names = [
  ...['shell', 'download-tool', 'drop-and-run', 'run-from-memory', 'trojan-program', 'read-shadow'],
  ...[
    'read-account-token',
    'write-cron',
    'reverse-connection',
    'open-back-door',
    'mount',
    'bpf',
    'load-module',
  ],
  ...['user-namespace', 'setns', 'raw-disk', 'setuid-program', 'alias-traversal'],
];

const runtime = runtimes.runc();
const host = new ProtectedHost();
beforeEach((test) => requireRuntime(runtime, test));
beforeAll(async () => {
  if ((await runtime.available()) === undefined) await host.start();
});
afterAll(async () => {
  await host.close();
  await runtime.close();
});

describe.each(SERVERS.filter(({ name }) => name === 'nginx'))('$name on this machine', (server) => {
  it('learned under load, carries the same load with no false denial, and attacks are denied', async () => {
    const { failures, falseDenials, attempts } = await withLearned(server, host, {
      seconds: 3,
      names,
      sections,
    });
    expect({ failures, falseDenials }).toEqual({ failures: [], falseDenials: [] });
    expect(attempts.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(attempts.filter(({ worked }) => worked).map(({ name }) => name)).toEqual([]);
  }, 300_000);
});
