import { createHash } from 'node:crypto';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  type Action,
  type Answer,
  answerSchema,
  CLOCK_HEADER,
  enrolRequestSchema,
  helloSchema,
  LIMITS,
  PATHS,
  ProtocolError,
  quoteRequestSchema,
  renewRequestSchema,
  type SignedBundle,
  type Standing,
  standingSchema,
} from '@runward/protocol';
import { CHANNEL_BINDING, parseMessage, unpackAttestation, unpackRecords } from '@runward/protocol/node';
import type { Attestation } from '../attestation/attestation.js';
import { messageOf, ServerError } from '../error.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { Authority } from './authority.js';
import { Backlog } from './backlog.js';
import type { Node } from './book.js';
import { CommandDesk } from './command-desk.js';
import { Fleet, type Sighting } from './fleet.js';
import { problemOf } from './problem.js';
import type { Registry } from './registry.js';
import { Turns } from './turns.js';

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  readonly authority: Authority;
  readonly registry: Registry;
  readonly telemetry: Telemetry;
  /** Has nodes prove what they run on; without it nobody is asked. */
  readonly attestation?: Attestation;
  readonly say: (message: string) => void;
}

/** What nodes are to hold, where there is somebody who says so. */
export interface BundleSource {
  /** The number of the bundle a node is to hold; 0: there never was one. */
  version(node: Node): Promise<number>;
  /** @throws ServerError SERVER_NOT_FOUND */
  bundle(node: Node): Promise<SignedBundle>;
  report(node: Node, standing: Standing): Promise<void>;
}

/** Of batches that are unpacked and not yet stored: those that follow wait packed, whatever comes. */
const MOST_UNPACKED_BYTES = 64 * 1024 * 1024;
const MOST_ENROLLING = 4;
/** Logs of nodes that are replayed at the same time. */
const MOST_JUDGED = 2;
/** Who has not shown who it is gets no more than this. */
const MOST_STRANGERS = 256;
const STRANGER_MS = 20_000;
const BODY_MS = 60_000;
const RENEW_SERVING_MS = 86_400_000;

interface Request {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
}

/** Where agents enrol, hand over what they found, and listen for commands: HTTP/2 over mutual TLS. */
export class LinkServer {
  readonly #options: LinkOptions;
  readonly #server: Http2SecureServer;
  readonly #desk: CommandDesk;
  readonly #fleet = new Fleet();
  /** Sessions by the node that showed itself in them. */
  readonly #sessions = new Map<Http2Session, string | undefined>();
  readonly #unpacked = new Backlog(MOST_UNPACKED_BYTES);
  readonly #enrolling = new Turns(MOST_ENROLLING);
  readonly #judging = new Turns(MOST_JUDGED);
  readonly #renewal: NodeJS.Timeout;
  #bundles: BundleSource | undefined;

  private constructor(options: LinkOptions, server: Http2SecureServer) {
    this.#options = options;
    this.#server = server;
    this.#desk = new CommandDesk(options.authority.commandKey);
    server.on('session', (session) => this.#meet(session));
    server.on('stream', (stream, headers) => void this.#answer({ stream, headers }));
    server.on('error', (error) => options.say(`the listener for agents: ${messageOf(error)}`));
    // A handshake that fails is told to whoever began it; strangers do not fill the log.
    server.on('sessionError', () => undefined);
    this.#renewal = setInterval(() => void this.#renewServing(), RENEW_SERVING_MS).unref();
  }

  /** @throws ServerError SERVER_ADDRESS_UNUSABLE */
  static async open(options: LinkOptions): Promise<LinkServer> {
    const { certificate: cert, key } = await options.authority.serving();
    const server = createSecureServer({
      ...{ key, cert, ca: options.authority.certificate, minVersion: 'TLSv1.3' },
      // Whoever enrols has no certificate yet; every other path asks for one.
      ...{ requestCert: true, rejectUnauthorized: false },
      settings: { maxConcurrentStreams: 16, maxHeaderListSize: 16 * 1024 },
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(
          new ServerError(
            'SERVER_ADDRESS_UNUSABLE',
            `\`${options.host}:${options.port}\` cannot be listened at: ${messageOf(cause)}`,
            { help: 'choose another address with `--listen`', cause },
          ),
        ),
      );
      server.listen(options.port, options.host, resolve);
    });
    return new LinkServer(options, server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens at a port
  }

  /** From now on nodes are told what they are to hold. */
  hand(bundles: BundleSource): void {
    this.#bundles = bundles;
  }

  /** What was seen of a node since this server started. */
  sighting(id: string): Sighting | undefined {
    return this.#fleet.of(id);
  }

  /** @throws ServerError SERVER_NODE_AWAY, SERVER_COMMAND_UNANSWERED */
  command(node: Node, action: Action, by: string): Promise<Answer> {
    return this.#desk.send(node.id, action, by);
  }

  /** It is a node no longer. */
  cutOff(id: string): void {
    this.#fleet.forget(id);
    for (const [session, node] of this.#sessions) if (node === id) session.destroy();
  }

  async close(): Promise<void> {
    clearInterval(this.#renewal);
    this.#desk.close();
    for (const session of this.#sessions.keys()) session.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #renewServing(): Promise<void> {
    try {
      const { certificate: cert, key } = await this.#options.authority.serving();
      this.#server.setSecureContext({ cert, key, ca: this.#options.authority.certificate });
    } catch (error) {
      this.#options.say(`the certificate of the server cannot be renewed: ${messageOf(error)}`);
    }
  }

  #meet(session: Http2Session): void {
    session.on('error', () => undefined); // a connection that breaks
    const strangers = [...this.#sessions.values()].filter((node) => node === undefined).length;
    if (strangers >= MOST_STRANGERS) {
      session.destroy();
      return;
    }
    this.#sessions.set(session, undefined);
    const timer = setTimeout(() => {
      if (this.#sessions.get(session) === undefined) session.destroy();
    }, STRANGER_MS).unref();
    session.on('close', () => {
      clearTimeout(timer);
      const node = this.#sessions.get(session);
      this.#sessions.delete(session);
      this.#options.attestation?.left(session);
      if (node !== undefined && ![...this.#sessions.values()].includes(node)) this.#fleet.left(node);
    });
  }

  async #answer(request: Request): Promise<void> {
    const { stream } = request;
    stream.on('error', () => undefined); // whoever asked is gone
    try {
      const answer = await this.#route(request);
      if (answer !== undefined) respond(stream, 200, answer);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 500) this.#options.say(`a request of an agent failed: ${messageOf(error)}`);
      respond(stream, problem.status, problem);
    }
  }

  async #route(request: Request): Promise<unknown> {
    const { registry, authority } = this.#options;
    const { stream, headers } = request;
    switch (`${headers[':method']} ${headers[':path']}`) {
      case `GET ${PATHS.authority}`:
        return { authority: authority.certificate };
      case `POST ${PATHS.enrol}`: {
        const asked = parseMessage(enrolRequestSchema, await message(stream), 'the request to enrol');
        const { tpm } = asked;
        if (tpm !== undefined && asked.proof === undefined)
          return this.#enrolling.run(() => registry.challenge(asked, tpm));
        const enrolled = await this.#enrolling.run(() => registry.enrol(asked));
        this.#options.say(`node \`${enrolled.node}\` of \`${enrolled.cluster}\` enrolled`);
        return enrolled;
      }
      case `POST ${PATHS.hello}`:
        return this.#hello(request);
      case `POST ${PATHS.renew}`: {
        const { id } = this.#identify(request);
        const asked = parseMessage(renewRequestSchema, await message(stream), 'the request to renew');
        return { certificate: await this.#enrolling.run(() => registry.renew(id, asked.request)) };
      }
      case `POST ${PATHS.challenge}`:
      case `POST ${PATHS.attest}`:
        return this.#attest(request);
      case `POST ${PATHS.records}`:
        return this.#records(request);
      case `GET ${PATHS.commands}`:
        this.#desk.listen(this.#identify(request).id, stream);
        return undefined;
      case `GET ${PATHS.bundle}`:
        return this.#source().bundle(this.#identify(request));
      case `POST ${PATHS.standing}`: {
        const node = this.#identify(request);
        const text = (await bodyOf(stream, LIMITS.standingBytes)).toString('utf8');
        await this.#source().report(node, parseMessage(standingSchema, text, 'what became of the documents'));
        return {};
      }
      case `POST ${PATHS.answers}`: {
        const { id } = this.#identify(request);
        const text = (await bodyOf(stream, LIMITS.answerBytes)).toString('utf8');
        return { taken: this.#desk.take(id, parseMessage(answerSchema, text, 'an answer')) };
      }
      default:
        throw new ServerError('SERVER_NOT_FOUND', 'there is nothing here', {
          help: 'agent and server may be of versions that do not fit together',
        });
    }
  }

  /** @throws ServerError SERVER_CERTIFICATE_UNKNOWN, SERVER_CERTIFICATE_EXPIRED */
  #identify({ stream }: Request): Node {
    const { session } = stream;
    const socket = session?.socket as TLSSocket | undefined; // of a server for TLS
    const certificate = socket?.authorized === true ? socket.getPeerX509Certificate() : undefined;
    if (session === undefined || certificate === undefined)
      throw new ServerError('SERVER_CERTIFICATE_UNKNOWN', 'no certificate of this server was shown', {
        help: 'enrol the node with a token; if it is enrolled, check its clock and the certificate’s end',
      });
    const node = this.#options.registry.shows(createHash('sha256').update(certificate.raw).digest('hex'));
    this.#sessions.set(session, node.id);
    this.#options.attestation?.met(node, session);
    this.#fleet.seen(node.id, { connected: true, address: socket?.remoteAddress ?? '' });
    return node;
  }

  async #hello(request: Request): Promise<unknown> {
    const node = this.#identify(request);
    const { id } = node;
    const arrivedMs = Date.now();
    const hello = parseMessage(helloSchema, await message(request.stream), 'a hello');
    const skewMs = this.#fleet.skew(id, clockOf(request), hello.roundTripMs);
    this.#fleet.seen(id, { hello, ...(skewMs === undefined ? {} : { skewMs }) });
    const { session } = request.stream;
    const attest = session !== undefined && this.#options.attestation?.isDue(node, session) === true;
    return { nowMs: arrivedMs, bundle: (await this.#bundles?.version(node)) ?? 0, attest };
  }

  /** A node proves what it runs on, on the connection it shows itself in. */
  async #attest(request: Request): Promise<unknown> {
    const node = this.#identify(request);
    const { attestation } = this.#options;
    const { stream, headers } = request;
    const { session } = stream;
    if (attestation === undefined || session === undefined)
      throw new ServerError('SERVER_NOT_FOUND', 'this server asks no node what it runs on');
    if (headers[':path'] === PATHS.challenge) {
      const { boot } = parseMessage(quoteRequestSchema, await message(stream), 'the request for a challenge');
      return attestation.challenge(node, session, boot);
    }
    return this.#judging.run(async () => {
      const told = await unpackAttestation(await bodyOf(stream, LIMITS.attestationBytes));
      const socket = session.socket as TLSSocket; // of a server for TLS
      const exporter = socket.exportKeyingMaterial(
        CHANNEL_BINDING.bytes,
        CHANNEL_BINDING.label,
        Buffer.alloc(0),
      );
      return attestation.take(node, session, exporter, told);
    });
  }

  /** @throws ServerError SERVER_NOT_FOUND where there are no documents at all */
  #source(): BundleSource {
    if (this.#bundles !== undefined) return this.#bundles;
    throw new ServerError('SERVER_NOT_FOUND', 'this server has no documents', {
      help: 'it was started with `--no-api`',
    });
  }

  /** Answered when they are durable. */
  async #records(request: Request): Promise<unknown> {
    const { id, name: node, cluster } = this.#identify(request);
    const receivedMs = Date.now();
    const skewMs = this.#fleet.of(id)?.hello === null ? this.#fleet.skew(id, clockOf(request), 0) : undefined;
    const batch = await bodyOf(request.stream, LIMITS.batchBytes);
    const before = this.#fleet.of(id);
    const origin = { nodeId: id, node, cluster, receivedMs, skewMs: skewMs ?? before?.skewMs ?? 0 };
    const appended = await this.#unpacked.hold(
      () => unpackRecords(batch),
      ({ records }) => this.#options.telemetry.append(origin, records),
    );
    const now = this.#fleet.of(id);
    if (now !== undefined)
      this.#fleet.seen(id, {
        ...(skewMs === undefined ? {} : { skewMs }),
        stored: now.stored + appended.stored,
        doubled: now.doubled + appended.doubled,
        missing: now.missing + appended.missing,
      });
    return appended;
  }
}

function clockOf({ headers }: Request): string | undefined {
  const value = headers[CLOCK_HEADER];
  return typeof value === 'string' ? value : undefined;
}

const message = async (stream: ServerHttp2Stream): Promise<string> =>
  (await bodyOf(stream, LIMITS.messageBytes)).toString('utf8');

/** @throws ProtocolError PROTOCOL_TOO_LARGE, PROTOCOL_MALFORMED when it does not end */
function bodyOf(stream: ServerHttp2Stream, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const fail = (code: 'PROTOCOL_TOO_LARGE' | 'PROTOCOL_MALFORMED', why: string): void => {
      clearTimeout(timer);
      stream.removeAllListeners('data');
      stream.resume();
      reject(new ProtocolError(code, why));
    };
    const timer = setTimeout(() => fail('PROTOCOL_MALFORMED', 'the request did not end'), BODY_MS);
    stream.on('data', (part: Buffer) => {
      size += part.length;
      if (size > most) fail('PROTOCOL_TOO_LARGE', `the request has more than ${most} bytes`);
      else parts.push(part);
    });
    stream.once('end', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(parts));
    });
    stream.once('close', () => fail('PROTOCOL_MALFORMED', 'the request was broken off'));
  });
}

function respond(stream: ServerHttp2Stream, status: number, answer: unknown): void {
  if (stream.destroyed || stream.headersSent) return;
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  stream.respond({ ':status': status, 'content-type': type });
  stream.end(JSON.stringify(answer));
}
