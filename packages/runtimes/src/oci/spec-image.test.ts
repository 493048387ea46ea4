import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/socket-server.js';
import { readBundleImage } from './spec-image.js';

const DIGEST = `sha256:${'2e'.repeat(32)}`;
const REF = 'org.opencontainers.image.ref.name';

function unpacked(note: unknown): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'umoci.json'), typeof note === 'string' ? note : JSON.stringify(note));
  return folder;
}

const noteOf = (annotations: object): object => ({
  from_descriptor_path: { descriptor_walk: [{ digest: DIGEST, annotations }] },
});

describe('readBundleImage', () => {
  it.each([
    ['the reference annotation', { [REF]: 'r.test/app:2' }, 'r.test/app:2', 'r.test/app', '2'],
    [
      'the base image when there is no other',
      { 'org.opencontainers.image.base.name': 'b:1' },
      'b:1',
      'b',
      '1',
    ],
    ['nothing', {}, '', '', ''],
  ])('reads %s', async (_, annotations, image, repository, tag) => {
    const facts = await readBundleImage(new Map(Object.entries(annotations)), undefined);
    expect(facts).toEqual({ image, imageRepository: repository, imageTag: tag, imageDigest: '' });
  });

  it('believes who unpacked the image before the image', async () => {
    const bundle = unpacked(noteOf({ [REF]: 'r.test/real:1' }));
    expect(await readBundleImage(new Map([[REF, 'r.test/claimed:9']]), bundle)).toMatchObject({
      image: 'r.test/real:1',
      imageDigest: DIGEST,
    });
  });

  it('takes a bare word of an image layout for the tag', async () => {
    expect(await readBundleImage(new Map(), unpacked(noteOf({ [REF]: '1.2' })))).toEqual({
      image: '1.2',
      imageRepository: '',
      imageTag: '1.2',
      imageDigest: DIGEST,
    });
  });

  it.each([
    '',
    '{',
    '[]',
    '{"from_descriptor_path":{"descriptor_walk":[{"digest":"sha256:x","annotations":7}]}}',
  ])('is not stopped by the note %j', async (note) => {
    const facts = await readBundleImage(new Map([[REF, 'r.test/app:2']]), unpacked(note));
    expect(facts).toMatchObject({ image: 'r.test/app:2', imageDigest: '' });
  });
});
