import { choice, list, mapped, object, parsed, type Shape, text, textPattern } from '@runward/policy/shape';
import type { SecretPlace } from '../web/secret.js';
import { WEB_DEFAULTS } from '../web/web-client.js';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000 };

const one = (
  what: string,
  help: string,
  pattern: string,
  sound: (written: string) => boolean,
): Shape<string> => {
  const regex = new RegExp(pattern, 'u');
  return parsed(
    what,
    help,
    (written) => (written.length <= 4096 && regex.test(written) && sound(written) ? written : undefined),
    { type: 'string', maxLength: 4096, pattern },
  );
};

export const path: Shape<string> = one(
  'a path from the root',
  'write it with `/` first, such as `/etc/runward/ca.pem`',
  '^/[^\\0]+$',
  () => true,
);

export const httpsUrl: Shape<string> = one(
  'an https address',
  'write `https://HOST/PATH`: credentials do not travel in the clear',
  '^https://[^\\s@]+$',
  (written) => URL.canParse(written),
);

export const plainText = (what: string, longest = 1024): Shape<string> =>
  mapped(text({ what, maxLength: longest }), ({ text: written }) => written);

/** Names of revokers, webhooks and scripts. */
export const shortName: Shape<string> = one(
  'a name',
  'write small letters, digits and dashes, at most 63',
  '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
  () => true,
);

const variable = one('the name of a variable', 'write `NAME`', '^[A-Za-z_][A-Za-z0-9_]*$', () => true);

/** Never in the document itself: it is read by more people than the secret is meant for. */
export const secret: Shape<SecretPlace> = mapped(
  object(
    {
      file: { shape: path, doc: 'A file that holds it.' },
      env: { shape: variable, doc: 'A variable of the agent that holds it.' },
    },
    { one: ['file', 'env'] },
  ),
  ({ value: { file, env } }): SecretPlace | undefined =>
    file !== undefined
      ? { kind: 'file', path: file }
      : env === undefined
        ? undefined
        : { kind: 'env', name: env },
);

const timeout: Shape<number> = parsed(
  'a time such as `5s`',
  'write a number and ms or s, from 100ms to 15s',
  (written) => {
    const [, amount = '', unit = ''] = /^(\d{1,5})(ms|s)$/.exec(written) ?? [];
    const ms = Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
    return ms >= 100 && ms <= 15_000 ? ms : undefined;
  },
  { type: 'string', pattern: '^[0-9]{1,5}(ms|s)$' },
);

const attempts: Shape<number> = parsed(
  'a whole number from 1 to 5',
  'write it without quotes',
  (written, plain) => (/^[1-5]$/.test(written) && plain ? Number(written) : undefined),
  { type: 'integer', minimum: 1, maximum: 5 },
);

/** What every server that is asked may be told. */
export const SERVER_FIELDS = {
  ca: { shape: path, doc: 'PEM of the authorities that are trusted for it. Default: those of Node.js.' },
  timeout: { shape: timeout, doc: 'For one attempt. Default 5s.' },
  attempts: { shape: attempts, doc: 'How often it is tried. Default 3.' },
} as const;

export interface ServerSettings {
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  readonly attempts: number;
}

export const serverOf = (value: {
  readonly ca?: string;
  readonly timeout?: number;
  readonly attempts?: number;
}): ServerSettings => ({
  ca: value.ca,
  timeoutMs: value.timeout ?? WEB_DEFAULTS.timeoutMs,
  attempts: value.attempts ?? WEB_DEFAULTS.attempts,
});

const MOST_PATTERNS = 64;

/** Which of what a container holds is meant. */
export interface CredentialPlaces {
  /** Patterns over names of variables. */
  readonly env: readonly string[];
  /** Patterns over paths in the container; `*` stays within one name. */
  readonly files: readonly string[];
  /** Keys that lead to it in a file of JSON; empty: the whole file is it. */
  readonly field: readonly string[];
}

const filePattern = one(
  'a pattern over paths',
  'write a path from the root; `*` stands for any part of one name',
  '^/[^\\0]+$',
  (written) => !written.includes('**') && !written.split('/').includes('..'),
);
const variablePattern = one(
  'a pattern over names of variables',
  'write `NAME*`',
  '^[^=\\0\\s]+$',
  () => true,
);

export const credentialPlaces: Shape<CredentialPlaces> = mapped(
  object(
    {
      env: { shape: list(variablePattern, MOST_PATTERNS), doc: 'Variables, as patterns (*, ?) over names.' },
      files: {
        shape: list(filePattern, MOST_PATTERNS),
        doc: 'Files of the container, as patterns over paths.',
      },
      field: {
        shape: one('keys with dots between', 'write `auth.token`', '^[^.]+([.][^.]+)*$', () => true),
        doc: 'Where it is in a file of JSON.',
      },
    },
    { least: ['env', 'files'] },
  ),
  ({ value }) => ({
    env: value.env ?? [],
    files: value.files ?? [],
    field: value.field === undefined ? [] : value.field.split('.'),
  }),
);

export { choice, textPattern };
