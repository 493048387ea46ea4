import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DetectionLine } from '../e2e/harness/agent.js';
import { testImage } from '../e2e/harness/index.js';
import { ociConfig } from '../e2e/harness/oci-bundle.js';
import { runInVm } from './vm.js';

const repository = resolve(import.meta.dirname, '../..');

/**
 * Starts the agent, waits for its word that it is ready, lets a container read /etc/shadow, and stops the agent.
 * Exit codes: 0 all done, 9 the agent ended before it was ready, 8 it did not get ready in time.
 */
const command = `
bin/runward run --json --rules '${repository}/rules' --rules /run/vm/own.yaml >/run/vm/detections 2>/run/vm/agent-log &
agent=$!
waited=0
until grep -qi '\\bready\\b' /run/vm/agent-log; do
  kill -0 $agent 2>/dev/null || exit 9
  waited=$((waited + 1))
  [ $waited -lt 600 ] || exit 8
  sleep 0.1
done
runc run --bundle /run/vm reader
echo "container exited $?"
sleep 2
kill -TERM $agent
wait $agent
echo "agent exited $?"
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
  const files = { 'config.json': JSON.stringify(config), 'own.yaml': ownRules };
  return runInVm({ kernel, files, command, timeoutMs: 240_000 });
}

/** The detections that name the file, with whatever rule the default set has for it. */
function shadowDetections(lines: string): string[] {
  return lines.split('\n').filter((line) => line.startsWith('{') && line.includes('/etc/shadow'));
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
  it('reports a container that reads /etc/shadow, and stops cleanly', async () => {
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
