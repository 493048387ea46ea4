import { whoIs } from '@runward/state';
import { ControlError } from '../control/error.js';
import type { Route } from '../control/router.js';
import type { EvidenceHost } from './evidence-host.js';

/** A disk that takes nothing makes a rotation wait. */
const TIMEOUT_MS = 30_000;

/** What is asked of the evidence log of a running agent (docs/control-socket.md). */
export function evidenceRoutes(evidence: EvidenceHost): readonly Route[] {
  return [
    { method: 'GET', path: '/v1/evidence', answer: () => evidence.summary },
    {
      method: 'POST',
      path: '/v1/evidence/rotate',
      timeoutMs: TIMEOUT_MS,
      answer: async ({ peer }) => {
        const publicKey = await evidence.rotate(whoIs(peer.pid, peer.uid));
        if (publicKey !== undefined) return { publicKey };
        throw new ControlError('CONTROL_CONFLICT', 'this agent keeps no evidence log', {
          help: '`runward evidence rotate --folder DIR` changes the key of a log that no agent writes',
        });
      },
    },
  ];
}
