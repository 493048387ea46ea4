import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OciError } from '../error.js';
import { at, parsed, text } from '../identity/json.js';

const DEFAULT_ROOTS: Readonly<Record<string, string>> = { crun: '/run/crun' };
const CONTAINER_ID = /^(?!\.{1,2}$)[A-Za-z0-9_+.-]{1,1024}$/;

/**
 * The bundle of a running container, from the state its runtime keeps: runc's `state.json` has it among the
 * labels, crun's `status` by name.
 *
 * @throws OciError `OCI_STATE_MALFORMED`
 */
export async function bundleOf(id: string, runtime: string, root: string | undefined): Promise<string> {
  if (!CONTAINER_ID.test(id)) throw malformed(`\`${id}\` is no name of a container`);
  const folder = join(root ?? DEFAULT_ROOTS[runtime] ?? '/run/runc', id);
  const [runc, crun] = await Promise.all(
    ['state.json', 'status'].map((file) => readFile(join(folder, file), 'utf8').catch(() => '')),
  );
  const labels = at(parsed(runc ?? ''), 'config', 'labels');
  const label = Array.isArray(labels)
    ? labels.map(text).find((each) => each.startsWith('bundle='))
    : undefined;
  const bundle = label?.slice('bundle='.length) ?? text(at(parsed(crun ?? ''), 'bundle'));
  if (!bundle.startsWith('/')) throw malformed(`${folder} does not say where the container's bundle is`);
  return bundle;
}

const malformed = (message: string): OciError => new OciError('OCI_STATE_MALFORMED', message);

/** What a runtime tells a hook on its standard input. */
export interface HookState {
  readonly id: string;
  readonly pid: number;
  readonly bundle: string;
}

/** @throws OciError `OCI_STATE_MALFORMED` */
export function readHookState(value: unknown): HookState {
  const id = text(at(value, 'id'));
  const bundle = text(at(value, 'bundle'));
  const pid = at(value, 'pid');
  if (
    !CONTAINER_ID.test(id) ||
    !bundle.startsWith('/') ||
    typeof pid !== 'number' ||
    !Number.isSafeInteger(pid) ||
    pid <= 0
  )
    // biome-ignore format: one test
    throw malformed('what the runtime told the hook has no `id`, `pid` and `bundle`');
  return { id, pid, bundle };
}
