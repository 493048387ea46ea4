import { KernelBtf } from '@runward/native';
import { type ContainerHierarchy, findContainerHierarchy } from './cgroup-hierarchy.js';
import { SensorError } from './error.js';
import { attachablePrograms, LEARNING_PROGRAMS, PROGRAMS } from './programs.js';

/** What the programs must be told of the running kernel before they are loaded. */
export interface KernelSurvey {
  readonly hierarchy: ContainerHierarchy;
  /** Index in `css_set.subsys` of the v1 hierarchy's controller; -1: there is none. */
  readonly subsystem: number;
  /** Optional programs this kernel has no tracepoint for, or one of another form. */
  readonly missing: ReadonlySet<string>;
}

/**
 * Asks the kernel's type information, which is several MiB and read on another thread.
 *
 * @throws SensorError SENSOR_LOAD_FAILED when the kernel has none, or lacks a tracepoint that cannot be missed
 */
export async function surveyKernel(): Promise<KernelSurvey> {
  const btf = await KernelBtf.load();
  if (btf === undefined) {
    throw new SensorError('SENSOR_LOAD_FAILED', 'this kernel carries no type information (BTF)', {
      help: 'a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed; /sys/kernel/btf/vmlinux must exist',
    });
  }
  try {
    const hierarchy = findContainerHierarchy();
    const attachable = attachablePrograms(btf);
    const missing = [...PROGRAMS, ...LEARNING_PROGRAMS].filter((p) => !attachable.has(p.name));
    const absent = missing.find((p) => !p.optional);
    if (absent !== undefined) {
      throw new SensorError('SENSOR_LOAD_FAILED', `this kernel has no tracepoint \`${absent.tracepoint}\``, {
        help: `without it there is no ${absent.gives}`,
      });
    }
    return {
      hierarchy,
      subsystem: subsystemIndex(hierarchy, btf),
      missing: new Set(missing.map((p) => p.name)),
    };
  } finally {
    btf.close();
  }
}

/**
 * The kernel's own number of the v1 controller. /proc/cgroups gives it as well, but newer kernels leave
 * controllers out there, which shifts the rest.
 */
function subsystemIndex({ v1 }: ContainerHierarchy, btf: KernelBtf): number {
  if (v1 === undefined) return -1;
  return btf.enumValue('cgroup_subsys_id', `${v1.controller}_cgrp_id`) ?? v1.subsystem;
}
