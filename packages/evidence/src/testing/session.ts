import type { EventView, RingView } from '@runward/events';
import { Tracker } from '@runward/tracker';
import { FakeSurroundings } from '@runward/tracker/testing';
import { currentEventTypes, FORMAT_VERSION, layoutName } from '../recording/header.js';
import { type RawBlock, Recorder, type RecorderOptions } from '../recording/recorder.js';
import type { RecordingHeader } from '../recording/recording-writer.js';

export const RING_BYTES = 64 * 1024;

export const TEST_HEADER: RecordingHeader = {
  version: FORMAT_VERSION,
  layoutHash: layoutName(),
  eventTypes: currentEventTypes(),
  architecture: 'x64',
  kernel: '6.1',
  hostname: 'node',
  producer: 'a test',
  recordingId: '11112222-3333-4444-5555-666677778888',
  identityTimeoutMs: 1000,
  hostMntNs: 1,
  hostPidNs: 2,
  carries: {
    eventTypes: ['openat', 'execve'],
    scope: 'containers',
    filter: '',
    opens: 'all',
    dataBytes: 80,
    environment: false,
    paths: 'all',
  },
};

/** A live tracker under a recorder: what a sensor does, with records of a test's making in a ring of its own. */
export class Session {
  readonly machine = new FakeSurroundings();
  readonly recorder: Recorder;
  readonly tracker: Tracker;
  readonly blocks: RawBlock[] = [];
  readonly #ring = new Uint8Array(RING_BYTES);
  readonly #data = new DataView(this.#ring.buffer);
  #position = 0;

  /** `resolved` is what every caller's path means here. */
  constructor(
    onEvent: (view: EventView) => void,
    options: Partial<RecorderOptions> & { readonly resolved?: string; readonly judge?: boolean } = {},
  ) {
    this.recorder = new Recorder({ send: (block) => this.blocks.push(block), ...options });
    const paths = { resolve: () => options.resolved, hostPath: () => options.resolved };
    this.tracker = new Tracker(this.recorder.overhear(this.machine), this.recorder.overhearPaths(paths), {
      hostname: TEST_HEADER.hostname,
      identityTimeoutMs: TEST_HEADER.identityTimeoutMs,
      onEvent: (view: RingView) => {
        if (options.judge === true) this.recorder.judge(view);
        onEvent(view);
      },
    });
    this.tracker.setEpochOffset(1_800_000_000_000_000_000n);
  }

  begin(): void {
    this.recorder.begin(this.tracker);
  }

  /** Lays the records into the ring, hands them over one by one, then writes the run of them. */
  give(...records: readonly Uint8Array[]): void {
    let from = this.#position;
    let to = from;
    let count = 0;
    const write = (): void => {
      const at = from % RING_BYTES;
      if (count > 0) this.recorder.records(this.#ring, at, at + to - from, count);
      count = 0;
    };
    for (const record of records) {
      const length = 8 + ((record.length + 7) & ~7);
      // A record of a test never runs over the end: the next one starts at the beginning.
      if ((to % RING_BYTES) + length > RING_BYTES) {
        write();
        to += RING_BYTES - (to % RING_BYTES);
        from = to;
      }
      const at = to % RING_BYTES;
      this.#data.setUint32(at, record.length, true);
      this.#ring.set(record, at + 8);
      this.tracker.handle({ data: this.#data, bytes: this.#ring }, at + 8, record.length);
      if (this.recorder.wants()) {
        if (count === 0) from = to;
        count += 1;
        to += length;
      } else {
        write();
        this.recorder.omitted();
        to += length;
        from = to;
      }
    }
    write();
    this.#position = to;
  }

  tick(nowMs: number): void {
    this.tracker.tick(nowMs);
    this.recorder.tick(nowMs);
  }
}
