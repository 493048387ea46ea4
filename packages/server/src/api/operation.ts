import type { z } from 'zod';
import type { Grant, Permission, Person } from '../people/index.js';
import type { EventStream } from './event-stream.js';

/** Who asks: a person at a page, or a token of one. */
export interface Caller {
  readonly person: Person;
  /** What they may now: of a token the part of its grants that its owner still has. */
  readonly grants: readonly Grant[];
  /** `session`, or `token ID`. */
  readonly through: string;
  readonly address: string;
}

/** What was changed, for the record. */
export interface Change {
  /** Who it was, where nobody was signed in before; otherwise it is whoever asked. */
  readonly by?: Pick<Caller['person'], 'id' | 'name'> & Pick<Caller, 'through' | 'address'>;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Request<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly address: string;
  /** Puts a change on record; the answer goes out when it is there. */
  readonly changed: (change: Change) => void;
  /** The secret of the session, to end it. */
  readonly session: string | undefined;
  /** What a sign-in through a provider left in the browser that began it. */
  readonly browser: string | undefined;
  readonly setBrowser: (secret: string | undefined) => void;
  /** Sends the browser on, in place of an answer. */
  readonly redirect: (path: string) => void;
  /** Begins a session for whoever asked, or ends it. */
  readonly setSession: (secret: string | undefined) => void;
}

/**
 * Who may ask: `anyone` without signing in, any `person` signed in, or whoever has the permission somewhere. Where exactly
 * it has to be had, the operation itself says.
 */
export type Access = 'anyone' | 'person' | Permission;

type Shape = z.ZodObject;
type Out<S> = S extends z.ZodType ? z.output<S> : undefined;

export interface OperationSpec<
  P extends Shape | undefined,
  Q extends Shape | undefined,
  B extends z.ZodType | undefined,
  A extends z.ZodType | undefined,
> {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`, with `{name}` for parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** What comes back; 204 without. */
  readonly answer?: A;
  /** 200 unless something is made. */
  readonly status?: 200 | 201;
  /** The answer holds a secret that is told once: it is not kept for a repeated request. */
  readonly tellsSecret?: true;
  /** For whoever has to set a new password first: nothing else is answered. */
  readonly beforePassword?: true;
  /** What comes without end, in place of an answer: the data of each event, by its name. */
  readonly events?: Readonly<Record<string, z.ZodType>>;
}

/** One thing that can be asked of the API. The table of them is the routes, the checks and the document. */
export interface Operation
  extends OperationSpec<Shape | undefined, Shape | undefined, z.ZodType | undefined, z.ZodType | undefined> {
  readonly handle: (
    request: Request<unknown, unknown, unknown>,
    caller: Caller | undefined,
  ) => Promise<unknown>;
  /** Of an operation with events: begins to tell them. */
  readonly open?: (query: unknown, stream: EventStream) => void;
}

/** What a handler gives may be what nobody may change. */
type Readable<T> = T extends readonly (infer Item)[]
  ? readonly Readable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Readable<T[Key]> }
    : T;

type Handled<A> = Promise<A extends z.ZodType ? Readable<z.output<A>> : void>;

/** An operation for whoever is signed in, its handler typed by its schemas. */
export function operation<
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  A extends z.ZodType | undefined = undefined,
>(
  spec: OperationSpec<P, Q, B, A> & { readonly access: Exclude<Access, 'anyone'> },
  handle: (request: Request<Out<P>, Out<Q>, Out<B>>, caller: Caller) => Handled<A>,
): Operation {
  // The router hands over what the schemas made, and a caller wherever one is asked for.
  return { ...spec, handle: handle as Operation['handle'] };
}

/** An operation that tells events for as long as its client listens. @throws ServerError from `open`: nothing is told */
export function streamOperation<Q extends Shape>(
  spec: Omit<OperationSpec<undefined, Q, undefined, undefined>, 'access' | 'method' | 'events'> & {
    readonly access: Permission;
    readonly events: Readonly<Record<string, z.ZodType>>;
  },
  open: (query: z.output<Q>, stream: EventStream) => void,
): Operation {
  return {
    ...spec,
    method: 'GET',
    handle: () => Promise.reject(new TypeError('a stream is opened')),
    open: open as Operation['open'] & {}, // the router hands over what the schema made
  };
}

/** An operation without signing in. */
export function openOperation<
  Q extends Shape | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  A extends z.ZodType | undefined = undefined,
>(
  spec: Omit<OperationSpec<undefined, Q, B, A>, 'access'>,
  handle: (request: Request<undefined, Out<Q>, Out<B>>) => Handled<A>,
): Operation {
  return { ...spec, access: 'anyone', handle: handle as Operation['handle'] };
}
