import type { DocumentKind } from '@runward/protocol';
import type { VersionState } from './lifecycle.js';

/** Where a document holds: a cluster and, for policies alone, a namespace; `*` is all. */
export interface DocumentScope {
  readonly cluster: string;
  readonly namespace: string;
}

export interface Document extends DocumentScope {
  readonly id: string;
  readonly kind: DocumentKind;
  /** Within its kind. */
  readonly name: string;
  /** Who answers for it: a person or a team, as its authors write it. */
  readonly owner: string;
  readonly createdAt: number;
  /** The version nodes hold where no roll-out says otherwise; null: none. */
  readonly inForce: number | null;
  /** The newest version. */
  readonly latest: { readonly number: number; readonly state: VersionState };
}

/** Somebody who wrote or decided; `id` is null for whoever asked at the server's own socket. */
export interface Actor {
  readonly id: string | null;
  readonly name: string;
}

export interface VersionInfo {
  readonly number: number;
  readonly state: VersionState;
  /** SHA-256 of the text. */
  readonly digest: string;
  readonly author: Actor;
  /** Where it comes from when not from an editor: `git COMMIT PATH`. */
  readonly source: string;
  readonly note: string;
  readonly createdAt: number;
  /** Who approved or rejected it; null: nobody yet. */
  readonly decision: { readonly by: Actor; readonly at: number; readonly note: string } | null;
}

export interface Version extends VersionInfo {
  readonly text: string;
}
