import { resolve } from 'node:path';
import { type Who, whoIs } from '@runward/state';
import { ControlError } from '../control/error.js';
import type { Route } from '../control/router.js';
import type { AttestService } from './attest-service.js';

export interface ApprovedNews {
  readonly key: string;
  readonly digest: string;
  readonly why: string;
  readonly who: Who;
}

export interface AttestRouteOptions {
  /** The folder approvals are in. */
  readonly state: string;
  /** undefined: nothing is looked at all the time. */
  readonly service: AttestService | undefined;
  /** Puts it on record. */
  readonly onApproved: (news: ApprovedNews) => void;
}

const TIMEOUT_MS = 60_000;

/** What is asked about what containers may do (docs/control-socket.md). */
export const attestRoutes = ({ state, service, onApproved }: AttestRouteOptions): readonly Route[] => [
  {
    ...{ method: 'GET', path: '/v1/attest', timeoutMs: TIMEOUT_MS },
    answer: async () => {
      if (service === undefined)
        throw new ControlError('CONTROL_NOT_FOUND', 'this agent does not look at what containers may do', {
          help: 'start it with `--attest`; `runward attest show` needs no agent',
        });
      return { containers: await service.look() };
    },
  },
  {
    ...{ method: 'POST', path: '/v1/attest/approved', timeoutMs: TIMEOUT_MS },
    answer: async ({ body, peer }) => {
      const { key, digest, why, state: place } = fields(body);
      // Told of another folder's, it is not this agent's to put on record.
      if (resolve(place) !== resolve(state)) return { onRecord: false };
      onApproved({ key, digest, why, who: whoIs(peer.pid, peer.uid) });
      await service?.look();
      return { onRecord: true };
    },
  },
];

const LONGEST = 4096;

function fields(body: unknown): Readonly<Record<'key' | 'digest' | 'why' | 'state', string>> {
  const found = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>; // any key may be asked for
  const text = (key: string): string => {
    const value = found[key];
    if (typeof value === 'string' && value.length <= LONGEST) return value;
    throw new ControlError(
      'CONTROL_BODY_INVALID',
      `\`${key}\` is missing, or no text of at most ${LONGEST} characters`,
      {
        help: 'docs/control-socket.md tells what it takes',
      },
    );
  };
  return { key: text('key'), digest: text('digest'), why: text('why'), state: text('state') };
}
