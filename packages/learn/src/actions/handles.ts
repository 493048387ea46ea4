import { newNamespaces, type ObjectKind } from '@runward/events';
import type { KernelHandle } from '@runward/policy';
import { Op } from '../builder/files.js';
import type { Scene } from '../scene.js';
import type { Action, Actions } from './action.js';

const CHANGING = Op.write | Op.create | Op.delete | Op.rename | Op.link | Op.chmod | Op.chown;

/** Files that are handles of the kernel. `written`: only for whoever changes them. */
const BY_PATH: readonly {
  readonly fits: RegExp;
  readonly handles: readonly KernelHandle[];
  readonly written: boolean;
}[] = [
  {
    fits: /^\/proc\/sys\/kernel\/core_(?:pattern|pipe_limit)$/,
    handles: ['core-pattern', 'sysctl'],
    written: true,
  },
  { fits: /^\/proc\/sys\/kernel\/modprobe$/, handles: ['modprobe-path', 'sysctl'], written: true },
  { fits: /^\/proc\/sys\/kernel\/hotplug$/, handles: ['uevent-helper', 'sysctl'], written: true },
  { fits: /^\/proc\/sys\/kernel\/sysrq$/, handles: ['sysrq', 'sysctl'], written: true },
  { fits: /^\/proc\/sys\/fs\/binfmt_misc(?:\/|$)/, handles: ['binfmt-misc'], written: true },
  { fits: /^\/proc\/sysrq-trigger$/, handles: ['sysrq'], written: true },
  { fits: /^\/proc\/sys\//, handles: ['sysctl'], written: true },
  { fits: /^\/sys\/kernel\/uevent_helper$/, handles: ['uevent-helper'], written: true },
  { fits: /^\/sys\/fs\/cgroup\/.*release_agent$/, handles: ['release-agent', 'cgroup-files'], written: true },
  { fits: /^\/sys\/fs\/cgroup\//, handles: ['cgroup-files'], written: true },
  { fits: /^(?:\/dev\/(?:mem|kmem|port)|\/proc\/kcore)$/, handles: ['kernel-memory'], written: false },
  { fits: /^\/(?:dev|proc)\/kmsg$/, handles: ['kernel-log'], written: false },
  { fits: /^\/proc\/\[pid\]\/(?:root|cwd|mem|ns)(?:\/|$)/, handles: ['host-process-files'], written: false },
];
const SPECIAL = /^\/(?:proc|sys|dev)\//;
const RUNTIME_SOCKET =
  /\/(?:docker|dockerd|containerd|containerd\.debug|crio|podman|buildkitd|cri-dockerd)\.sock$/;

/** Notes the handles a path stands for, if any. */
export function noteHandleOf(scene: Scene, path: string, operations: number, kind: ObjectKind): void {
  if (kind === 'block') scene.surface('raw-devices');
  if (!SPECIAL.test(path)) return;
  const isChange = (operations & CHANGING) !== 0;
  const found = BY_PATH.find(({ fits, written }) => (isChange || !written) && fits.test(path));
  for (const handle of found?.handles ?? []) {
    // A container that shares the host's processes reaches theirs; in any other they are its own.
    if (handle !== 'host-process-files' || scene.container.hostPid === true) scene.surface(handle);
  }
}

/** Whether a unix socket gives rights over containers. */
export const isRuntimeSocket = (path: string): boolean => RUNTIME_SOCKET.test(path);

const use =
  (handle: KernelHandle, capability?: string): Action =>
  (_, scene) => {
    scene.surface(handle);
    if (capability !== undefined) scene.capability(capability);
  };

const makeNamespaces: Action = (view, scene) => {
  const { user, others } = newNamespaces(view);
  if (user) scene.surface('unshare-user');
  if (!others) return;
  scene.surface('unshare');
  // Whether a clone may ask for memory is checked in the same way, which is not counted.
  if (!user) scene.capability('SYS_ADMIN', true);
};

export const HANDLE_ACTIONS: Actions = {
  init_module: use('modules', 'SYS_MODULE'),
  finit_module: use('modules', 'SYS_MODULE'),
  delete_module: use('modules', 'SYS_MODULE'),
  bpf: use('bpf', 'BPF'),
  ptrace: use('ptrace'),
  process_vm_readv: use('ptrace'),
  process_vm_writev: use('ptrace'),
  pidfd_getfd: use('ptrace'),
  perf_event_open: use('perf', 'PERFMON'),
  userfaultfd: use('userfaultfd'),
  mount: use('mount', 'SYS_ADMIN'),
  umount2: use('mount', 'SYS_ADMIN'),
  move_mount: use('mount', 'SYS_ADMIN'),
  fsopen: use('mount', 'SYS_ADMIN'),
  fsconfig: use('mount', 'SYS_ADMIN'),
  open_tree: use('mount'),
  pivot_root: use('pivot-root', 'SYS_ADMIN'),
  setns: use('setns', 'SYS_ADMIN'),
  unshare: makeNamespaces,
  clone: makeNamespaces,
  clone3: makeNamespaces,
  io_uring_setup: use('io-uring'),
  keyctl: use('keyctl'),
  add_key: use('keyctl'),
  request_key: use('keyctl'),
  kexec_load: use('kexec', 'SYS_BOOT'),
};
