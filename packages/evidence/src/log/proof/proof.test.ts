import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { CrashDisk } from '../../testing/crash-disk.js';
import { openSample, sampleLog } from '../../testing/sample-log.js';
import { proofStatement, recordStatement, Signer } from '../keys.js';
import { auditPath, merkleRoot, pathLeadsTo } from '../merkle.js';
import { makeLine, NO_RECORD, recordJson } from '../record.js';
import { segmentName } from '../segment.js';
import { verifyLog } from '../verify/verify-log.js';
import { makeProof } from './make-proof.js';
import { PROOF_FORMAT, type Proof, readProof } from './proof.js';
import { verifyProof } from './verify-proof.js';

let sample: CrashDisk;
let keys: readonly string[];
beforeAll(async () => {
  sample = await sampleLog();
  keys = (await verifyLog(sample)).keys;
});
const text = (proof: unknown): string => JSON.stringify(proof);
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error); // whatever was thrown
  }
  return 'nothing was thrown';
};

test('every record of a closed segment is proven under every key that came before it, and under no other', async () => {
  for (let seq = 1; seq <= 27; seq += 1) {
    const [segment, place] = [Math.ceil(seq / 9), (seq - 1) % 9];
    if (place === 8) {
      await expect(makeProof(sample, seq)).rejects.toMatchObject({ code: 'EVIDENCE_PROOF_IMPOSSIBLE' });
      continue;
    }
    const proof = readProof(text(await makeProof(sample, seq)));
    for (const [i, key] of keys.entries())
      if (i < segment)
        expect(verifyProof(proof, key)).toMatchObject({
          ...{ segment, key: keys[segment - 1], passedOn: segment - 1 - i, record: { seq } },
        });
      else
        expect(
          codeOf(() => verifyProof(proof, key)),
          `${seq} ${i}`,
        ).toBe('EVIDENCE_PROOF_UNTRUSTED');
  }
});

test('a proof begins at the key that is asked for, and there is none from a later one', async () => {
  const [first = '', second = '', third = '', fourth = ''] = keys;
  expect(await makeProof(sample, 20, second)).toMatchObject({ from: second, keys: [{}] });
  expect(await makeProof(sample, 20, third)).toMatchObject({ from: third, keys: [] });
  expect(await makeProof(sample, 20)).toMatchObject({ from: first, keys: [{}, {}] });
  for (const [seq, key] of [
    [20, fourth],
    [3, second],
    [3, Signer.generate().publicKey],
  ] as const)
    await expect(makeProof(sample, seq, key)).rejects.toThrow(`no key of the log leads from ${key}`);
});

test.each([
  [0, 'there is no record 0'],
  [28, 'there is no record 28 in the log'],
  [9, 'record 9 ends its segment'],
])('a record without a proof is told (%d)', async (seq, message) => {
  await expect(makeProof(sample, seq)).rejects.toThrow(message);
});

test('of a segment that is written there is no proof yet; one that a crash ended is vouched for by the next', async () => {
  const disk = new CrashDisk();
  const log = await openSample(disk);
  await log.append('agent.stop', { why: 'found' });
  await expect(makeProof(disk, 2)).rejects.toThrow('segment 1, which record 2 is in, has no root yet');
  const after = disk.afterCrash('power');
  await log.close();
  const next = await openSample(after);
  await next.append('agent.stop', { why: 'after' });
  const proof = await makeProof(after, 2);
  await next.close();
  expect(verifyProof(proof, proof.from).record.body).toEqual({ why: 'found' });
  expect(proof.witness.json).toContain('"kind":"segment.open"');
});

test('a log that was changed gives no proof of what was changed', async () => {
  const disk = sample.copy();
  disk.edit(segmentName(2), (bytes) =>
    Buffer.from(bytes.toString('utf8').replace('it did 2.1', 'it did 2.9')),
  );
  await expect(makeProof(disk, 13)).rejects.toMatchObject({ code: 'EVIDENCE_PROOF_IMPOSSIBLE' });
  await expect(makeProof(disk, 13)).rejects.toThrow(/do not lead to the root of segment 2/);
});

test('a proof with any other character in it proves nothing', async () => {
  const [key = ''] = keys;
  const whole = text(await makeProof(sample, 13));
  const character = fc.constantFrom(...'0123456789abcdefABCXYZ{}[]":,-_ \\n');
  fc.assert(
    fc.property(fc.nat(whole.length - 1), character, (at, other) => {
      fc.pre(whole[at] !== other);
      const changed = whole.slice(0, at) + other + whole.slice(at + 1);
      expect(codeOf(() => verifyProof(readProof(changed), key))).toMatch(
        /^EVIDENCE_PROOF_(INVALID|UNTRUSTED)$/,
      );
    }),
    { numRuns: 1500 },
  );
});

describe('what somebody else makes is refused', () => {
  const cases: readonly [string, (proof: Proof) => unknown, RegExp][] = [
    ['no object', () => [], /it is no runward-evidence-proof-1/],
    ['another format', (p) => ({ ...p, format: 'x' }), /it is no runward-evidence-proof-1/],
    ['more than a proof has', (p) => ({ ...p, note: 'proven!' }), /`note` is no part of one/],
    ['a record with more', (p) => ({ ...p, record: { ...p.record, by: 'me' } }), /`record` is not a record/],
    ['a place below 0', (p) => ({ ...p, index: -1 }), /`index` is not a number/],
    ['a place that is no number', (p) => ({ ...p, index: 1.5 }), /`index` is not a number/],
    ['a path without an end', (p) => ({ ...p, path: Array(1000).fill(p.path[0]) }), /`path` is not a list/],
    ['a path of other things', (p) => ({ ...p, path: ['x'] }), /`path` is not a list of SHA-256/],
    ['a longer path', (p) => ({ ...p, path: [...p.path, p.path[0]] }), /do not lead to the root/],
    ['a shorter path', (p) => ({ ...p, path: p.path.slice(1) }), /do not lead to the root/],
    ['another place', (p) => ({ ...p, index: p.index + 1 }), /cannot be at place 4 of segment 2/],
    ['a witness that names none', (p) => ({ ...p, witness: p.record }), /names no root/],
    [
      'a witness that is none',
      (p) => ({ ...p, witness: { json: '{}', signature: '' } }),
      /no record of a log/,
    ],
    ['another log', (p) => ({ ...p, log: 'another' }), /does not pass the key on/],
    ['a missing link', (p) => ({ ...p, keys: [] }), /the root is not signed by/],
    ['a link twice', (p) => ({ ...p, keys: [...p.keys, ...p.keys] }), /does not pass the key on/],
    ['a link that is none', (p) => ({ ...p, keys: [p.record] }), /does not pass the key on/],
    [
      'a signature written another way',
      // 86 characters have four bits to spare.
      ({ witness: { json, signature }, ...p }) => ({
        ...p,
        witness: { json, signature: signature.slice(0, 85) + (signature.endsWith('A') ? 'B' : 'A') },
      }),
      /`witness` is not a record|not signed by/,
    ],
  ];
  test.each(cases)('%s', async (_, change, message) => {
    const proof = await makeProof(sample, 13);
    const act = () => verifyProof(readProof(text(change(proof))), keys[0] ?? '');
    expect(act).toThrow(message);
    expect(codeOf(act)).toBe('EVIDENCE_PROOF_INVALID');
  });
});

/** A segment of records that are signed by whoever has the key, from a number on. */
function forged(
  signer: Signer,
  log: string,
  firstSeq: number,
): Pick<Proof, 'record' | 'index' | 'path' | 'witness'> {
  const time = '2020-01-01T00:00:00.000Z';
  const signed = (seq: number, kind: string, body: unknown) => {
    const json = recordJson({ ...{ seq, time, kind, prev: NO_RECORD }, body: JSON.stringify(body) });
    return makeLine(json, signer.sign(recordStatement(log, json)));
  };
  const lines = [0, 1, 2].map((i) => signed(firstSeq + i, 'detection', { rule: 'never happened' }));
  const hashes = lines.map(({ hash }) => hash);
  const { json, signature } = signed(firstSeq + 3, 'segment.close', {
    ...{ segment: 1, records: 3, root: merkleRoot(hashes) },
  });
  const [, record = { json: '', signature: '' }] = lines;
  return {
    ...{ record: { json: record.json, signature: record.signature }, index: 1, path: auditPath(hashes, 1) },
    witness: { json, signature },
  };
}

test('whoever has a key can prove nothing that is older than the key', () => {
  const log = 'a-log';
  const [first, stolen] = [Signer.generate(), Signer.generate()];
  const [from, to] = [first.publicKey, stolen.publicKey];
  const passOn = (seq: number, signer: Signer) => {
    const body = { from, to, proof: stolen.sign(proofStatement(log, from, to)), why: 'asked' };
    const kind = 'key.rotate';
    const json = recordJson({ ...{ seq, time: 't', kind, prev: NO_RECORD }, body: JSON.stringify(body) });
    return { json, signature: signer.sign(recordStatement(log, json)) };
  };
  const proof = (firstSeq: number, rotation = passOn(50, first)): Proof => ({
    ...{ format: PROOF_FORMAT, log, from, keys: [rotation], ...forged(stolen, log, firstSeq) },
  });
  const verify = (made: Proof) => verifyProof(readProof(text(made)), from);
  expect(verify(proof(52)).record.seq).toBe(53);
  expect(() => verify(proof(10))).toThrow('the key that signed the root of segment 1 came after it');
  expect(() => verify(proof(50))).toThrow('came after it');
  // Nor can it pass on to itself at an earlier time.
  expect(() => verify(proof(10, passOn(5, stolen)))).toThrow('record 5 does not pass the key on');
});

test('a path leads to the root from every place in trees of every size, and from nowhere else', () => {
  const hashes = Array.from({ length: 40 }, (_, i) => makeLine(String(i), '').hash);
  for (let size = 1; size <= hashes.length; size += 1) {
    const all = hashes.slice(0, size);
    const root = merkleRoot(all);
    for (let index = 0; index < size; index += 1) {
      const path = auditPath(all, index);
      const leads = (hash: string | undefined, at: number) =>
        pathLeadsTo(root, { hash: hash ?? '', index: at, size }, path);
      expect(leads(all[index], index), `${index} of ${size}`).toBe(true);
      expect(leads(all[(index + 1) % size], index)).toBe(size === 1);
      expect(leads(all[index], index + 1)).toBe(false);
    }
  }
});
