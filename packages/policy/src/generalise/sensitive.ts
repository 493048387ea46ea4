import type { PathPattern } from '../model/policy.js';
import { matchesAny } from '../pattern/path-pattern.js';

export interface Guard {
  readonly pattern: PathPattern;
  readonly what: string;
}

const guard = (what: string, text: string): Guard => ({ what, pattern: { kind: 'glob', text } });

/**
 * Files that give away who somebody is, or rights over more than the container: allowed where they were seen in use,
 * and by no pattern. Names by convention: passwd(5), ssh(1), the clouds' command lines, Kubernetes' projected tokens.
 */
export const GUARDS: readonly Guard[] = [
  guard('password hashes', '/etc/{shadow,gshadow,sudoers}{,-}'),
  guard('rights to become others', '/etc/sudoers.d/**'),
  guard('old passwords', '/etc/security/opasswd'),
  guard('keys and logins of users', '/**/{.ssh,.aws,.azure,.kube,.docker,.gnupg}/**'),
  guard('logins', '/**/.{netrc,pgpass,my.cnf,npmrc,pypirc,git-credentials,htpasswd,env}'),
  guard('logins by environment', '/**/.env.*'),
  guard('histories of shells', '/**/.*_history'),
  guard('private keys', '/**/*.{key,keytab,p12,pfx,jks,kdbx,ppk}'),
  guard('private keys by name', '/**/{id_rsa,id_dsa,id_ecdsa,id_ed25519,ssh_host_*_key}'),
  guard('private keys in PEM', '/**/{privkey*,*-key,*_key,key}.pem'),
  guard('private keys of the system', '/etc/ssl/private/**'),
  guard('secrets given to the container', '/{run,var/run}/secrets/**'),
  guard('tokens and credentials', '/**/{token,tokens,credentials,secret,secrets}{,.json,.yaml,.yml,.txt}'),
  guard('sockets of container runtimes', '/**/{docker,dockerd,containerd,crio,podman,buildkitd}.sock'),
  guard('environment and memory of processes', '/proc/*/{environ,mem}'),
  guard('environment and memory of threads', '/proc/*/task/*/{environ,mem}'),
];

const PATTERNS = GUARDS.map(({ pattern }) => pattern);

export const isSensitive = (path: string): boolean => matchesAny(PATTERNS, path);
