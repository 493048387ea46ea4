/** DNS messages for tests, byte by byte. */
export const bytesOf = (bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);

const u16 = (value: number): readonly number[] => [(value >> 8) & 255, value & 255];

export const nameBytes = (name: string): readonly number[] => [
  ...name.split('.').flatMap((label) => [label.length, ...new TextEncoder().encode(label)]),
  0,
];

export const record = (
  owner: string,
  type: number,
  ttlSeconds: number,
  data: readonly number[],
): readonly number[] => [
  ...nameBytes(owner),
  ...u16(type),
  ...[0, 1],
  ...u16(ttlSeconds >>> 16),
  ...u16(ttlSeconds & 0xffff),
  ...u16(data.length),
  ...data,
];

/** An answer to a question about a name; each record as {@link record} makes it. */
export const answer = (
  name: string,
  records: readonly (readonly number[])[],
  { flags = 0x8180, questions = 1 } = {},
): Uint8Array =>
  bytesOf([
    ...[0x12, 0x34],
    ...u16(flags),
    ...u16(questions),
    ...u16(records.length),
    ...[0, 0, 0, 0],
    ...nameBytes(name),
    ...[0, 1, 0, 1],
    ...records.flat(),
  ]);
