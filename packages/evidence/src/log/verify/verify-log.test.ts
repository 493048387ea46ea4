import { beforeAll, describe, expect, test } from 'vitest';
import { CrashDisk, seeded } from '../../testing/crash-disk.js';
import { openSample, sampleLog } from '../../testing/sample-log.js';
import { asCheckpoint, type Checkpoint } from '../bodies.js';
import { publicPem, readPublicKey, recordStatement, Signer } from '../keys.js';
import { lineText, makeLine, parseLine } from '../record.js';
import { CHECKPOINT_FILE, segmentName } from '../segment.js';
import { verifyLog } from './verify-log.js';

let sample: CrashDisk;
let firstKey: string;
beforeAll(async () => {
  sample = await sampleLog();
  [firstKey = ''] = (await verifyLog(sample)).keys;
});

/** Changes the lines of a segment, by their place in it. */
const lines = (disk: CrashDisk, segment: number, change: (lines: string[]) => readonly string[]): void =>
  disk.edit(segmentName(segment), (bytes) => {
    const [...found] = bytes.toString('utf8').split('\n').slice(0, -1);
    return Buffer.from(
      change(found)
        .map((line) => `${line}\n`)
        .join(''),
    );
  });

/** A line with another text, and the hash and perhaps the signature that go with it. */
function rewritten(line: string, change: (json: string) => string, sign?: (json: string) => string): string {
  const [, signature = '', ...rest] = line.split(' ');
  const json = change(rest.join(' '));
  return lineText(makeLine(json, sign?.(json) ?? (signature === '-' ? '' : signature))).trimEnd();
}

/** A whole segment with one record changed and everything after it made to follow again, without the key. */
function rechained(found: string[], from: number, change: (json: string) => string): readonly string[] {
  let before = '';
  return found.map((line, i) => {
    if (i < from) return line;
    const next = rewritten(line, (json) =>
      i === from ? change(json) : json.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${before}"`),
    );
    before = next.slice(0, 64);
    return next;
  });
}

const swap = (found: string[], a: number, b: number): readonly string[] =>
  found.map((line, i) => found[i === a ? b : i === b ? a : i] ?? line);
const worse = (json: string): string => json.replace('Notice', 'Debug');

test('an untouched log verifies, with any key it ever had, as text or as PEM', async () => {
  const { keys, ...report } = await verifyLog(sample, { publicKey: firstKey });
  expect(report).toMatchObject({
    errors: 0,
    findings: [],
    segments: 3,
    records: 27,
    first: 1,
    last: 27,
    lost: 0,
  });
  expect(keys.length).toBe(4);
  for (const publicKey of keys) expect((await verifyLog(sample, { publicKey })).errors).toBe(0);
  expect(readPublicKey(publicPem(firstKey))).toBe(firstKey);
});

interface Tampering {
  readonly what: string;
  readonly tamper: (disk: CrashDisk) => void | Promise<void>;
  readonly code: string;
  readonly seq?: number;
  readonly segment?: number;
}

const TAMPERED: readonly Tampering[] = [
  {
    what: 'a record whose text is changed',
    tamper: (disk) => lines(disk, 2, (all) => all.map((line, i) => (i === 3 ? worse(line) : line))),
    ...{ code: 'EVIDENCE_RECORD_CHANGED', seq: 13, segment: 2 },
  },
  {
    what: 'a record whose text and hash are changed',
    tamper: (disk) => lines(disk, 2, (all) => all.map((l, i) => (i === 3 ? rewritten(l, worse) : l))),
    ...{ code: 'EVIDENCE_RECORD_CHANGED', seq: 13, segment: 2 },
  },
  {
    what: 'a record that is changed, with every hash after it in its segment made anew',
    tamper: (disk) => lines(disk, 3, (all) => rechained(all, 3, worse)),
    ...{ code: 'EVIDENCE_SIGNATURE_INVALID', seq: 23, segment: 3 },
  },
  {
    what: 'a record that cannot be read any more',
    tamper: (disk) =>
      lines(disk, 1, (all) => all.map((line, i) => (i === 4 ? line.replace('{', '<') : line))),
    ...{ code: 'EVIDENCE_RECORD_CHANGED', seq: 5, segment: 1 },
  },
  {
    what: 'a record that is taken out',
    tamper: (disk) => lines(disk, 2, (all) => all.toSpliced(3, 1)),
    ...{ code: 'EVIDENCE_RECORD_MISSING', seq: 13, segment: 2 },
  },
  {
    what: 'a record that is put in a second time',
    tamper: (disk) => lines(disk, 2, (all) => all.toSpliced(5, 0, all[3] ?? '')),
    ...{ code: 'EVIDENCE_RECORD_ADDED', seq: 13, segment: 2 },
  },
  {
    what: 'a new record with the number of another',
    tamper: (disk) => lines(disk, 2, (all) => all.toSpliced(4, 0, rewritten(all[3] ?? '', worse))),
    ...{ code: 'EVIDENCE_RECORD_ADDED', seq: 13, segment: 2 },
  },
  {
    what: 'a line that is no record',
    tamper: (disk) => lines(disk, 2, (all) => all.toSpliced(4, 0, 'nothing happened here')),
    ...{ code: 'EVIDENCE_RECORD_ADDED', seq: 13, segment: 2 },
  },
  {
    what: 'something at the end of a closed segment',
    tamper: (disk) => lines(disk, 2, (all) => [...all, 'nothing happened here']),
    ...{ code: 'EVIDENCE_RECORD_ADDED', seq: 18, segment: 2 },
  },
  {
    what: 'two records that changed places',
    tamper: (disk) => lines(disk, 2, (all) => swap(all, 2, 3)),
    ...{ code: 'EVIDENCE_RECORD_MOVED', seq: 13, segment: 2 },
  },
  {
    what: 'the end cut off',
    tamper: (disk) => lines(disk, 3, (all) => all.slice(0, 5)),
    ...{ code: 'EVIDENCE_END_MISSING', seq: 24 },
  },
  {
    what: 'the last segment taken away',
    tamper: (disk) => disk.edit(segmentName(3), () => undefined),
    ...{ code: 'EVIDENCE_END_MISSING', seq: 19 },
  },
  {
    what: 'the end cut off, and the checkpoint with it',
    tamper: (disk) => {
      lines(disk, 3, (all) => all.slice(0, 5));
      disk.edit(CHECKPOINT_FILE, () => undefined);
    },
    code: 'EVIDENCE_END_UNPROVEN',
  },
  {
    what: 'the last record changed',
    tamper: (disk) =>
      disk.edit(segmentName(3), (bytes) => {
        bytes[bytes.length - 5] = 0x21;
        return bytes;
      }),
    ...{ code: 'EVIDENCE_RECORD_CHANGED', seq: 27 },
  },
  {
    what: 'a segment taken out of the middle',
    tamper: (disk) => disk.edit(segmentName(2), () => undefined),
    ...{ code: 'EVIDENCE_SEGMENT_MISSING', segment: 2 },
  },
  {
    what: 'the first segment taken away',
    tamper: (disk) => disk.edit(segmentName(1), () => undefined),
    ...{ code: 'EVIDENCE_BEGINNING_MISSING', seq: 10 },
  },
  {
    what: 'a segment replaced by another of the same log',
    tamper: async (disk) => {
      const other = await disk.read(segmentName(1));
      disk.edit(segmentName(2), () => other);
    },
    ...{ code: 'EVIDENCE_SEGMENT_FOREIGN', segment: 2 },
  },
  {
    what: 'a segment replaced by that of another log',
    tamper: async (disk) => {
      const other = await (await sampleLog(new CrashDisk(seeded(9)))).read(segmentName(2));
      disk.edit(segmentName(2), () => other);
    },
    ...{ code: 'EVIDENCE_SEGMENT_FOREIGN', segment: 2 },
  },
  {
    what: 'a segment made anew under a key of the forger',
    tamper: (disk) => forge(disk, 2, Signer.generate()),
    ...{ code: 'EVIDENCE_KEY_UNKNOWN', segment: 2 },
  },
  {
    what: 'the key rolled back: a segment signed with one that had passed on',
    tamper: async (disk) => {
      const old = await oldKey();
      for (const name of ['disk', 'kept'] as const) if (name === 'disk') await copyInto(old.disk, disk);
      await forge(disk, 3, old.signer);
    },
    ...{ code: 'EVIDENCE_KEY_ROLLED_BACK', segment: 3 },
  },
];

/** Everything of a segment, signed with another key from its first record on. */
async function forge(disk: CrashDisk, segment: number, signer: Signer): Promise<void> {
  const log = String(asCheckpoint(JSON.parse((await disk.read(CHECKPOINT_FILE)).toString()))?.log);
  lines(disk, segment, (all) => {
    let before: string | undefined;
    return all.map((line, i) => {
      const next = rewritten(
        line,
        (json) => {
          const renamed =
            i === 0 ? json.replace(/"key":"[^"]+"/, `"key":"${signer.publicKey}"`) : worse(json);
          return before === undefined ? renamed : renamed.replace(/"prev":"\w{64}"/, `"prev":"${before}"`);
        },
        (json) => signer.sign(recordStatement(log, json)),
      );
      before = next.slice(0, 64);
      return next;
    });
  });
}

/** A log, and the key of its first segment as a thief kept it. */
async function oldKey(): Promise<{ readonly disk: CrashDisk; readonly signer: Signer }> {
  const disk = new CrashDisk(seeded(4));
  const log = await openSample(disk);
  await log.append('agent.start', { producer: 'test', pid: 1 });
  const [name = ''] = await disk.list('private');
  const signer = Signer.fromPem((await disk.read(`private/${name}`)).toString());
  for (let i = 0; i < 2; i += 1) {
    await log.rotate('asked');
    await log.append('agent.stop', { why: 'x' });
  }
  await log.close();
  return { disk, signer };
}

async function copyInto(from: CrashDisk, to: CrashDisk): Promise<void> {
  for (const name of await from.list()) {
    const bytes = await from.read(name);
    to.edit(name, () => bytes);
  }
}

describe('verification finds and names', () => {
  test.each(TAMPERED)('$what', async ({ tamper, ...expected }) => {
    const disk = sample.copy();
    await tamper(disk);
    const { what: _, ...finding } = expected;
    const { findings, errors } = await verifyLog(disk);
    expect(errors).toBeGreaterThan(0);
    expect(findings[0]).toMatchObject({ severity: 'error', ...finding });
  });

  test('a log that was made anew as a whole, by the key that was kept elsewhere', async () => {
    const forged = await sampleLog(new CrashDisk(seeded(5)));
    expect((await verifyLog(forged)).errors).toBe(0);
    const { findings } = await verifyLog(forged, { publicKey: firstKey });
    expect(findings).toMatchObject([{ code: 'EVIDENCE_KEY_NOT_TRUSTED' }]);
  });

  test('an end that was cut off with its checkpoint, by a checkpoint that was kept elsewhere', async () => {
    const disk = new CrashDisk();
    const log = await openSample(disk);
    await log.append('agent.start', { producer: 'test', pid: 1 });
    const earlier = disk.copy();
    await log.append('agent.stop', { why: 'seen too much' });
    const kept = log.checkpoint as Checkpoint; // something was committed
    await log.close();
    expect((await verifyLog(earlier)).errors).toBe(0);
    const { findings } = await verifyLog(earlier, { checkpoints: [kept] });
    expect(findings).toMatchObject([{ code: 'EVIDENCE_END_MISSING', seq: 3 }]);
    expect((await verifyLog(disk, { checkpoints: [kept] })).errors).toBe(0);
  });

  test('every single byte that is changed, wherever it is', async () => {
    for (const segment of [1, 2, 3]) {
      const size = await sample.size(segmentName(segment));
      for (let at = segment; at < size; at += 53) {
        const disk = sample.copy();
        disk.edit(segmentName(segment), (bytes) => {
          bytes[at] = (bytes[at] ?? 0) ^ 0x01;
          return bytes;
        });
        const { errors, findings } = await verifyLog(disk);
        expect(errors, `byte ${at} of segment ${segment}`).toBeGreaterThan(0);
        const line = lineAt(await sample.read(segmentName(segment)), at);
        const named = findings.map(({ seq = 0 }) => seq);
        expect(named, `byte ${at} of segment ${segment} is in record ${line}`).toContain(line);
      }
    }
  });
});

/** The number of the record that a byte is in. */
function lineAt(bytes: Buffer, at: number): number {
  const start = bytes.lastIndexOf(0x0a, at - 1) + 1;
  return parseLine(bytes.subarray(start, bytes.indexOf(0x0a, at)), start)?.record.seq ?? 0;
}

test('from a number or a time on, what is older is not looked at, and keys are followed all the same', async () => {
  const disk = sample.copy();
  lines(disk, 1, (all) => all.map((line, i) => (i === 3 ? worse(line) : line)));
  expect((await verifyLog(disk)).errors).toBeGreaterThan(0);
  const report = await verifyLog(disk, { since: { seq: 20 }, publicKey: firstKey });
  expect(report).toMatchObject({ errors: 0, segments: 1, first: 19, last: 27 });
  expect(await verifyLog(disk, { since: { ms: Date.now() + 1000 } })).toMatchObject({ segments: 1 });
});

test('a folder without a log is said to be one', async () => {
  const { findings } = await verifyLog(new CrashDisk());
  expect(findings).toMatchObject([{ code: 'EVIDENCE_EMPTY' }]);
});
