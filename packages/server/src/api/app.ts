import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Changes } from '../changes/index.js';
import { ServerError } from '../error.js';
import { LONGEST_MS, SIGN_IN_MS, scopesOf } from '../people/index.js';
import type { Database } from '../state/index.js';
import { type CallerSources, COOKIE, callerOf, PROOF_HEADER } from './callers.js';
import { openApi } from './openapi.js';
import type { Access, Caller, Operation } from './operation.js';
import { isPage, PAGE_POLICY, servePages } from './pages.js';
import { perform } from './perform.js';
import { internalProblem, type Problem, problemOf } from './problem.js';
import { readInput } from './read-input.js';
import { Repeats } from './repeats.js';
import { Streams } from './streams.js';

export interface ApiOptions extends CallerSources {
  readonly operations: readonly Operation[];
  readonly changes: Changes;
  readonly database: Database;
  readonly version: string;
  readonly tls: { readonly key: string; readonly cert: string };
  /** Told of what failed inside; never of what a request says. */
  readonly say: (message: string) => void;
  /** The folder of the built pages; without them the API alone is served. */
  readonly pages?: string | undefined;
  /** Requests of one address in a minute. */
  readonly perMinute?: number;
}

const BROWSER_COOKIE = '__Host-runward-sign-in';
const BODY_BYTES = 1024 * 1024;
const PREFIX = '/api/v1';
const HEADERS = {
  ...{ 'strict-transport-security': 'max-age=31536000', 'x-content-type-options': 'nosniff' },
  ...{ 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' },
};
const API_HEADERS = {
  ...HEADERS,
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** The API over HTTPS, not yet listening. */
export async function makeApi(options: ApiOptions): Promise<FastifyInstance> {
  const app = Fastify({
    https: { ...options.tls, minVersion: 'TLSv1.2' },
    bodyLimit: BODY_BYTES,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 200 },
    // Proxies are not believed: the address is that of the connection.
    trustProxy: false,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
  });
  await app.register(cookie);
  await app.register(rateLimit, { max: options.perMinute ?? 600, timeWindow: 60_000 });
  secureHeaders(app);
  app.setErrorHandler((error, _request, reply) => {
    const known = problemOf(error);
    if (known === undefined)
      options.say(`a request failed: ${error instanceof Error ? error.stack : String(error)}`);
    return sendProblem(reply, known ?? internalProblem());
  });
  if (options.pages !== undefined) await servePages(app, options.pages);
  app.setNotFoundHandler((request, reply) =>
    options.pages !== undefined && isPage(request)
      ? reply.sendFile('index.html', { maxAge: 0 })
      : sendProblem(
          reply,
          problemOf(new ServerError('SERVER_NOT_FOUND', 'there is nothing at this address')) ??
            internalProblem(),
        ),
  );
  const document = openApi(options.operations, options.version);
  app.get(`${PREFIX}/openapi.json`, () => document);
  const repeats = new Repeats(options.database);
  const streams = new Streams();
  app.addHook('preClose', async () => streams.close());
  for (const each of options.operations) route(app, each, options, { repeats, streams });
  return app;
}

function secureHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const isApi = request.url.startsWith('/api/');
    reply.headers(isApi ? API_HEADERS : { ...HEADERS, 'content-security-policy': PAGE_POLICY });
    return payload;
  });
}

function route(
  app: FastifyInstance,
  each: Operation,
  options: ApiOptions,
  { repeats, streams }: { readonly repeats: Repeats; readonly streams: Streams },
): void {
  app.route({
    method: each.method,
    url: PREFIX + each.path.replace(/\{(\w+)\}/g, ':$1'),
    handler: async (request, reply) => {
      const caller = await callerFor(each.access, request, options);
      if (caller?.person.mustChangePassword === true && each.beforePassword !== true)
        throw new ServerError('SERVER_NOT_ALLOWED', 'a new password has to be set first', {
          help: 'PUT /api/v1/session/password',
        });
      const input = readInput(each, request);
      if (each.open !== undefined && caller !== undefined)
        return begin(each, { request, reply, caller, input, options }, streams);
      const key = request.headers['idempotency-key'];
      const act = (): Promise<{ status: number; body: string | null; isSecret: boolean }> =>
        answerOf(each, { request, reply, caller, input, options });
      const { status, body } =
        each.method === 'POST' && typeof key === 'string' && caller !== undefined
          ? await repeats.once(`${caller.person.id} ${caller.through}`, key, [each.id, input], act)
          : await act();
      reply.code(status);
      return body === null ? reply.send() : reply.type('application/json; charset=utf-8').send(body);
    },
  });
}

async function callerFor(
  access: Access,
  request: FastifyRequest,
  options: ApiOptions,
  { isAgain = false } = {},
): Promise<Caller | undefined> {
  if (access === 'anyone') return undefined;
  const proof = request.headers[PROOF_HEADER];
  const caller = await callerOf(
    {
      authorization: request.headers.authorization,
      cookie: request.cookies[COOKIE],
      proof: typeof proof === 'string' ? proof : undefined,
      address: request.ip,
      isUnsafe: request.method !== 'GET',
      isAgain,
    },
    options,
  );
  if (caller === undefined)
    throw new ServerError('SERVER_NOT_SIGNED_IN', 'nobody is signed in', {
      help: 'sign in at POST /api/v1/session, or send a token as `Authorization: Bearer …`',
    });
  if (access !== 'person' && scopesOf(caller.grants, access).length === 0)
    throw new ServerError('SERVER_NOT_ALLOWED', `\`${caller.person.name}\` has no \`${access}\` anywhere`, {
      help: 'somebody who may manage people can give a role that has it',
    });
  return caller;
}

interface Performance {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller | undefined;
  readonly input: { readonly params: unknown; readonly query: unknown; readonly body: unknown };
  readonly options: ApiOptions;
}

/** Events from now on, for whoever is allowed to as long as they are. */
function begin(
  { access, open }: Operation,
  { request, reply, caller, input, options }: Performance & { readonly caller: Caller },
  streams: Streams,
): FastifyReply {
  const id = request.headers['last-event-id'];
  const again = async (): Promise<Caller> =>
    (await callerFor(access, request, options, { isAgain: true })) ?? caller;
  reply.headers(API_HEADERS);
  const lastEventId = typeof id === 'string' ? id : undefined;
  open?.(input.query, streams.begin({ reply, caller, lastEventId, again }));
  return reply;
}

async function answerOf(each: Operation, { request, reply, caller, input, options }: Performance) {
  let target: string | undefined;
  const asked = {
    ...input,
    address: request.ip,
    session: request.cookies[COOKIE],
    setSession: (secret: string | undefined) => setSession(reply, secret),
    browser: request.cookies[BROWSER_COOKIE],
    setBrowser: (secret: string | undefined) => setBrowser(reply, secret),
    redirect: (path: string) => {
      target = path;
    },
  };
  const result = await perform(each, asked, caller, options.changes);
  if (target !== undefined) {
    reply.header('location', target);
    return { status: 303, body: null, isSecret: false };
  }
  if (each.answer === undefined) return { status: 204, body: null, isSecret: false };
  // The schema leaves out what is not promised.
  const body = JSON.stringify(each.answer.parse(result));
  return { status: each.status ?? 200, body, isSecret: each.tellsSecret === true };
}

function setSession(reply: FastifyReply, secret: string | undefined): void {
  const settings = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const;
  if (secret === undefined) reply.clearCookie(COOKIE, settings);
  else reply.setCookie(COOKIE, secret, { ...settings, maxAge: LONGEST_MS / 1000 });
}

/** Not strict: the provider sends the browser here, and it has to be known again. */
function setBrowser(reply: FastifyReply, secret: string | undefined): void {
  const settings = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' } as const;
  if (secret === undefined) reply.clearCookie(BROWSER_COOKIE, settings);
  else reply.setCookie(BROWSER_COOKIE, secret, { ...settings, maxAge: SIGN_IN_MS / 1000 });
}

const sendProblem = (reply: FastifyReply, problem: Problem): FastifyReply =>
  reply.code(problem.status).type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
