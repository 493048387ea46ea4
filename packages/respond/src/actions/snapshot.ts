import type { Action } from './action.js';
import { size } from './term.js';

export interface SnapshotOrder {
  readonly action: 'snapshot';
  readonly maxBytes: number;
}

const SNAPSHOT_MS = 600_000;

export const snapshot: Action<SnapshotOrder> = {
  name: 'snapshot',
  summary: 'keep what a container changed of its image, as a tar file',
  about: `Writes the upper layer of the container's overlay to a tar file in the state folder, with what was deleted as whiteouts, as
an OCI layer has them, and tells its SHA-256. What does not fit into the limit is left out and named.`,
  example: ['runward respond snapshot web --max-size 200MB', 'before it is ended'],
  terms: {
    maxBytes: size({
      ...{ word: 'maxSize', doc: 'Of the file. Default 1GB.' },
      ...{ least: 10_240, most: 1024 ** 4, otherwise: 1024 ** 3 },
    }),
  },
  patienceMs: () => SNAPSHOT_MS + 30_000,
  perform: async ({ maxBytes }, subject, hands, doing) => {
    const [{ takeSnapshot }, { upperLayerOf }] = await Promise.all([
      import('../snapshot/snapshot.js'),
      import('../snapshot/upper-layer.js'),
    ]);
    const upper = upperLayerOf(subject.pids);
    const facts = await takeSnapshot({
      folder: hands.snapshotFolder,
      name: `${fileName(subject.name || subject.id)}-${doing.id}.tar`,
      ...{ upper, maxBytes, timeoutMs: SNAPSHOT_MS },
    });
    if (facts.omitted > 0) doing.note(`${facts.omitted} entries were left out: ${facts.examples.join('; ')}`);
    if (facts.changed > 0) doing.note(`${facts.changed} files were cut short while they were read`);
    return { result: 'done', facts: { ...facts, upper } };
  },
};

const fileName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 100);
