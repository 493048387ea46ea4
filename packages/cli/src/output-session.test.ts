import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dropped, testDetection } from '@runward/outputs';
import { expect, test, vi } from 'vitest';
import { OutputSession } from './output-session.js';

const numbered = (n: number) => ({
  ...testDetection('node-1'),
  time: `time ${n}`,
  priority: 'Error' as const,
});

test('what comes before outputs are there is bounded: the beginning is kept, the rest counted and on record', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rw-early-'));
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const dropped: Dropped[] = [];
  const session = new OutputSession((each) => dropped.push(each));
  for (let n = 0; n < 25_000; n += 1000)
    session.write(Array.from({ length: 1000 }, (_, i) => numbered(n + i)));
  const target = {
    type: 'file',
    path: join(folder, 'log'),
    rotateBytes: 1e9,
    keep: 1,
    format: 'falco',
  } as const;
  const settings = { name: 'a', target, minPriority: 'Debug', sources: [], queueBytes: 1e9 } as const;
  await session.open([settings], folder);
  expect(dropped).toMatchObject([
    {
      output: 'a',
      count: 5000,
      firstTime: 'time 20000',
      lastTime: 'time 24999',
      why: 'they came before outputs were there, and too many',
    },
  ]);
  expect(said.mock.calls.join()).toContain('5000 detections are sent nowhere');
  await vi.waitFor(() => expect(session.status).toMatchObject([{ queued: 0, sent: 20_000 }]), 60_000);
  await session.close();
  said.mockRestore();
  rmSync(folder, { recursive: true });
}, 60_000);
