import { type EventView, newNamespaces } from '@runward/events';
import type { KernelHandle } from '../model/policy.js';
import type { ObservedAction, ObservedFileUse } from './observed-action.js';
import { wasTried } from './outcome.js';

/** Calls that are a handle by themselves, whatever their arguments. */
const CALLS: Readonly<Record<string, KernelHandle>> = {
  init_module: 'modules',
  finit_module: 'modules',
  delete_module: 'modules',
  bpf: 'bpf',
  ptrace: 'ptrace',
  process_vm_readv: 'ptrace',
  process_vm_writev: 'ptrace',
  pidfd_getfd: 'ptrace',
  perf_event_open: 'perf',
  userfaultfd: 'userfaultfd',
  mount: 'mount',
  umount2: 'mount',
  move_mount: 'mount',
  fsopen: 'mount',
  fsconfig: 'mount',
  open_tree: 'mount',
  pivot_root: 'pivot-root',
  setns: 'setns',
  io_uring_setup: 'io-uring',
  keyctl: 'keyctl',
  add_key: 'keyctl',
  request_key: 'keyctl',
  kexec_load: 'kexec',
};

const PTRACE_TRACEME = 0;

/** Which handles of the kernel a call took hold of. `files`: what it did to files, which may be handles. */
export function surfaceActions(view: EventView, files: readonly ObservedAction[]): readonly ObservedAction[] {
  const handles = new Set<KernelHandle>();
  if (wasTried(view)) for (const handle of calledHandles(view)) handles.add(handle);
  for (const action of files) if (action.section === 'file') addFileHandle(action, view, handles);
  return [...handles].map((name) => ({ section: 'kernelSurface', name }));
}

function calledHandles(view: EventView): readonly KernelHandle[] {
  switch (view.typeName) {
    case 'clone':
    case 'clone3':
    case 'unshare': {
      const { user, others } = newNamespaces(view);
      const handles: KernelHandle[] = [];
      if (user) handles.push('unshare-user');
      if (others) handles.push('unshare');
      return handles;
    }
    case 'ptrace':
      return view.arg(0) === PTRACE_TRACEME ? [] : ['ptrace'];
    case 'connect':
      return view.unixPath !== undefined && RUNTIME_SOCKET.test(view.unixPath) ? ['runtime-socket'] : [];
    default: {
      const handle = CALLS[view.typeName];
      return handle === undefined ? [] : [handle];
    }
  }
}

const RUNTIME_SOCKET =
  /\/(?:docker|dockerd|containerd|containerd\.debug|crio|cri-dockerd|podman|buildkitd)\.sock$/;

const WRITES: ReadonlySet<string> = new Set([
  'write',
  'create',
  'delete',
  'rename',
  'link',
  'chmod',
  'chown',
]);

/** Handles that are files of proc, sysfs, cgroup and the devices; any: reading them is use as well. */
const FILES: readonly {
  readonly path: RegExp;
  readonly handles: readonly KernelHandle[];
  readonly any?: true;
}[] = [
  { path: /^\/dev\/(?:mem|kmem|port)$|^\/proc\/kcore$/, handles: ['kernel-memory'], any: true },
  { path: /^\/dev\/kmsg$|^\/proc\/kmsg$/, handles: ['kernel-log'], any: true },
  { path: /^\/proc\/sys\/kernel\/core_(?:pattern|pipe_limit)$/, handles: ['core-pattern', 'sysctl'] },
  { path: /^\/proc\/sys\/kernel\/modprobe$/, handles: ['modprobe-path', 'sysctl'] },
  { path: /^\/proc\/sys\/kernel\/hotplug$/, handles: ['uevent-helper', 'sysctl'] },
  { path: /^\/proc\/sys\/kernel\/sysrq$/, handles: ['sysrq', 'sysctl'] },
  { path: /^\/proc\/sysrq-trigger$/, handles: ['sysrq'] },
  { path: /^\/proc\/sys\/fs\/binfmt_misc\//, handles: ['binfmt-misc'] },
  { path: /^\/proc\/sys\//, handles: ['sysctl'] },
  { path: /^\/sys\/kernel\/uevent_helper$/, handles: ['uevent-helper'] },
  { path: /^\/sys\/fs\/cgroup\/.*release_agent$/, handles: ['release-agent', 'cgroup-files'] },
  { path: /^\/sys\/fs\/cgroup\//, handles: ['cgroup-files'] },
];

function addFileHandle(action: ObservedFileUse, view: EventView, handles: Set<KernelHandle>): void {
  if (view.objectKind === 'block' && (action.operation === 'read' || action.operation === 'write'))
    handles.add('raw-devices');
  const found = FILES.find(({ path }) => path.test(action.path));
  if (found !== undefined && (found.any === true || WRITES.has(action.operation)))
    for (const handle of found.handles) handles.add(handle);
}
