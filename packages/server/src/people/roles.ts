/** What a person or a token may do, by the thing it is done to. */
export const PERMISSIONS = [
  'read',
  'incidents.write',
  'respond',
  'policies.write',
  'policies.approve',
  'people.manage',
  'fleet.manage',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ['viewer', 'analyst', 'responder', 'author', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

interface RoleInfo {
  readonly about: string;
  readonly permissions: readonly Permission[];
}

export const ROLE_INFO: Readonly<Record<Role, RoleInfo>> = {
  viewer: { about: 'sees', permissions: ['read'] },
  analyst: { about: 'sees, and works on incidents', permissions: ['read', 'incidents.write'] },
  responder: {
    about: 'what an analyst may, and acts on containers',
    permissions: ['read', 'incidents.write', 'respond'],
  },
  author: { about: 'sees, and writes policies and rules', permissions: ['read', 'policies.write'] },
  approver: { about: 'sees, and approves what authors wrote', permissions: ['read', 'policies.approve'] },
  admin: { about: 'everything', permissions: PERMISSIONS },
};

/** Where a role holds: names, or `*` for all of them. */
export interface Scope {
  readonly cluster: string;
  readonly namespace: string;
  readonly workload: string;
}

export interface Grant extends Scope {
  readonly role: Role;
}

/** Where something is; what is left out is not below that level: a node has no namespace. */
export interface Place {
  readonly cluster: string;
  readonly namespace?: string;
  readonly workload?: string;
}

export const EVERYWHERE: Scope = { cluster: '*', namespace: '*', workload: '*' };

const fits = (wanted: string, name: string | undefined): boolean => wanted === '*' || wanted === name;

/** Where the grants give a permission. */
export const scopesOf = (grants: readonly Grant[], permission: Permission): readonly Scope[] =>
  grants
    .filter(({ role }) => ROLE_INFO[role].permissions.includes(permission))
    .map(({ cluster, namespace, workload }) => ({ cluster, namespace, workload }));

export const covers = ({ cluster, namespace, workload }: Scope, place: Place): boolean =>
  fits(cluster, place.cluster) && fits(namespace, place.namespace) && fits(workload, place.workload);

/** Whether the grants give it for that place; without a place, whether they give it everywhere. */
export const may = (grants: readonly Grant[], permission: Permission, place?: Place): boolean =>
  scopesOf(grants, permission).some((scope) =>
    place === undefined ? isEverywhere(scope) : covers(scope, place),
  );

const isEverywhere = ({ cluster, namespace, workload }: Scope): boolean =>
  cluster === '*' && namespace === '*' && workload === '*';

/** Whether nothing of `wanted` goes beyond `have`: what a token may never do. */
export const isWithin = (wanted: readonly Grant[], have: readonly Grant[]): boolean =>
  wanted.every(({ role, ...scope }) =>
    ROLE_INFO[role].permissions.every((permission) =>
      scopesOf(have, permission).some(
        (held) =>
          (held.cluster === '*' || held.cluster === scope.cluster) &&
          (held.namespace === '*' || held.namespace === scope.namespace) &&
          (held.workload === '*' || held.workload === scope.workload),
      ),
    ),
  );
