import { eventTypeById, RECORD_HASH } from '@runward/events';
import { EvidenceError } from '../error.js';
import { flag, list, Misfit, number, object, oneOf, optional, pair, parse, text } from './codec.js';

/** What a recording was made of; what it does not carry, nobody can say did not happen. */
export interface RecordingScope {
  /** Names of the event types the kernel was asked for. Process life and groups are always there. */
  readonly eventTypes: readonly string[];
  /** Whether events outside containers are in it. */
  readonly scope: 'containers' | 'host';
  /** A condition events had to meet; '' for none. */
  readonly filter: string;
  /** `rules`: opens no loaded rule could use were left out in the kernel. */
  readonly opens: 'all' | 'rules';
  /** Bytes of moved data kept with reads and writes, at most. */
  readonly dataBytes: number;
  readonly environment: boolean;
  /** `all`: what callers' paths mean was found out for each event; `asked`: where a rule wanted to know. */
  readonly paths: 'all' | 'asked';
}

/** What each segment says of itself before its first block. */
export interface SegmentHeader {
  readonly version: number;
  /** Of the records: they are kept as the kernel laid them out. */
  readonly layoutHash: string;
  /** Ids in the records and the names they stood for. */
  readonly eventTypes: readonly (readonly [id: number, name: string])[];
  readonly architecture: string;
  readonly kernel: string;
  readonly hostname: string;
  /** Who wrote it. */
  readonly producer: string;
  /** The same in all segments of one recording. */
  readonly recordingId: string;
  /** From 0. */
  readonly segment: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly identityTimeoutMs: number;
  readonly hostMntNs: number;
  readonly hostPidNs: number;
  readonly carries: RecordingScope;
}

export const FORMAT_VERSION = 1;
export const MAGIC = Uint8Array.of(0x52, 0x57, 0x52, 0x45, 0x43, 0x1a, 0x0d, 0x0a); // RWREC, ^Z, CR, LF
/** Magic, length of the header, its checksum. */
export const PREFIX_BYTES = 16;
export const MAX_HEADER_BYTES = 1024 * 1024;

export const layoutName = (hash = RECORD_HASH): string => hash.toString(16).padStart(16, '0');

const carries = object<RecordingScope>({
  eventTypes: list(text),
  scope: oneOf('containers', 'host'),
  filter: text,
  opens: oneOf('all', 'rules'),
  dataBytes: number,
  environment: flag,
  paths: oneOf('all', 'asked'),
});
const header = object<SegmentHeader>({
  version: number,
  layoutHash: text,
  eventTypes: list(pair(number, text)),
  architecture: text,
  kernel: text,
  hostname: text,
  producer: text,
  recordingId: text,
  segment: number,
  startedAt: text,
  identityTimeoutMs: number,
  hostMntNs: number,
  hostPidNs: number,
  carries,
});
/** All that another version's header must have for us to say what is wrong with it. */
const versions = object<{ version: number; layoutHash: string; producer: string | undefined }>({
  version: number,
  layoutHash: text,
  producer: optional(text),
});

export const currentEventTypes = (): SegmentHeader['eventTypes'] =>
  [...eventTypeById].map(([id, type]) => [id, type.name]);

export const headerText = (value: SegmentHeader): string => JSON.stringify(header.write(value));

/**
 * @throws EvidenceError RECORDING_VERSION, RECORDING_LAYOUT when this program cannot read it;
 * RECORDING_HEADER_DAMAGED when nobody can
 */
export function parseHeader(json: string, name: string): SegmentHeader {
  try {
    const { version, layoutHash, producer } = parse(versions, json);
    const by = producer === undefined ? '' : `; it was written by ${producer}`;
    if (version !== FORMAT_VERSION) {
      throw new EvidenceError(
        'RECORDING_VERSION',
        `\`${name}\` has format version ${version}, this program reads version ${FORMAT_VERSION}${by}`,
        { help: 'use the version of runward that wrote it' },
      );
    }
    if (layoutHash !== layoutName()) {
      throw new EvidenceError(
        'RECORDING_LAYOUT',
        `the records of \`${name}\` have layout ${layoutHash}, this program knows ${layoutName()}${by}`,
        { help: 'use the version of runward that wrote it' },
      );
    }
    return parse(header, json);
  } catch (cause) {
    if (!(cause instanceof Misfit)) throw cause;
    throw new EvidenceError(
      'RECORDING_HEADER_DAMAGED',
      `the header of \`${name}\` is damaged: ${cause.message}`,
      {
        help: 'nothing after it can be understood without it; use another copy',
        cause,
      },
    );
  }
}
