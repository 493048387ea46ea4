import { createHash } from 'node:crypto';
import { whoIs } from '@runward/state';
import type { ChangeRequest } from '../control/server.js';
import type { EvidenceSink } from './evidence-host.js';

/** Asked by the runtime wrapper for every container, not by a person. */
const BY_MACHINES = '/v1/oci/';

/**
 * Puts on record who asked the agent for a change, and what came of it. Of what was asked with it the digest is kept: it
 * can hold whole policies, and what became of those is a record of its own.
 */
export function commandRecords(sink: EvidenceSink): (request: ChangeRequest) => void {
  return ({ peer, method, path, body, status }) => {
    if (path.startsWith(BY_MACHINES)) return;
    const text = body === undefined ? undefined : JSON.stringify(body);
    void sink.append('command', {
      ...{ who: whoIs(peer.pid, peer.uid), request: `${method} ${path}`, status },
      ...(text === undefined ? {} : { body: createHash('sha256').update(text).digest('hex') }),
    });
  };
}
