import type { AccountNames, ContainerInfo, ExecutableFacts, PodInfo, ProcessInfo } from '../model.js';

/** root, nobody and user 1000 (`ann`). */
export const testAccounts: AccountNames = {
  userName: (uid) => ({ 0: 'root', 1000: 'ann', 65534: 'nobody' })[uid],
  userHome: (uid) => ({ 0: '/root', 1000: '/home/ann' })[uid],
  userShell: (uid) => ({ 0: '/bin/sh', 1000: '/bin/bash' })[uid],
  groupName: (gid) => ({ 0: 'root', 1000: 'ann' })[gid],
};

export const testExecutable = (facts: Partial<ExecutableFacts> = {}): ExecutableFacts => ({
  path: '/usr/bin/cat',
  inode: 4711n,
  deviceMajor: 0,
  deviceMinor: 40,
  ctimeNs: 1_700_000_000_000_000_000n,
  mtimeNs: 1_690_000_000_000_000_000n,
  uid: 0,
  mode: 0o100755,
  upperLayer: false,
  lowerLayer: true,
  memfd: false,
  deleted: false,
  writable: false,
  setuid: false,
  setgid: false,
  ...facts,
});

const START = 1_799_999_990_000_000_000n;

/** `cat /etc/hostname` run by root, its own session leader, without a parent. */
export function testProcess(facts: Partial<ProcessInfo> = {}): ProcessInfo {
  const pid = facts.pid ?? 100;
  const vpid = facts.vpid ?? pid;
  return {
    pid,
    ppid: facts.parent?.pid ?? 1,
    vpid,
    sid: pid,
    vsid: vpid,
    pgid: pid,
    vpgid: vpid,
    parent: undefined,
    sessionLeader: undefined,
    groupLeader: undefined,
    comm: 'cat',
    args: ['cat', '/etc/hostname'],
    argsTruncated: false,
    env: [],
    cwd: '/',
    uid: 0,
    gid: 0,
    euid: 0,
    egid: 0,
    loginuid: 0xffffffff,
    caps: { inheritable: 0n, permitted: 0n, effective: 0n },
    tty: 0,
    startedAtNs: START,
    execAtNs: facts.startedAtNs ?? START,
    executable: testExecutable(),
    cgroupId: 1n,
    cgroupPath: '',
    pidNs: 4026531836,
    mntNs: 4026531841,
    netNs: 4026531840,
    userNs: 4026531837,
    ...facts,
  };
}

/** A process chain from names, the acting process first: `testLineage('cat', 'bash', 'sshd')`. */
export function testLineage(...comms: readonly [string, ...string[]]): ProcessInfo {
  const chain = comms.toReversed();
  let process: ProcessInfo | undefined;
  for (const [i, comm] of chain.entries())
    process = testProcess({
      pid: 10 + i,
      comm,
      args: [comm],
      executable: testExecutable({ path: `/usr/bin/${comm}` }),
      ...(process === undefined ? {} : { parent: process }),
    });
  return process ?? testProcess();
}

/** `web`, an nginx container of Docker, fully described. */
export const testContainer = (facts: Partial<ContainerInfo> = {}): ContainerInfo => ({
  id: '3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e',
  runtime: 'docker',
  name: 'web',
  image: 'docker.io/library/nginx:1.27',
  imageRepository: 'docker.io/library/nginx',
  imageTag: '1.27',
  imageDigest: 'sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a',
  imageId: 'sha256:39286ab8a5e14aeaf5fdd6e2fac76e0c8d31a0c07224f0ee5e6be502f12e93f3',
  privileged: false,
  mounts: [],
  labels: new Map(),
  env: [],
  user: '',
  ip: '172.17.0.2',
  createdAtNs: START - 60_000_000_000n,
  startedAtNs: START - 59_000_000_000n,
  hostPid: false,
  hostNetwork: false,
  hostIpc: false,
  pod: undefined,
  metadata: 'complete',
  metadataProblem: '',
  ...facts,
});

export const testPod = (facts: Partial<PodInfo> = {}): PodInfo => ({
  name: 'shop-7d9c',
  namespace: 'prod',
  uid: 'b0f2e2a4-5d6e-4c59-9a9e-6f1f5a6b7c8d',
  sandboxId: '63060edc2d3aa803ab559f2393776b151f99fc5b05035b21db66b3b62246ad6a',
  labels: new Map([['app', 'shop']]),
  ip: '10.244.0.2',
  ...facts,
});
