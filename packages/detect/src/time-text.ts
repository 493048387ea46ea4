/** RFC 3339 UTC with nanoseconds. */
export function formatTime(timeNs: bigint): string {
  const ms = Number(timeNs / 1_000_000n);
  const ns = (timeNs % 1_000_000_000n).toString().padStart(9, '0');
  return `${new Date(ms).toISOString().slice(0, 19)}.${ns}Z`;
}
