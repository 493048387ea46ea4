import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

const session = new URL('./session.ts', import.meta.url).href;
const hook = new URL('../../../test/typescript.mjs', import.meta.url).href;
const ARGS = ['--experimental-transform-types', '--no-warnings', '--conditions=source', '--import', hook];

test('what was started with a channel ends when who started it is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rw-session-'));
  const [child, parent, said] = ['child.ts', 'parent.ts', 'said'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]; // three in, three out
  const text = (): string => {
    try {
      return readFileSync(said, 'utf8');
    } catch {
      return '';
    }
  };
  writeFileSync(
    child,
    `import { writeFileSync } from 'node:fs';
    import { SessionEnd } from ${JSON.stringify(session)};
    const end = new SessionEnd();
    const alive = setInterval(() => undefined, 1000);
    writeFileSync(${JSON.stringify(said)}, 'started');
    await end.requested;
    clearInterval(alive);
    writeFileSync(${JSON.stringify(said)}, 'ended');`,
  );
  const stdio = "{ stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }";
  writeFileSync(
    parent,
    `import { spawn } from 'node:child_process';
    spawn(process.execPath, ${JSON.stringify([...ARGS, child])}, ${stdio});`,
  );
  const started = spawn(process.execPath, [...ARGS, parent], { stdio: 'inherit' });
  try {
    await vi.waitFor(() => expect(text()).toBe('started'), { timeout: 100_000, interval: 50 });
    started.kill('SIGKILL');
    await vi.waitFor(() => expect(text()).toBe('ended'), { timeout: 100_000, interval: 50 });
  } finally {
    started.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}, 220_000);
