import { describe, expect, it } from 'vitest';
import { testImage } from '../e2e/harness/index.js';
import { ociConfig } from '../e2e/harness/oci-bundle.js';
import { runInVm } from './vm.js';

const places = '--state /tmp/state --socket /tmp/agent.sock';
const policy = `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: {name: etc}
spec:
  selector:
    containerNames: [writer]
  mode: protect
  file:
    deny:
      - {directory: /etc, operations: [modify], comment: nothing here changes settings}
`;

/** Prints a word and whether the container could write below /etc; each time another file. */
const command = `
attempt() { runc exec writer sh -c "echo x >/etc/$1" 2>/dev/null && echo "$1: written" || echo "$1: denied"; }
start() {
  rm -f /tmp/agent.sock
  : >/run/vm/agent-log
  bin/runward run --json --group 0 --rate-limit 0 ${places} >>/run/vm/detections 2>>/run/vm/agent-log &
  agent=$!
  waited=0
  until grep -qi '\\bready\\b' /run/vm/agent-log && [ -S /tmp/agent.sock ]; do
    kill -0 $agent 2>/dev/null || exit 9
    waited=$((waited + 1))
    [ $waited -lt 900 ] || exit 8
    sleep 0.1
  done
}
runc run -d --bundle /run/vm writer </dev/null >/dev/null 2>&1 || exit 7
start
attempt before
bin/runward policy apply /run/vm/etc.yaml ${places} || exit 6
attempt applied
sleep 1
bin/runward policy top --json ${places} >/run/vm/top
bin/runward policy status ${places} >/run/vm/status
kill -9 $agent
wait $agent 2>/dev/null
attempt killed
start
bin/runward policy status ${places} >/dev/null
attempt restarted
bin/runward policy mode etc monitor ${places} >/dev/null
attempt monitored
bin/runward policy mode etc protect ${places} >/dev/null
attempt protected
kill -TERM $agent
wait $agent
echo "agent exited $?"
attempt stopped
bin/runward policy detach --all ${places} --json
attempt detached
`;

describe('a policy applied to an agent on kernel 6.12', () => {
  it('denies in the kernel, is told and counted, and outlives the agent until it is detached', async () => {
    const { rootfs } = await testImage();
    const config = ociConfig({ name: 'writer', args: ['sleep', '3600'] }, '/writer', rootfs);
    const files = { 'config.json': JSON.stringify(config), 'etc.yaml': policy };
    const result = await runInVm({ kernel: '6.12', files, command, timeoutMs: 420_000 });
    expect(result.exitCode, `${result.output}\n${result.file('agent-log')}`).toBe(0);
    expect(
      result.output.match(/^(?:\w+: (?:written|denied)|agent exited \d+|\{.*\})$/gm),
      result.output,
    ).toEqual([
      'before: written',
      'applied: denied',
      'killed: denied',
      'restarted: denied',
      'monitored: written',
      'protected: denied',
      'agent exited 0',
      'stopped: denied',
      '{"detached":true}',
      'detached: written',
    ]);
    const verdicts = (result.file('detections') ?? '')
      .split('\n')
      .flatMap((line) => (line.includes('"policy.name":"etc"') ? [JSON.parse(line)] : []));
    const told = verdicts.map(
      ({ output_fields: fields }) =>
        `${fields['policy.outcome']} ${fields['policy.operation']} ${fields['policy.object']}`,
    );
    expect(told).toContain('denied create /etc/applied');
    expect(told).toContain('denied create /etc/restarted');
    expect(told).toContain('would deny create /etc/monitored');
    expect(verdicts[0]).toMatchObject({
      rule: 'Policy etc: file',
      source: 'policy',
      output_fields: { 'policy.line': 10, 'policy.mechanism': 'lsm', 'container.id': 'writer' },
    });
    const { lines } = JSON.parse(result.file('top') ?? '{}') as { lines: readonly Record<string, unknown>[] }; // our own command's output
    expect(lines).toMatchObject([{ policy: 'etc', section: 'file', line: 10, hits: 1 }]);
    expect(result.file('status')).toMatch(/writer +etc +file +protect +lsm/);
  });
});
