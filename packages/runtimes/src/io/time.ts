const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?(Z|z|[+-]\d{2}:\d{2})$/;

/** Nanoseconds since the Unix epoch; 0n for anything else, and for Go's zero time (year 1). */
export function parseTimestampNs(value: unknown): bigint {
  const match = typeof value === 'string' ? RFC3339.exec(value) : null;
  if (match === null) return 0n;
  const [, date = '', time = '', fraction = '', zone = 'Z'] = match;
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (!Number.isFinite(ms) || ms <= 0) return 0n;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0') || '0');
}
