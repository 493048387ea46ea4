import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { requireRuntime, runtimes } from './harness/index.js';
import { ServerBench } from './servers/bench.js';
import { SERVERS } from './servers/servers.js';

const runtime = runtimes.runc();
const bench = new ServerBench();
beforeEach((test) => requireRuntime(runtime, test));
afterAll(async () => {
  await bench.close();
  await runtime.close();
});

/** What any user of any container can do where nothing but the kernel's own permissions stands in the way. */
const possible = [
  'shell',
  'download-tool',
  'drop-and-run',
  'drop-library',
  'run-from-memory',
  'read-account-token',
  'read-environment',
  'reverse-connection',
  'send-datagram',
  'open-back-door',
];

describe.each(SERVERS)('$name without a policy', (server) => {
  it('carries its load, and attacks from inside work', async () => {
    const running = await bench.start(server);
    expect(await running.load(2)).toEqual([]);
    for (const name of possible) {
      expect(await running.attack(name)).toMatchObject({ name, outcome: 'allowed', number: 0 });
    }
    for (const exploit of server.exploits) expect(await running.exploit(exploit), exploit.name).toBe(true);
    expect(await running.load(1)).toEqual([]);
    await running.remove();
  });
});
