/**
 * Numbers of the `.scap` container: blocks of `type, total length, body, total length`, little-endian, the shape of
 * pcapng. Source of the facts: falcosecurity/libs, `userspace/libscap/scap_savefile.h`.
 */
export const SECTION_HEADER = 0x0a0d0d0a;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Newest major version of the container this reader knows. */
export const MAJOR_VERSION = 1;

export type BlockKind =
  | 'section'
  | 'machine'
  | 'processes'
  | 'descriptors'
  | 'interfaces'
  | 'users'
  | 'event';

export interface BlockType {
  readonly kind: BlockKind;
  /** Version of the entries inside, from 1. */
  readonly version: number;
  /** Events: a word of flags precedes the event, lengths have 32 bits. */
  readonly flags?: true;
  readonly large?: true;
}

/** The numbers from 0x80000000 are those used before the format was published. */
export const BLOCK_TYPES: ReadonlyMap<number, BlockType> = new Map<number, BlockType>([
  [SECTION_HEADER, { kind: 'section', version: 1 }],
  [0x201, { kind: 'machine', version: 1 }],
  [0x8002abcd, { kind: 'machine', version: 1 }],
  [0x202, { kind: 'processes', version: 1 }],
  [0x8000abcd, { kind: 'processes', version: 1 }],
  [0x207, { kind: 'processes', version: 2 }],
  [0x8013abcd, { kind: 'processes', version: 2 }],
  [0x209, { kind: 'processes', version: 3 }],
  [0x8014abcd, { kind: 'processes', version: 3 }],
  [0x210, { kind: 'processes', version: 4 }],
  [0x211, { kind: 'processes', version: 5 }],
  [0x212, { kind: 'processes', version: 6 }],
  [0x213, { kind: 'processes', version: 7 }],
  [0x214, { kind: 'processes', version: 8 }],
  [0x215, { kind: 'processes', version: 9 }],
  [0x203, { kind: 'descriptors', version: 1 }],
  [0x8001abcd, { kind: 'descriptors', version: 1 }],
  [0x218, { kind: 'descriptors', version: 2 }],
  [0x205, { kind: 'interfaces', version: 1 }],
  [0x8011abcd, { kind: 'interfaces', version: 1 }],
  [0x219, { kind: 'interfaces', version: 2 }],
  [0x206, { kind: 'users', version: 1 }],
  [0x8012abcd, { kind: 'users', version: 1 }],
  [0x220, { kind: 'users', version: 2 }],
  [0x204, { kind: 'event', version: 1 }],
  [0x8010abcd, { kind: 'event', version: 1 }],
  [0x208, { kind: 'event', version: 1, flags: true }],
  [0x216, { kind: 'event', version: 2 }],
  [0x217, { kind: 'event', version: 2, flags: true }],
  [0x221, { kind: 'event', version: 2, large: true }],
  [0x222, { kind: 'event', version: 2, flags: true, large: true }],
]);
