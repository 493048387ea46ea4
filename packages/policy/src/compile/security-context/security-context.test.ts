import { Pod } from 'kubernetes-models/v1/Pod';
import type { SecurityContext } from 'kubernetes-models/v1/SecurityContext';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { testPolicy } from '../../testing/policies.js';
import { exportSubject, type SubjectOptions } from '../export/index.js';
import { exportSecurityContext } from './security-context.js';

type Context = ConstructorParameters<typeof SecurityContext>[0];

function compiled(spec: string, options: SubjectOptions = {}) {
  const subject = exportSubject([testPolicy(spec, 'web', { warnings: true })], options);
  if (subject === undefined) throw new Error('no policy');
  const { text, diagnostics } = exportSecurityContext(subject);
  const { securityContext } = parse(text ?? 'securityContext: null') as { readonly securityContext: Context };
  new Pod({
    metadata: { name: 'web' },
    spec: { containers: [{ name: 'web', ...(securityContext && { securityContext }) }] },
  }).validate();
  return { text, securityContext, diagnostics };
}

test('what a policy says of privileges, capabilities and calls, with reasons', () => {
  const { text, diagnostics } = compiled(
    `privilege: { noNewPrivileges: true, readOnlyRoot: true }
capabilities: { default: deny, allow: [{ name: NET_BIND_SERVICE, comment: port 80 }] }
syscalls: { default: deny, allow: [read] }`,
    { uids: [33] },
  );
  expect(diagnostics).toEqual([]);
  expect(text).toMatchInlineSnapshot(`
    "# Made by runward from web. Goes into the container (spec.containers[].securityContext) of a pod.
    securityContext:
      # a privileged container has every capability and no filter, whatever stands below
      privileged: false
      # the policy says so (web, test.yaml:6)
      allowPrivilegeEscalation: false
      # the policy says so (web, test.yaml:6)
      readOnlyRootFilesystem: true
      # it was only seen running as user 33
      runAsNonRoot: true
      runAsUser: 33
      capabilities:
        drop:
          # no line allows it (web, test.yaml:7)
          - ALL
        add:
          # port 80 (web, test.yaml:7)
          - NET_BIND_SERVICE
      # runward policy export --format seccomp, put below the kubelet's seccomp folder
      # (/var/lib/kubelet/seccomp/runward/web.json)
      seccompProfile:
        type: Localhost
        localhostProfile: runward/web.json
    "
  `);
});

test.each([
  ['seen as root', [0, 33], undefined, undefined],
  ['seen as one user', [33], true, 33],
  ['seen as several', [33, 1000], true, undefined],
  ['never watched', undefined, undefined, undefined],
])('of a workload %s', (_, uids, runAsNonRoot, runAsUser) => {
  const { securityContext } = compiled('privilege: { noNewPrivileges: true }', { uids });
  expect(securityContext?.runAsNonRoot).toBe(runAsNonRoot);
  expect(securityContext?.runAsUser).toBe(runAsUser);
});

test('beside SYS_ADMIN the API server takes no promise about privileges: it is left away and told', () => {
  const { securityContext, diagnostics } = compiled(
    'privilege: { noNewPrivileges: true }\ncapabilities: { default: deny, allow: [SYS_ADMIN] }',
  );
  expect(securityContext).not.toHaveProperty('allowPrivilegeEscalation');
  expect(diagnostics).toMatchObject([{ code: 'POLICY_EXPORT_WIDER' }]);
});

test('a policy of files alone makes none', () => {
  const { text, diagnostics } = compiled('file: { deny: [/etc/shadow] }');
  expect(text).toBeUndefined();
  expect(diagnostics).toMatchObject([{ code: 'POLICY_EXPORT_NOTHING' }]);
});
