import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { BpfObject, closeFd, KernelBtf, openPinned } from '@runward/native';
import { type KernelSurvey, surveyKernel } from '@runward/sensor';
import { EnforceError } from '../error.js';
import { type ObjectFile, readObject } from '../kernel/load.js';
import { makePinFolder } from '../pins/bpf-folder.js';
import {
  type Generation,
  generationName,
  generationsIn,
  pinGeneration,
  removeUnfinished,
} from '../pins/generation.js';
import { ISOLATE_LAYOUT_HASH, RwIsolateBoot } from './layout.generated.js';

const MAPS = [
  'rw_isolated',
  'rw_isolations',
  'rw_isolate_counts',
  'rw_isolate_allowed',
  'rw_isolate_sockets',
] as const;
type MapName = (typeof MAPS)[number];
/** Descriptors by name. */
export type IsolationMaps = Readonly<Record<MapName, number>>;

/** The marks come first: what is judged must be known before. */
const PROGRAMS = [
  { name: 'rw_isolate_mkdir', at: 'kernel' },
  { name: 'rw_isolate_rmdir', at: 'kernel' },
  { name: 'rw_isolate_sock_create', at: 'cgroup' },
  { name: 'rw_isolate_connect4', at: 'cgroup' },
  { name: 'rw_isolate_connect6', at: 'cgroup' },
  { name: 'rw_isolate_sendmsg4', at: 'cgroup' },
  { name: 'rw_isolate_sendmsg6', at: 'cgroup' },
  { name: 'rw_isolate_connect_unix', at: 'cgroup', attachType: 49 },
  { name: 'rw_isolate_sendmsg_unix', at: 'cgroup', attachType: 50 },
  { name: 'rw_isolate_ingress', at: 'cgroup' },
  { name: 'rw_isolate_egress', at: 'cgroup' },
  { name: 'rw_isolate_held', at: 'kernel' },
] as const satisfies readonly {
  readonly name: string;
  readonly at: 'kernel' | 'cgroup';
  readonly attachType?: number;
}[];

const EPERM = 1;
const LOG_LINES = 6;

export interface LoadedIsolation {
  readonly generation: Generation;
  readonly maps: IsolationMaps;
}

/** What an earlier process left in force; undefined when there is nothing. */
export function findIsolation(objectPath: string, folder: string): LoadedIsolation | undefined {
  const [generation, ...more] = generationsIn(folder);
  if (generation === undefined) return undefined;
  const name = generationName(ISOLATE_LAYOUT_HASH, readObject(objectPath).digest);
  if (more.length > 0 || generation.layout !== name.slice(0, generation.layout.length))
    throw new EnforceError('ISOLATION_OTHER_VERSION', `what is isolated was isolated by another version (pinned in \`${folder}\`)`, {
      help: 'it stays in force; release it with that version, or all of it with `runward release --all`',
    }); // biome-ignore format: one call
  return { generation, maps: openMaps(join(folder, generation.name)) };
}

function openMaps(path: string): IsolationMaps {
  const opened: Partial<Record<MapName, number>> = {};
  for (const name of MAPS) {
    const fd = openPinned(join(path, `map-${name}`));
    if (fd < 0) {
      for (const other of Object.values(opened)) closeFd(other);
      throw new EnforceError('ENFORCE_PIN_FAILED', `the map \`${name}\` pinned in \`${path}\` cannot be opened (errno ${-fd})`, {
        help: 'something else removed it: `runward release --all`, then isolate again',
      }); // biome-ignore format: one call
    }
    opened[name] = fd;
  }
  return opened as IsolationMaps; // every name of MAPS was set
}

/**
 * Loads, attaches and pins the programs: all of them, but for those of unix sockets, which the kernel may be too old for.
 *
 * @throws EnforceError
 */
export async function loadIsolation(objectPath: string, folder: string): Promise<LoadedIsolation> {
  const file = readObject(objectPath);
  const survey = await surveyKernel();
  const hasUnix = await hasUnixHooks();
  makePinFolder(folder);
  removeUnfinished(folder);
  const object = openObject(file);
  try {
    prepare(object, survey);
    const wanted = PROGRAMS.filter((program) => hasUnix || !('attachType' in program));
    for (const program of PROGRAMS) {
      if ('attachType' in program) object.setAttachType(program.name, program.attachType);
      if (wanted.includes(program)) object.captureLog(program.name);
      else object.setAutoload(program.name, false);
    }
    refuseLoad(object, await object.load());
    attachAll(object, survey, wanted);
    const name = generationName(ISOLATE_LAYOUT_HASH, file.digest);
    const generation = pinGeneration(
      folder,
      name,
      MAPS.map((map) => ({ name: map, fd: object.mapFd(map) })),
      wanted.map((program) => ({ name: program.name, fd: object.linkFd(program.name) })),
    );
    return { generation, maps: openMaps(join(folder, name)) };
  } finally {
    object.close(); // what is pinned stays
  }
}

function openObject({ path }: ObjectFile): BpfObject {
  const object = BpfObject.open(path);
  if (object !== undefined) return object;
  throw new EnforceError('ENFORCE_OBJECT_MISSING', `\`${path}\` is not a BPF object libbpf can open`, {
    help: 'build it again with `make bpf`; libbpf 1.1 or newer is needed',
  });
}

async function hasUnixHooks(): Promise<boolean> {
  const btf = await KernelBtf.load();
  const found = btf?.enumValue('bpf_attach_type', 'BPF_CGROUP_UNIX_CONNECT') !== undefined;
  btf?.close();
  return found;
}

function prepare(object: BpfObject, { hierarchy, subsystem }: KernelSurvey): void {
  const boot = object.initialValue('.rodata.boot');
  const view = boot === undefined ? undefined : new DataView(boot);
  if (view?.getBigUint64(RwIsolateBoot.layout_hash, true) !== ISOLATE_LAYOUT_HASH)
    throw new EnforceError('ENFORCE_LAYOUT_MISMATCH', 'the compiled isolation has another layout than this program expects', {
      help: 'build both from one checkout: `make build`',
    }); // biome-ignore format: one call
  view.setInt32(RwIsolateBoot.cgroup_subsys, subsystem, true);
  view.setUint32(RwIsolateBoot.cgroup_hierarchy, hierarchy.v1?.id ?? 0, true);
}

function refuseLoad(object: BpfObject, result: number): void {
  if (result === 0) return;
  if (result === -EPERM)
    throw new EnforceError('ENFORCE_NOT_PERMITTED', 'the kernel did not permit loading the programs of isolation', {
      help: 'the agent must run as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; check kernel lockdown',
    }); // biome-ignore format: one call
  const log = object.verifierLogs().at(-1);
  const words = log?.text.trimEnd().split('\n').slice(-LOG_LINES).join('\n  ') ?? '';
  throw new EnforceError(
    'ENFORCE_LOAD_FAILED',
    `the kernel refused the programs of isolation (errno ${-result})`,
    {
      help: `Linux 6.1 or newer with BTF and CONFIG_CGROUP_BPF is needed${words === '' ? '' : `\n  ${log?.program}: ${words}`}`,
    },
  );
}

function attachAll(
  object: BpfObject,
  { hierarchy }: KernelSurvey,
  programs: readonly (typeof PROGRAMS)[number][],
): void {
  const { v2Folder } = hierarchy;
  if (v2Folder === undefined)
    throw new EnforceError('ENFORCE_LOAD_FAILED', 'isolation needs the cgroup v2 hierarchy, which is not mounted', {
      help: 'mount cgroup2, for instance at /sys/fs/cgroup/unified; it may stand beside version 1',
    }); // biome-ignore format: one call
  const root = openSync(v2Folder, 'r');
  try {
    for (const { name, at } of programs) {
      const result = at === 'cgroup' ? object.attachCgroup(name, root) : object.attach(name);
      if (result !== 0)
        throw new EnforceError('ENFORCE_LOAD_FAILED', `\`${name}\` cannot be attached (errno ${-result})`, {
          help: 'a program at the root of the cgroups may tolerate none beside it (attached without BPF_F_ALLOW_MULTI)',
        });
    }
  } finally {
    closeSync(root);
  }
}
