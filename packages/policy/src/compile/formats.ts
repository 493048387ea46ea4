import { exportAppArmor } from './apparmor/index.js';
import { exportCapabilities } from './capabilities/index.js';
import { exportCiliumPolicy } from './cilium/index.js';
import type { Exported, ExportSubject } from './export/index.js';
import { exportNetworkPolicy } from './network-policy/index.js';
import { exportNftables } from './nftables/index.js';
import { exportSeccomp } from './seccomp/index.js';
import { exportSecurityContext } from './security-context/index.js';
import { exportFileContexts, exportSeLinux } from './selinux/index.js';

export const EXPORT_FORMATS = [
  'seccomp',
  'apparmor',
  'selinux',
  'selinux-contexts',
  'capabilities',
  'securitycontext',
  'networkpolicy',
  'ciliumnetworkpolicy',
  'nftables',
] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const COMPILERS: Readonly<Record<ExportFormat, (subject: ExportSubject) => Exported>> = {
  seccomp: exportSeccomp,
  selinux: exportSeLinux,
  'selinux-contexts': exportFileContexts,
  apparmor: exportAppArmor,
  capabilities: exportCapabilities,
  securitycontext: exportSecurityContext,
  networkpolicy: exportNetworkPolicy,
  ciliumnetworkpolicy: exportCiliumPolicy,
  nftables: exportNftables,
};

/** A policy in the language of another mechanism. Equal policies give equal texts. */
export const exportPolicy = (subject: ExportSubject, format: ExportFormat): Exported =>
  COMPILERS[format](subject);
