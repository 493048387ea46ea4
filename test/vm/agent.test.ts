import { resolve } from 'node:path';
import type { Flow } from '@runward/flows';
import { readProfile } from '@runward/policy';
import { describe, expect, it } from 'vitest';
import type { DetectionLine } from '../e2e/harness/agent.js';
import { testImage } from '../e2e/harness/index.js';
import { ociConfig } from '../e2e/harness/oci-bundle.js';
import { runInVm } from './vm.js';

const repository = resolve(import.meta.dirname, '../..');

/**
 * Waits until the agent counts flows, makes some, and writes what it says of them. Over its socket: a whole command takes
 * long to start in an emulated machine.
 */
const flowScript = `
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const ask = (path) =>
  new Promise((resolve, reject) => {
    get({ socketPath: '/run/runward/agent.sock', path }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      resolve(JSON.parse(text));
    }).on('error', reject);
  });
let status;
for (let i = 0; i < 200 && status?.flows === undefined; i += 1) {
  status = await ask('/v1/status').catch(() => undefined);
  await sleep(500);
}
const traffic = 'build/test-programs/traffic';
const server = spawn(traffic, ['serve', '127.0.0.1', '7100'], { stdio: 'ignore' });
await sleep(1000);
spawnSync(traffic, ['request', '127.0.0.1', '7100', '5000', '9000'], { stdio: 'inherit' });
spawnSync(traffic, ['udp', '127.0.0.1', '7101', '10', 'connected'], { stdio: 'inherit' });
await sleep(1000);
server.kill();
writeFileSync('/run/vm/flows', JSON.stringify({ status: status?.flows, ...(await ask('/v1/flows?host=yes')) }));
`;

/**
 * Starts the agent, waits for its word that it is ready, lets a container read /etc/shadow, and stops the agent.
 * Exit codes: 0 all done, 9 the agent ended before it was ready, 8 it did not get ready in time.
 */
const command = `
mkdir -p /run/state && cp /run/vm/learning.json /run/state/
bin/runward run --json --state /run/state --rules '${repository}/rules' --rules /run/vm/own.yaml >/run/vm/detections 2>/run/vm/agent-log &
agent=$!
waited=0
until grep -qi '\\bready\\b' /run/vm/agent-log; do
  kill -0 $agent 2>/dev/null || exit 9
  waited=$((waited + 1))
  [ $waited -lt 600 ] || exit 8
  sleep 0.1
done
waited=0
until curl --silent --unix-socket /run/runward/agent.sock http://agent/v1/learn | grep -q reader; do
  waited=$((waited + 1))
  [ $waited -lt 120 ] || break
  sleep 0.5
done
runc run --bundle /run/vm reader
echo "container exited $?"
node /run/vm/flows.mjs
sleep 2
kill -TERM $agent
wait $agent
echo "agent exited $?"
cp /run/state/profiles/reader.json /run/vm/profile
`;

/** Requests of a ring have hooks of their own, which differ from kernel to kernel. */
const ownRules = `
- rule: Door
  desc: a system call of a program made for 32-bit machines
  condition: proc.name in (calls32, int80) and evt.type in (open, openat) and fd.name in (/etc/passwd, /etc/group)
  output: "%proc.name %evt.type %fd.name"
  priority: NOTICE
- rule: Ring
  desc: any request of io_uring
  condition: evt.is_io_uring=true and evt.type in (openat, connect)
  output: "%evt.type %fd.name %fd.rip"
  priority: NOTICE
`;
// Doors for 32-bit programs, which not every host has.
const script =
  'calls32 open /etc/passwd; int80 openat /etc/group; cat /etc/shadow; uring openat /etc/hostname; uring --skip connect self 0; true';

async function readShadow(kernel: '5.10' | '6.1' | '6.12') {
  const { rootfs } = await testImage();
  const config = ociConfig({ name: 'reader', args: ['sh', '-c', script] }, '/reader', rootfs);
  const learning = { format: 1, learning: [{ workload: 'reader', sinceMs: 1 }] };
  const files = {
    ...{ 'config.json': JSON.stringify(config), 'flows.mjs': flowScript, 'own.yaml': ownRules },
    'learning.json': JSON.stringify(learning),
  };
  return runInVm({ kernel, files, command, timeoutMs: 300_000 });
}

/** The detections that name the file, with whatever rule the default set has for it. */
function shadowDetections(lines: string): string[] {
  return lines.split('\n').filter((line) => line.startsWith('{') && line.includes('/etc/shadow'));
}

/** Counters of the flows at a port, by role. */
function flowsAt(answer: string, port: number): Record<string, Flow['counters']> {
  const { flows } = JSON.parse(answer) as { readonly flows: readonly Flow[] }; // our own command's output
  return Object.fromEntries(
    flows.filter((f) => f.port === port).map(({ role, counters }) => [role, counters]),
  );
}

/** Requests of the ring as `call object`. */
function ringRequests(lines: string): string[] {
  return lines.split('\n').flatMap((line) => {
    if (!line.includes('"Ring"')) return [];
    const { output_fields: fields } = JSON.parse(line) as DetectionLine; // our own command's output
    return [
      `${fields['evt.type']} ${fields['evt.type'] === 'connect' ? fields['fd.rip'] : fields['fd.name']}`,
    ];
  });
}

const throughDoors = (lines: string): string[] =>
  lines.split('\n').flatMap((line) => {
    if (!line.includes('"Door"')) return [];
    const { output_fields: fields } = JSON.parse(line) as DetectionLine; // our own command's output
    return [`${fields['proc.name']} ${fields['evt.type']} ${fields['fd.name']}`];
  });

describe.each(['6.1', '6.12'] as const)('the agent on kernel %s', (kernel) => {
  it('reports a container that reads /etc/shadow, counts flows, learns, and stops cleanly', async () => {
    const result = await readShadow(kernel);
    expect(result.exitCode, `${result.output}\n${result.file('agent-log')}`).toBe(0);
    expect(result.output).toContain('container exited 0');
    expect(result.output).toContain('agent exited 0');
    const found = shadowDetections(result.file('detections') ?? '');
    expect(found, result.file('agent-log')).not.toEqual([]);
    expect(JSON.parse(found[0] ?? '{}')).toMatchObject({
      rule: expect.any(String),
      output_fields: expect.objectContaining({ 'container.id': 'reader' }),
    });
    expect(ringRequests(result.file('detections') ?? '')).toEqual(
      expect.arrayContaining(['openat /etc/hostname', 'connect 127.0.0.1']),
    );
    expect(throughDoors(result.file('detections') ?? ''), result.output).toEqual(
      expect.arrayContaining(['calls32 open /etc/passwd', 'int80 openat /etc/group']),
    );
    const flows = result.file('flows') ?? '';
    expect(flows, result.file('agent-log')).toContain('"flows"');
    expect(flowsAt(flows, 7100)).toMatchObject({
      client: { attempts: 1, established: 1, closed: 1, bytesOut: 5000, bytesIn: 9000 },
      server: { established: 1, closed: 1, bytesIn: 5000, bytesOut: 9000 },
    });
    expect(flowsAt(flows, 7101)).toMatchObject({ client: { refused: 1 } });
    const profile = readProfile(result.file('profile') ?? '');
    if ('problem' in profile) throw new Error(`the profile ${profile.problem}: ${result.file('agent-log')}`);
    expect(profile.coverage).toMatchObject({ replicas: 1, starts: 1, callsCounted: true });
    expect(profile.files.map((f) => f.path)).toContain('/etc/shadow');
    // getpid and such have no events; those of 32-bit programs are counted in their own table.
    const calls = profile.syscalls.map((s) => s.name);
    expect(calls).toEqual(
      expect.arrayContaining(['execve', 'exit_group', 'open', 'openat', 'io_uring_setup']),
    );
    expect(calls).not.toContain('pivot_root');
  });
});

describe('the agent on kernel 5.10', () => {
  it('works, or doctor says exactly what is missing', async () => {
    const result = await readShadow('5.10');
    if (result.exitCode === 0) {
      expect(shadowDetections(result.file('detections') ?? ''), result.file('agent-log')).not.toEqual([]);
      return;
    }
    const doctor = await runInVm({ kernel: '5.10', command: 'bin/runward doctor --json' });
    expect(doctor.exitCode).not.toBe(0);
    expect(doctor.exitCode).toBeDefined();
    expect(doctor.output).toMatch(/5\.\d+|BTF|ring buffer|tp_btf|kernel/i);
  });
});
