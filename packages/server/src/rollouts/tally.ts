import type { Telemetry } from '../telemetry/telemetry.js';

const PAGE = 1000;
/** What is beyond them does not matter: thresholds are lower. */
const MOST_PAGES = 12;
const MOST_NAMED = 100;
/** Clocks of nodes that differ by more are taken for right. */
const MOST_SKEW_MS = 3_600_000;

export interface TallyQuery {
  readonly kind: 'verdict' | 'detection' | 'gap';
  /** By the server's clock. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly nodes: readonly { readonly id: string; readonly name: string; readonly cluster: string }[];
}

/** How many of a kind each node told, by its id. What was told once for many counts as many. */
export async function tally(
  telemetry: Telemetry,
  { kind, fromMs, toMs, nodes }: TallyQuery,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  if (nodes.length === 0 || toMs <= fromMs) return counts;
  const ids = new Set(nodes.map(({ id }) => id));
  const filter = {
    ...{ kinds: [kind], clusters: [...new Set(nodes.map(({ cluster }) => cluster))] },
    ...{ fromMs: Math.max(0, fromMs - MOST_SKEW_MS), toMs: toMs + MOST_SKEW_MS },
    ...(nodes.length <= MOST_NAMED && { nodes: nodes.map(({ name }) => name) }),
  };
  let cursor: string | undefined;
  for (let read = 0; read < MOST_PAGES; read += 1) {
    const page = await telemetry.query(filter, PAGE, cursor);
    for (const { nodeId, timeMs, skewMs, body } of page.records) {
      const atMs = timeMs - (Math.abs(skewMs) > MOST_SKEW_MS ? 0 : skewMs);
      if (ids.has(nodeId) && atMs >= fromMs && atMs < toMs)
        counts.set(nodeId, (counts.get(nodeId) ?? 0) + weight(body.count));
    }
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  return counts;
}

/** A summary stands for the first as well, which was told before it. */
const weight = (count: unknown): number =>
  typeof count === 'number' && Number.isSafeInteger(count) && count > 1 ? count - 1 : 1;
