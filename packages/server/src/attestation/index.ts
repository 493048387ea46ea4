/** What nodes run on, as their TPMs prove it: bound when they enrol, judged by a reference, asked again and again. */
export { Attestation, type AttestationOptions, type OnDistrust, type TrustNews } from './attestation.js';
export type { Binding } from './binding.js';
export { makeReference, type ReferenceOrder } from './make-reference.js';
export { isStale, type Reference } from './reference.js';
export { ReferenceBook, type ReferenceEntry } from './reference-book.js';
export { TpmDesk } from './tpm-desk.js';
export type { Trust, TrustChange } from './trust.js';
export { type MeasuredNode, TrustBook } from './trust-book.js';
