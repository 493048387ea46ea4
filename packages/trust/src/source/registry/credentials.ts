import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fieldsOf, parsedJson, textOf } from '../../content/index.js';
import { TrustError } from '../../error.js';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const MAX_BYTES = 1024 * 1024;
const HUB_KEYS = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'];

/**
 * What `docker login` and `podman login` keep for a registry, from `path` or where those keep it. Helpers
 * (`credsStore`) are not run: they are programs.
 *
 * @throws TrustError `TRUST_MATERIAL_UNUSABLE` for a file that was named and cannot be used
 */
export async function readCredentials(registry: string, path?: string): Promise<Credentials | undefined> {
  const files = path === undefined ? usualPlaces() : [path];
  for (const file of files) {
    const content = await read(file);
    if (content === undefined) {
      if (path === undefined) continue;
      throw new TrustError('TRUST_MATERIAL_UNUSABLE', `credentials in \`${path}\` cannot be read`, {
        help: 'name a file as `docker login` writes it',
      });
    }
    const found = credentialsIn(content, registry);
    if (found !== undefined) return found;
  }
  return undefined;
}

function usualPlaces(): readonly string[] {
  const { REGISTRY_AUTH_FILE: podman, DOCKER_CONFIG: docker } = process.env;
  return [
    ...(podman === undefined ? [] : [podman]),
    join(docker ?? join(homedir(), '.docker'), 'config.json'),
    '/run/containers/0/auth.json',
  ];
}

async function read(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  try {
    const { size } = (await file?.stat()) ?? { size: 0 };
    return size > MAX_BYTES ? undefined : await file?.readFile('utf8');
  } finally {
    await file?.close();
  }
}

function credentialsIn(content: string, registry: string): Credentials | undefined {
  const auths = fieldsOf(fieldsOf(parsedJson(content)).auths);
  const keys = registry === 'docker.io' ? HUB_KEYS : [registry, `https://${registry}`];
  for (const key of keys) {
    const encoded = textOf(fieldsOf(Object.hasOwn(auths, key) ? auths[key] : undefined).auth);
    const [user, ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
    if (encoded !== '' && user !== undefined && password.length > 0)
      return { user, password: password.join(':') };
  }
  return undefined;
}
