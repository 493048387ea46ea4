import { testPolicy, testWorkload } from '@runward/policy/testing';
import { describe, expect, test } from 'vitest';
import { identity } from '../identity/identity.js';
import { isSandbox } from '../identity/sandbox.js';
import { type ImageJudgement, judgeImages, notesOfImages } from './images.js';

const policy = (mode: string, onFailure: string) =>
  testPolicy(`trust:\n  mode: ${mode}\n  onFailure: ${onFailure}\n  pinned: true\n`);
const workload = testWorkload({ name: 'web', image: 'registry.test/app:1' });
const refused: ImageJudgement = {
  kind: 'refused',
  code: 'IMAGE_UNSIGNED',
  message: 'it has none',
  help: 'sign',
};
const unknown: ImageJudgement = { kind: 'unknown', message: 'the registry is away' };

describe('a container starts or does not, by mode, verdict and what holds on failure', () => {
  test.each([
    ['protect', 'closed', { kind: 'trusted' }, 'starts'],
    ['protect', 'open', refused, 'OCI_IMAGE_UNTRUSTED'],
    ['protect', 'closed', unknown, 'OCI_IMAGE_UNJUDGED'],
    ['protect', 'open', unknown, 'OCI_IMAGE_STARTED'],
    ['monitor', 'closed', refused, 'OCI_IMAGE_STARTED'],
    ['monitor', 'closed', unknown, 'OCI_IMAGE_STARTED'],
    ['learn', 'closed', refused, 'starts'],
    ['"off"', 'closed', refused, 'starts'],
  ] as const)('%s, %s, %o: %s', async (mode, onFailure, judgement, outcome) => {
    const judged = await judgeImages([policy(mode, onFailure)], identity(workload), {
      judge: async () => judgement,
    });
    const decide = (): string => notesOfImages(judged, workload)[0]?.code ?? 'starts';
    if (outcome.endsWith('UNTRUSTED') || outcome.endsWith('UNJUDGED')) {
      expect(decide).toThrow(
        expect.objectContaining({ code: outcome, message: expect.stringContaining('`test`') }),
      );
    } else expect(decide()).toBe(outcome);
  });

  test('an image whose digest cannot be told is asked of nobody', async () => {
    const judge = async () => expect.unreachable('it is not asked');
    for (const each of [identity({ ...workload, imageDigest: '' }), identity(workload, ['digest'])]) {
      const judged = await judgeImages([policy('protect', 'closed')], each, { judge });
      expect(judged).toMatchObject([{ isRefused: true, judgement: { kind: 'unknown' } }]);
    }
  });
});

test('the sandbox of a pod is one only where its manager knew it, not by an annotation alone', () => {
  const spec = { ociVersion: '1', annotations: { 'io.kubernetes.cri.container-type': 'sandbox' } };
  const as = (runtime: string, facts: readonly 'digest'[] = []) =>
    isSandbox(spec, identity({ ...workload, runtime }, facts));
  expect([as('containerd'), as('containerd', ['digest']), as('podman'), as('docker')]).toEqual([
    ...[true, false, false, false],
  ]);
});
