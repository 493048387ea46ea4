import { selects } from '@runward/policy/decide';
import { textMatcher } from '@runward/policy/pattern';
import type { Finding } from './finding.js';
import { DAYS, type Hours, type Playbook, PRIORITIES } from './model.js';

/** Whether a playbook is about a detection; counting and guards come after. */
export function matches({ match }: Playbook, { rule, tags, priority, source, container }: Finding): boolean {
  const { rules, minPriority, sources, selector } = match;
  return (
    (rules.length === 0 || rules.some((pattern) => textMatcher(pattern)(rule))) &&
    (match.tags.length === 0 || match.tags.some((tag) => tags.includes(tag))) &&
    (minPriority === undefined || PRIORITIES.indexOf(priority) <= PRIORITIES.indexOf(minPriority)) &&
    (sources.length === 0 || sources.includes(source)) &&
    selects(selector, container)
  );
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

export function isWithin({ days, fromMinute, toMinute, zone }: Hours, nowMs: number): boolean {
  const now = new Date(nowMs);
  const day = zone === 'utc' ? now.getUTCDay() : now.getDay();
  const minute =
    zone === 'utc' ? Math.floor(nowMs / MINUTE_MS) % DAY_MINUTES : now.getHours() * 60 + now.getMinutes();
  const isDay = (index: number): boolean => days.some((name) => name === DAYS[index]);
  if (fromMinute <= toMinute) return isDay(day) && minute >= fromMinute && minute < toMinute;
  // Over midnight: the hours after it belong to the day before.
  return minute >= fromMinute ? isDay(day) : minute < toMinute && isDay((day + 6) % 7);
}
