/** What other senders need to keep records on the disk until they have arrived. */
export { Delivery, type DeliveryStats } from '../delivery.js';
export type { Transport } from '../transport/transport.js';
export { DiskQueue } from './disk-queue.js';
export { neverTaken, notTakenNow } from './verdicts.js';
