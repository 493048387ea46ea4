import { Badge } from '@mantine/core';
import type { MapEdge, Mode, Outcome, Verdict } from '../api/network.js';

type Word = Verdict | Outcome;

/** Words say it, the stroke repeats it, and colour repeats it again. */
export const VERDICTS: Readonly<
  Record<Word, { readonly words: string; readonly colour: string; readonly dash: string }>
> = {
  denied: { words: 'denied', colour: '#b3261e', dash: '' },
  partly: { words: 'partly denied', colour: '#c2570c', dash: '' },
  'would-deny': { words: 'would be denied', colour: '#8a6d00', dash: '8 4' },
  allowed: { words: 'allowed', colour: '#1b6e3c', dash: '' },
  learning: { words: 'being learnt', colour: '#2f5fa8', dash: '2 4' },
  unjudged: { words: 'no policy', colour: '#5b6770', dash: '' },
  unknown: { words: 'not known', colour: '#5b6770', dash: '2 4' },
};
export const SHOWN: readonly Verdict[] = [
  'denied',
  'partly',
  'would-deny',
  'allowed',
  'learning',
  'unjudged',
];

export const VerdictBadge = ({ verdict }: { readonly verdict: Word }) => (
  <Badge color={VERDICTS[verdict].colour} variant="filled" size="sm" radius="sm" tt="none">
    {VERDICTS[verdict].words}
  </Badge>
);

const MODE_WORDS: Readonly<Record<Mode, string>> = {
  none: 'none',
  learn: 'learnt',
  monitor: 'watched',
  protect: 'enforced',
};
/** Of one end; `–` where it told nothing: it is no container of a node. */
export const modeWords = (mode: Mode | null): string => (mode === null ? '–' : MODE_WORDS[mode]);

export const portText = ({ protocol, port }: Pick<MapEdge, 'protocol' | 'port'>): string =>
  protocol === '' ? 'any' : port === 0 ? protocol : `${protocol}/${port}`;

export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** at;
  return `${value >= 100 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}
