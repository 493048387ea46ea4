import { useQuery } from '@tanstack/react-query';
import { ask } from './client.js';

export type CoverageMode = 'unknown' | 'off' | 'learn' | 'monitor' | 'protect';
/** From no cover to all of it. */
export const COVERAGE_MODES: readonly CoverageMode[] = ['unknown', 'off', 'learn', 'monitor', 'protect'];
export const SECTIONS = [
  ...['process', 'file', 'network', 'capabilities', 'syscalls', 'kernelSurface', 'privilege'],
] as const;

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly pod: string;
  readonly node: string;
  readonly nodeId: string;
  readonly runtime: string;
  readonly image: string;
  readonly imageDigest: string;
  readonly privileged: boolean | null;
  readonly hostNetwork: boolean | null;
  readonly hostPid: boolean | null;
  readonly startedMs: number | null;
  readonly toldMs: number;
  readonly modes: Readonly<Record<string, CoverageMode>> | null;
  readonly policies: readonly string[];
  readonly learning: boolean;
  readonly problems: Readonly<Record<string, string>>;
}

export interface Workload {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly images: readonly string[];
  readonly nodes: readonly string[];
  readonly policies: readonly string[];
  readonly mode: CoverageMode;
  readonly modes: Readonly<Record<string, CoverageMode>>;
  readonly learning: boolean;
  readonly problems: readonly string[];
  readonly containers: readonly Container[];
}

export interface Workloads {
  readonly items: readonly Workload[];
  readonly unreadable: number;
  readonly isWhole: boolean;
}

export const useWorkloads = () =>
  useQuery({ queryKey: ['workloads'], queryFn: () => ask<Workloads>('GET', '/workloads') });
