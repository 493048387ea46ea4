import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type Parsed, UsageError } from './command.js';
import { networkDetections } from './network-settings.js';

const folder = mkdtempSync(join(tmpdir(), 'network-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const args = (path: string | undefined, ...flags: readonly string[]): Parsed => ({
  rest: [],
  text: (name) => (name === 'network-settings' ? path : undefined),
  texts: () => [],
  flag: (name) => flags.includes(name),
});
function file(text: string): string {
  const path = join(folder, 'net.yaml');
  writeFileSync(path, text);
  return path;
}

describe('network detections', () => {
  test('are off, on with what holds by default, or on with what a file says', async () => {
    expect(await networkDetections(args(undefined))).toBeUndefined();
    expect(await networkDetections(args(undefined, 'network-detections'))).toEqual({ settings: undefined });
    expect(await networkDetections(args(file('off: [tor]\n')))).toMatchObject({ settings: { off: ['tor'] } });
  });

  test('are refused with the place of an error in their file', async () => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await networkDetections(args(file('quiet: 1h\noff: [tr]\n')))).toBe('rejected');
    expect(written.mock.calls.join('')).toContain('net.yaml:2:7: error[FLOWS_SETTINGS_VALUE]: `tr`');
    written.mockRestore();
  });

  test.each<[string, () => Parsed]>([
    ['a file that is not there', () => args(join(folder, 'none.yaml'))],
    ['a file that is no settings by its size', () => args(file('#'.repeat(1024 * 1024 + 1)))],
    ['an option without which there are no flows', () => args(file(''), 'no-flows')],
    ['an option without which nobody looks at them', () => args(file(''), 'no-socket')],
  ])('are refused with %s', async (_, make) => {
    await expect(networkDetections(make())).rejects.toThrow(UsageError);
  });
});
