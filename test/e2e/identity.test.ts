import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DetectionLine, startAgent, type TestAgent } from './harness/agent.js';
import {
  type ContainerOptions,
  type FinishedContainer,
  type Mount,
  type RuntimeName,
  requireRuntime,
  runtimes,
  type TestContainer,
  type TestRuntime,
  uniqueName,
} from './harness/index.js';
import { PodmanRuntime } from './harness/podman.js';
import { Scratch } from './harness/scratch.js';

const REFERENCE = 'docker.io/runward.test/tools:1';

/** One simple rule, whose output shows everything that identifies a container and the lineage of a process. */
const RULES = `
- rule: Shadow file read
  desc: a process of a container reads /etc/shadow
  condition: evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.name=/etc/shadow
  output: >
    read %fd.name | %container.id %container.full_id %container.name %container.type %container.image
    %container.image.digest %container.metadata | %proc.name %proc.exepath %proc.cmdline %proc.pname %proc.aname[2]
    %proc.vpid %user.name
  priority: WARNING
`;

const scratch = new Scratch('identity');
const rulesFile = (): string => {
  const file = scratch.below('rules.yaml');
  writeFileSync(file, RULES);
  return file;
};

/** Reads the file below two parents of its own, and is over within milliseconds. */
const READER = ['sh', '-c', 'exercise spawn cat /etc/shadow; true'];
/** Account names are read below the root of a process that lives, so they take a moment more. */
const LASTING_READER = ['sh', '-c', 'exercise spawn cat /etc/shadow; exec sleep 0.25'];
/** The same, but only once told to: `sh` and `exercise` are older than the agent, `cat` is not. */
const PATIENT = [
  'exercise',
  'spawn',
  'sh',
  '-c',
  'while :; do until [ -e /tmp/go ]; do sleep 0.05; done; rm /tmp/go; /bin/cat /etc/shadow; done',
];

/** Accounts that no host has: a name proves whose file it came from. */
const accounts = (): Mount => {
  const file = scratch.below('passwd');
  writeFileSync(file, 'captain:x:0:0::/root:/bin/sh\n');
  return { source: file, target: '/etc/passwd', readonly: true };
};

interface Subject {
  readonly name: RuntimeName;
  /** `container.type` */
  readonly type: string;
  readonly hasImages: boolean;
  readonly where: (runtime: TestRuntime) => readonly string[];
}

const bySocket =
  (type: string) =>
  (runtime: TestRuntime): readonly string[] => ['--runtime-socket', `${type}=${runtime.socket}`];

const subjects: readonly Subject[] = [
  // Their state folders are learned from the runtime's own command line.
  { name: 'runc', type: 'runc', hasImages: false, where: () => [] },
  { name: 'crun', type: 'crun', hasImages: false, where: () => [] },
  { name: 'containerd-cri', type: 'containerd', hasImages: true, where: bySocket('containerd') },
  { name: 'containerd', type: 'containerd', hasImages: true, where: bySocket('containerd') },
  { name: 'docker', type: 'docker', hasImages: true, where: bySocket('docker') },
  {
    name: 'podman',
    type: 'podman',
    hasImages: true,
    where: (runtime) =>
      runtime instanceof PodmanRuntime ? ['--runtime-root', `podman=${runtime.flags[1]}`] : [],
  },
];

const of =
  (container: { readonly id: string }) =>
  (line: DetectionLine): boolean =>
    line.output_fields['container.full_id'] === container.id;

afterAll(() => scratch.remove());

for (const subject of subjects) {
  const runtime = runtimes[subject.name]();
  describe(`a container of ${subject.name}`, () => {
    let agent: TestAgent;
    let older: TestContainer;
    const made: string[] = [];
    const read = async (options: Partial<ContainerOptions> = {}): Promise<FinishedContainer> => {
      const done = await runtime.runToEnd({ args: READER, ...options });
      expect(done.code).toBe(0);
      made.push(done.id);
      return done;
    };
    beforeEach((test) => requireRuntime(runtime, test));
    beforeAll(async () => {
      if ((await runtime.available()) !== undefined) return;
      older = await runtime.start({ args: PATIENT, mounts: [accounts()] });
      made.push(older.id);
      agent = await startAgent({ rules: [rulesFile()], args: subject.where(runtime) });
    });
    afterAll(async () => {
      await agent?.stop();
      await runtime.close();
    });

    const identityOf = ({ id, name }: { readonly id: string; readonly name: string }) => ({
      'container.id': id.slice(0, 12),
      'container.full_id': id,
      // A pod's container has a name of its own; the harness names the pod.
      'container.name': subject.name === 'containerd-cri' ? expect.stringContaining('main') : name,
      'container.type': subject.type,
      'container.metadata': 'complete',
      ...(subject.hasImages ? { 'container.image': REFERENCE } : {}),
    });

    it('that ends at once is reported with its name, image and ancestry', async () => {
      const done = await read();
      expect((await agent.until(of(done))).output_fields).toMatchObject({
        ...identityOf(done),
        'proc.name': 'cat',
        'proc.exepath': '/bin/busybox',
        'proc.cmdline': 'cat /etc/shadow',
        'proc.pname': 'exercise',
        'proc.aname[2]': 'sh',
      });
    });

    it('that is older than the agent is known with its processes', async () => {
      expect(await older.exec(['touch', '/tmp/go'])).toMatchObject({ code: 0 });
      const found = await agent.until(of(older));
      expect(found.output_fields).toMatchObject({
        ...identityOf(older),
        'proc.name': 'cat',
        'proc.pname': 'sh',
        'proc.aname[2]': 'exercise',
        'user.name': 'captain',
      });
    });

    it('that has users of its own is reported with their names', async () => {
      const done = await read({ args: LASTING_READER, mounts: [accounts()] });
      expect((await agent.until(of(done))).output_fields).toMatchObject({ 'user.name': 'captain' });
    });

    it('is never reported without what the runtime knows of it', () => {
      const lines = agent.detections.filter((line) =>
        made.includes(`${line.output_fields['container.full_id']}`),
      );
      expect(new Set(lines.map((line) => line.output_fields['container.full_id']))).toEqual(new Set(made));
      // What waited for its runtime in vain says so: `path-only` is a container whose runtime did not answer.
      for (const { output_fields: fields } of lines) {
        expect(['complete', 'path-only']).toContain(fields['container.metadata']);
        if (fields['container.metadata'] === 'complete') {
          expect(fields).toMatchObject({ 'container.type': subject.type });
        }
      }
    });
  });
}

/** The last line of `runward run --json`. */
function summaryOf(stderr: string): Readonly<Record<string, unknown>> & { readonly containers: number } {
  const line = stderr.split('\n').find((each) => each.startsWith('{"summary"')) ?? '{}';
  // Our own command's line; a wrong shape fails the comparison.
  return (JSON.parse(line) as { summary: Record<string, unknown> & { containers: number } }).summary;
}

describe('containers of runc that never rest', () => {
  const COUNT = 8;
  /** Whenever an agent starts, there is a process whose fork it did not see and whose end it did not see either. */
  const RESTLESS = [
    'sh',
    '-c',
    'while [ ! -e /tmp/go ]; do /bin/sleep 0.002; done; /bin/cat /etc/shadow; exec sleep 60',
  ];
  const runtime = runtimes.runc();
  beforeEach((test) => requireRuntime(runtime, test));
  afterAll(() => runtime.close());

  it('are known although the first process seen of them was gone before it could be looked at', async () => {
    const containers: TestContainer[] = [];
    for (let i = 0; i < COUNT; i += 1) containers.push(await runtime.start({ args: RESTLESS }));
    const agent = await startAgent({ rules: [rulesFile()] });
    try {
      await sleep(2_000); // what a busy runtime takes to answer is not the matter here
      let complete = 0;
      for (const container of containers) {
        expect(await container.exec(['touch', '/tmp/go'])).toMatchObject({ code: 0 });
        const { output_fields: fields } = await agent.until(of(container));
        expect(fields).toMatchObject({ 'container.name': container.name, 'proc.name': 'cat' });
        if (fields['container.metadata'] === 'complete') complete += 1;
      }
      // All of them on a machine that has time to answer; on one that has not, the others say `path-only`.
      expect(complete).toBeGreaterThanOrEqual(COUNT / 2);
    } finally {
      await agent.stop();
    }
  });
});

describe('200 containers of runc, started and stopped at once', () => {
  const AT_ONCE = 10;
  const COUNT = 200;
  /** Ten seconds after the group is gone, at the next round. */
  const FORGOTTEN_AFTER_MS = 12_000;
  const runtime = runtimes.runc();
  beforeEach((test) => requireRuntime(runtime, test));
  afterAll(() => runtime.close());

  it('are each reported by name, and forgotten', async () => {
    const agent = await startAgent({ rules: [rulesFile()] });
    const names = Array.from({ length: COUNT }, (_, at) => uniqueName(`rw${at}`));
    const waiting = [...names];
    const work = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        expect(await runtime.runToEnd({ name, args: ['cat', '/etc/shadow'] })).toMatchObject({ code: 0 });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    for (const name of names) await agent.until((line) => line.output_fields['container.full_id'] === name);
    await sleep(FORGOTTEN_AFTER_MS);
    const { detections, stderr } = await agent.stop();
    // Other containers of the machine are none of this test's business.
    const mine = detections
      .map((line) => line.output_fields)
      .filter((fields) => names.includes(`${fields['container.full_id']}`));
    expect(mine.map((fields) => fields['container.name']).sort()).toEqual([...names].sort());
    // A busy machine may forget a container before its description is read; then the detection says so.
    const described = mine.filter((fields) => fields['container.metadata'] === 'complete');
    expect(described.length).toBeGreaterThan(COUNT * 0.9);
    expect(mine.filter((fields) => fields['container.metadata'] === 'path-only')).toHaveLength(
      COUNT - described.length,
    );
    const summary = summaryOf(stderr);
    expect(summary.containers).toBeLessThan(COUNT / 2);
    expect(summary).toMatchObject({ malformed: 0, heldTooMany: 0, lost: [] });
  });
});
