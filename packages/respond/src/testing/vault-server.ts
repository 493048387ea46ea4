import type { Asked, Told } from './tls-server.js';

const json = (status: number, body: unknown): Told => ({
  ...{ status, headers: { 'content-type': 'application/json' } },
  body: JSON.stringify(body),
});
const errors = (status: number, ...messages: readonly string[]): Told => json(status, { errors: messages });
const DONE: Told = { status: 204 };

/** What of Vault's HTTP API revokes, as it is documented; errors in its shape. */
export class VaultServer {
  /** Token → accessor. */
  readonly tokens = new Map<string, string>();
  readonly leases = new Set<string>();
  /** Tokens that may revoke others. */
  readonly operators = new Set<string>();
  sealedFor = 0;

  readonly answer = ({ method, path, headers, body }: Asked): Told => {
    if (this.sealedFor > 0) {
      this.sealedFor -= 1;
      return errors(503, 'Vault is sealed');
    }
    if (method !== 'POST' && method !== 'PUT')
      return errors(405, '1 error occurred:\n\t* unsupported operation\n\n');
    if (headers['x-vault-request'] !== 'true') return errors(412, 'missing required Vault header');
    const token = String(headers['x-vault-token'] ?? '');
    const given = JSON.parse(body === '' ? '{}' : body) as Readonly<Record<string, unknown>>;
    const known = this.tokens.has(token) || this.operators.has(token);
    if (!known) return errors(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n');
    if (path === '/v1/auth/token/revoke-self') {
      this.tokens.delete(token);
      return DONE;
    }
    if (!this.operators.has(token)) return errors(403, '1 error occurred:\n\t* permission denied\n\n');
    if (path === '/v1/sys/leases/revoke') {
      if (typeof given.lease_id !== 'string') return errors(400, 'missing lease_id');
      this.leases.delete(given.lease_id);
      return DONE;
    }
    if (path === '/v1/auth/token/revoke')
      return this.tokens.delete(String(given.token)) ? DONE : errors(400, 'token to revoke not found');
    if (path === '/v1/auth/token/revoke-accessor') {
      const [found] = [...this.tokens].find(([, accessor]) => accessor === given.accessor) ?? [];
      if (found === undefined) return errors(400, '1 error occurred:\n\t* invalid accessor\n\n');
      this.tokens.delete(found);
      return DONE;
    }
    return errors(404);
  };
}
