import type { ObjectKind, Transport } from '@runward/events';

/** What an open descriptor refers to. Shared by those that `dup` and `fork` made of it, so changes are seen by all. */
export interface Descriptor {
  kind: ObjectKind;
  inode?: bigint;
  /** As `fd.dev` has it: major number above bit 20. */
  device?: number;
  path?: string | undefined;
  /** `AF_*`; undefined for what is no socket. */
  family?: number;
  socketType?: number;
  transport?: Transport;
  localIp?: string | undefined;
  localPort?: number | undefined;
  remoteIp?: string | undefined;
  remotePort?: number | undefined;
  unixPath?: string | undefined;
  isServer?: boolean;
  connected?: boolean;
}
