import { whoIs } from '@runward/state/who';
import { ControlError } from '../control/error.js';
import type { Route } from '../control/router.js';
import type { CaptureOrder, CaptureService } from './capture-service.js';
import { CAPTURE_LIMITS } from './limits.js';

/** Hashing what a container changed takes as long as that is large. */
const TIMEOUT_MS = 600_000;
const MOST_MEMORY_PROCESSES = 64;
const MOST_WHY = 4096;

/** What is asked of captures (docs/control-socket.md). */
export function captureRoutes(load: () => Promise<CaptureService>): readonly Route[] {
  return [
    {
      ...{ method: 'POST', path: '/v1/captures', timeoutMs: TIMEOUT_MS },
      answer: async ({ body, peer }) => {
        const order = orderOf(body);
        const service = await load();
        return { captures: await service.ask(order, whoIs(peer.pid, peer.uid)) };
      },
    },
  ];
}

export function orderOf(body: unknown): CaptureOrder {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('the body is no object');
  const { container, why = '', memory = [], memoryBytes } = body as Readonly<Record<string, unknown>>; // an object: any key may be asked for
  if (typeof container !== 'string' || container === '') throw invalid('`container` is missing');
  if (typeof why !== 'string' || why.length > MOST_WHY)
    throw invalid(`\`why\` is no text of at most ${MOST_WHY} characters`);
  if (!Array.isArray(memory) || memory.length > MOST_MEMORY_PROCESSES || !memory.every(isPid))
    throw invalid(`\`memory\` is no list of at most ${MOST_MEMORY_PROCESSES} process numbers`);
  if (
    memoryBytes !== undefined &&
    !(typeof memoryBytes === 'number' && memoryBytes > 0 && memoryBytes <= CAPTURE_LIMITS.mostMemory)
  )
    throw invalid(`\`memoryBytes\` is no number of bytes up to ${CAPTURE_LIMITS.mostMemory}`);
  return { container, why, memory, memoryBytes };
}

const isPid = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0;

const invalid = (message: string): ControlError =>
  new ControlError('CONTROL_BODY_INVALID', message, { help: 'docs/control-socket.md tells what it takes' });
