import { RunwardError } from '@runward/core';
import { findContainerHierarchy, hasKernelBtf, Kernel, PROGRAMS, type ProgramState } from '@runward/sensor';
import { type Finding, note, off, on } from './finding.js';
import { sensorObject } from './installation.js';
import { read } from './process-scan.js';
import { hasTwin } from './programs-text.js';

const TRIAL_RING = 1024 * 1024;

/** What an error says, with its help and its code. */
export function explain(error: unknown): string {
  if (!(error instanceof RunwardError)) return error instanceof Error ? error.message : String(error);
  const help = error.help === '' ? '' : `; ${error.help.replace(/\s*\n\s*/g, ' | ')}`;
  return `${error.message} [${error.code}]${help}`;
}

/** The file of the libbpf this process runs carries the version in its name. */
function libbpf(): Finding {
  const file = /\S*\/libbpf\.so\S*/.exec(read('/proc/self/maps'))?.[0] ?? '';
  return on('libbpf', file.slice(file.lastIndexOf('/') + 1).replace(/^libbpf\.so\./, ''));
}

function programFindings(states: readonly ProgramState[]): Finding[] {
  return states.map((state) => {
    const { program, attached, problem } = state;
    const feature = `${program.tracepoint} (${program.name})`;
    if (attached) return on(feature, program.gives);
    if (hasTwin(state, states)) return note(feature, 'made for other kernels; its twin is attached');
    return off(feature, problem, program.gives);
  });
}

/** Loads and attaches for real, on a small ring, and detaches again. */
async function trial(): Promise<Finding[]> {
  try {
    const kernel = await Kernel.load({
      objectPath: sensorObject,
      ringSize: TRIAL_RING,
      selfPid: process.pid,
    });
    try {
      kernel.attach();
      return [
        on('sensor', 'the kernel takes its programs and maps; the event layout matches'),
        on('ring buffer', 'made and mapped'),
        ...programFindings(kernel.states),
      ];
    } finally {
      kernel.close();
    }
  } catch (error) {
    return [off('sensor', explain(error), 'no events at all', true)];
  }
}

function cgroups(): Finding {
  try {
    const { layout, v1 } = findContainerHierarchy();
    const fallback = v1 === undefined ? '' : `; v1 groups of ${v1.controller} where a task has no v2 group`;
    return on('cgroups', `${layout}${fallback}`);
  } catch (error) {
    return off('cgroups', explain(error), 'containers cannot be told apart', true);
  }
}

/** What the kernel and libbpf give the sensor, by trying. */
export async function examineSensor(): Promise<Finding[]> {
  const btf = 'kernel type information (BTF)';
  const lost = `none of the ${PROGRAMS.length} programs can be loaded`;
  return [
    libbpf(),
    hasKernelBtf() ? on(btf) : off(btf, 'the kernel has no /sys/kernel/btf/vmlinux', lost, true),
    ...(await trial()),
    cgroups(),
  ];
}
