import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERMISSIONS, ROLE_INFO, ROLES, type Role } from '../people/index.js';
import { TestServer } from '../testing/test-server.js';
import type { Operation } from './operation.js';

/** Every operation of the document, asked by everybody and with everything. */
let server: TestServer;
const headersOf = new Map<Role, Record<string, string>>();
beforeAll(async () => {
  server = await TestServer.start();
  for (const role of ROLES) headersOf.set(role, await server.role(role));
}, 60_000);
afterAll(() => server.close(), 60_000);

const isAllowed = ({ access }: Operation, role: Role): boolean =>
  access === 'anyone' || access === 'person' || ROLE_INFO[role].permissions.includes(access);

/** With parameters that are there for nothing. */
const pathOf = ({ path }: Operation): string => path.replace(/\{\w+\}/g, 'none');

describe('every operation', () => {
  it('is in the document with its parameters, body, answer and refusal', async () => {
    const { body } = await server.ask('GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const paths = body.paths as Record<string, Record<string, Record<string, unknown>>>;
    const documented = Object.values(paths).flatMap((at) =>
      Object.values(at).map((each) => each.operationId),
    );
    expect(documented.sort()).toEqual(server.operations.map(({ id }) => id).sort());
    const text = JSON.stringify(body);
    expect(text).not.toContain('$defs');
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(Object.keys((body.components as { schemas: object }).schemas)).toContain(name);
  });

  it('is refused to whoever is not signed in, and to roles that lack its permission', async () => {
    for (const each of server.operations) {
      if (each.access === 'anyone') continue;
      expect((await server.ask(each.method, pathOf(each))).status, each.id).toBe(401);
      for (const role of ROLES) {
        // A stream that is open has no end: live.test.ts.
        if (each.open !== undefined && isAllowed(each, role)) continue;
        const { status } = await server.ask(each.method, pathOf(each), {
          headers: headersOf.get(role) ?? {},
        });
        if (isAllowed(each, role))
          expect([200, 201, 204, 400, 403, 404], `${each.id} ${role}`).toContain(status);
        else expect(status, `${each.id} ${role}`).toBe(403);
      }
    }
  });

  it('never fails inside, whatever it is sent', async () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '*', '../../etc/passwd', "' OR 1=1 --", '\u0000', 'none', 'x'.repeat(5000)),
    );
    const admin = headersOf.get('admin') ?? {};
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...server.operations.filter(({ id, open }) => id !== 'signIn' && open === undefined)),
        fc.dictionary(fc.constantFrom('limit', 'cursor', 'all', 'x'), texts),
        fc.oneof(
          fc.jsonValue(),
          fc.record(
            {
              ...{ name: texts, displayName: texts, password: texts, current: texts },
              grants: fc.oneof(
                fc.jsonValue(),
                fc.array(fc.record({ role: fc.constantFrom(...ROLES), cluster: texts })),
              ),
              ...{
                disabled: fc.oneof(fc.boolean(), fc.jsonValue()),
                days: fc.oneof(fc.integer(), fc.double()),
              },
            },
            { requiredKeys: [] },
          ),
        ),
        texts,
        async (each, query, body, parameter) => {
          const path = each.path.replace(/\{\w+\}/g, encodeURIComponent(parameter).slice(0, 190));
          const search = new URLSearchParams(query).toString();
          const { status } = await server.ask(each.method, `${path}?${search}`, {
            headers: { ...admin, 'content-type': 'application/json' },
            ...(each.method === 'GET' ? {} : { body: JSON.stringify(body) }),
          });
          expect(status, each.id).toBeLessThan(500);
        },
      ),
      { numRuns: 300 },
    );
    expect(server.failures).toEqual([]);
  }, 60_000);

  it('names a permission that some role has', () => {
    for (const permission of PERMISSIONS)
      expect(ROLES.some((role) => ROLE_INFO[role].permissions.includes(permission))).toBe(true);
  });
});
