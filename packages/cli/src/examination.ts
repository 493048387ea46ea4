import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { type RegistryOptions, RuntimeRegistry } from '@runward/runtimes';
import {
  findContainerHierarchy,
  hasKernelBtf,
  Kernel,
  PROGRAMS,
  type ProgramState,
  SensorError,
} from '@runward/sensor';
import { sensorObject } from './installation.js';
import { hasTwin } from './programs-text.js';

export interface Finding {
  readonly feature: string;
  readonly state: 'on' | 'off' | 'note';
  /** The main job does not work without it. */
  readonly required: boolean;
  readonly detail: string;
  readonly lost: string;
}

const TRIAL_RING = 1024 * 1024;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
};

const on = (feature: string, detail = ''): Finding => ({
  feature,
  state: 'on',
  required: false,
  detail,
  lost: '',
});
const note = (feature: string, detail: string): Finding => ({
  feature,
  state: 'note',
  required: false,
  detail,
  lost: '',
});
const off = (feature: string, detail: string, lost: string, required = false): Finding => ({
  feature,
  state: 'off',
  required,
  detail,
  lost,
});

/** Capabilities the sensor uses, by bit, and for what. */
const NEEDED = [
  { bit: 39, name: 'CAP_BPF', why: 'load the sensor' },
  { bit: 38, name: 'CAP_PERFMON', why: 'attach it' },
  { bit: 19, name: 'CAP_SYS_PTRACE', why: "read other users' processes in /proc" },
] as const;
const SYS_ADMIN = 21;

function capabilities(): Finding {
  const set = BigInt(`0x${/CapEff:\s*(\S+)/.exec(read('/proc/self/status'))?.[1] ?? '0'}`);
  const has = (bit: number): boolean => ((set >> BigInt(bit)) & 1n) === 1n;
  const missing = NEEDED.filter(({ bit }) => !has(bit) && !has(SYS_ADMIN));
  if (missing.length === 0) return on('privileges', 'all that the sensor needs');
  return off(
    'privileges',
    `missing ${missing.map((m) => `${m.name} (to ${m.why})`).join(', ')}`,
    'the sensor cannot be loaded; run as root',
    true,
  );
}

/** Loads and attaches for real, on a small ring, and detaches again. */
async function tryPrograms(): Promise<Finding[]> {
  try {
    const kernel = await Kernel.load({
      objectPath: sensorObject,
      ringSize: TRIAL_RING,
      selfPid: process.pid,
    });
    kernel.attach();
    const states = kernel.states;
    kernel.close();
    return [on('sensor', 'loads and attaches; event layout matches'), ...programFindings(states)];
  } catch (error) {
    const detail =
      error instanceof SensorError
        ? [error.message, error.help].filter((t) => t !== '').join('; ')
        : String(error);
    return [off('sensor', detail, 'no events at all', true)];
  }
}

function programFindings(states: readonly ProgramState[]): Finding[] {
  const findings: Finding[] = [];
  for (const state of states) {
    const { program, attached, problem } = state;
    const feature = `${program.tracepoint} (${program.name})`;
    if (attached) findings.push(on(feature, program.gives));
    else if (hasTwin(state, states))
      findings.push(note(feature, 'made for other kernels; its twin is attached'));
    else findings.push(off(feature, problem, program.gives));
  }
  return findings;
}

function cgroups(): Finding {
  try {
    const { layout, v1 } = findContainerHierarchy();
    const detail =
      v1 === undefined ? layout : `${layout}; v1 groups of ${v1.controller} where a task has no v2 group`;
    return on('cgroups', detail);
  } catch (error) {
    return off(
      'cgroups',
      error instanceof Error ? error.message : String(error),
      'containers cannot be told apart',
      true,
    );
  }
}

function kernelNotes(): Finding[] {
  const lsm = read('/sys/kernel/security/lsm');
  const uring = read('/proc/sys/kernel/io_uring_disabled');
  const lockdown = read('/sys/kernel/security/lockdown');
  const confidential = /\[confidentiality\]/.test(lockdown);
  return [
    note(
      'BPF LSM',
      lsm.includes('bpf')
        ? 'listed among the active LSMs; not used by the sensor'
        : 'not active; the sensor does not need it',
    ),
    note(
      'io_uring',
      uring === '2'
        ? 'disabled for all'
        : uring === '1'
          ? 'restricted to a group'
          : 'allowed; its requests are reported like system calls',
    ),
    note(
      '32-bit system calls',
      existsSync('/proc/sys/abi/vsyscall32') || process.arch === 'arm64'
        ? 'possible; reported like native ones'
        : 'this kernel has none',
    ),
    confidential
      ? off('lockdown', 'confidentiality mode', 'the kernel lets no program read its memory: no events', true)
      : note('lockdown', lockdown === '' ? 'not in use' : lockdown),
  ];
}

async function runtimes(options: RegistryOptions): Promise<Finding[]> {
  const registry = await RuntimeRegistry.discover(options);
  const statuses = await registry.status();
  registry.close();
  if (statuses.length === 0) {
    return [
      off(
        'container runtimes',
        'none found',
        'containers are known by cgroup and namespaces only, without image and name',
      ),
    ];
  }
  return statuses.map((s) =>
    s.ok
      ? on(`${s.runtime} at ${s.endpoint}`, s.version)
      : off(`${s.runtime} at ${s.endpoint}`, s.problem, 'its containers are reported without image and name'),
  );
}

export async function examine(options: RegistryOptions): Promise<Finding[]> {
  return [
    note('kernel', `${release()} ${process.arch}`),
    hasKernelBtf()
      ? on('kernel type information (BTF)')
      : off(
          'kernel type information (BTF)',
          'the kernel has no /sys/kernel/btf/vmlinux',
          `none of the ${PROGRAMS.length} programs can be loaded`,
          true,
        ),
    capabilities(),
    ...(await tryPrograms()),
    cgroups(),
    ...kernelNotes(),
    ...(await runtimes(options)),
  ];
}
