import { RuntimesError } from './error.js';

/**
 * The union of what runtimes accept as a name or id: runc's rule (word characters, `+`, `-`, `.`), which covers
 * Docker's, containerd's and Podman's. Never `.` or `..`, never a separator.
 */
const CONTAINER_ID = /^(?!\.{1,2}$)[A-Za-z0-9_+.-]{1,1024}$/;

export const isContainerId = (id: string): boolean => CONTAINER_ID.test(id);

/**
 * Returns `id` when it may stand in a path or URL.
 *
 * @throws RuntimesError `CONTAINER_ID_INVALID`
 */
export function checkContainerId(id: string): string {
  if (isContainerId(id)) return id;
  const shown = JSON.stringify(id.slice(0, 80));
  throw new RuntimesError('CONTAINER_ID_INVALID', `container id ${shown} has characters no runtime allows`);
}
