import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EXIT, parseCommand } from '../command.js';
import { rules } from './rules.js';

const captures = new URL('../../../../../shared/conformance/captures/', import.meta.url);
const capture = fileURLToPath(new URL('curl_google.scap', captures));

async function profile(...argv: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  const code = await rules.run(parseCommand(rules, ['profile', ...argv]));
  return { code, out: out.join(''), err: err.join('') };
}

afterEach(() => vi.restoreAllMocks());

describe('rules profile', () => {
  it('asks for files when none is given', async () => {
    await expect(profile()).rejects.toThrow('there is nothing to run the rules over');
  });

  it('says what is wrong with a file that is no recording', async () => {
    const { code, err } = await profile('--over', fileURLToPath(import.meta.url));
    expect(code).toBe(EXIT.failure);
    expect(err).toMatch(/is no recording and no capture\n {2}help: /);
  });

  it.skipIf(!existsSync(capture))('counts what a capture holds', async () => {
    const { code, out } = await profile('--host', '--json', '--over', capture);
    expect(code).toBe(EXIT.ok);
    const report: unknown = JSON.parse(out);
    expect(report).toMatchObject({
      events: expect.any(Number),
      types: expect.arrayContaining([expect.objectContaining({ type: 'open', events: expect.any(Number) })]),
      unfiltered: expect.arrayContaining([expect.objectContaining({ type: 'connect' })]),
      files: [{ file: capture, complete: true }],
    });
  });

  it.skipIf(!existsSync(capture))('says why nothing was judged', async () => {
    const { code, err } = await profile('--over', capture);
    expect(code).toBe(EXIT.ok);
    expect(err).toContain('with `--host`, events outside containers count too');
  });
});
