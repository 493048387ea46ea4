import type { PathPattern } from '@runward/policy';
import { matchesAny } from '@runward/policy/pattern';

/** Files that hold secrets by where they lie or what they are called: their text is never kept. */
export const SECRET_PATHS: readonly string[] = [
  ...['/etc/shadow*', '/etc/gshadow*', '/etc/security/opasswd', '/etc/ssl/private/**', '/etc/kubernetes/**'],
  ...[
    '/run/secrets/**',
    '/var/run/secrets/**',
    '/var/lib/kubelet/**',
    '/etc/wireguard/**',
    '/etc/ppp/*-secrets',
  ],
  ...[
    '/**/.ssh/**',
    '/**/.gnupg/**',
    '/**/.aws/**',
    '/**/.azure/**',
    '/**/.kube/**',
    '/**/.docker/config.json',
  ],
  ...[
    '/**/*.key',
    '/**/*.pem',
    '/**/*.p12',
    '/**/*.pfx',
    '/**/*.jks',
    '/**/*.keystore',
    '/**/*.kdbx',
    '/**/*.ovpn',
  ],
  ...[
    '/**/id_rsa*',
    '/**/id_ed25519*',
    '/**/id_ecdsa*',
    '/**/ssh_host_*_key',
    '/**/.netrc',
    '/**/.pgpass',
    '/**/.my.cnf',
  ],
  ...[
    '/**/.env',
    '/**/.env.*',
    '/**/*secret*',
    '/**/*password*',
    '/**/*passwd-*',
    '/**/*credential*',
    '/**/*token*',
  ],
  ...['/**/.htpasswd', '/**/*_history', '/**/.git-credentials', '/**/krb5.keytab', '/**/*.keytab'],
];

const PATTERNS: readonly PathPattern[] = SECRET_PATHS.map((text) => ({
  kind: text.includes('*') ? 'glob' : 'path',
  text,
}));

export const isSecretPath = (path: string, more: readonly PathPattern[]): boolean =>
  matchesAny(PATTERNS, path) || matchesAny(more, path);

const SECRET_TEXT =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\beyJ[A-Za-z0-9_-]{10,}\.eyJ/;

/** A key or token whatever the file is called. */
export const isSecretText = (text: string): boolean => SECRET_TEXT.test(text);

const ASSIGNED =
  /((?:pass(?:word|wd|phrase)?|secret|token|api_?key|credential|auth)[\w.-]*["']?\s*[=:]\s*)\S.*$/i;

/** A line as it may be shown: what is assigned to something that is called like a secret is left out. */
export const withoutSecrets = (line: string): string => line.replace(ASSIGNED, '$1…');
