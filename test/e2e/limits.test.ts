import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startAgent } from './harness/agent.js';
import { requireRuntime, runtimes, uniqueName } from './harness/index.js';
import { must, poll, run, startTied } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const COMMAND = join(import.meta.dirname, '../../bin/runward');
const BPFTOOL = '/usr/sbin/bpftool';
/** Extreme input must be answered. 80,000 rules take 13 s on an idle machine, the rest 2 s; tests often share theirs. */
const PATIENCE_MS = 90_000;

const scratch = new Scratch('limits');
const runtime = runtimes.runc();
const fileWith = (text: string): string => {
  const file = scratch.below(`${uniqueName('rules')}.yaml`);
  writeFileSync(file, text);
  return file;
};
const ruleWith = (condition: string): string =>
  `- rule: Big\n  desc: a rule at the limit\n  condition: ${condition}\n  output: "%proc.name"\n  priority: WARNING\n`;

/** What of the kernel's BPF objects a process holds, by the id its descriptors show (`prog_id`, `link_id`). */
function held(pid: number, kind: 'prog_id' | 'link_id'): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
      const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
      const id = new RegExp(`^${kind}:\\s+(\\d+)`, 'm').exec(info)?.[1];
      return id === undefined ? [] : [Number(id)];
    });
  } catch {
    return []; // it ended
  }
}

interface KernelObject {
  readonly id: number;
}

/** Ids of all links or programs in the kernel. Other agents may run as well. */
async function inKernel(kind: 'link' | 'prog'): Promise<ReadonlySet<number>> {
  const all: readonly KernelObject[] = JSON.parse(await must(BPFTOOL, ['-j', kind, 'show']));
  return new Set(all.map(({ id }) => id));
}

beforeEach((test) => requireRuntime(runtime, test));
afterAll(async () => {
  await runtime.close();
  await scratch.remove();
});

describe('nothing stays behind', () => {
  it('in the kernel after the agent was killed', async () => {
    const agent = await startAgent();
    const links = held(agent.pid, 'link_id');
    const programs = held(agent.pid, 'prog_id');
    expect(links.length).toBeGreaterThan(4);
    const linksNow = await inKernel('link');
    expect(links.every((id) => linksNow.has(id))).toBe(true);
    agent.signal('SIGKILL');
    const gone = await poll(async () => {
      const [someLinks, somePrograms] = [await inKernel('link'), await inKernel('prog')];
      const left = links.some((id) => someLinks.has(id)) || programs.some((id) => somePrograms.has(id));
      return left ? undefined : true;
    }, 2_000);
    expect(gone).toBe(true);
    await agent.stop();
  });

  it('nor is anything attached when the rules are refused', async () => {
    const file = fileWith(ruleWith('evt.type = execve and no.field = 1'));
    const agent = startTied(COMMAND, ['run', '--rules', file]);
    const attached = new Set<number>();
    await poll(
      () => {
        for (const id of held(agent.child.pid ?? 0, 'link_id')) attached.add(id);
        return agent.child.exitCode === null ? undefined : true;
      },
      20_000,
      1,
    );
    const { code, stderr } = await agent.exit;
    expect({ code, attached: attached.size }).toEqual({ code: 2, attached: 0 });
    expect(stderr).toContain('no.field');
    expect(stderr).toContain('nothing was attached');
  });
});

describe('rule files at the limits are answered', () => {
  const check = (text: string) =>
    run(COMMAND, ['rules', 'check', fileWith(text)], { timeoutMs: PATIENCE_MS });

  it('10 MB of rules', async () => {
    const one = (i: number): string =>
      ruleWith(`evt.type = execve and proc.name = name${i}`).replace('Big', `Rule ${i}`);
    let text = '';
    for (let i = 0; text.length < 10 * 1024 * 1024; i += 1) text += one(i);
    const { code, stdout, stderr } = await check(text);
    expect(code === 0 ? stdout : stderr).toMatch(/valid: 0 errors|error\[/);
    expect([0, 2]).toContain(code);
  });

  it('a list of 10,000 items', async () => {
    const items = Array.from({ length: 10_000 }, (_, i) => `item-${i}`).join(', ');
    const { code, stdout } = await check(
      `- list: many\n  items: [${items}]\n${ruleWith('evt.type = execve and proc.name in (many)')}`,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^valid: 0 errors/) });
  });

  it.each([
    ['brackets', '(', ')'],
    ['negations', 'not (', ')'],
  ])('a condition nested 1,000 deep in %s', async (_, open, close) => {
    const deep = `${open.repeat(1000)}proc.name = sh${close.repeat(1000)}`;
    const { code, stdout, stderr } = await check(ruleWith(`evt.type = execve and ${deep}`));
    expect(stdout + stderr).not.toMatch(/RangeError|call stack/);
    expect(code === 0 ? stdout : stderr).toMatch(/valid: 0 errors|error\[/);
    expect([0, 2]).toContain(code);
  });
});

describe('readers of the output', () => {
  it('may leave early', async () => {
    const script = `"$0" rules list | head -n 1; exit "\${PIPESTATUS[0]}"`;
    const { code, stdout, stderr } = await run('bash', ['-c', script, COMMAND]);
    expect({ code, lines: stdout.trim().split('\n').length, stderr }).toEqual({
      code: 0,
      lines: 1,
      stderr: '',
    });
  });

  it('get no raw control characters of file names', async () => {
    const agent = startTied(COMMAND, ['events', 'evt.type in (open, openat) and fd.name contains forged']);
    await poll(() => agent.stderr().includes('ready') || undefined, 20_000);
    const name = uniqueName('namer');
    const script = 'f=$(printf "/tmp/forged\\033[2J\\r\\nFAKE"); echo x > "$f"';
    await runtime.runToEnd({ name, args: ['sh', '-c', script] });
    await poll(() => agent.stdout().includes(name) || undefined, 5_000);
    agent.child.kill('SIGTERM');
    const { code, stdout } = await agent.exit;
    expect(code).toBe(0);
    expect(stdout).toContain('forged');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(stdout.split('\n').some((line) => line.startsWith('FAKE'))).toBe(false);
  });

  it('get an end after the duration that was asked for', async () => {
    const startedAtMs = performance.now();
    const { code, stderr } = await run(COMMAND, ['events', 'evt.type=mount', '--duration', '2']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/ready\n(.*\n)*.*\d+ events, none lost/);
    expect(performance.now() - startedAtMs).toBeGreaterThan(2_000);
  });
});

describe('runward ps', () => {
  it('names what a privileged container may do', async () => {
    const container = await runtime.start({ args: ['sleep', '60'], privileged: true });
    const { stdout } = await run(COMMAND, ['ps']);
    await container.remove();
    const about = stdout.slice(stdout.indexOf(`\n${container.name}\n`));
    expect(about).toContain('sleep 60');
    expect(about).toMatch(/is privileged|CAP_SYS_ADMIN/);
  });
});
