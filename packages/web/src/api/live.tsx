import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

/** What is shown is asked for again at most so often, whatever comes. */
const CALM_MS = 700;
/** Without a stream it is asked for again so often. */
const FALLBACK_MS = 15_000;

/** Which questions what comes may answer anew, by the beginning of their keys. */
const TOUCHED: Readonly<Record<string, readonly string[]>> = {
  detection: ['records', 'counts'],
  verdict: ['records', 'counts'],
  incident: ['incidents', 'incident', 'counts'],
  response: ['records', 'responses'],
  container: ['containers', 'workloads'],
  flow: ['map'],
  gap: ['nodes', 'records'],
};

const Connected = createContext(false);

/** Whether what is shown is live; else it is asked for again every 15 seconds. */
export const useLive = (): boolean => useContext(Connected);

/** Asks again what is shown as soon as the server says that it has changed. */
class Refresher {
  readonly #queries: QueryClient;
  readonly #due = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(queries: QueryClient) {
    this.#queries = queries;
  }

  touch(names: readonly string[]): void {
    for (const name of names) this.#due.add(name);
    this.#timer ??= setTimeout(() => this.#ask(), CALM_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #ask(): void {
    this.#timer = undefined;
    const due = [...this.#due];
    this.#due.clear();
    for (const name of due)
      void this.#queries.invalidateQueries({
        queryKey: [name],
        // What somebody scrolled through is not asked anew under their hands.
        predicate: ({ state }) => pagesOf(state.data) <= 1,
      });
  }
}

const pagesOf = (data: unknown): number =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages)
    ? data.pages.length
    : 1;

const ALL = [...new Set(Object.values(TOUCHED).flat()), 'nodes'];

function kindOf(data: string): string {
  const told: unknown = JSON.parse(data);
  return typeof told === 'object' && told !== null && 'kind' in told ? String(told.kind) : '';
}

function listen(queries: QueryClient, setConnected: (is: boolean) => void): () => void {
  const refresher = new Refresher(queries);
  const kinds = Object.keys(TOUCHED).map((kind) => `kind=${kind}`);
  const source = new EventSource(`/api/v1/live?${kinds.join('&')}`);
  const on = (event: string, act: (data: string) => void): void =>
    source.addEventListener(event, ({ data }: MessageEvent<string>) => act(data));
  source.addEventListener('open', () => setConnected(true));
  on('ready', () => refresher.touch(ALL));
  on('record', (data) => refresher.touch(TOUCHED[kindOf(data)] ?? []));
  on('missed', () => refresher.touch(ALL));
  on('nodes', () => refresher.touch(['nodes']));
  const ended = (): void => {
    setConnected(false);
    void queries.invalidateQueries({ queryKey: ['session'] });
  };
  on('end', ended);
  source.addEventListener('error', () => {
    setConnected(false);
    if (source.readyState === EventSource.CLOSED) ended();
  });
  return () => {
    refresher.stop();
    source.close();
    setConnected(false);
  };
}

/**
 * Keeps what is shown up to date. A browser has few connections for one server: a page that nobody sees holds none, and asks
 * for everything when it is seen again.
 */
export function LiveViews({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const [isConnected, setConnected] = useState(false);
  useEffect(() => {
    let stop: (() => void) | undefined;
    const follow = (): void => {
      stop?.();
      stop = document.hidden ? undefined : listen(queries, setConnected);
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      stop?.();
    };
  }, [queries]);
  useEffect(() => {
    if (isConnected) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) for (const name of ALL) void queries.invalidateQueries({ queryKey: [name] });
    }, FALLBACK_MS);
    return () => clearInterval(timer);
  }, [queries, isConnected]);
  return <Connected value={isConnected}>{children}</Connected>;
}
