import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ask, queryOf } from './client.js';
import type {
  Diagnostic,
  DiffLine,
  DocumentKind,
  DocumentVersion,
  GovernedDocument,
  Holder,
  Page,
  RolloutStatus,
} from './types.js';

/** A roll-out goes on by itself, without any record of a node. */
const PROGRESS_MS = 5_000;

export const useDocuments = () =>
  useInfiniteQuery({
    queryKey: ['documents'],
    queryFn: ({ pageParam }) =>
      ask<Page<GovernedDocument>>('GET', `/documents${queryOf({ limit: 200, cursor: pageParam })}`),
    initialPageParam: '' as string,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const useDocument = (id: string) =>
  useQuery({ queryKey: ['document', id], queryFn: () => ask<GovernedDocument>('GET', `/documents/${id}`) });

export const useVersions = (id: string) =>
  useQuery({
    queryKey: ['document', id, 'versions'],
    queryFn: () => ask<Page<DocumentVersion>>('GET', `/documents/${id}/versions?limit=200`),
  });

export const useVersion = (id: string, number: number) =>
  useQuery({
    queryKey: ['document', id, 'version', number],
    queryFn: () =>
      ask<DocumentVersion & { readonly text: string }>('GET', `/documents/${id}/versions/${number}`),
  });

export const useDiff = (id: string, from: number, to: number) =>
  useQuery({
    queryKey: ['document', id, 'diff', from, to],
    queryFn: () =>
      ask<{ readonly lines: readonly DiffLine[] }>('GET', `/documents/${id}/diff${queryOf({ from, to })}`),
    enabled: from !== to,
  });

export const useProgress = (id: string) =>
  useQuery({
    queryKey: ['document', id, 'rollout'],
    queryFn: async () => ({
      status: await ask<RolloutStatus>('GET', `/documents/${id}/rollout`),
      holders: await ask<readonly Holder[]>('GET', `/documents/${id}/nodes`),
    }),
    refetchInterval: PROGRESS_MS,
  });

/** What saving it would say; nothing is kept. */
export const useCheck = (kind: DocumentKind, name: string, text: string, isOn: boolean) =>
  useQuery({
    queryKey: ['check', kind, name, text],
    queryFn: () => ask<readonly Diagnostic[]>('POST', '/documents/check', { kind, name, text }),
    enabled: isOn && text !== '',
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before: readonly Diagnostic[] | undefined) => before,
  });
