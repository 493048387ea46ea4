import { type Check, count, flag, isObject, list, oneOf, shape, text } from '../store/checks.js';
import type { WorkloadProfile } from './profile.js';

const texts = list(text);
const seen = { count, firstMs: count, lastMs: count, startup: flag, steady: flag, replicas: count };
const name = shape({ ...seen, name: text, by: texts, evidence: oneOf('seen', 'inferred') });
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const PROFILE = shape({
  workload: text,
  images: texts,
  imageDigests: texts,
  namespaces: texts,
  containerNames: texts,
  coverage: shape({
    ...{ firstMs: count, lastMs: count, watchedMs: count, replicas: count, starts: count, sessions: count },
    ...{ lastNewMs: count, lostRecords: count },
    containers: optional(
      list(shape({ id: text, firstMs: count, lastMs: count, watchedMs: count, fromStart: flag })),
    ),
    sessionList: optional(list(shape({ id: text, lostRecords: count }))),
    callsCounted: optional(flag),
    omitted: optional((value) => isObject(value) && Object.values(value).every(count)),
  }),
  processes: list(
    shape({
      ...{ ...seen, path: text, parent: text, argumentSamples: texts },
      ...{ upperLayer: flag, memfd: flag, setuid: flag },
    }),
  ),
  files: list(
    shape({
      ...{ ...seen, path: text, operations: texts, by: texts, ownerOnly: flag },
      mount: oneOf('root', 'volume', 'proc', 'sys', 'dev', 'tmpfs', 'unknown'),
    }),
  ),
  network: list(
    shape({
      ...{ ...seen, address: text, port: count, names: texts, by: texts },
      operation: oneOf('connect', 'bind', 'listen', 'accept', 'create'),
      family: oneOf('ipv4', 'ipv6', 'unix', 'netlink', 'packet', 'other'),
      protocol: oneOf('tcp', 'udp', 'raw', 'sctp', 'icmp', 'other'),
    }),
  ),
  capabilities: list(name),
  syscalls: list(name),
  kernelSurface: list(name),
  privilege: shape({
    ...{ setuidExecution: flag, gainedPrivileges: flag, wroteRoot: flag },
    uids: list(count),
  }),
});

/** One line of JSON. */
export const writeProfile = (profile: WorkloadProfile): string => `${JSON.stringify(profile)}\n`;

/** Reads what {@link writeProfile} wrote; of any other text gives the reason, in words that go behind a file's name. */
export function readProfile(written: string): WorkloadProfile | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch (error) {
    return { problem: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (!isObject(value)) return { problem: 'is not a JSON object' };
  if (value.format !== 1)
    return { problem: `has format ${JSON.stringify(value.format)}; this version reads 1` };
  return isProfile(value) ? value : { problem: 'is no profile, or one that was changed by hand' };
}

const isProfile = (value: unknown): value is WorkloadProfile => PROFILE(value);
