import { describe, expect, test } from 'vitest';
import { plainPolicy, policyOfPlain } from '../store/plain-policy.js';
import { readPolicyIndex, writePolicyIndex } from '../store/policy-index.js';
import { testPolicy } from '../testing/index.js';
import { readPolicies } from './read-policies.js';

const whole = `mode: protect
trust:
  onFailure: closed
  recheck: 10m
  registries: ['registry.test/team/*']
  pinned: true
  bases: ['registry.test/base/*', sha256:${'a'.repeat(64)}]
  maxAge: 90d
  signers:
    - {name: release, keyFile: /etc/runward/release.pub}
    - name: ci
      identity: https://github.com/acme/app/*
      issuer: https://token.test
      trustedRootFile: /etc/runward/root.json
    - {name: notary, notationRootsFile: /etc/runward/notary.pem, subject: {CN: release}}
  needed: 2
  attestations:
    - type: slsaprovenance
      signers: [ci]
      conditions:
        - {path: predicate.runDetails.builder.id, oneOf: ['https://build.test/*']}
        - {path: 'predicate.items[*].severity', noneOf: [CRITICAL]}
        - {path: predicate.count, atMost: 3}
        - {path: predicate.time, maxAge: 7d}
`;

test('a trust section is read, kept and read back', () => {
  const policy = testPolicy(whole);
  expect(policy.trust).toMatchObject({
    mode: 'protect',
    onFailure: 'closed',
    recheckS: 600,
    demand: {
      pinned: true,
      maxAgeS: 90 * 86_400,
      needed: 2,
      bases: [{ kind: 'name' }, { kind: 'digest' }],
      signers: [{ kind: 'key' }, { kind: 'keyless' }, { kind: 'notation', subject: { CN: 'release' } }],
      attestations: [
        { conditions: [{ test: 'oneOf' }, { test: 'noneOf' }, { test: 'atMost' }, { test: 'maxAge' }] },
      ],
    },
  });
  const digest = `sha256:${'0'.repeat(64)}`;
  const index = readPolicyIndex(writePolicyIndex({ policies: [{ policy, digest }] }));
  expect('policies' in index && index.policies[0]?.policy.trust).toEqual(policy.trust);
});

test('a kept section of which a part is not sound is not used', () => {
  const plain = JSON.parse(JSON.stringify(plainPolicy(testPolicy(whole))));
  expect(policyOfPlain(plain).trust).toBeDefined();
  for (const spoil of [
    (trust: Record<string, unknown>) => delete trust.demand,
    (trust: { demand: { signers: { key?: unknown }[] } }) => delete trust.demand.signers[0]?.key,
  ]) {
    const changed = structuredClone(plain);
    spoil(changed.trust);
    const text = writePolicyIndex({ policies: [{ policy: testPolicy(whole), digest: '' }] });
    const index = JSON.parse(text);
    index.policies[0].policy.trust = changed.trust;
    expect(readPolicyIndex(JSON.stringify(index))).toHaveProperty('problem');
  }
});

describe('what says nothing or contradicts itself is refused where it is written', () => {
  test.each([
    [
      'signers: [{name: a, identity: "https://github.com/*", issuer: "https://i", trustedRootFile: /r}]',
      'matches everybody',
    ],
    ['signers: [{name: a, identity: "*", issuer: "https://i", trustedRootFile: /r}]', 'matches everybody'],
    ['signers: [{name: a, identity: x@y.test, issuer: "https://*", trustedRootFile: /r}]', 'has wildcards'],
    ['signers: [{name: a, identity: x@y.test, issuer: "https://i"}]', 'not complete'],
    ['signers: [{name: a}]', 'does not say how'],
    ['signers: [{name: a, keyFile: /k, identity: x@y.test}]', 'of several kinds'],
    ['signers: [{name: a, notationRootsFile: /n}]', 'every certificate'],
    ['signers: [{name: a, keyFile: k}]', 'is not the path'],
    ['signers: [{name: a, keyFile: /k}, {name: a, keyFile: /k}]', 'the same name'],
    ['signers: [{name: a, keyFile: /k}]\nneeded: 2', 'are needed'],
    ['attestations: [{type: spdx}]', 'nobody who makes them'],
    ['signers: [{name: a, keyFile: /k}]\nattestations: [{type: sbom}]', 'is not a type of attestation'],
    ['signers: [{name: a, keyFile: /k}]\nattestations: [{type: spdx, signers: [b]}]', 'no signer is called'],
    [
      'signers: [{name: a, keyFile: /k}]\nattestations: [{type: spdx, conditions: [{path: a..b, oneOf: [x]}]}]',
      'is not a path',
    ],
    ['digests: [sha256:abc]', 'is not a digest'],
    ['maxAge: 90', 'is not a span of time'],
    ['{}', 'asks for nothing'],
  ])('%s', (trust, message) => {
    const text = `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata: {name: t}\nspec:\n  trust:\n${trust.replace(/^/gm, '    ')}\n`;
    const { diagnostics } = readPolicies([{ name: 'p.yaml', text }]);
    expect(diagnostics.map((each) => each.message).join('\n')).toContain(message);
  });
});
