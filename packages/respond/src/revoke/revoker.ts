import type { Shape } from '@runward/policy/shape';
import type { Subject } from '../container/container-groups.js';
import type { Credential } from '../credentials/find-credentials.js';
import type { KubernetesSettings } from '../kubernetes/cluster.js';
import type { CredentialPlaces, ServerSettings } from '../settings/values.js';

/** One place credentials are made void at, as the settings have it. */
export interface RevokerSettings extends ServerSettings {
  readonly name: string;
  readonly credentials: CredentialPlaces;
}

export interface Revocation {
  readonly subject: Subject;
  /** Of the response. */
  readonly id: string;
  readonly why: string;
  readonly nowMs: number;
  readonly kubernetes: KubernetesSettings | undefined;
}

export type Revoked = 'revoked' | 'already';

/** A protocol credentials are revoked by. A new one is a file beside this one and a line in the table. */
export interface RevokerType<S extends RevokerSettings> {
  readonly shape: Shape<S>;
  /** What is asked for ends every credential of the kind at once: one request, whatever was found. */
  readonly once?: true;
  /**
   * Makes one credential void. Done again it says so, or says `revoked` where the protocol does not tell.
   *
   * @throws RespondError RESPOND_UNREACHABLE, RESPOND_REFUSED, RESPOND_SECRET; without what the credential holds
   */
  readonly revoke: (settings: S, credential: Credential, revocation: Revocation) => Promise<Revoked>;
}
