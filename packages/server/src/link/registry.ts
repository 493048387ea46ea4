import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Enrolled, EnrolRequest, TpmChallenge, TpmKeys } from '@runward/protocol';
import { parseToken, tokenText } from '@runward/protocol';
import type { TpmDesk } from '../attestation/tpm-desk.js';
import { ServerError } from '../error.js';
import type { Authority } from './authority.js';
import type { Book, Node, Token } from './book.js';
import { fingerprint, keyDigest, keyOfRequest } from './certificates.js';

const DAY_MS = 86_400_000;
/** Of a node's certificate; it is renewed when a third of it is left. */
export const NODE_CERTIFICATE_MS = 30 * DAY_MS;
/** Used and expired tokens are shown for so long. */
const KEPT_MS = 30 * DAY_MS;

export interface TokenOrder {
  readonly cluster: string;
  readonly node: string | null;
  readonly replace: boolean;
  readonly by: string;
  readonly validMs: number;
}

export interface NewToken {
  readonly id: string;
  readonly text: string;
}

export type TokenState = 'open' | 'used' | 'expired';

export interface RegistryOptions {
  readonly book: Book;
  readonly authority: Authority;
  /** Binds nodes to their TPMs; without it nobody is. */
  readonly tpms?: TpmDesk;
  readonly now?: () => number;
  /** A node is no node any more: whoever is connected as it has to be cut off. */
  readonly onRevoked?: (id: string) => void;
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Who is a node: made by a token, shown by a certificate, ended by revocation. */
export class Registry {
  readonly #book: Book;
  readonly #authority: Authority;
  readonly #options: RegistryOptions;
  /** Nodes by the fingerprints of certificates they may show. */
  #shown = new Map<string, Node>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#book = options.book;
    this.#authority = options.authority;
    this.#index();
  }

  #index(): void {
    const living = this.#book.content.nodes.filter(({ revoked }) => revoked === null);
    this.#shown = new Map(living.flatMap((node) => node.certificates.map((c) => [c.fingerprint, node])));
  }

  /** Never less than before. */
  #now(): number {
    return Math.max(this.#options.now?.() ?? Date.now(), this.#book.content.latestMs);
  }

  #change(tokens: readonly Token[], nodes: readonly Node[]): void {
    const latestMs = this.#now();
    this.#book.change((content) => ({ ...content, latestMs, tokens: [...tokens], nodes: [...nodes] }));
    this.#index();
  }

  get nodes(): readonly Node[] {
    return this.#book.content.nodes;
  }

  get tokens(): readonly (Omit<Token, 'hash'> & { readonly state: TokenState })[] {
    const now = this.#now();
    return this.#book.content.tokens.map(({ hash: _, ...token }) => ({
      ...token,
      state: token.used !== null ? 'used' : token.expiresMs <= now ? 'expired' : 'open',
    }));
  }

  /** The text of a new token: the only time it is known here. @throws ServerError SERVER_INVALID */
  createToken(order: TokenOrder): NewToken {
    const [made] = this.createTokens(order, 1);
    if (made === undefined) throw new TypeError('one was asked for');
    return made;
  }

  /** Several at once, each for one node. @throws ServerError SERVER_INVALID */
  createTokens({ validMs, ...order }: TokenOrder, count: number): readonly NewToken[] {
    if (order.replace && order.node === null)
      throw new ServerError('SERVER_INVALID', 'a token that replaces a node has to name it', {
        help: 'give `--node NAME` with `--replace`',
      });
    if (order.node !== null && count > 1)
      throw new ServerError('SERVER_INVALID', 'several tokens are not for one node', {
        help: 'leave `--node` or `--count` out',
      });
    const now = this.#now();
    const { fingerprint: authority } = this.#authority;
    const made = Array.from({ length: count }, () => {
      const [id, secret] = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')];
      const times = { createdMs: now, expiresMs: now + validMs, used: null };
      return {
        token: { ...order, id, hash: hashOf(secret), ...times },
        told: { id, text: tokenText({ id, secret, authority }) },
      };
    });
    const kept = this.#book.content.tokens.filter(({ expiresMs }) => expiresMs > now - KEPT_MS);
    this.#change([...kept, ...made.map(({ token }) => token)], this.nodes);
    return made.map(({ told }) => told);
  }

  /** @throws ServerError SERVER_TOKEN_UNKNOWN */
  removeToken(id: string): void {
    const left = this.#book.content.tokens.filter((token) => token.id !== id);
    if (left.length === this.#book.content.tokens.length) throw unknownToken();
    this.#change(left, this.nodes);
  }

  /** What the TPM of whoever has a token has to tell first. @throws ServerError SERVER_TOKEN_*, SERVER_TPM_REFUSED; ProtocolError */
  async challenge({ token: text, node: name, request }: EnrolRequest, keys: TpmKeys): Promise<TpmChallenge> {
    const { id, secret } = parseToken(text);
    const key = keyDigest(await keyOfRequest(request));
    const { cluster } = this.#usable(id, secret, name, key);
    this.#tpmIsFree(keys.endorsement, cluster, name);
    const { tpms } = this.#options;
    if (tpms === undefined) throw new ServerError('SERVER_INVALID', 'this server binds no node to a TPM');
    return tpms.challenge(keys, key);
  }

  /** One TPM is one node, under whatever name. */
  #tpmIsFree(endorsement: string, cluster: string, name: string): void {
    const taken = this.nodes.find(
      (node) =>
        node.revoked === null &&
        node.tpm?.endorsement === endorsement &&
        !(node.cluster === cluster && node.name === name),
    );
    if (taken === undefined) return;
    throw new ServerError(
      'SERVER_TPM_TAKEN',
      `this TPM is that of the node \`${taken.name}\` in \`${taken.cluster}\``,
      {
        help: 'revoke that node first, if it is this machine under another name',
      },
    );
  }

  /**
   * Makes a node of whoever has a token and a key. The same key may use its token again until that expires: the answer
   * may not have arrived.
   *
   * @throws ServerError SERVER_TOKEN_*, SERVER_TPM_*, SERVER_NODE_TAKEN, SERVER_REQUEST_INVALID; ProtocolError
   */
  async enrol({ token: text, node: name, request, tpm: keys, proof }: EnrolRequest): Promise<Enrolled> {
    const { id, secret } = parseToken(text);
    const publicKey = await keyOfRequest(request);
    const key = keyDigest(publicKey);
    // Before the certificate is made: who has no token makes the server compute no signature.
    this.#usable(id, secret, name, key);
    const tpm = this.#options.tpms?.bind(keys, proof, key) ?? null;
    const nodeId = this.#nodeOf(id)?.id ?? randomUUID();
    const now = this.#now();
    const certificate = await this.#authority.forNode(nodeId, publicKey, now, NODE_CERTIFICATE_MS);
    // Others may have come first meanwhile; from here on nothing waits.
    const token = this.#usable(id, secret, name, key);
    const again = this.#nodeOf(id);
    if (again !== undefined && again.id !== nodeId) throw used();
    const { cluster } = token;
    if (tpm !== null) this.#tpmIsFree(tpm.endorsement, cluster, name);
    const entry = { fingerprint: fingerprint(certificate), key, expiresMs: now + NODE_CERTIFICATE_MS };
    const before = this.#living(cluster, name).filter((node) => node.id !== nodeId);
    const node: Node = {
      ...{ id: nodeId, name, cluster, enrolledMs: again?.enrolledMs ?? now, revoked: null },
      certificates: [entry],
      tpm,
    };
    const replaced = { atMs: now, why: 'replaced by another enrolment' };
    const nodes = this.nodes
      .filter((each) => each.id !== nodeId)
      .map((each) => (before.includes(each) ? { ...each, revoked: replaced, certificates: [] } : each));
    const tokens = this.#book.content.tokens.map((each) =>
      each.id === id ? { ...each, used: { atMs: each.used?.atMs ?? now, key, node: nodeId } } : each,
    );
    this.#change(tokens, [...nodes, node]);
    for (const each of before) this.#options.onRevoked?.(each.id);
    const { certificate: authority, commandKeyPem: commandKey } = this.#authority;
    return { id: nodeId, node: name, cluster, certificate, authority, commandKey, attested: tpm !== null };
  }

  #usable(id: string, secret: string, name: string, key: string): Token {
    const token = this.#book.content.tokens.find((each) => each.id === id);
    if (token === undefined || !isSame(token.hash, hashOf(secret))) throw unknownToken();
    if (token.used !== null && token.used.key !== key) throw used();
    if (token.used !== null && this.#nodeOf(id) === undefined) throw used();
    if (token.expiresMs <= this.#now())
      throw new ServerError('SERVER_TOKEN_EXPIRED', 'the enrolment token has expired', {
        help: 'make another with `runward server token create`',
      });
    if (token.node !== null && token.node !== name)
      throw new ServerError(
        'SERVER_TOKEN_OTHER_NODE',
        `the enrolment token is not for the node \`${name}\``,
        {
          help: 'make one with `--node` and this name, or give the node the name the token is for',
        },
      );
    const own = token.used?.node;
    if (!token.replace && this.#living(token.cluster, name).some((node) => node.id !== own))
      throw new ServerError(
        'SERVER_NODE_TAKEN',
        `there is a node \`${name}\` in \`${token.cluster}\` already`,
        {
          help: 'choose another name, or make a token with `--replace --node NAME`: the other is cut off then',
        },
      );
    return token;
  }

  /** The node a token was used for, if it still is one. */
  #nodeOf(token: string): Node | undefined {
    const id = this.#book.content.tokens.find((each) => each.id === token)?.used?.node;
    return this.nodes.find((node) => node.id === id && node.revoked === null);
  }

  #living(cluster: string, name: string): readonly Node[] {
    return this.nodes.filter((n) => n.cluster === cluster && n.name === name && n.revoked === null);
  }

  /**
   * Another certificate for a node, for a new key. Those it has stay good until the new one is first shown: the answer
   * may not arrive.
   *
   * @throws ServerError SERVER_REQUEST_INVALID, SERVER_NODE_UNKNOWN
   */
  async renew(id: string, request: string): Promise<string> {
    const publicKey = await keyOfRequest(request);
    const now = this.#now();
    const certificate = await this.#authority.forNode(id, publicKey, now, NODE_CERTIFICATE_MS);
    const node = this.find(id);
    const entry = {
      fingerprint: fingerprint(certificate),
      key: keyDigest(publicKey),
      expiresMs: now + NODE_CERTIFICATE_MS,
    };
    // Not more than one that was never shown: an agent that asks again and again fills no book.
    const certificates = [...node.certificates.slice(0, 1), entry];
    this.#change(this.#book.content.tokens, this.#with({ ...node, certificates }));
    return certificate;
  }

  #with(changed: Node): readonly Node[] {
    return this.nodes.map((node) => (node.id === changed.id ? changed : node));
  }

  /** Who shows this certificate. @throws ServerError SERVER_CERTIFICATE_UNKNOWN, SERVER_CERTIFICATE_EXPIRED */
  shows(digest: string): Node {
    const node = this.#shown.get(digest);
    if (node === undefined)
      throw new ServerError('SERVER_CERTIFICATE_UNKNOWN', 'this certificate is of no node', {
        help: 'it was revoked, replaced or made by another server: enrol the node again',
      });
    const at = node.certificates.findIndex((each) => each.fingerprint === digest);
    if ((node.certificates[at]?.expiresMs ?? 0) <= this.#now())
      throw new ServerError('SERVER_CERTIFICATE_EXPIRED', 'the certificate of the node has expired', {
        help: 'it was away for too long to renew it: enrol it again, with a token for its name and `--replace`',
      });
    if (at === 0) return node;
    const current = { ...node, certificates: node.certificates.slice(at) };
    this.#change(this.#book.content.tokens, this.#with(current));
    return current;
  }

  /** By id, or by name where that is of one node. @throws ServerError SERVER_NODE_UNKNOWN */
  find(which: string, cluster?: string): Node {
    const found = this.nodes.filter(
      (node) =>
        node.revoked === null &&
        (node.id === which || (node.name === which && (cluster === undefined || node.cluster === cluster))),
    );
    const [node] = found;
    if (node !== undefined && found.length === 1) return node;
    throw new ServerError(
      'SERVER_NODE_UNKNOWN',
      found.length === 0 ? `there is no node \`${which}\`` : `there are several nodes \`${which}\``,
      {
        help: '`runward server node list` shows them; give `--cluster` or the id where names are not enough',
      },
    );
  }

  /** From now on they are no nodes; those that are none already stay so. By id. How many were. */
  revokeAll(ids: ReadonlySet<string>, why: string): number {
    const revoked = { atMs: this.#now(), why };
    const gone = this.nodes.filter((node) => node.revoked === null && ids.has(node.id));
    const changed = this.nodes.map((node) =>
      gone.includes(node) ? { ...node, revoked, certificates: [] } : node,
    );
    this.#change(this.#book.content.tokens, changed);
    for (const { id } of gone) this.#options.onRevoked?.(id);
    return gone.length;
  }

  /** From now on it is no node. @throws ServerError SERVER_NODE_UNKNOWN */
  revoke(which: string, why: string, cluster?: string): Node {
    const node = { ...this.find(which, cluster), certificates: [] };
    const revoked = { ...node, revoked: { atMs: this.#now(), why } };
    this.#change(this.#book.content.tokens, this.#with(revoked));
    this.#options.onRevoked?.(node.id);
    return revoked;
  }
}

/** The same whether there is no such token or its secret is another: nobody learns which ids there are. */
const unknownToken = (): ServerError =>
  new ServerError('SERVER_TOKEN_UNKNOWN', 'the enrolment token is not known here', {
    help: 'make one with `runward server token create` on the server that is named',
  });

const used = (): ServerError =>
  new ServerError('SERVER_TOKEN_USED', 'the enrolment token was used already', {
    help: 'a token is for one node: make another with `runward server token create`',
  });
