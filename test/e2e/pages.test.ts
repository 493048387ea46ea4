import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pinFolderOf } from '@runward/agent/policies';
import { PinnedEnforcement } from '@runward/enforce';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, violations } from './harness/browser.js';
import { freePort } from './harness/free-port.js';
import { requireRuntime, runtimes, type TestContainer, uniqueName } from './harness/index.js';
import { type Collected, must, poll, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';
import { guest, Topology } from './harness/topology.js';

/**
 * The pages in Debian's Chromium, served by `runward up` with a real container behind them. With RUNWARD_PICTURES=1 they are
 * pictured for docs/pages.md.
 */
const repository = resolve(import.meta.dirname, '../..');
const runward = join(repository, 'bin/runward');
const pictures = process.env.RUNWARD_PICTURES === '1' ? join(repository, 'docs/pages') : undefined;
const scratch = new Scratch('pages');
const runtime = runtimes.runc();
const name = uniqueName();
const problems: string[] = [];
let [link, api] = [0, 0];
let up: Collected;
let container: TestContainer;
let database: TestContainer;
let net: Topology;
let browser: Browser;
let page: Page;

const address = (path: string): string => `https://localhost:${api}${path}`;

async function picture(name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  [link, api] = [await freePort(), await freePort()];
  const rules = scratch.below('rules.yaml');
  writeFileSync(
    rules,
    `- rule: Password hashes read
  desc: a file with password hashes is opened
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow and container.name = ${name}
  output: 'Password hashes were read (command=%proc.cmdline container=%container.name)'
  priority: CRITICAL
  tags: [T1003.008, mitre_credential_access]
`,
  );
  const places = [
    ...['--state', scratch.below('state'), '--listen', `127.0.0.1:${link}`],
    ...['--api', `127.0.0.1:${api}`],
  ];
  const own = [
    '--json',
    '--rules',
    rules,
    ...['--socket', scratch.below('a.sock'), '--server-summary', '2', '--attest'],
  ];
  up = startTied(runward, ['up', ...places, '--', ...own]);
  const isReady = await poll(
    () => (/this machine is the node/.test(up.stderr()) ? true : undefined),
    160_000,
  );
  if (isReady !== true) throw new Error(`not ready: ${up.stderr()}`);
  net = await Topology.make();
  container = await runtime.start({ name, args: ['sleep', '600'] });
  database = await runtime.start({ name: `${name}-db`, args: ['traffic', 'serve', '::', '5432'] });
  await net.join(container.pid ?? 0, 2);
  await net.join(database.pid ?? 0, 3);
  browser = await startBrowser();
  // The authority is the server's own; that it is verified is shown by up.test.ts.
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
  });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 40[13]/.test(message.text())) problems.push(message.text());
  });
}, 240_000);

afterAll(async () => {
  await browser?.close();
  if (up !== undefined) await stop(up, 60_000);
  PinnedEnforcement.detachAll(pinFolderOf(scratch.below('state/agent')));
  await runtime.close();
  await net?.remove();
  await scratch.remove();
}, 120_000);

describe('the pages', () => {
  it('ask who is there, and let nobody in with a wrong password', async () => {
    await page.goto(address('/incidents'));
    await page.getByRole('textbox', { name: 'Name' }).fill('admin');
    await page.locator('input[name=password]').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('the name or the password is wrong').waitFor();
    await picture('sign-in');
    expect(await violations(page)).toEqual([]);
    const password = /^[\w-]{20}$/m.exec(up.stdout())?.[0] ?? '';
    await page.locator('input[name=password]').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('No incident is open.').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
  });

  it('show what a container did without being loaded again, lead to its story, and act on it with an undo', async () => {
    await container.exec(['sh', '-c', 'cat /etc/shadow >/dev/null; cat /etc/shadow >/dev/null']);
    const rows = page.getByLabel('Incidents', { exact: true });
    await rows.getByText('open', { exact: true }).first().waitFor();
    await picture('incidents');
    await rows.focus();
    await page.keyboard.press('Enter');
    await page
      .getByRole('region', { name: 'Timeline' })
      .getByText('Password hashes were read')
      .first()
      .waitFor();
    await page.getByRole('region', { name: 'Processes' }).getByText('cat /etc/shadow').first().waitFor();
    await picture('incident');
    expect(await violations(page)).toEqual([]);

    await page.getByRole('button', { name: `Respond: ${container.name}` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Freezes every process of the container.').waitFor();
    await dialog.getByRole('textbox', { name: 'Why' }).fill('a test of the pages');
    await dialog.getByRole('button', { name: 'pause' }).click();
    await dialog.getByText('Done at the node').waitFor();
    expect(await violations(page)).toEqual([]);
    await picture('respond');
    await dialog.getByRole('button', { name: 'Undo' }).click();
    await dialog.getByText('And taken back.').waitFor();
    await page.keyboard.press('Escape');
    expect((await container.exec(['true'])).code).toBe(0);
  });

  it('tell what became of an incident, and what would keep a false positive silent', async () => {
    const history = page.getByRole('region', { name: 'History' });
    await page.getByRole('region', { name: 'What to do' }).getByText('Look at').waitFor();
    await page.getByRole('button', { name: 'Take it' }).click();
    await history.getByText('to admin').waitFor();
    const note = page.getByRole('textbox', { name: 'Note, reason, or name' });
    await note.fill('asked who runs the nightly check');
    await page.getByRole('button', { name: 'Add a note' }).click();
    await history.getByText('asked who runs the nightly check').waitFor();
    await note.fill('the nightly check of accounts');
    await page.getByRole('button', { name: 'It is a false positive' }).click();
    const proposal = page.getByRole('group', { name: 'Proposed exception' });
    await proposal.getByRole('region', { name: 'Rules' }).getByText('Password hashes read').first().waitFor();
    await history.getByText('to false-positive: the nightly check of accounts').waitFor();
    await picture('exception');
    expect(await violations(page)).toEqual([]);
    await page.goto(address('/incidents'));
    await page.getByText('No incident is open.').waitFor();
  });

  it('filter in the language of rules, and say where a filter is wrong', async () => {
    await page.goto(
      address(
        `/detections?filter=${encodeURIComponent('proc.cmdline endswith " /etc/shadow" and evt.output exists')}`,
      ),
    );
    await page.getByText('Password hashes were read').first().waitFor();
    const filter = page.getByRole('textbox', { name: 'Filter' });
    await filter.fill('record.kind = detection and nothing.such = x');
    await filter.press('Enter');
    await page.getByText('`nothing.such` is no field').waitFor();
    expect(await page.locator('mark').textContent()).toBe('nothing.such');
    expect(await violations(page)).toEqual([]);
    await picture('filter');
    await filter.fill('not proc.cmdline endswith " /etc/shadow"');
    await filter.press('Enter');
    await page.getByText('Nothing fits.').waitFor();
    await page.goto(address(`/incidents?show=all&filter=${encodeURIComponent('incident.assignee = admin')}`));
    await page.getByLabel('Incidents', { exact: true }).getByText('false-positive').waitFor();
    problems.splice(0, problems.length, ...problems.filter((each) => !each.includes('status of 400')));
  });

  it('show who talks to whom with what a policy says, and try another policy before anybody applies it', async () => {
    const policy = scratch.below('policy.yaml');
    writeFileSync(
      policy,
      `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: no-ssh }
spec:
  selector: { containerNames: [${name}] }
  network:
    mode: protect
    deny: [{ operation: connect, ports: [22] }]
`,
    );
    await must(runward, ['policy', 'apply', policy, '--socket', scratch.below('a.sock')]);
    await page.goto(address('/workloads'));
    const workloads = page.getByLabel('Workloads', { exact: true });
    const own = workloads.getByRole('row').filter({ hasText: 'no-ssh' });
    await own.getByText('protect').waitFor();
    expect(await violations(page)).toEqual([]);
    await picture('workloads');
    await own.click();
    await page.getByRole('dialog').getByText('Policies: no-ssh.').waitFor();
    expect(await violations(page)).toEqual([]);
    await picture('workload');

    const asks = (port: string) => container.exec(['traffic', 'request', guest(3).v4, port, '100', '7']);
    expect((await asks('5432')).stdout).toContain('got 7');
    await asks('22');
    await page.goto(address('/network'));
    const connections = page.getByLabel('Connections', { exact: true });
    const rowOf = (port: string) =>
      connections
        .getByRole('row')
        .filter({ hasText: name })
        .filter({ hasText: `tcp/${port}` });
    await rowOf('22').getByText('denied', { exact: true }).waitFor();
    await rowOf('5432').getByText('allowed', { exact: true }).waitFor();
    await rowOf('5432').getByText('enforced', { exact: true }).waitFor();
    await page
      .getByRole('img', { name: /^Service map/ })
      .getByText(`${name}-db`)
      .waitFor();
    await picture('network');
    expect(await violations(page)).toEqual([]);
    await rowOf('5432').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Write and try it' }).click();
    const tried = dialog.getByRole('status', { name: 'What it would have done' });
    await tried.getByText('would be denied', { exact: true }).waitFor();
    await picture('network-change');
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Hand over for review' }).click();
    await dialog.getByText('is to be reviewed').waitFor();
    expect((await asks('5432')).stdout).toContain('got 7');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(page.url()).not.toContain('edge=');
  });

  it.each([
    ['Overview', '/', 'Mean time to respond'],
    ['Detections', '/detections', 'Password hashes were read'],
    ['Workloads', '/workloads', 'no-ssh'],
    ['Network', '/network', 'tcp/5432'],
    ['Fleet', '/fleet', 'connected'],
    ['Tokens', '/tokens', 'You have no token'],
    ['People', '/people', 'Administrator'],
    ['Changes', '/changes', 'respond'],
    ['Evidence', '/evidence?kind=control.change', 'moveIncident'],
    ['Reports', '/reports?days=1', 'Password hashes read'],
    ['Settings', '/settings', '90 days'],
  ])(
    '%s is reached by its address, by keyboard, in light and dark, and is for everybody',
    async (title, path, text) => {
      await page.goto(address(path));
      await page.getByRole('heading', { name: title, level: 1 }).waitFor();
      await page.getByText(text).first().waitFor();
      await picture(title.toLowerCase());
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Light or dark' }).click();
      await page.waitForSelector('html[data-mantine-color-scheme=dark]');
      await page.waitForTimeout(300); // colours change over a moment
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Light or dark' }).click();
    },
  );

  it('show how what runs stands to what was approved', async () => {
    await page.getByRole('link', { name: 'Trust' }).click();
    const rows = page.getByLabel('Trust', { exact: true });
    await rows.getByText(name, { exact: true }).first().waitFor({ timeout: 60_000 });
    await rows.getByText('nothing approved').first().waitFor();
    await picture('trust');
  });

  it('verify the log of the server, and prove what is in it', async () => {
    await page.goto(address('/evidence'));
    await page.getByRole('button', { name: 'Verify the log' }).click();
    await page.getByText('It is what was written').waitFor();
    await page.getByLabel('Records', { exact: true }).focus();
    await page.keyboard.press('Enter');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save a proof' }).click();
    expect((await download).suggestedFilename()).toMatch(/^record-\d+\.proof\.json$/);
    expect(await violations(page)).toEqual([]);
  });

  it('write rules with what is wrong said beside them, and bring them to approval', async () => {
    await page.goto(address('/documents'));
    await page.getByRole('heading', { name: 'Policies and rules', level: 1 }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'New' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('shells');
    await dialog.getByRole('button', { name: 'Begin a draft' }).click();
    const text = page.getByRole('textbox', { name: 'Text', exact: true });
    await text.waitFor();
    const reading = page.getByRole('region', { name: 'How it is read' });
    await reading.getByText('proc.name in (sh, bash)').first().waitFor();
    await text.press('Control+End');
    await page.keyboard.insertText('  nothing: 1\n');
    await page.getByRole('region', { name: 'Text' }).getByText('`nothing`').first().waitFor();
    await picture('document');
    expect(await violations(page)).toEqual([]);
    await text.press('Control+z');
    await text.press('Control+End');
    await page.keyboard.insertText('  tags: [T1059]\n');
    await page.getByText('Nothing is wrong with it.').waitFor();
    await page.getByRole('textbox', { name: 'What is new in it' }).fill('its technique');
    await page.getByRole('button', { name: 'Save as version 2' }).click();
    const versions = page.getByRole('region', { name: 'Versions' });
    await versions.getByText('its technique').waitFor();
    await versions.getByRole('button', { name: 'Changes of 2' }).click();
    await versions.getByText('tags: [T1059]').waitFor();
    await versions.getByRole('button', { name: 'Submit for review' }).first().click();
    await versions.getByRole('button', { name: 'Approve' }).click();
    await versions.getByText('approved by admin').waitFor();
    await versions.getByRole('button', { name: 'Roll out' }).waitFor();
    await page.getByRole('button', { name: 'Light or dark' }).click();
    await page.waitForSelector('html[data-mantine-color-scheme=dark]');
    await page.waitForTimeout(300); // colours change over a moment
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Light or dark' }).click();
  });

  it('scroll through 100,000 rows, of which those in view alone are drawn', async () => {
    const labels = {
      kind: 'detection',
      priority: 'Warning',
      rule: 'A rule',
      cluster: 'main',
      node: 'n',
      nodeId: 'n',
    };
    const items = Array.from({ length: 100_000 }, (_, at) => ({
      ...{
        ...labels,
        timeMs: 1_700_000_000_000 + at,
        namespace: 'shop',
        workload: 'web',
        container: 'c',
        incident: '',
      },
      ...{ receivedMs: 0, skewMs: 0, body: { output: `row ${at}.` } },
    }));
    await page.route('**/api/v1/records?*', (route) => route.fulfill({ json: { items, next: null } }));
    await page.goto(address('/detections'));
    const table = page.getByLabel('Detections and verdicts', { exact: true });
    await table.getByText('row 0.').waitFor({ timeout: 90_000 }); // thirty megabytes
    const paint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    );
    const steps = await table.evaluate(async (box) => {
      // Of a browser, whose types tests do not have.
      const { requestAnimationFrame: next } = globalThis as unknown as {
        requestAnimationFrame: (act: () => void) => void;
      };
      const frame = (): Promise<void> => new Promise((resolve) => next(resolve));
      const took: number[] = [];
      for (let at = 0; at < 60; at += 1) {
        const began = performance.now();
        box.scrollTop += box.scrollHeight / 60;
        box.dispatchEvent(new Event('scroll'));
        await frame();
        await frame();
        took.push(performance.now() - began);
      }
      return took.sort((a, b) => a - b);
    });
    await table.focus();
    const keys: number[] = [];
    for (const [key, row] of [
      ['Home', 0],
      ['End', 99_999],
      ['Home', 0],
      ['End', 99_999],
    ] as const) {
      const began = performance.now();
      await page.keyboard.press(key);
      await table.getByText(`row ${row}.`).waitFor();
      keys.push(performance.now() - began);
    }
    expect(await table.locator('tbody tr').count()).toBeLessThan(100);
    const figure = { paintMs: paint, scrollMedianMs: steps[30], scrollWorstMs: steps.at(-1), keysMs: keys };
    console.log(JSON.stringify({ pages: figure }));
    expect(steps[30]).toBeLessThan(1000);
    await page.unroute('**/api/v1/records?*');
  }, 180_000);

  it('keep a view in the address', async () => {
    await page.goto(address('/detections'));
    await page.getByRole('textbox', { name: 'Rule' }).fill('nothing is called so');
    await page.getByText('Nothing fits.').waitFor();
    expect(page.url()).toContain('rule=');
    await page.reload();
    await page.getByText('Nothing fits.').waitFor();
  });

  it('ask nothing of anybody else, and fail nowhere', async () => {
    expect(problems).toEqual([]);
  });
});
