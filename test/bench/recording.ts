import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadContainers } from './container.ts';

/**
 * What the load does while it is recorded: more than two million opens, closes, reads, forks and execs, at a pace the
 * recorder keeps up with on two CPUs.
 */
const WORK: readonly (readonly string[])[] = [
  ['open', '700000', 'rate=20000'],
  ['mixed', '220000', 'rate=10000'],
  ['forkexec', '3000', 'rate=400'],
];
const PATIENCE_MS = 20_000;

export interface Recording {
  readonly file: string;
  readonly remove: () => void;
}

/** Records the bench's own containers, and nobody else's, at work. */
export async function record(runward: string, containers: LoadContainers): Promise<Recording> {
  const folder = mkdtempSync(join(tmpdir(), 'runward-bench-recording-'));
  const file = join(folder, 'mixed.rwrec');
  const own = `container.full_id startswith runward-bench-${process.pid}-`;
  const child = spawn(runward, ['record', '-o', file, own], { stdio: ['ignore', 'ignore', 'pipe'] });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await ready(child.stderr);
    for (const work of WORK) await containers.run(...work);
  } finally {
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
  }
  return { file, remove };
}

async function ready(stderr: NodeJS.ReadableStream): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let text = '';
  while (!text.includes('ready')) {
    const [chunk] = (await once(stderr, 'data', { signal: patience })) as readonly [Buffer];
    text += chunk.toString();
  }
  stderr.resume();
}
