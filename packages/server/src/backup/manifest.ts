import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { messageOf, ServerError } from '../error.js';

export const MANIFEST = 'manifest.json';
/** Keys, under a passphrase. */
export const KEYS = 'keys.json';

const manifestSchema = z.strictObject({
  format: z.literal(1),
  version: z.string(),
  madeMs: z.number(),
  /** Whether the keys are in it. */
  hasKeys: z.boolean(),
  files: z.array(
    z.strictObject({ path: z.string(), bytes: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

/** What a back-up has, file by file: what is missing or changed is found before anything of it is used. */
export type Manifest = z.infer<typeof manifestSchema>;
export type ListedFile = Manifest['files'][number];

/** Every file below the folder but the manifest, by path. */
export async function listFiles(folder: string): Promise<readonly ListedFile[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const odd = found.find((each) => !each.isFile() && !each.isDirectory());
  if (odd !== undefined) throw unusable(folder, `\`${odd.name}\` is neither a file nor a folder`);
  const paths = found
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(folder.length + 1))
    .filter((path) => path !== MANIFEST)
    .sort();
  return Promise.all(paths.map(async (path) => ({ path, ...(await digestOf(join(folder, path))) })));
}

async function digestOf(path: string): Promise<Omit<ListedFile, 'path'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(path), async (parts) => {
    for await (const part of parts) {
      const read = part as Buffer; // no encoding is set
      bytes += read.length;
      hash.update(read);
    }
  });
  return { bytes, sha256: hash.digest('hex') };
}

/** The manifest of a back-up that is whole. @throws ServerError SERVER_BACKUP_UNUSABLE */
export async function checkedManifest(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const there = new Map((await listFiles(folder)).map((file) => [file.path, file]));
  for (const { path, sha256 } of manifest.files) {
    const found = there.get(path);
    if (found === undefined) throw unusable(folder, `\`${path}\` is missing`);
    if (found.sha256 !== sha256) throw unusable(folder, `\`${path}\` is not what was backed up`);
    there.delete(path);
  }
  const [more] = there.keys();
  if (more !== undefined) throw unusable(folder, `\`${more}\` is no part of it`);
  return manifest;
}

async function readManifest(folder: string): Promise<Manifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')));
  } catch (cause) {
    throw unusable(folder, `its \`${MANIFEST}\` cannot be read: ${messageOf(cause)}`, cause);
  }
}

export const unusable = (folder: string, why: string, cause?: unknown): ServerError =>
  new ServerError('SERVER_BACKUP_UNUSABLE', `\`${folder}\` is no back-up that can be used: ${why}`, {
    help: 'take another one; `runward server backup` writes its manifest last, so one without was not finished',
    cause,
  });
