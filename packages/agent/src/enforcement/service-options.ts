import type { TrafficVerdict } from '@runward/flows';
import type { Identity, IdentityRequest } from '@runward/tracker';
import type { VerdictRecord } from '../verdict-desk.js';
import type { CreationHolds } from './creation-holds.js';
import type { Groups } from './host-groups.js';
import type { Kernel } from './kernel-door.js';
import type { AddressSource } from './peers.js';
import type { Workshop } from './workshop.js';

export interface ServiceOptions {
  /** Loads and pins the kernel's enforcement, or takes over what is pinned. */
  readonly open: () => Promise<Kernel>;
  readonly isPinned: () => boolean;
  /** Takes all of it from the kernel. True when there was something. */
  readonly detachAll: () => boolean;
  readonly groups: () => Groups;
  readonly identify: (request: IdentityRequest) => Promise<Identity>;
  readonly report: (records: readonly VerdictRecord[]) => void;
  /** Takes verdicts of connections, as they come. */
  readonly onTraffic: (verdicts: readonly TrafficVerdict[]) => void;
  /** Tells the operator. */
  readonly say: (message: string) => void;
  readonly addresses: AddressSource;
  readonly workshop: Pick<Workshop, 'compile'>;
  readonly holds: Pick<CreationHolds, 'keep' | 'of' | 'forget' | 'sweep'>;
}

/**
 * idle: no policy asks for anything, and the kernel has nothing of ours. unavailable: it cannot be had, and why.
 * detached: an operator took everything out.
 */
export type ServiceState =
  | { readonly kind: 'idle' | 'on' }
  | { readonly kind: 'unavailable' | 'detached'; readonly problem: string };
