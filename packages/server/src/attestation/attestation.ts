import { randomBytes } from 'node:crypto';
import type { AttestationMessage, QuoteChallenge, TrustState, TrustVerdict } from '@runward/protocol';
import { quoteStatement } from '@runward/protocol/node';
import { ServerError } from '../error.js';
import type { Node } from '../link/book.js';
import type { Binding } from './binding.js';
import { type Judgement, judge, type QuoteMessage, verifiedBefore } from './judge.js';
import type { ReferenceBook } from './reference-book.js';
import { changed, NEW_TRUST, type Trust } from './trust.js';
import type { MeasuredNode, TrustBook } from './trust-book.js';

/** What is done about a node that fails. */
export type OnDistrust = 'alert' | 'revoke';

/** What is thought of a node has changed. */
export interface TrustNews {
  readonly node: Node;
  readonly before: TrustState;
  readonly after: Pick<Trust, 'state' | 'reason' | 'detail'>;
  /** '' where a quote, or the lack of one, did it. */
  readonly by: string;
}

export interface AttestationOptions {
  readonly trust: TrustBook;
  readonly references: ReferenceBook;
  /** How often a node is asked. */
  readonly everyMs: number;
  readonly onDistrust: OnDistrust;
  readonly onChange: (news: TrustNews) => void;
  /** @throws ServerError */
  readonly revoke: (node: Node, why: string) => void;
  readonly now?: () => number;
}

/** How long a challenge may take to be answered: a TPM is slow, and so is a list of a hundred thousand entries. */
const ANSWER_MS = 180_000;
/** A connection on which nothing was proven for so many times what is usual is not the node's, or the node cannot. */
const OVERDUE = 3;
const MOST_SEEN = 64;
const MOST_FILES = 200_000;

/** One connection of a node that has a TPM. */
interface Session {
  readonly node: Node;
  /** When something was last proven, or is waited for. */
  sinceMs: number;
  isProven: boolean;
  problem: string;
  challenge:
    | { readonly nonce: Buffer; readonly boot: string; readonly from: number; readonly expiresMs: number }
    | undefined;
}

/** Has nodes prove what they run on, on each of their connections and again and again, and keeps what came of it. */
export class Attestation {
  readonly #options: AttestationOptions;
  /** By the connection. */
  readonly #sessions = new Map<object, Session>();

  constructor(options: AttestationOptions) {
    this.#options = options;
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  /** Of a node without a TPM nothing can be known. */
  of({ id, tpm }: Node): Trust {
    if (tpm !== null) return this.#options.trust.of(id);
    return { ...NEW_TRUST, reason: 'no-tpm', detail: 'it enrolled without a TPM' };
  }

  measured(node: Node): MeasuredNode | undefined {
    return this.#options.trust.measured(node.id);
  }

  /** It shows itself in this connection, and has to prove itself in it. */
  met(node: Node, connection: object): void {
    if (node.tpm !== null) this.#session(node, connection);
  }

  /** Whether the node is to prove itself on this connection now. */
  isDue(node: Node, connection: object): boolean {
    if (node.tpm === null) return false;
    const session = this.#session(node, connection);
    return !session.isProven || session.sinceMs + this.#options.everyMs <= this.#now();
  }

  #session(node: Node, connection: object): Session {
    const known = this.#sessions.get(connection);
    if (known !== undefined) return known;
    const session: Session = {
      node,
      sinceMs: this.#now(),
      isProven: false,
      problem: '',
      challenge: undefined,
    };
    this.#sessions.set(connection, session);
    return session;
  }

  /** The connection is no more. */
  left(connection: object): void {
    this.#sessions.delete(connection);
  }

  /** @throws ServerError SERVER_TPM_UNBOUND */
  challenge(node: Node, connection: object, boot: string): QuoteChallenge {
    boundOf(node);
    const { ima, state } = this.#options.trust.of(node.id);
    // A list that was judged by another reference is judged again from its beginning.
    const goesOn =
      state === 'trusted' &&
      ima?.boot === boot &&
      ima.reference === this.#options.references.current?.version;
    const from = goesOn ? ima.entries : 0;
    const nonce = randomBytes(32);
    this.#session(node, connection).challenge = { nonce, boot, from, expiresMs: this.#now() + ANSWER_MS };
    return { nonce: nonce.toString('base64'), from };
  }

  /** What is thought of the node with that. @throws ServerError SERVER_CHALLENGE_OVER, SERVER_TPM_UNBOUND, SERVER_STATE_UNUSABLE */
  take(node: Node, connection: object, exporter: Buffer, message: AttestationMessage): TrustVerdict {
    const binding = boundOf(node);
    const session = this.#session(node, connection);
    const { challenge } = session;
    session.challenge = undefined;
    if (challenge === undefined || challenge.expiresMs <= this.#now())
      throw new ServerError('SERVER_CHALLENGE_OVER', 'the challenge this answers is over', {
        help: 'the node asks for another by itself',
      });
    if (message.kind === 'problem') {
      session.problem = message.problem;
      return this.of(node);
    }
    const extraData = quoteStatement(challenge.nonce, exporter);
    const judgement = this.#judge(node, binding, message, extraData, challenge);
    if (judgement.shown !== undefined) Object.assign(session, { isProven: true, sinceMs: this.#now() });
    return this.#noted(node, judgement, extraData, challenge);
  }

  #judge(
    node: Node,
    binding: Binding,
    message: QuoteMessage,
    extraData: Buffer,
    { from }: { readonly from: number },
  ): Judgement {
    const { seen, resets, ima } = this.#options.trust.of(node.id);
    return judge(message, {
      ...{ node, binding, extraData, resets, nowMs: this.#now() },
      seen: seen.map((each) => Buffer.from(each, 'hex')),
      ima: verifiedBefore(from, ima?.value ?? ''),
      reference: this.#options.references.current,
    });
  }

  #noted(
    node: Node,
    judgement: Judgement,
    extraData: Buffer,
    challenge: { readonly boot: string; readonly from: number },
  ): TrustVerdict {
    const { shown } = judgement;
    const version = this.#options.references.current?.version;
    let trust: Trust = { ...this.#options.trust.of(node.id), judgedMs: this.#now() };
    if (shown !== undefined) {
      const seen = [extraData.toString('hex'), ...trust.seen].slice(0, MOST_SEEN);
      trust = { ...trust, seen, resets: shown.quote.clock.resets };
      this.#keepMeasured(node, shown, challenge.from);
    }
    const isGood = judgement.state === 'trusted' && shown !== undefined && version !== undefined;
    const { entries, value } = shown?.list.state ?? { entries: 0, value: Buffer.alloc(0) };
    const ima = isGood
      ? { boot: challenge.boot, entries, value: value.toString('hex'), reference: version }
      : null;
    trust = { ...trust, ima, reference: isGood ? version : trust.reference };
    this.#settle(node, trust, judgement, judgement.isHeld, '');
    return this.verdict(node);
  }

  #keepMeasured(node: Node, { values, events, list }: NonNullable<Judgement['shown']>, from: number): void {
    if (from > 0 && list.entries.length === 0) return;
    const before = from === 0 ? [] : (this.#options.trust.measured(node.id)?.files ?? []);
    const files = new Map(
      before.map(([digest, path]) => [`${digest} ${path}`, [digest, path] as [string, string]]),
    );
    for (const { file } of list.entries)
      if (files.size < MOST_FILES && file.hash !== '')
        files.set(`${file.hash} ${file.path}`, [file.hash, file.path]);
    const registers = Object.fromEntries(
      [...values].map(([register, value]) => [register, value.toString('hex')]),
    );
    this.#options.trust.setMeasured(node.id, {
      registers,
      events: [...(events ?? [])],
      files: [...files.values()],
    });
  }

  /** What somebody decided to have failed stays so until somebody decides otherwise, whatever a quote says. */
  #settle(
    node: Node,
    trust: Trust,
    found: Pick<Trust, 'state' | 'reason' | 'detail'>,
    isHeld: boolean,
    by: string,
  ): void {
    const before = this.#options.trust.of(node.id);
    const isKept = before.isHeld && by === '' && !isHeld;
    const after = isKept ? trust : { ...changed(trust, { atMs: this.#now(), ...pick(found), by }), isHeld };
    this.#options.trust.set(node.id, after);
    if (isKept || (before.state === after.state && before.reason === after.reason)) return;
    this.#options.onChange({ node, before: before.state, after: pick(after), by });
    if (isHeld && this.#options.onDistrust === 'revoke')
      this.#options.revoke(node, `it is not trusted: ${after.reason}`);
  }

  verdict(node: Node): TrustVerdict {
    return pick(this.of(node));
  }

  /** A node that failed may prove itself again; until it did, nothing is known of it. @throws ServerError SERVER_TPM_UNBOUND */
  trust(node: Node, by: string, why: string): Trust {
    boundOf(node);
    const before = this.#options.trust.of(node.id);
    const detail = `${by} decided that it may prove itself again${why === '' ? '' : `: ${why}`}`;
    this.#settle(node, { ...before, ima: null }, { state: 'unknown', reason: 'decided', detail }, false, by);
    this.#askAnew((session) => session.node.id === node.id);
    return this.of(node);
  }

  /** After a new reference every node proves itself anew. */
  judgeAgain(): void {
    this.#askAnew(() => true);
  }

  /** As if these connections had been made just now. */
  #askAnew(isOne: (session: Session) => boolean): void {
    for (const session of this.#sessions.values())
      if (isOne(session)) Object.assign(session, { isProven: false, sinceMs: this.#now() });
  }

  /** Looks for connections on which nothing was proven for too long: the node’s key may be elsewhere, without its TPM. */
  sweep(): void {
    const limitMs = OVERDUE * this.#options.everyMs;
    for (const session of this.#sessions.values()) {
      const { node, sinceMs, problem } = session;
      if (sinceMs + limitMs > this.#now()) continue;
      const trust = this.#options.trust.of(node.id);
      if (trust.isHeld) continue;
      const detail = `nothing was proven on one of its connections for ${Math.round(limitMs / 1000)} s${problem === '' ? '' : `: ${problem}`}`;
      this.#settle(node, { ...trust, ima: null }, { state: 'failed', reason: 'overdue', detail }, true, '');
    }
  }

  /** It is no node any more. */
  forget(node: string): void {
    this.#options.trust.forget(node);
  }
}

const pick = ({ state, reason, detail }: TrustVerdict): TrustVerdict => ({
  state,
  reason,
  detail: detail.slice(0, 4096),
});

function boundOf({ name, tpm }: Node): Binding {
  if (tpm !== null) return tpm;
  throw new ServerError('SERVER_TPM_UNBOUND', `the node \`${name}\` enrolled without a TPM`, {
    help: 'enrol it again with `--tpm DEVICE`, with a token made with `--replace --node NAME`',
  });
}
