import { ServerError } from '../error.js';
import type { Reference } from './reference.js';
import type { MeasuredNode } from './trust-book.js';

export interface ReferenceOrder {
  readonly profile: string;
  readonly version: number;
  /** Days such as `2026-11-30`. */
  readonly date: string;
  readonly expires: string;
  /** Digests of events where there is a boot log, instead of values of registers. */
  readonly byEvents: boolean;
}

/** Registers that firmware and loaders fill: what else fills some is not the same at each start. */
const REGISTERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14];
const ZERO = '0'.repeat(64);

/**
 * A reference by which a machine that is like this node is trusted: a proposal, to be read before it is set.
 *
 * @throws ServerError SERVER_REFERENCE_INVALID of a machine whose registers hold nothing
 */
export function makeReference(measured: MeasuredNode, order: ReferenceOrder): Reference {
  const { profile: name, version, date, expires, byEvents } = order;
  const hasEvents = byEvents && measured.events.length > 0;
  const events = Map.groupBy(
    measured.events.filter(({ register }) => REGISTERS.includes(register)),
    ({ register }) => String(register),
  );
  const pcrs = REGISTERS.flatMap((register) => {
    const value = measured.registers[register];
    if (value === undefined || value === ZERO || (hasEvents && events.has(String(register)))) return [];
    return [[String(register), [value]] as [string, string[]]];
  });
  if (pcrs.length === 0 && !hasEvents)
    throw new ServerError(
      'SERVER_REFERENCE_INVALID',
      `nothing was measured when \`${name}\` started: its registers are empty`,
      {
        help: 'its firmware does not use the TPM; turn that on (measured boot), and start the machine again',
      },
    );
  const files = [
    ...new Set(measured.files.filter(([, path]) => path !== 'boot_aggregate').map(([digest]) => digest)),
  ].sort();
  return {
    ...{ version, date, expires },
    profiles: [
      {
        ...{ name, clusters: [], nodes: [], pcrs: Object.fromEntries(pcrs) },
        events: hasEvents
          ? Object.fromEntries(
              [...events].map(([register, list]) => [
                register,
                [...new Set(list.map(({ digest }) => digest))],
              ]),
            )
          : {},
        ...(files.length === 0 ? {} : { ima: { files, ignore: [], containers: 'fail' as const } }),
      },
    ],
  };
}
