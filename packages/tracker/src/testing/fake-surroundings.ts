import type { IdentityRequest } from '../container-table.js';
import type { ProcessEntry } from '../process-entry.js';
import type { Surroundings } from '../surroundings.js';

/** A machine of the test's making: what it does not set is not there. Remembers what it was asked. */
export class FakeSurroundings implements Surroundings {
  readonly hostMntNs = 1;
  readonly hostPidNs = 2;
  readonly processes = new Map<number, Partial<ProcessEntry>>();
  readonly paths = new Map<number, string>();
  readonly ids = new Map<string, string>();
  readonly roots = new Set<number>();
  readonly requests: IdentityRequest[] = [];
  readonly asked: string[] = [];
  readonly marked = new Set<number>();

  readProcess(pid: number, entry: ProcessEntry): void {
    this.asked.push(`process ${pid}`);
    Object.assign(entry, this.processes.get(pid));
  }
  cgroupPathOf(pid: number, cgroup: number): string | undefined {
    this.asked.push(`path of ${cgroup} by ${pid}`);
    return this.paths.get(cgroup);
  }
  listCgroups(note: (cgroup: number, path: string) => void): void {
    this.asked.push('groups');
    for (const [cgroup, path] of this.paths) note(cgroup, path);
  }
  containerIdOf(path: string): string | undefined {
    return this.ids.get(path);
  }
  membersOf(): readonly number[] {
    return [];
  }
  mountNamespaceOf(): number {
    return 0;
  }
  identify(request: IdentityRequest): void {
    this.requests.push(request);
  }
  askAccounts(cgroup: number, pids: readonly number[]): boolean {
    const pid = pids.find((p) => this.roots.has(p));
    if (pid === undefined) return false;
    this.asked.push(`accounts of ${cgroup} by ${pid}`);
    return true;
  }
  markContainer(cgroup: number): void {
    this.marked.add(cgroup);
  }
  unmarkContainer(cgroup: number): void {
    this.marked.delete(cgroup);
  }
}
