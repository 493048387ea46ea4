import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskedAgent, command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { poll, run } from './harness/process.js';
import { uniqueName } from './harness/runtime.js';
import { Scratch } from './harness/scratch.js';

interface Heard {
  readonly rule: string;
  readonly source: string;
  readonly output: string;
  readonly container: { readonly name: string } | null;
  readonly process: { readonly name: string };
  readonly ancestors: readonly unknown[];
  readonly output_fields: Readonly<Record<string, unknown>>;
}

const scratch = new Scratch('integrity');
const runtime = runtimes.runc();
const name = uniqueName('rwi');
const settings = join(scratch.path, 'integrity.yaml');
/** Of the host, but nobody's. */
const hostFolder = scratch.below('host');
const heard: Heard[] = [];
const following = new AbortController();
let agent: AskedAgent;
let container: TestContainer;

const sh = (script: string) => container.exec(['sh', '-c', script]);
const told = (rule: string, path: string): Promise<Heard | undefined> =>
  poll(
    () => heard.find((d) => d.rule === `Integrity: ${rule}` && d.output_fields['integrity.path'] === path),
    60_000,
    50,
  );

/** A shell of busybox runs some of its programs itself. */
const applet = (program: string): unknown => expect.stringMatching(new RegExp(`^(?:sh|${program})$`));

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  mkdirSync(hostFolder);
  writeFileSync(join(hostFolder, 'conf'), 'one\ntwo\n');
  writeFileSync(
    settings,
    `
watch:
  - name: container
    where: containers
    containers: [${name}]
    paths: [/etc/**, /srv/app/*]
    exclude: [/etc/noise]
    content: true
  - name: host
    where: host
    paths: ['${hostFolder}/**']
    content: true
`,
  );
  container = await runtime.start({
    name,
    args: [
      'sh',
      '-c',
      'mkdir -p /srv/app; echo a >/srv/app/x; echo "a=1" >/etc/conf; chmod 644 /etc/conf; echo hunter2 >/etc/db-secret; echo >/etc/gone; sleep 3600',
    ],
  });
  agent = await AskedAgent.start({ args: ['--integrity', settings, '--no-enforcement'] });
  void (async () => {
    for await (const line of agent.client.lines('/v1/detections/stream', following.signal))
      heard.push(line as Heard); // the agent's own route
  })().catch(() => undefined);
  // Both baselines are taken before anything is changed.
  const taken = await poll(async () => {
    const { integrity } = (await agent.client.ask('GET', '/v1/status')) as {
      readonly integrity?: { readonly scopes: readonly { readonly id: string; readonly files: number }[] };
    }; // the agent's own route
    return integrity?.scopes.some(({ id, files }) => id === container.id && files > 3) || undefined;
  }, 60_000);
  expect(taken, agent.stderr).toBe(true);
}, 180_000);

afterAll(async () => {
  following.abort();
  await agent?.stop();
  await runtime.close();
  await scratch.remove();
}, 60_000);

describe('a watched file of a container', () => {
  it('that changes is told at once with who did it, its ancestors, and the lines', async () => {
    await sh('echo "b=2" >> /etc/conf');
    const found = await told('file changed', '/etc/conf');
    expect(found).toMatchObject({
      ...{ source: 'integrity', process: { name: 'sh' }, container: { name } },
      output_fields: {
        'integrity.diff': ['+b=2'],
        'integrity.call': expect.stringMatching(/^open/) as string,
      },
    });
    expect(found?.ancestors.length).toBeGreaterThan(0);
  });

  it('that appears, is moved away, made setuid or replaced by a link is told', async () => {
    await sh('cp /bin/busybox /srv/app/tool; mv /etc/gone /tmp/gone; chmod 4755 /srv/app/x');
    expect(await told('file appeared', '/srv/app/tool')).toMatchObject({ process: { name: applet('cp') } });
    expect(await told('file removed', '/etc/gone')).toMatchObject({ process: { name: applet('mv') } });
    expect(await told('owner or permissions changed', '/srv/app/x')).toMatchObject({
      ...{
        process: { name: applet('chmod') },
        output: expect.stringContaining('runs with the rights of its owner now') as string,
      },
    });
    await sh('ln -sf /proc/self/environ /etc/conf');
    expect(await told('file replaced', '/etc/conf')).toBeDefined();
  });

  it('that holds a secret is told without what it holds', async () => {
    // Put together there: a command line is told with what it did.
    await sh('a=hun; echo $a"ter3" > /etc/db-secret');
    expect(await told('file changed', '/etc/db-secret')).toMatchObject({
      output_fields: { 'integrity.diff': [] },
    });
    expect(JSON.stringify(heard)).not.toContain('hunter');
  });

  it('that is not watched, or only looked at, is not told', async () => {
    await sh('echo > /etc/noise; cat /etc/passwd; echo > /tmp/other');
    await sh('echo done > /etc/last');
    expect(await told('file appeared', '/etc/last')).toBeDefined();
    const paths = new Set(
      heard.filter(({ source }) => source === 'integrity').map((d) => d.output_fields['integrity.path']),
    );
    expect(
      [...paths].filter((path) => ['/etc/noise', '/etc/passwd', '/tmp/other'].includes(String(path))),
    ).toEqual([]);
    expect(heard.filter(({ rule }) => rule.startsWith('runward itself'))).toEqual([]);
  });
});

it('what changed on the host while nobody looked is found by looking, shown, and accepted', async () => {
  const runward = (...args: string[]) =>
    run(command, [
      'integrity',
      ...args,
      '--settings',
      settings,
      '--state',
      scratch.below('offline'),
      '--json',
    ]);
  expect((await runward('baseline')).code).toBe(0);
  writeFileSync(join(hostFolder, 'conf'), 'one\nTWO\n');
  writeFileSync(join(hostFolder, 'new'), 'x');
  const found = await runward('check');
  expect(found.code).toBe(1);
  const { scopes } = JSON.parse(found.stdout) as {
    readonly scopes: readonly { readonly id: string; readonly changes: readonly object[] }[];
  }; // the command's own answer
  expect(scopes.find(({ id }) => id === 'host')?.changes).toMatchObject([
    { kind: 'content', path: join(hostFolder, 'conf'), diff: ['-two', '+TWO'] },
    { kind: 'new', path: join(hostFolder, 'new') },
  ]);
  expect((await runward('accept', hostFolder)).code).toBe(0);
  const again = JSON.parse((await runward('check')).stdout) as {
    readonly scopes: readonly { readonly id: string; readonly changes: readonly object[] }[];
  }; // as above
  expect(again.scopes.find(({ id }) => id === 'host')?.changes).toEqual([]);
  rmSync(hostFolder, { recursive: true });
});
