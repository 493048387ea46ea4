import { useQuery } from '@tanstack/react-query';
import { ask, queryOf } from './client.js';

export type Verdict = 'denied' | 'partly' | 'would-deny' | 'allowed' | 'learning' | 'unjudged';
export type Mode = 'none' | 'learn' | 'monitor' | 'protect';
export type Outcome = 'denied' | 'partly' | 'would-deny' | 'allowed' | 'unknown';

export interface MapNode {
  readonly id: string;
  readonly label: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: 'container' | 'host' | 'service' | 'external';
  readonly containers: readonly string[];
  readonly images: readonly string[];
}

export interface MapEdge {
  readonly id: string;
  readonly cluster: string;
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
  readonly port: number;
  readonly services: readonly string[];
  readonly seenBy: 'client' | 'server' | 'both';
  readonly connections: number;
  readonly failures: number;
  readonly refused: number;
  readonly timedOut: number;
  readonly unreachable: number;
  readonly resets: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly policy: { readonly allowed: number; readonly denied: number; readonly wouldDeny: number } | null;
  readonly verdict: Verdict;
  readonly clientMode: Mode | null;
  readonly serverMode: Mode | null;
  readonly firstMs: number;
  readonly lastActiveMs: number;
}

export interface Period {
  readonly from: number;
  readonly to: number;
}

export interface ServiceMap {
  readonly period: Period;
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  readonly unreadable: number;
  readonly isWhole: boolean;
}

export interface Place {
  readonly cluster?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Who talked to whom in the last so many milliseconds. */
export const useMap = (spanMs: number, place: Place) =>
  useQuery({
    queryKey: ['map', spanMs, place],
    queryFn: async (): Promise<ServiceMap> => {
      const to = Date.now();
      // A node's clock may be ahead a little.
      const period = { from: to - spanMs, to: to + 60_000 };
      return {
        ...(await ask<Omit<ServiceMap, 'period'>>('GET', `/map${queryOf({ ...period, ...place })}`)),
        period,
      };
    },
  });

export interface Proposal {
  readonly name: string;
  readonly line: string;
  readonly text: string;
  readonly notes: readonly string[];
}

export interface Wish {
  readonly edge: string;
  readonly decision: 'allow' | 'deny';
  readonly end: 'client' | 'server';
  readonly mode: 'monitor' | 'protect';
}

export const propose = (period: Period, wish: Wish) =>
  ask<Proposal>('POST', '/map/propose', { ...period, ...wish });

export interface SimulatedEnd {
  readonly edge: string;
  readonly role: 'client' | 'server';
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
  readonly port: number;
  readonly connections: number;
  readonly before: Verdict;
  readonly after: Outcome;
  readonly line: { readonly policy: string; readonly line: number; readonly words: string } | null;
}

export interface Simulation {
  /** Documents that were taken into account. */
  readonly inForce: readonly string[];
  readonly ends: readonly SimulatedEnd[];
  readonly connections: Readonly<Record<Outcome, number>>;
  readonly notSelected: number;
  readonly linesOfPrograms: number;
  readonly isWhole: boolean;
}

/** Alone, or together with what documents have in force. */
export const simulate = (period: Period, policies: string, inForce: boolean) =>
  ask<Simulation>('POST', '/map/simulate', { ...period, policies, inForce });
