import { randomUUID } from 'node:crypto';
import { readYaml } from '@runward/yaml';
import { plain } from '../kubernetes/kubeconfig.js';
import type { Asked, Told } from './tls-server.js';

interface Metadata {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  deletionTimestamp?: string;
  ownerReferences?: readonly object[];
}
export interface StoredObject {
  metadata: Metadata;
  [key: string]: unknown;
}

/** A rule of a ClusterRole. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The rules of a role in a manifest. */
export function rulesIn(manifest: string, role: string): readonly Rule[] {
  const documents = readYaml({ name: 'manifest', text: manifest }, ({ message }) => {
    throw new Error(message);
  }).map(plain) as readonly {
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly rules: readonly Rule[];
  }[]; // a manifest of ours
  const found = documents.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === role);
  if (found === undefined) throw new Error(`there is no role ${role}`);
  return found.rules;
}

const PATH =
  /^\/(?:api\/v1|apis\/([a-z0-9.]+)\/v1)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?(?:\/(scale))?$/;
const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PATCH: 'patch',
  DELETE: 'delete',
};

/**
 * What of the Kubernetes API responses use, by its documentation: objects with versions, JSON merge patches that a stale version
 * refuses, preconditions, the scale subresource, `Status` objects, bearer tokens or client certificates, and roles.
 */
export class KubernetesServer {
  /** By path. */
  readonly objects = new Map<string, StoredObject>();
  readonly tokens = new Set<string>();
  readonly clients = new Set<string>();
  rules: readonly Rule[] = [];
  /** So many changes meet somebody else's in between. */
  conflicts = 0;
  #version = 1;

  put(path: string, object: object): StoredObject {
    const name = path.split('/').at(-1) ?? '';
    const [, , namespace] = PATH.exec(path) ?? [];
    const { metadata = {}, ...rest } = object as { readonly metadata?: object }; // as the test writes it
    const stored = {
      ...rest,
      metadata: {
        name,
        ...(namespace && { namespace }),
        uid: randomUUID(),
        ...metadata,
        resourceVersion: this.#next(),
      },
    };
    this.objects.set(path, stored);
    return stored;
  }

  readonly answer = (asked: Asked): Told => {
    const { method, path, headers } = asked;
    const token = /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1] ?? '';
    if (!this.tokens.has(token) && !this.clients.has(asked.client))
      return status(401, 'Unauthorized', 'Unauthorized');
    const [, group = '', , resource = '', name = '', sub = ''] = PATH.exec(path) ?? [];
    if (resource === '') return status(404, 'NotFound', 'the server could not find the requested resource');
    const verb = VERBS[method] ?? '';
    const kind = sub === '' ? resource : `${resource}/${sub}`;
    const isAllowed = this.rules.some(
      ({ apiGroups, resources, verbs }) =>
        apiGroups.includes(group) && resources.includes(kind) && verbs.includes(verb),
    );
    if (!isAllowed)
      return status(403, 'Forbidden', `${kind} "${name}" is forbidden: User "responder" cannot ${verb} resource "${kind}" in API group "${group}" at the cluster scope`); // biome-ignore format: one line
    if (method === 'POST') return this.#create(path, asked);
    const own = sub === '' ? path : path.slice(0, -sub.length - 1);
    const object = this.objects.get(own);
    if (object === undefined) return status(404, 'NotFound', `${resource} "${name}" not found`);
    if (method === 'GET') return json(200, view(object, sub));
    return method === 'PATCH' ? this.#patch(object, sub, asked) : this.#delete(own, object, asked);
  };

  #create(path: string, { body }: Asked): Told {
    const object = JSON.parse(body) as { readonly metadata: { readonly name: string } }; // sent by us
    const at = `${path}/${object.metadata.name}`;
    if (this.objects.has(at)) return status(409, 'AlreadyExists', `"${object.metadata.name}" already exists`);
    return json(201, this.put(at, object));
  }

  #patch(object: StoredObject, sub: string, { headers, body }: Asked): Told {
    if (headers['content-type'] !== 'application/merge-patch+json')
      return status(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format');
    if (this.conflicts > 0) {
      this.conflicts -= 1;
      object.metadata.resourceVersion = this.#next();
    }
    const patch = JSON.parse(body) as { readonly metadata?: Partial<Metadata> }; // sent by us
    const { uid, resourceVersion } = patch.metadata ?? {};
    if (uid !== undefined && uid !== object.metadata.uid)
      return status(
        409,
        'Conflict',
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`,
      );
    if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion)
      return status(
        409,
        'Conflict',
        'the object has been modified; please apply your changes to the latest version and try again',
      );
    // Of a scale only the replicas are stored, in the spec of what it scales.
    merge(
      object as unknown as Record<string, unknown>,
      sub === 'scale' ? { spec: (patch as { spec?: unknown }).spec } : patch,
    );
    object.metadata.resourceVersion = this.#next();
    return json(200, view(object, sub));
  }

  #delete(path: string, object: StoredObject, { body }: Asked): Told {
    const { preconditions, gracePeriodSeconds } = JSON.parse(body) as {
      readonly preconditions?: { readonly uid?: string };
      readonly gracePeriodSeconds?: number;
    }; // sent by us
    if (preconditions?.uid !== undefined && preconditions.uid !== object.metadata.uid)
      return status(409, 'Conflict', 'Precondition failed: UID in precondition');
    if (path.includes('/pods/') && gracePeriodSeconds !== 0)
      object.metadata.deletionTimestamp = new Date().toISOString();
    else this.objects.delete(path);
    return json(
      200,
      path.includes('/pods/') ? object : { kind: 'Status', apiVersion: 'v1', status: 'Success' },
    );
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

const json = (code: number, body: unknown): Told => ({
  status: code,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const status = (code: number, reason: string, message: string): Told =>
  json(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });

function view(object: StoredObject, sub: string): unknown {
  if (sub !== 'scale') return object;
  const { replicas } = (object.spec ?? {}) as { readonly replicas?: number }; // put there by the test
  return { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: object.metadata, spec: { replicas } };
}

/** RFC 7396. */
function merge(target: Record<string, unknown>, patch: object): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key];
    else if (typeof value === 'object' && !Array.isArray(value)) {
      const inside = target[key];
      if (typeof inside !== 'object' || inside === null) target[key] = {};
      merge(target[key] as Record<string, unknown>, value as object); // made an object above
    } else if (value !== undefined) target[key] = value;
  }
}
