import type { Mode, RuntimePolicy } from '../model/policy.js';
import type { WorkloadProfile } from '../profile/profile.js';
import { readPolicies } from '../read/read-policies.js';
import { planFiles } from './files.js';
import { planCapabilities, planSurface, planSyscalls } from './names.js';
import { planNetwork } from './network.js';
import type { GeneralisedLine } from './planned-line.js';
import { PolicyText } from './policy-text.js';
import { planPrivilege } from './privilege.js';
import { planProcesses } from './processes.js';
import { policyNameOf, selectorOf } from './selector.js';

export interface GeneraliseOptions {
  /** Name of the policy; default: made from the workload's. */
  readonly name?: string;
  /** Of all sections; default `monitor`. */
  readonly mode?: Mode;
  readonly owner?: string;
  readonly version?: string;
  /** Default: says from what and how long it was learnt. */
  readonly description?: string;
}

export interface Generalised {
  /** YAML of the policy, with a comment beside every line that says why it is there. */
  readonly text: string;
  /** The same, as {@link readPolicies} reads it from `text`; spans point into it. */
  readonly policy: RuntimePolicy;
  /** In the order of the text. */
  readonly lines: readonly GeneralisedLine[];
}

/**
 * What a profile shows, as a policy that denies everything else. Equal profiles give equal texts. Everything in the
 * profile is allowed; how much more is, and why, is said by each line. Sensitive files (`isSensitive`) are
 * allowed only where they were seen.
 *
 * @throws RangeError when the result is more than a policy may hold (`LIMITS`); the message names the limit
 */
export function generalise(profile: WorkloadProfile, options: GeneraliseOptions = {}): Generalised {
  const text = new PolicyText();
  text.head(profile, {
    name: options.name ?? policyNameOf(profile.workload),
    mode: options.mode ?? 'monitor',
    owner: options.owner ?? '',
    version: options.version ?? '',
    description: options.description,
    selector: selectorOf(profile),
  });
  text.section('process', planProcesses(profile));
  text.section('file', planFiles(profile));
  text.section('network', planNetwork(profile));
  text.section('capabilities', planCapabilities(profile));
  text.section('syscalls', planSyscalls(profile));
  text.section('kernelSurface', planSurface(profile));
  text.section('privilege', planPrivilege(profile));
  return { text: text.text, policy: read(text.text), lines: text.lines };
}

function read(text: string): RuntimePolicy {
  const { policies, diagnostics } = readPolicies([{ name: 'generalised', text }]);
  const error = diagnostics.find(({ severity }) => severity === 'error');
  const [policy] = policies;
  if (error !== undefined || policy === undefined)
    throw new RangeError(`the profile makes no sound policy: ${error?.message ?? 'it is empty'}`);
  return policy;
}
