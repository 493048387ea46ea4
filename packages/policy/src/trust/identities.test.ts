import { describe, expect, test } from 'vitest';
import { identityProblem, issuerProblem, subjectProblem } from './identities.js';

describe('an identity that matches everybody is refused', () => {
  test.each([
    '*',
    '**',
    '?*',
    '*@*',
    'https://*',
    '*://github.com/acme/*',
    'https://github.com/*',
    'https://github.com/*/app/.github/workflows/release.yml@refs/tags/*',
    'https://*.github.com/acme/*',
    '*@*.example',
    'acme*',
    'https://github.com',
  ])('`%s`', (pattern) => expect(identityProblem(pattern)).toBeDefined());

  test.each([
    'release@acme.example',
    '*@acme.example',
    'https://github.com/acme/*',
    'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v*',
    'spiffe://acme.example/ns/build/*',
  ])('`%s` names somebody', (pattern) => expect(identityProblem(pattern)).toBeUndefined());
});

test('an issuer is written in full', () => {
  expect(issuerProblem('https://accounts.example')).toBeUndefined();
  expect(issuerProblem('https://*')).toBeDefined();
  expect(issuerProblem('')).toBeDefined();
});

test('a subject names at least one attribute in full', () => {
  expect(subjectProblem({ CN: 'release' })).toBeUndefined();
  expect(subjectProblem({})).toBeDefined();
  expect(subjectProblem({ CN: '*' })).toBeDefined();
});
