import { Text } from '@mantine/core';

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-30 15:04:05`, in the time zone of the browser. */
export function timeText(ms: number): string {
  const at = new Date(ms);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export function agoText(ms: number, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

export const When = ({ ms }: { readonly ms: number | null }) =>
  ms === null ? (
    <Text span c="dimmed" size="sm">
      never
    </Text>
  ) : (
    <Text
      span
      size="sm"
      ff="monospace"
      component="time"
      dateTime={new Date(ms).toISOString()}
      title={agoText(ms)}
    >
      {timeText(ms)}
    </Text>
  );
