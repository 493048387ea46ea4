/** A block is a row of frames: kind, length, payload, padded to 8 bytes. */
export const FrameKind = {
  /** Records as they lay in the ring, each behind its 8-byte head. */
  records: 1,
  /** Monotonic milliseconds, a double. */
  tick: 2,
  /** CLOCK_BOOTTIME to the Unix epoch, nanoseconds, signed 64 bits. */
  epochOffset: 3,
  /** This many events were left out by the filter, 32 bits. */
  omitted: 4,
  /** Records the recorder itself lost; the tables follow. */
  gap: 5,
  /** Records lost before the recorder saw them, since the last such frame. */
  loss: 6,
  hostAccounts: 7,
  identified: 8,
  accounted: 9,
  releasedAll: 10,
  /** Answers. They stand before the records whose handling asked for them. */
  process: 16,
  cgroupPath: 17,
  cgroups: 18,
  containerId: 19,
  accountsAsked: 20,
  path: 21,
  hostPath: 22,
  /** Tables: everything known at this point. */
  tablesBegin: 32,
  accountTables: 33,
  images: 34,
  processes: 35,
  slots: 36,
  cgroupNames: 37,
  held: 38,
  tablesEnd: 39,
  /** Nothing follows. */
  end: 48,
} as const;

export const FRAME_HEAD_BYTES = 8;
export const padded = (length: number): number => (length + 7) & ~7;

/** Bytes before each record in the ring (kernel/bpf/ringbuf.c). */
export const RECORD_HEAD_BYTES = 8;
export const RECORD_BUSY = 0x8000_0000;
export const RECORD_DISCARDED = 0x4000_0000;
export const RECORD_LENGTH = 0x3fff_ffff;
