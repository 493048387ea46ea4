import { type ProcessSummary, summarizeProcess } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import type { Sensor } from '@runward/sensor';

/** A container with its processes, for `runward ps`. */
export interface ContainerReport {
  readonly container: ContainerInfo;
  readonly processes: readonly (ProcessSummary & {
    readonly ppid: number;
    readonly capEffective: bigint;
    readonly startedAtNs: bigint;
  })[];
}

/** Containers that have living processes now. */
export function reportContainers(sensor: Sensor): ContainerReport[] {
  const byCgroup = new Map<number, ContainerReport['processes'][number][]>();
  for (const entry of sensor.processes.living()) {
    const list = byCgroup.get(entry.cgroup) ?? [];
    const user = sensor.containers.get(entry.cgroup)?.accounts.userName(entry.uid) ?? '';
    list.push({
      ...summarizeProcess(entry, user),
      ppid: entry.ppid,
      capEffective: entry.effective,
      startedAtNs: entry.startedAtNs,
    });
    byCgroup.set(entry.cgroup, list);
  }
  const reports: ContainerReport[] = [];
  for (const [cgroup, processes] of byCgroup) {
    const info = sensor.containers.get(cgroup)?.info;
    if (info !== undefined) reports.push({ container: info, processes });
  }
  return reports;
}
