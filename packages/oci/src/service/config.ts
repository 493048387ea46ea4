import { readFileSync } from 'node:fs';
import { OciError } from '../error.js';

export const DEFAULT_CONFIG = '/etc/runward/oci.json';

/** What the wrapper is told; the same file and variables its front reads. */
export interface OciConfig {
  /** The OCI runtime behind the wrapper. */
  readonly runtime: string | undefined;
  readonly socket: string;
  readonly state: string;
}

const KEYS: ReadonlySet<string> = new Set(['runtime', 'socket', 'state']);

/**
 * From the environment, then the file, then defaults. A file is a flat object of texts, which the front reads too.
 *
 * @throws OciError `OCI_CONFIG_MALFORMED`
 */
export function readOciConfig(environment: NodeJS.ProcessEnv): OciConfig {
  const path = environment.RUNWARD_OCI_CONFIG ?? DEFAULT_CONFIG;
  const file = readConfigFile(path, environment.RUNWARD_OCI_CONFIG !== undefined);
  return {
    runtime: environment.RUNWARD_RUNTIME ?? file.get('runtime'),
    socket: environment.RUNWARD_SOCKET ?? file.get('socket') ?? '/run/runward/agent.sock',
    state: environment.RUNWARD_STATE ?? file.get('state') ?? '/var/lib/runward',
  };
}

function readConfigFile(path: string, isNamed: boolean): ReadonlyMap<string, string> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    if (!isNamed && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new Map();
    throw malformed(path, cause instanceof Error ? cause.message : String(cause));
  }
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw malformed(path, cause instanceof Error ? cause.message : String(cause));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(path, 'it is no object');
  const entries = new Map<string, string>();
  for (const [key, entry] of Object.entries(value)) {
    if (!KEYS.has(key)) throw malformed(path, `\`${key}\` is unknown; known are ${[...KEYS].join(', ')}`);
    if (typeof entry !== 'string' || !entry.startsWith('/'))
      throw malformed(path, `\`${key}\` is no absolute path`);
    entries.set(key, entry);
  }
  return entries;
}

const malformed = (path: string, why: string): OciError =>
  new OciError('OCI_CONFIG_MALFORMED', `${path} cannot be used: ${why}`, {
    help: 'write for example {"runtime": "/usr/sbin/runc"}; see docs/runtime-wrapper.md',
  });
