import type { MeasuredEvent } from '../boot-log/describe.js';
import { containerPath } from '../ima/container-path.js';
import type { ImaEntry } from '../ima/entry.js';
import type { PcrValues } from '../structures/pcr-values.js';
import { type Distrust, distrust } from './reason.js';

/** What a kind of machine is expected to be. */
export interface Profile {
  readonly name: string;
  /** Values that a register may have, hexadecimal. */
  readonly pcrs: ReadonlyMap<number, readonly string[]>;
  /** Digests that may be measured into a register: in any order, any number of times. */
  readonly events: ReadonlyMap<number, ReadonlySet<string>>;
  /** undefined: what IMA measured is not judged. */
  readonly ima: ImaRule | undefined;
}

export interface ImaRule {
  /** `sha256:…` */
  readonly files: ReadonlySet<string>;
  /** Files below these folders are not judged: logs, for instance, which change while they are measured. */
  readonly ignore: readonly string[];
  /** What comes of files of containers, by their path, that are not listed. */
  readonly containers: 'fail' | 'report';
}

/** What was measured, and is known to have been. */
export interface Measured {
  readonly values: PcrValues;
  readonly events: readonly MeasuredEvent[] | undefined;
  readonly entries: readonly ImaEntry[];
  /** All that were ever verified in this boot. */
  readonly entryCount: number;
}

/** undefined: it is as the profile says. */
export function compareWith(profile: Profile, measured: Measured): Distrust | undefined {
  return (
    comparePcrs(profile, measured) ?? compareEvents(profile, measured) ?? compareFiles(profile, measured)
  );
}

function comparePcrs({ name, pcrs }: Profile, { values }: Measured): Distrust | undefined {
  for (const [register, allowed] of pcrs) {
    const value = values.get(register)?.toString('hex') ?? '';
    if (!allowed.includes(value))
      return distrust(
        'pcr-changed',
        `register ${register} is ${value}; \`${name}\` has ${allowed.join(' or ')} for it`,
      );
  }
  return undefined;
}

function compareEvents({ name, events: allowed }: Profile, { events }: Measured): Distrust | undefined {
  if (allowed.size === 0) return undefined;
  if (events === undefined)
    return distrust(
      'boot-log-missing',
      `\`${name}\` judges what was measured at boot, and the node shows no log of it`,
    );
  const unknown = events.find(({ register, digest }) => allowed.get(register)?.has(digest) === false);
  return (
    unknown &&
    distrust(
      'event-unknown',
      `${unknown.type} ${unknown.digest} was measured into register ${unknown.register}${unknown.text === '' ? '' : ` (${unknown.text})`}; \`${name}\` does not list it`,
    )
  );
}

function compareFiles({ name, ima }: Profile, measured: Measured): Distrust | undefined {
  if (ima === undefined) return undefined;
  if (measured.entryCount === 0)
    return distrust(
      'ima-list-missing',
      `\`${name}\` judges what IMA measured, and on the node it measures nothing`,
    );
  const unknown = measured.entries.filter((entry) => !isListed(entry, ima));
  const [first] = unknown;
  return first === undefined
    ? undefined
    : distrust(
        'file-unknown',
        `${named(first)} was measured${unknown.length === 1 ? '' : `, and ${unknown.length - 1} more`}; \`${name}\` does not list ${unknown.length === 1 ? 'it' : 'them'}`,
      );
}

function isListed({ file }: ImaEntry, { files, ignore, containers }: ImaRule): boolean {
  if (file.path === 'boot_aggregate' || files.has(file.hash)) return true;
  if (ignore.some((folder) => file.path.startsWith(folder))) return true;
  return containers === 'report' && containerPath(file.path) !== undefined;
}

function named({ file: { hash, path }, isViolation }: ImaEntry): string {
  const inside = containerPath(path);
  const where =
    inside === undefined ? `\`${path}\`` : `\`${inside.path}\` of the ${inside.of} ${inside.id.slice(0, 12)}`;
  return isViolation
    ? `${where}, which was changed while it was in use,`
    : `${where} (${hash || 'no digest'})`;
}
