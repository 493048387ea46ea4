import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type RuntimeName,
  requireRuntime,
  runtimes,
  type TestContainer,
  uniqueName,
} from './harness/index.js';
import { type CommandResult, poll } from './harness/process.js';
import { ProtectedHost } from './servers/protected-host.js';

/** On a kernel without BPF LSM starting programs is what can be held: the process is killed before the program runs. */
const FORBIDDEN = ['exercise', 'read', '/etc/hosts'];
const KILLED = 137;

/** Killed before it said anything; a runtime that is told while it still watches the start may say so differently. */
const isEnded = ({ code, stdout }: CommandResult): boolean => code !== 0 && stdout === '';

const host = new ProtectedHost();

function policyFile(name: string, spec: string): string {
  const path = join(host.folder, `${name}.yaml`);
  const text = `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: ${name}\nspec:\n${spec.replace(/^(?=.)/gm, '  ')}`;
  writeFileSync(path, text);
  return path;
}

const noExercise = (name: string, containers: string, mode: string, more = ''): string =>
  policyFile(
    name,
    `selector:
  containerNames: ['${containers}']
mode: ${mode}
${more}process:
  deny:
    - {path: /usr/local/bin/exercise, comment: not here}
`,
  );

interface Report {
  readonly state: string;
  readonly sets: readonly { readonly set: number }[];
  readonly containers: readonly {
    readonly container: { readonly name: string };
    readonly boundAt: string;
    readonly boundAtMs: number;
    readonly sections: readonly {
      readonly section: string;
      readonly mode: string;
      readonly mechanism: string;
      readonly problem: string;
    }[];
  }[];
}

async function status(): Promise<Report> {
  const { stdout, stderr } = await host.ask('policy', 'status', '--json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Report; // our own command's output
}

describe.each(['runc', 'containerd', 'docker', 'podman'] as const satisfies readonly RuntimeName[])(
  'policies on containers of %s',
  (name) => {
    const runtime = runtimes[name]();
    const guardedName = uniqueName('guarded');
    let guarded: TestContainer;
    let neighbour: TestContainer;

    beforeAll(async () => {
      if ((await runtime.available()) !== undefined) return;
      await host.start(
        ...(runtime.socket === undefined ? [] : ['--runtime-socket', `${name}=${runtime.socket}`]),
      );
      guarded = await runtime.start({ name: guardedName, args: ['sleep', '600'] });
      neighbour = await runtime.start({ args: ['sleep', '600'] });
    });
    beforeEach((test) => requireRuntime(runtime, test));
    afterAll(async () => {
      await runtime.close();
      await host.stop();
      await host.ask('policy', 'detach', '--all');
    });

    it('in monitor report what they would deny, and it happens', async () => {
      await host.tell('policy', 'apply', noExercise('web', guardedName, 'monitor'));
      expect(await guarded.exec(FORBIDDEN)).toMatchObject({ code: 0 });
      const verdict = await host.verdict(({ outcome }) => outcome === 'would deny');
      expect(verdict).toMatchObject({
        policy: 'web',
        section: 'process',
        line: 11,
        operation: 'start',
        object: '/usr/local/bin/exercise',
      });
    });

    it('in protect deny it before the program runs, tell line and mechanism, and leave neighbours alone', async () => {
      await host.tell('policy', 'mode', 'web', 'protect');
      const denied = await guarded.exec(FORBIDDEN);
      expect(denied.code).not.toBe(0);
      expect(denied.stdout).toBe('');
      const own = guarded.id.slice(0, 12);
      const verdict = await host.verdict(
        ({ outcome, container }) => (outcome === 'killed' || outcome === 'denied') && container === own,
      );
      expect(verdict).toMatchObject({
        policy: 'web',
        section: 'process',
        line: 11,
        object: '/usr/local/bin/exercise',
      });
      expect(verdict.mechanism).toMatch(/^(kill-at-exec|lsm)$/);
      expect(await neighbour.exec(FORBIDDEN)).toMatchObject({ code: 0 });
      expect(await guarded.exec(['true'])).toMatchObject({ code: 0 });
      const [found] = (await status()).containers;
      expect(found).toMatchObject({
        container: { name: guardedName },
        sections: [{ section: 'process', mode: 'protect', problem: '' }],
      });
    });

    it.each([
      ['', {}],
      [' in the PID namespace of the host', { hostPid: true }],
    ])('are in force for a container that starts later%s', async (_, options) => {
      await host.tell('policy', 'apply', noExercise('later', 'later*', 'protect'));
      const later = await runtime.start({ ...options, name: uniqueName('later'), args: ['sleep', '600'] });
      const isBound = async () =>
        (await status()).containers.some(
          ({ container, boundAtMs }) => container.name === later.name && boundAtMs > 0,
        );
      expect(await poll(async () => (await isBound()) || undefined, 15_000)).toBe(true);
      // What it says is what counts: of a program that ends while it is being started some runtimes tell another code.
      expect((await later.exec(FORBIDDEN)).stdout).toBe('');
      await later.remove();
    });

    it('that are deleted let go at once', async () => {
      await host.tell('policy', 'delete', 'web', 'later');
      expect(await guarded.exec(FORBIDDEN)).toMatchObject({ code: 0 });
      expect((await status()).state).toBe('idle');
    });
  },
);

describe('policies in force', () => {
  const runtime = runtimes.runc();
  const name = uniqueName('guarded');
  let guarded: TestContainer;
  const isDenied = async (): Promise<boolean> => isEnded(await guarded.exec(FORBIDDEN));

  beforeAll(async () => {
    if ((await runtime.available()) !== undefined) return;
    guarded = await runtime.start({ name, args: ['sleep', '600'] });
  });
  beforeEach(async (test) => {
    await requireRuntime(runtime, test);
    await host.start();
  });
  afterEach(async () => {
    await host.stop();
    const { stdout } = await host.ask('policy', 'list', '--json');
    const { policies } = JSON.parse(stdout) as { policies: readonly { name: string }[] }; // our own command's output
    if (policies.length > 0) await host.tell('policy', 'delete', ...policies.map((each) => each.name));
    await host.ask('policy', 'detach', '--all');
  });
  afterAll(async () => {
    await runtime.close();
    await host.close();
  });

  it('hold for a container that starts just after the last one they were for has ended', async () => {
    await host.tell('policy', 'apply', noExercise('brief', 'brief*', 'protect'));
    const before = await runtime.start({ name: uniqueName('brief'), args: ['sleep', '600'] });
    const sets = async (): Promise<number> => (await status()).sets.length;
    const isBound = async ({ name: wanted }: TestContainer): Promise<boolean> =>
      (await status()).containers.some(
        ({ container, boundAtMs }) => container.name === wanted && boundAtMs > 0,
      );
    expect(await poll(async () => (await isBound(before)) || undefined, 15_000)).toBe(true);
    await before.remove();
    expect(await poll(async () => (await sets()) === 0 || undefined, 60_000)).toBe(true);
    const after = await runtime.start({ name: uniqueName('brief'), args: ['sleep', '600'] });
    expect(await poll(async () => (await isBound(after)) || undefined, 15_000)).toBe(true);
    // What the kernel had for the first is taken from it a second after nobody needs it.
    await sleep(2_500);
    expect(isEnded(await after.exec(FORBIDDEN))).toBe(true);
    await after.remove();
  });

  it('stay in force when the agent ends or is killed, and are taken over by the next', async () => {
    await host.tell('policy', 'apply', noExercise('web', name, 'protect'));
    for (const end of [() => host.stop(), () => host.kill()]) {
      expect(await isDenied()).toBe(true);
      await end();
      expect(await isDenied()).toBe(true);
      await host.start();
      expect(await isDenied()).toBe(true);
      expect(await host.verdict(({ outcome }) => outcome === 'killed')).toMatchObject({
        policy: 'web',
        line: 11,
      });
    }
  });

  it('leave no moment in which something is allowed while the agent is restarted', async () => {
    await host.tell('policy', 'apply', noExercise('web', name, 'protect'));
    let isRunning = true;
    const ends: boolean[] = [];
    const trying = (async () => {
      while (isRunning) ends.push(await isDenied());
    })();
    try {
      await host.kill();
      await host.start();
      await status();
    } finally {
      isRunning = false;
      await trying;
    }
    expect(ends.length).toBeGreaterThan(5);
    expect(new Set(ends)).toEqual(new Set([true]));
  });

  it('are counted by line', async () => {
    await host.tell('policy', 'apply', noExercise('web', name, 'protect'));
    for (let i = 0; i < 3; i += 1) await guarded.exec(FORBIDDEN);
    const { lines } = JSON.parse(await host.tell('policy', 'top', '--json')) as {
      lines: readonly Record<string, unknown>[];
    }; // our own command's output
    expect(lines).toMatchObject([
      { policy: 'web', section: 'process', line: 11, hits: 3, comment: 'not here' },
    ]);
    expect(Math.abs(Number(lines[0]?.lastMs) - Date.now())).toBeLessThan(60_000);
  });

  it.each([
    ['through the agent', async () => {}],
    ['without one', () => host.kill()],
  ])('end with `policy detach --all` %s, and it is recorded', async (_, before) => {
    await host.tell('policy', 'apply', noExercise('web', name, 'protect'));
    expect(await isDenied()).toBe(true);
    await before();
    expect(await host.tell('policy', 'detach', '--all')).toBe('nothing is enforced any more\n');
    expect(await isDenied()).toBe(false);
    const { stdout } = await host.ask('policy', 'list', '--json');
    expect(stdout).toContain('"name":"web"');
    await host.stop();
    await host.start();
    await status();
    expect(await isDenied()).toBe(true);
  });

  describe('stay as they are when a change is refused:', () => {
    const classes = Array.from({ length: 65 }, (_, i) => `    - {path: /x${i}, from: [/bin/p${i}]}\n`).join(
      '',
    );
    it.each([
      [
        'a broken document',
        () => policyFile('web', 'mode: protect\nprocess:\n  deny: [usr/bin]\n'),
        /web\.yaml:8:\d+: error/,
      ],
      [
        'a section that nothing enforces here',
        () => policyFile('web', 'mode: protect\nkernelSurface:\n  deny: [ptrace]\n'),
        /error\[ENFORCEMENT_NO_MECHANISM\]: nothing on this machine enforces `kernelSurface`/,
      ],
      [
        'more than the kernel holds',
        () => policyFile('web', `mode: monitor\nfile:\n  deny:\n${classes}`),
        /web\.yaml:73:\d+: error\[POLICY_LIMIT\]: more than 64 different lists/,
      ],
    ])('%s', async (_, write, message) => {
      await host.tell('policy', 'apply', noExercise('web', name, 'protect'));
      const refused = await host.ask('policy', 'apply', write());
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(message);
      expect(refused.stderr).toContain('[POLICY_REJECTED]');
      expect(await isDenied()).toBe(true);
    });
  });

  it('with `onMissing: alert` go as far as they can, and say how far', async () => {
    const path = policyFile(
      'web',
      `selector:\n  containerNames: ['${name}']\nmode: protect\nonMissing: alert\nprocess:\n  deny: [/usr/local/bin/exercise]\nkernelSurface:\n  deny: [ptrace]\n`,
    );
    const { code, stderr } = await host.ask('policy', 'apply', path);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /warning\[ENFORCEMENT_NO_MECHANISM\]: nothing on this machine enforces `kernelSurface`/,
    );
    expect(await isDenied()).toBe(true);
    const report = await host.ask('policy', 'status');
    expect(report.code).toBe(1);
    expect(report.stdout).toMatch(/process +protect +kill-at-exec/);
    expect(report.stdout).toMatch(/kernelSurface +protect +not enforced: /);
  });

  it('judge files by fanotify where the kernel has no programs for them, as long as the agent runs', async () => {
    const path = policyFile(
      'web',
      `selector:\n  containerNames: ['${name}']\nmode: protect\nfile:\n  deny:\n    - {path: /etc/shadow, operations: [read]}\n`,
    );
    await host.tell('policy', 'apply', path);
    const read = () => guarded.exec(['cat', '/etc/shadow']);
    await poll(async () => ((await read()).code !== 0 ? true : undefined), 10_000);
    expect(await read()).toMatchObject({ code: 1, stdout: '' });
    const verdict = await host.verdict(({ outcome }) => outcome === 'denied');
    expect(verdict).toMatchObject({ policy: 'web', section: 'file', line: 11, object: '/etc/shadow' });
    expect(verdict.mechanism).toBe('fanotify');
    const { stdout } = await host.ask('policy', 'status');
    expect(stdout).toMatch(/file +protect +fanotify/);
    const closed = await host.ask(
      'policy',
      'apply',
      policyFile('other', 'mode: protect\nonFailure: closed\nfile:\n  deny: [/srv/x]\n'),
    );
    expect(closed.stderr).toMatch(/error\[ENFORCEMENT_NO_MECHANISM\].*`onFailure: closed`/);
    await host.kill();
    expect(await read()).toMatchObject({ code: 0 });
  });

  it('are not put in force with --no-enforcement', async () => {
    await host.stop();
    await host.start('--no-enforcement');
    const refused = await host.ask('policy', 'apply', noExercise('web', name, 'protect'));
    expect(refused.stderr).toMatch(/error\[ENFORCEMENT_UNAVAILABLE\].*--no-enforcement/);
    await host.tell('policy', 'apply', noExercise('web', name, 'protect', 'onMissing: alert\n'));
    expect(await isDenied()).toBe(false);
  });
});

describe('policies on containers that are created through the wrapper', () => {
  const runtime = runtimes.runc(host.wrap);
  const apply = (onFailure: string): Promise<string> =>
    host.tell('policy', 'apply', noExercise('web', 'wrapped*', 'protect', `onFailure: ${onFailure}\n`));
  const start = () => runtime.runToEnd({ name: uniqueName('wrapped'), args: FORBIDDEN });

  beforeEach(async (test) => {
    await requireRuntime(runtime, test);
    await host.start();
  });
  afterEach(async () => {
    await host.stop();
    await host.tell('policy', 'delete', 'web');
    await host.ask('policy', 'detach', '--all');
  });
  afterAll(async () => {
    await runtime.close();
    await host.close();
  });

  it('are in force before the first program runs', async () => {
    await apply('closed');
    const done = await start();
    expect(done).toMatchObject({ code: KILLED, stdout: '' });
    const verdict = await host.verdict(({ outcome }) => outcome === 'killed');
    expect(verdict).toMatchObject({
      policy: 'web',
      line: 12,
      object: '/usr/local/bin/exercise',
      container: done.id.slice(0, 12),
    });
    const running = await runtime.start({ name: uniqueName('wrapped'), args: ['sleep', '600'] });
    const { containers } = await status();
    // The one that ended before is still among them for some seconds.
    expect(containers.find(({ container }) => container.name === running.name)).toMatchObject({
      boundAt: 'creation',
      sections: [{ problem: '' }],
    });
    await running.remove();
  });

  it('with `onFailure: closed` keep containers from starting while no agent runs', async () => {
    await apply('closed');
    await host.kill();
    const refused = await start().catch((error: Error) => ({ code: 1, stdout: '', stderr: error.message }));
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/policy `web` protects process.*no agent is running/);
  });

  it('with `onFailure: open` let them start, and the next agent binds them', async () => {
    await apply('open');
    await host.kill();
    expect(await start()).toMatchObject({ code: 0 });
    const running = await runtime.start({ name: uniqueName('wrapped'), args: ['sleep', '600'] });
    expect(await running.exec(FORBIDDEN)).toMatchObject({ code: 0 });
    await host.start();
    await status();
    expect(isEnded(await running.exec(FORBIDDEN))).toBe(true);
    await running.remove();
  });
});
