import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ask, queryOf } from './client.js';
import type {
  Change,
  Count,
  EvidenceRecord,
  Incident,
  IncidentCount,
  Node,
  NodeTrust,
  Page,
  Person,
  RoleInfo,
  Settings,
  StoredRecord,
  Token,
  TrustWorkload,
} from './types.js';

export type RecordFilter = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** What nodes told, page by page, the latest first. */
export const useRecords = (filter: RecordFilter) =>
  useInfiniteQuery({
    queryKey: ['records', filter],
    queryFn: ({ pageParam }) =>
      ask<Page<StoredRecord>>('GET', `/records${queryOf({ ...filter, limit: 200, cursor: pageParam })}`),
    initialPageParam: '' as string,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

/** How what runs stands to what was approved. */
export const useTrust = () =>
  useQuery({
    queryKey: ['trust'],
    queryFn: () =>
      ask<{ readonly workloads: readonly TrustWorkload[]; readonly complete: boolean }>('GET', '/trust'),
  });

export const useCounts = (
  filter: RecordFilter & { readonly from: number; readonly to: number; readonly span: number },
) =>
  useQuery({
    queryKey: [
      'counts',
      { ...filter, from: Math.floor(filter.from / 60_000), to: Math.floor(filter.to / 60_000) },
    ],
    queryFn: () => ask<readonly Count[]>('GET', `/records/counts${queryOf(filter)}`),
  });

export interface ListedIncident {
  readonly incident: Incident;
  readonly record: StoredRecord;
}

/** Each incident as it stands, page by page, the latest first. */
export const useIncidents = (filter: RecordFilter, limit = 200) =>
  useInfiniteQuery({
    queryKey: ['incidents', filter, limit],
    queryFn: async ({ pageParam }) => {
      const page = await ask<Page<StoredRecord>>(
        'GET',
        `/incidents${queryOf({ ...filter, limit, cursor: pageParam })}`,
      );
      return { ...page, items: page.items.map(listed) };
    },
    initialPageParam: '' as string,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const useIncidentCounts = (filter: RecordFilter = {}) =>
  useQuery({
    queryKey: ['incidents', 'counts', filter],
    queryFn: () => ask<readonly IncidentCount[]>('GET', `/incidents/counts${queryOf(filter)}`),
  });

export const useIncident = (id: string) =>
  useQuery({
    queryKey: ['incident', id],
    queryFn: async (): Promise<ListedIncident | null> => {
      const { items } = await ask<Page<StoredRecord>>(
        'GET',
        `/incidents${queryOf({ incident: id, limit: 1 })}`,
      );
      const [record] = items;
      return record === undefined ? null : listed(record);
    },
  });

const listed = (record: StoredRecord): ListedIncident => ({ incident: incidentOf(record), record });

/** In the form the node keeps it. */
const incidentOf = ({ body }: StoredRecord): Incident => body as unknown as Incident;

export const useNodes = () =>
  useQuery({
    queryKey: ['nodes'],
    queryFn: () => ask<readonly Node[]>('GET', '/nodes'),
    // When each was last seen changes without anything having changed.
    refetchInterval: 15_000,
  });

export const useSettings = () =>
  useQuery({ queryKey: ['settings'], queryFn: () => ask<Settings>('GET', '/settings') });

export const useEvidence = (filter: {
  readonly kind: string | undefined;
  readonly text: string | undefined;
}) =>
  useInfiniteQuery({
    queryKey: ['evidence', filter],
    queryFn: ({ pageParam }) =>
      ask<Page<EvidenceRecord>>('GET', `/evidence${queryOf({ ...filter, limit: 100, cursor: pageParam })}`),
    initialPageParam: '' as string,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const usePeople = () =>
  useQuery({ queryKey: ['people'], queryFn: () => ask<Page<Person>>('GET', '/people?limit=500') });

export const useRoles = () =>
  useQuery({
    queryKey: ['roles'],
    queryFn: () => ask<readonly RoleInfo[]>('GET', '/roles'),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const useTokens = () =>
  useQuery({ queryKey: ['tokens'], queryFn: () => ask<Page<Token>>('GET', '/tokens?limit=500') });

export const useChanges = () =>
  useInfiniteQuery({
    queryKey: ['changes'],
    queryFn: ({ pageParam }) =>
      ask<Page<Change>>('GET', `/changes${queryOf({ limit: 100, cursor: pageParam })}`),
    initialPageParam: '' as string,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

/** Whether a node is what it is expected to be, and what was thought before. */
export const useNodeTrust = (id: string) =>
  useQuery({ queryKey: ['nodes', id, 'trust'], queryFn: () => ask<NodeTrust>('GET', `/nodes/${id}/trust`) });
