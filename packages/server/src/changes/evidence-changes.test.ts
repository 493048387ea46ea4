import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEvidence } from '@runward/evidence';
import { expect, test } from 'vitest';
import { EvidenceChanges } from './evidence-changes.js';

test('changes are read from the latest on, page by page, each once, whatever else is in the log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rw-changes-'));
  const options = { producer: 'test', host: 'test', hold: () => () => undefined, say: () => undefined };
  const evidence = await openEvidence(folder, options);
  try {
    const changes = new EvidenceChanges(evidence.log, folder);
    expect(await changes.read(undefined, 10)).toEqual([]);
    const change = (at: number) => ({ action: 'a', who: null, target: `${at}`, before: null, after: at });
    const all: Promise<unknown>[] = [];
    // The first of them lie far behind the last.
    for (let at = 0; at < 3; at += 1) all.push(changes.record(change(at)));
    for (let at = 0; at < 5000; at += 1)
      all.push(evidence.log.append('node.trust', { state: 'trusted', reason: '', detail: `${at}` }));
    for (let at = 3; at < 10; at += 1) all.push(changes.record(change(at)));
    await Promise.all(all);
    const found: unknown[] = [];
    let before: number | undefined;
    for (;;) {
      const page = await changes.read(before, 4);
      found.push(...page.map(({ after }) => after));
      before = page.at(-1)?.seq;
      if (page.length < 4) break;
    }
    expect(found).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  } finally {
    await evidence.close();
    rmSync(folder, { recursive: true });
  }
});
