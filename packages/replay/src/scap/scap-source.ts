import { stat } from 'node:fs/promises';
import { type EventView, LIVE_FIELDS } from '@runward/events';
import { BrokenStream, type Compression, streamFile } from '../byte-stream.js';
import type { EventSource, ReplayOptions, ReplayStats, SourceCoverage } from '../event-source.js';
import { Tally } from '../tally.js';
import { BlockSplitter } from './block-splitter.js';
import { SCAP_EVENT_TYPES } from './event-table.js';
import { ScapReplay } from './scap-replay.js';

/** What captures never tell, whatever wrote them. */
const MISSING_FIELDS: ReadonlySet<string> = new Set([...LIVE_FIELDS, 'fd.hostpath', 'container.start_ts']);

const COVERAGE: SourceCoverage = {
  eventTypes: SCAP_EVENT_TYPES,
  missingFields: MISSING_FIELDS,
  scope: 'host',
  fromNs: undefined,
  toNs: undefined,
};

/** A `.scap` capture as a source of events. */
export class ScapSource implements EventSource {
  readonly name: string;
  readonly coverage = COVERAGE;
  readonly #compression: Compression;

  constructor(path: string, compression: Compression) {
    this.name = path;
    this.#compression = compression;
  }

  async replay(
    onEvent: (view: EventView) => void,
    { signal, onProgress }: ReplayOptions = {},
  ): Promise<ReplayStats> {
    const tally = new Tally();
    const replay = new ScapReplay(onEvent, tally);
    const splitter = new BlockSplitter(replay);
    const bytesTotal = (await stat(this.name)).size;
    let bytesRead = 0;
    let isWhole = true;
    const isAborted = (): boolean => signal?.aborted ?? false;
    try {
      await streamFile(
        this.name,
        this.#compression,
        (chunk) => {
          if (isAborted()) return false;
          splitter.push(chunk);
          onProgress?.({ bytesRead, bytesTotal, events: replay.events, timeNs: replay.toNs ?? 0n });
          return true;
        },
        (bytes) => {
          bytesRead = bytes;
        },
      );
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw error;
      tally.skip('damaged', `the compressed stream is broken: ${error.message}`, 0, bytesRead);
      isWhole = false;
    }
    if (!isAborted()) isWhole = splitter.finish() && isWhole;
    if (replay.forgotten > 0) {
      const reason = `${replay.forgotten} processes, descriptors or calls did not fit into the tables`;
      tally.skip('unsupported', reason, 0, 0);
    }
    return {
      events: replay.events,
      malformed: tally.malformed,
      skipped: tally.skipped,
      gaps: tally.gaps,
      fromNs: replay.fromNs,
      toNs: replay.toNs,
      complete: isWhole && !isAborted(),
    };
  }
}
