import { escapeHtml } from '../html-page.js';

const WIDTH = 760;
const LABEL = 250;
const VALUE = 90;
const ROW = 22;
const BAR = 14;

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The length of the whole bar, behind it. */
  readonly of: number;
  readonly text: string;
}

/**
 * Horizontal bars, drawn with attributes alone: the policy of the page allows no other style. Colours follow the text's,
 * so that they show on light and on dark.
 */
export function barChart(title: string, bars: readonly Bar[]): string {
  if (bars.length === 0) return '<p>Nothing to show.</p>';
  const longest = Math.max(...bars.map(({ of }) => of), Number.MIN_VALUE);
  const scale = (WIDTH - LABEL - VALUE) / longest;
  const rows = bars.map(({ label, value, of, text }, i) => {
    const y = i * ROW;
    const middle = y + BAR - 2;
    return [
      `<text x="${LABEL - 8}" y="${middle}" text-anchor="end" fill="currentColor" font-size="13">${escapeHtml(label)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${width(of * scale)}" height="${BAR}" fill="currentColor" opacity="0.15"/>`,
      `<rect x="${LABEL}" y="${y}" width="${width(value * scale)}" height="${BAR}" fill="currentColor" opacity="0.7"/>`,
      `<text x="${width(LABEL + of * scale + 8)}" y="${middle}" fill="currentColor" font-size="13">${escapeHtml(text)}</text>`,
    ].join('');
  });
  const height = bars.length * ROW;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" width="100%" role="img" aria-label="${escapeHtml(title)}"><title>${escapeHtml(title)}</title>\n${rows.join('\n')}\n</svg><p class="soft">${escapeHtml(title)}.</p>`;
}

const width = (pixels: number): string => Math.max(0, pixels).toFixed(1);

/** A bar each, the longest first. */
export const timeChart = (
  title: string,
  points: readonly { readonly label: string; readonly value: number }[],
): string =>
  barChart(
    title,
    points
      .toSorted((a, b) => b.value - a.value)
      .map(({ label, value }) => ({ label, value, of: value, text: `${value.toFixed(1)} ms` })),
  );
