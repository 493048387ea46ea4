import type { ContainerGroups } from '../container/container-groups.js';
import { fieldOf, jsonOf } from '../web/web-client.js';
import { ContainerFiles, mountsOf } from './container-files.js';
import { environmentOf } from './environment.js';

/** What was within reach of whoever was in a container. Names, never what they hold. */
export interface Exposure {
  /** Variables whose name or value says that it is a credential. */
  readonly environment: readonly string[];
  /** Files, folders and sockets, as the container sees them. */
  readonly files: readonly string[];
  /** `NAMESPACE/NAME` of the Kubernetes service accounts whose tokens are there. */
  readonly serviceAccounts: readonly string[];
  /** How many more there are. */
  readonly leftOut: number;
}

const MOST_NAMES = 64;
const MOST_PROCESSES = 64;
const LONGEST_NAME = 200;

const NAMED =
  /(?:^|[_.-])(?:(?:ACCESS|AUTH|REFRESH|BEARER|SESSION|API|ID)?_?TOKENS?|SECRETS?|PASSWORD|PASSWD|PASSPHRASE|PWD|CREDENTIALS?|(?:API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|ACCOUNT)_?KEYS?(?:_ID)?|DSN|CONNECTION_?STRING|COOKIE_?SECRET|KUBECONFIG)(?:$|[_.-])/i;
/** The folder a shell is in. */
const HARMLESS: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);
/** A password in an address; a JSON web token; keys as AWS, GitHub, GitLab, Slack, Stripe, Vault and Google begin them; PEM. */
const SHAPED =
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@|^eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.|^(?:AKIA|ASIA)[A-Z0-9]{16}$|^gh[opsur]_\w{20,}|^glpat-|^xox[abprs]-|^[rs]k_live_|^hv[bsr]\.|^AIza[\w-]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Where credentials usually lie, beside what is mounted. */
const PLACES = [
  ...['/root', '/home/*'].flatMap((home) =>
    [
      '.aws/credentials',
      '.azure/accessTokens.json',
      '.config/gcloud/application_default_credentials.json',
      '.docker/config.json',
      '.git-credentials',
      '.kube/config',
      '.netrc',
      '.npmrc',
      '.pgpass',
      '.ssh/id_*',
      '.vault-token',
    ].map((file) => `${home}/${file}`),
  ),
  '/etc/kubernetes/*.conf',
  '/etc/krb5.keytab',
  '/run/secrets/*',
  '/vault/secrets/*',
  '/var/lib/kubelet/pki/*',
  ...['docker.sock', 'podman/podman.sock', 'containerd/containerd.sock', 'crio/crio.sock'].map(
    (name) => `/run/${name}`,
  ),
];
/** Kept apart: the public half of a pair, and what the folder of a service account has beside its token. */
const NO_SECRET = /\.pub$|\/(?:ca\.crt|namespace)$/;

/** What a container holds now. */
export function exposureOf(groups: ContainerGroups): Exposure {
  const pids = groups.members().slice(0, MOST_PROCESSES);
  const environment = new Set<string>();
  const files = new Set<string>();
  const serviceAccounts = new Set<string>();
  for (const pid of pids) {
    const variables = environmentOf(pid);
    const seen = files.size === 0 ? ContainerFiles.of(pid) : undefined; // most see the same
    try {
      if (!groups.has(pid)) continue; // asked afterwards: what was read was read of a process of the container
      for (const [name, value] of variables) if (isCredential(name, value)) environment.add(name);
      if (seen !== undefined) look(pid, seen, files, serviceAccounts);
    } finally {
      seen?.close();
    }
  }
  const lists = [environment, files, serviceAccounts].map((set) => [...set].toSorted());
  const [names = [], paths = [], accounts = []] = lists.map((list) => list.slice(0, MOST_NAMES).map(cut));
  const leftOut = lists.reduce((sum, list) => sum + Math.max(0, list.length - MOST_NAMES), 0);
  return { environment: names, files: paths, serviceAccounts: accounts, leftOut };
}

const isCredential = (name: string, value: string): boolean =>
  value !== '' &&
  !HARMLESS.has(name) &&
  ((name.length <= LONGEST_NAME && NAMED.test(name)) || SHAPED.test(value.slice(0, 4096)));

const cut = (name: string): string =>
  name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;

function look(pid: number, seen: ContainerFiles, files: Set<string>, serviceAccounts: Set<string>): void {
  for (const path of PLACES.flatMap((place) => seen.paths(place)))
    if (!NO_SECRET.test(path) && !isFolder(seen, path)) files.add(path);
  for (const { path } of mountsOf(pid).filter(({ type }) => type === 'tmpfs')) {
    const names = seen.names(path);
    // The kubelet mounts secrets and projected tokens so, and nothing else as a tmpfs.
    if (!names.includes('..data')) continue;
    for (const name of names.filter((each) => !each.startsWith('..'))) {
      const file = `${path}/${name}`;
      if (!NO_SECRET.test(file)) files.add(file);
      const account = serviceAccountIn(seen, file);
      if (account !== undefined) serviceAccounts.add(account);
    }
  }
}

const isFolder = (seen: ContainerFiles, path: string): boolean => seen.names(path).length > 0;

const SUBJECT = /^system:serviceaccount:([a-z0-9.-]{1,253}):([a-z0-9.-]{1,253})$/;

/** Whose token it is, as the token says: it is not verified, and only a name for people. */
function serviceAccountIn(seen: ContainerFiles, path: string): string | undefined {
  const [, payload = ''] = seen.matching(path).files[0]?.text.split('.') ?? [];
  const subject = fieldOf(jsonOf(Buffer.from(payload, 'base64url').toString('utf8')), 'sub');
  const [, namespace, name] = (typeof subject === 'string' ? SUBJECT.exec(subject) : null) ?? [];
  return namespace === undefined ? undefined : `${namespace}/${name}`;
}
