import type { OciDeviceRule, OciLinux } from '../spec/spec.js';
import { change, type SpecChange } from './change.js';
import type { CreationPolicy } from './creation-policy.js';
import { deniedHandles } from './syscalls.js';

const NO_BLOCK_DEVICE: OciDeviceRule = { allow: false, type: 'b', access: 'rwm' };

/** Rules are read in order and the last that fits holds: a denial at the end stands. */
export function restrictDevices(
  linux: OciLinux,
  policy: CreationPolicy,
): { readonly linux: OciLinux; readonly changes: readonly SpecChange[] } {
  const reason = deniedHandles(policy).find(({ means }) => means.blockDevices)?.reason;
  const rules = linux.resources?.devices ?? [];
  if (reason === undefined || !allowsBlockDevice(rules)) return { linux, changes: [] };
  return {
    linux: { ...linux, resources: { ...linux.resources, devices: [...rules, NO_BLOCK_DEVICE] } },
    changes: [change('linux.resources.devices', 'no block devices', [reason])],
  };
}

/** Whether any block device may be opened under these rules. Without rules the runtime's defaults name none. */
function allowsBlockDevice(rules: readonly OciDeviceRule[]): boolean {
  let allows = false;
  for (const { allow, type = 'a', major, minor } of rules) {
    if (type !== 'a' && type !== 'b') continue;
    if (allow) allows = true;
    else if (isAny(major) && isAny(minor)) allows = false;
  }
  return allows;
}

/** Absent, or the -1 that some write for it. */
const isAny = (number: unknown): boolean => number === undefined || number === -1;
