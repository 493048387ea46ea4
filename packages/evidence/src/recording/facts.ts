/** How the facts of the process and container tables are written. */
import type { ContainerInfo, ExecutableFacts, MountInfo, PodInfo } from '@runward/events';
import type { AccountData, Identity, ProcessEntry, ProcessImage } from '@runward/tracker';
import { big, type Codec, flag, list, mapOf, number, object, oneOf, optional, row, text } from './codec.js';

export const accountData: Codec<AccountData> = object<AccountData>({
  users: list(object({ uid: number, name: text, home: text, shell: text })),
  groups: list(object({ gid: number, name: text })),
  hosts: optional(list(object({ ip: text, names: list(text) }))),
});

const mount: Codec<MountInfo> = object({
  source: text,
  destination: text,
  mode: text,
  readWrite: flag,
  propagation: text,
});
const pod: Codec<PodInfo> = object<PodInfo>({
  name: text,
  namespace: text,
  uid: text,
  sandboxId: text,
  labels: mapOf(text),
  ip: text,
  cni: optional(text),
});
export const containerInfo: Codec<ContainerInfo> = object<ContainerInfo>({
  id: text,
  runtime: oneOf('containerd', 'cri-o', 'docker', 'podman', 'runc', 'crun', 'unknown'),
  name: text,
  image: text,
  imageRepository: text,
  imageTag: text,
  imageDigest: text,
  imageId: text,
  privileged: optional(flag),
  mounts: list(mount),
  labels: mapOf(text),
  env: list(text),
  user: text,
  ip: text,
  createdAtNs: big,
  startedAtNs: big,
  hostPid: optional(flag),
  hostNetwork: optional(flag),
  hostIpc: optional(flag),
  pod: optional(pod),
  metadata: oneOf('complete', 'path-only'),
  metadataProblem: text,
  healthcheck: optional(list(text)),
  livenessProbe: optional(list(text)),
  readinessProbe: optional(list(text)),
});

const identityParts = object<{ kind: 'container' | 'host'; info: ContainerInfo | undefined }>({
  kind: oneOf('container', 'host'),
  info: optional(containerInfo),
});
export const identity: Codec<Identity> = {
  write: (value) =>
    identityParts.write({ kind: value.kind, info: value.kind === 'container' ? value.info : undefined }),
  read: (plain, at) => {
    const { kind, info } = identityParts.read(plain, at);
    return kind === 'host' || info === undefined ? { kind: 'host' } : { kind, info };
  },
};

const executable: Codec<ExecutableFacts> = row({
  path: text,
  inode: big,
  deviceMajor: number,
  deviceMinor: number,
  ctimeNs: big,
  mtimeNs: big,
  uid: number,
  mode: number,
  upperLayer: flag,
  lowerLayer: flag,
  memfd: flag,
  deleted: flag,
  writable: flag,
  setuid: flag,
  setgid: flag,
});
export const processImage: Codec<ProcessImage> = row({
  comm: text,
  args: list(text),
  argsTruncated: flag,
  env: list(text),
  executable,
  execAtNs: number,
});

/** The members of an entry that are values, not other entries. A test holds that none is missing. */
export type EntryFacts = Pick<
  ProcessEntry,
  | 'pid'
  | 'startNs'
  | 'ppid'
  | 'vpid'
  | 'sid'
  | 'vsid'
  | 'pgid'
  | 'vpgid'
  | 'comm'
  | 'cwd'
  | 'uid'
  | 'gid'
  | 'euid'
  | 'egid'
  | 'loginuid'
  | 'tty'
  | 'inheritable'
  | 'permitted'
  | 'effective'
  | 'capEffectiveLow'
  | 'capPermittedLow'
  | 'cgroup'
  | 'cgroupPath'
  | 'pidNs'
  | 'mntNs'
  | 'netNs'
  | 'userNs'
  | 'depth'
  | 'exited'
>;
export const entryFacts: Codec<EntryFacts> = row({
  pid: number,
  startNs: number,
  ppid: number,
  vpid: number,
  sid: number,
  vsid: number,
  pgid: number,
  vpgid: number,
  comm: text,
  cwd: text,
  uid: number,
  gid: number,
  euid: number,
  egid: number,
  loginuid: number,
  tty: number,
  inheritable: big,
  permitted: big,
  effective: big,
  capEffectiveLow: number,
  capPermittedLow: number,
  cgroup: number,
  cgroupPath: text,
  pidNs: number,
  mntNs: number,
  netNs: number,
  userNs: number,
  depth: number,
  exited: flag,
});
