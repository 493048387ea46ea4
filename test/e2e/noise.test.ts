import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type DetectionLine, startAgent } from './harness/agent.js';
import { requireRuntime, runtimes } from './harness/index.js';

interface Summary extends DetectionLine {
  readonly count?: number;
  readonly firstTime?: string;
  readonly lastTime?: string;
  readonly limited?: boolean;
}

describe('noise, of real containers', () => {
  const runc = runtimes.runc();
  beforeEach((test) => requireRuntime(runc, test));
  afterAll(() => runc.close());

  const run = async (script: string, ...args: readonly string[]) => {
    const agent = await startAgent({ rules: ['rules'], args });
    const done = await runc.runToEnd({ args: ['sh', '-c', script] });
    const mine = (line: DetectionLine): boolean =>
      line.output_fields['container.id'] === done.id.slice(0, 12) && line.rule === 'Password hashes read';
    return { agent, mine };
  };

  test('identical detections are one line at once and one with their number, when the group closes', async () => {
    const { agent, mine } = await run(
      'for i in 1 2 3 4 5; do cat /etc/shadow > /dev/null; done; sleep 1',
      '--group',
      '1s',
    );
    const summary: Summary = await agent.until((line) => mine(line) && 'count' in line);
    expect(summary).toMatchObject({ count: 5 });
    expect(Date.parse(summary.lastTime ?? '')).toBeGreaterThanOrEqual(Date.parse(summary.firstTime ?? ''));
    const { detections, stderr } = await agent.stop();
    expect(detections.filter(mine)).toHaveLength(2);
    expect(stderr).toContain('"noise":{"grouped":4,"limited":0}');
  });

  test('what exceeds the rate is counted, and told at the latest when the agent stops', async () => {
    const script = 'for i in 1 2 3 4 5 6 7; do cp /etc/shadow /tmp/$i; done';
    const { agent, mine } = await run(script, '--rate-limit', '3/min');
    const { detections, stderr } = await agent.stop();
    const lines: readonly Summary[] = detections.filter(mine);
    expect(lines.map((line) => line.count)).toEqual([undefined, undefined, undefined, 4]);
    expect(lines.at(-1)?.limited).toBe(true);
    expect(stderr).toContain('"limited":4');
  });
});
