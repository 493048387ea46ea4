import type { TlsFiles } from '../transport/secret.js';
import type { EntryReader } from './entry-reader.js';
import { PATH } from './values.js';

export const TLS_KEYS = ['ca', 'cert', 'key'] as const;

export function readTls(entry: EntryReader): TlsFiles {
  const [ca, cert, key] = TLS_KEYS.map((name) => entry.optional(name, PATH));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
