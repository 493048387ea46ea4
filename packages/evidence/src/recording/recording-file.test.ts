import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execRecord } from '@runward/events/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { EvidenceError } from '../error.js';
import { Session, TEST_HEADER } from '../testing/index.js';
import type { SegmentHeader } from './header.js';
import { RecordingFile } from './recording-file.js';
import { type RecordingHeader, RecordingWriter } from './recording-writer.js';
import { SegmentWriter, writeHeader } from './segment-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'runward-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const full = (parts: Partial<SegmentHeader> = {}): SegmentHeader => ({
  ...TEST_HEADER,
  segment: 0,
  startedAt: '2026-01-02T03:04:05.000Z',
  ...parts,
});

async function made(name: string, header: RecordingHeader = TEST_HEADER): Promise<string> {
  const session = new Session(() => undefined, { blockBytes: 4096 });
  session.begin();
  for (let i = 0; i < 50; i += 1) session.give(execRecord({ pid: 100 + i, comm: 'sh' }));
  session.recorder.finish();
  const writer = new RecordingWriter({
    place: { pathOf: () => ({ path: at(name), force: true }) },
    onProblem: (problem) => {
      throw problem;
    },
  });
  writer.setHeader(header);
  for (const block of session.blocks) await writer.write(block);
  await writer.close();
  return at(name);
}

/** The code and the words of why a file with these bytes cannot be opened. */
async function refusal(bytes: Uint8Array): Promise<readonly [string, string]> {
  writeFileSync(at('refused'), bytes);
  try {
    await (await RecordingFile.open(at('refused'))).close();
    return ['', ''];
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return [error.code, `${error.message} (${error.help})`];
  }
}

describe('a file', () => {
  test('gives its header and every block that was written', async () => {
    const file = await RecordingFile.open(await made('whole'));
    expect(file.header).toEqual(full({ startedAt: expect.any(String) }));
    expect(file.damaged).toEqual([]);
    expect(file.blocks.map((b) => b.sequence)).toEqual(file.blocks.map((_, i) => i));
    expect(file.blocks.reduce((sum, b) => sum + b.records, 0)).toBe(50);
    for (const block of file.blocks) expect(await file.read(block)).toBeInstanceOf(Uint8Array);
    await file.close();
  });

  test('can be read by its owner only', async () => {
    expect(statSync(await made('private')).mode & 0o777).toBe(0o600);
  });

  test('of another version or layout is refused, and says who wrote it', async () => {
    expect(await refusal(writeHeader(full({ version: 9 })))).toEqual([
      'RECORDING_VERSION',
      expect.stringMatching(/version 9, this program reads version 1; it was written by a test/),
    ]);
    expect(await refusal(writeHeader(full({ layoutHash: '00ff' })))).toEqual([
      'RECORDING_LAYOUT',
      expect.stringMatching(/layout 00ff.*written by a test.*use the version/),
    ]);
  });

  test('that is none, or whose header is damaged, is refused', async () => {
    const sound = writeHeader(full());
    const hurt = Uint8Array.from(sound);
    hurt[40] = 0;
    const long = Uint8Array.from(sound);
    new DataView(long.buffer).setUint32(8, 0xffff_ffff, true);
    expect((await refusal(new Uint8Array(100)))[0]).toBe('RECORDING_UNRECOGNISED');
    expect((await refusal(new Uint8Array(0)))[0]).toBe('RECORDING_UNRECOGNISED');
    expect((await refusal(sound.subarray(0, 12)))[1]).toContain('cut off');
    expect((await refusal(sound.subarray(0, 60)))[1]).toContain('cut off');
    expect((await refusal(hurt))[1]).toContain('checksum');
    expect((await refusal(long))[1]).toContain('too long');
    // A header by somebody else, whose checksum is right all the same.
    const odd = full({ hostname: 5 as unknown as string });
    expect((await refusal(writeHeader(odd)))[1]).toContain('`it.hostname` is not a string');
    await expect(RecordingFile.open(at('missing'))).rejects.toMatchObject({ code: 'RECORDING_UNREADABLE' });
  });

  test('of arbitrary bytes never throws anything else, nor hangs', async () => {
    const sound = readFileSync(await made('sound'));
    const header = sound.subarray(0, sound.indexOf('RWBK'));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), async (bytes, hasHeader) => {
        const whole = hasHeader ? Buffer.concat([header, bytes, sound.subarray(header.length)]) : bytes;
        const [code] = await refusal(whole);
        expect(code).toBe(hasHeader ? '' : 'RECORDING_UNRECOGNISED');
        if (!hasHeader) return;
        // What stands in the way is passed over, and the blocks behind it are found.
        const file = await RecordingFile.open(at('refused'));
        expect(file.damaged.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes.length);
        expect(file.blocks.reduce((sum, b) => sum + b.records, 0)).toBe(50);
        await file.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe('a writer', () => {
  test('does not replace a file unless it is told to', async () => {
    writeFileSync(at('there'), 'old');
    await expect(SegmentWriter.create(at('there'), full())).rejects.toMatchObject({
      code: 'RECORDING_EXISTS',
    });
    expect(readFileSync(at('there'), 'utf8')).toBe('old');
    await (await SegmentWriter.create(at('there'), full(), true)).close();
    expect((await refusal(readFileSync(at('there'))))[0]).toBe('');
  });

  test('that cannot write says so, throws nothing, and begins again with the next segment', async () => {
    const session = new Session(() => undefined, { blockBytes: 4096 });
    session.begin();
    session.give(execRecord({ pid: 100 }));
    session.recorder.beginSegment();
    session.give(execRecord({ pid: 101 }));
    session.recorder.finish();
    const problems: string[] = [];
    const writer = new RecordingWriter({
      place: {
        pathOf: (segment) => ({ path: segment === 0 ? at('no/such/folder') : at('second'), force: false }),
      },
      onProblem: (problem) => problems.push(problem.code),
    });
    writer.setHeader(TEST_HEADER);
    for (const block of session.blocks) await writer.write(block);
    await writer.close();
    expect(problems).toEqual(['RECORDING_WRITE_FAILED']);
    expect([writer.thrownAway, writer.progress.records]).toEqual([1, 1]);
    const file = await RecordingFile.open(at('second'));
    expect([file.header.segment, file.blocks.length]).toEqual([1, 1]);
    await file.close();
  });
});
