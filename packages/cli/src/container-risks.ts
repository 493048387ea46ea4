import { RISKY_CAPABILITIES } from '@runward/attest/capability-risks';
import type { ContainerInfo, MountInfo } from '@runward/events';
import { capabilityNames } from '@runward/events';
import type { ScannedProcess } from './process-scan.js';

const RUNTIME_SOCKETS = /(^|\/)(docker|containerd|crio|podman|cri-dockerd)\.sock$/;
const SENSITIVE_SOURCES = [
  '/',
  '/etc',
  '/etc/kubernetes',
  '/usr',
  '/var',
  '/var/lib',
  '/var/log',
  '/root',
  '/proc',
  '/sys',
  '/dev',
  '/boot',
  '/var/run',
  '/run',
  '/var/lib/kubelet',
  '/var/lib/docker',
  '/var/lib/containerd',
  '/home',
];

export type ProcessPowers = Pick<ScannedProcess, 'effectiveCapabilities' | 'filtered' | 'uid'>;

function mountRisk(mount: MountInfo): string | undefined {
  if (RUNTIME_SOCKETS.test(mount.source))
    return `has the runtime's socket ${mount.source}: it can start any container`;
  // What the runtime itself provides (proc, sysfs, tmpfs) has a name for a source, not a path.
  if (!mount.source.startsWith('/') || !SENSITIVE_SOURCES.includes(mount.source.replace(/(.)\/$/, '$1')))
    return undefined;
  return `${mount.readWrite ? 'may write' : 'may read'} the host's ${mount.source} (at ${mount.destination})`;
}

/** What a container may do that it should not, in plain words; nothing when it is as confined as it should be. */
export function containerRisks(container: ContainerInfo, processes: readonly ProcessPowers[]): string[] {
  const risks: string[] = [];
  const effective = processes.reduce((all, p) => all | p.effectiveCapabilities, 0n);
  if (container.privileged === true) risks.push('is privileged: nothing confines it');
  if (container.hostPid === true) risks.push("sees and may signal the host's processes");
  if (container.hostNetwork === true) risks.push("uses the host's network");
  if (container.hostIpc === true) risks.push("shares the host's memory segments and queues");
  for (const name of capabilityNames(effective).split(' ')) {
    const risk = RISKY_CAPABILITIES[name];
    if (risk !== undefined && container.privileged !== true) risks.push(`${name}: ${risk}`);
  }
  for (const mount of container.mounts) {
    const risk = mountRisk(mount);
    if (risk !== undefined) risks.push(risk);
  }
  if (processes.some((p) => !p.filtered)) risks.push('may use every system call: no filter (seccomp) is on');
  if (processes.some((p) => p.uid === 0)) risks.push('runs as root');
  return risks;
}
