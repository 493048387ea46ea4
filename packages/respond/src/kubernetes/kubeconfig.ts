import { dirname, resolve } from 'node:path';
import { readYaml, type YamlNode } from '@runward/yaml';
import { RespondError } from '../error.js';
import { readCredential } from '../web/secret.js';
import { fieldOf } from '../web/web-client.js';
import type { Cluster } from './cluster.js';

const refuse = (path: string, problem: string, help: string): RespondError =>
  new RespondError('RESPOND_NOT_SET_UP', `the kubeconfig \`${path}\` ${problem}`, { help });

/**
 * A context of a kubeconfig, with a token or a client certificate. Nothing is run for it.
 *
 * @throws RespondError RESPOND_NOT_SET_UP, RESPOND_SECRET
 */
export function readKubeconfig(path: string, wanted: string | undefined): Cluster {
  const config = documentOf(path);
  const context = wanted ?? textAt(config, 'current-context');
  if (context === '')
    throw refuse(path, 'has no `current-context`', 'name a `context` in the settings of responses');
  const chosen = named(path, config, 'contexts', 'context', context);
  const cluster = named(path, config, 'clusters', 'cluster', textAt(chosen, 'cluster'));
  const user = named(path, config, 'users', 'user', textAt(chosen, 'user'));
  mustBeUsable(path, cluster, user);
  const server = textAt(cluster, 'server');
  if (!/^https:\/\//.test(server) || !URL.canParse(server))
    throw refuse(
      path,
      `has no https address for \`${textAt(chosen, 'cluster')}\``,
      'give its `server` as `https://HOST:PORT`',
    );
  const read = (holder: unknown, key: string): string | undefined => contentOf(path, holder, key);
  const [cert, key] = [read(user, 'client-certificate'), read(user, 'client-key')];
  const token = textAt(user, 'token') || (fileOf(path, user, 'tokenFile') ?? '');
  const identity = cert !== undefined && key !== undefined ? { cert, key } : undefined;
  if (token === '' && identity === undefined)
    throw refuse(
      path,
      `has neither token nor client certificate for \`${textAt(chosen, 'user')}\``,
      'give one of them',
    );
  return {
    server: new URL(server.endsWith('/') ? server : `${server}/`),
    caText: read(cluster, 'certificate-authority'),
    token: token === '' ? undefined : token,
    identity,
  };
}

function mustBeUsable(path: string, cluster: unknown, user: unknown): void {
  const has = (holder: unknown, key: string): boolean => fieldOf(holder, key) !== undefined;
  if (has(user, 'exec') || has(user, 'auth-provider'))
    throw refuse(
      path,
      'asks a plug-in for credentials (`exec` or `auth-provider`), and none is run',
      'make a kubeconfig with the token of a service account: deploy/kubernetes has one with the role it needs',
    );
  if (has(user, 'username') || has(user, 'password'))
    throw refuse(
      path,
      'has a password, which API servers do not take any more',
      'give a token or a client certificate',
    );
  if (textAt(cluster, 'insecure-skip-tls-verify') === 'true')
    throw refuse(
      path,
      'has `insecure-skip-tls-verify`',
      'give `certificate-authority`: the server is always verified',
    );
  for (const key of ['proxy-url', 'tls-server-name'])
    if (has(cluster, key))
      throw refuse(path, `has \`${key}\`, which is not done`, 'give an address that needs none');
}

function documentOf(path: string): unknown {
  const problems: string[] = [];
  const text = readCredential(path).toString('utf8');
  const [document] = readYaml({ name: path, text }, ({ message }) => void problems.push(message));
  const [problem] = problems;
  if (problem !== undefined) throw refuse(path, `is no YAML: ${problem}`, 'is it the right file?');
  return document === undefined ? undefined : plain(document);
}

/** Texts, lists and maps; what a text would mean to YAML is not asked. */
export function plain(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.text;
    case 'list':
      return node.items.map(plain);
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
  }
}

function named(path: string, config: unknown, list: string, key: string, name: string): unknown {
  const all = fieldOf(config, list);
  const found = Array.isArray(all) ? all.find((each) => fieldOf(each, 'name') === name) : undefined;
  if (found !== undefined) return fieldOf(found, key);
  throw refuse(path, `has no ${key} \`${name}\``, `look at its \`${list}\``);
}

const textAt = (holder: unknown, key: string): string => {
  const value = fieldOf(holder, key);
  return typeof value === 'string' ? value : '';
};

/** A file it names, from where it is itself. */
function fileOf(path: string, holder: unknown, key: string): string | undefined {
  const file = textAt(holder, key);
  return file === ''
    ? undefined
    : readCredential(resolve(dirname(path), file))
        .toString('utf8')
        .trim();
}

const contentOf = (path: string, holder: unknown, key: string): string | undefined => {
  const data = textAt(holder, `${key}-data`);
  return data === '' ? fileOf(path, holder, key) : Buffer.from(data, 'base64').toString('utf8');
};
