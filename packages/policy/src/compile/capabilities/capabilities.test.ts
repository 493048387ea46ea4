import { expect, test } from 'vitest';
import { testPolicy } from '../../testing/policies.js';
import { exportSubject } from '../export/index.js';
import { exportCapabilities } from './capabilities.js';

function compiled(spec: string) {
  const subject = exportSubject([testPolicy(spec, 'web', { warnings: true })]);
  if (subject === undefined) throw new Error('no policy');
  const { text, diagnostics } = exportCapabilities(subject);
  return { document: JSON.parse(text ?? 'null') as unknown, diagnostics };
}

test('a list drops everything else and says why each is kept', () => {
  const { document } = compiled(
    'capabilities: { default: deny, allow: [SETUID, { name: NET_BIND_SERVICE, comment: port 80 }], deny: [SETUID] }',
  );
  expect(document).toEqual({
    comment: 'made by runward from web',
    kubernetes: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
    docker: ['--cap-drop=ALL', '--cap-add=NET_BIND_SERVICE'],
    oci: {
      ...{ bounding: ['CAP_NET_BIND_SERVICE'], effective: ['CAP_NET_BIND_SERVICE'] },
      ...{ permitted: ['CAP_NET_BIND_SERVICE'], inheritable: [], ambient: [] },
    },
    reasons: { ALL: 'no line allows it (web, test.yaml:6)', NET_BIND_SERVICE: 'port 80 (web, test.yaml:6)' },
  });
});

test('denials alone take these away and leave the rest to whoever starts the container', () => {
  const { document } = compiled('capabilities: { deny: [NET_RAW, MKNOD] }');
  expect(document).toMatchObject({ kubernetes: { drop: ['MKNOD', 'NET_RAW'] } });
  expect(document).not.toHaveProperty('oci');
});

test.each(['file: { deny: [/etc/shadow] }', 'capabilities: { allow: [NET_RAW] }'])(
  '`%s` makes none',
  (spec) => {
    const { document, diagnostics } = compiled(spec);
    expect(document).toBeNull();
    expect(diagnostics).toMatchObject([{ code: 'POLICY_EXPORT_NOTHING' }]);
  },
);
