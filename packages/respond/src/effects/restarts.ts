import { type DockerRestartPolicy, DockerRestarts } from '@runward/runtimes';

/** Engines whose API may be asked not to start a container again. */
export interface RestartEngine {
  readonly runtime: string;
  readonly path: string;
}

/** What was found of a container's restarts, and what stands in the way. */
export interface Restarts {
  /** Where it can be changed; undefined: nowhere, or nothing restarts it. */
  readonly engine?: { readonly socket: string; readonly policy: DockerRestartPolicy };
  /** Why a restart cannot be ruled out. */
  readonly problem?: string;
}

/** A runtime that hangs must not hold the action: what the kernel does needs no answer of it. */
const TIMEOUT_MS = 2_000;
const NO: DockerRestartPolicy = { Name: 'no' };

/** Who would start the container again. Never rejects. */
export async function restartsOf(
  { id, runtime, pod }: { readonly id: string; readonly runtime: string; readonly pod: string },
  engines: readonly RestartEngine[],
): Promise<Restarts> {
  if (pod !== '')
    return { problem: 'the kubelet starts it again: only the API server can keep it from that' };
  if (runtime !== 'docker' && runtime !== 'podman') {
    // Nothing watches over a container of a plain OCI runtime; containerd’s own restart plug-in is rarely there.
    return runtime === 'containerd'
      ? { problem: 'whether something starts it again through containerd is not known' }
      : {};
  }
  const problems: string[] = [];
  for (const { path } of engines.filter((engine) => engine.runtime === runtime)) {
    const restarts = new DockerRestarts(path, { timeoutMs: TIMEOUT_MS });
    try {
      const policy = await restarts.get(id);
      if (policy !== undefined) return policy.Name === 'no' ? {} : { engine: { socket: path, policy } };
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    } finally {
      restarts.close();
    }
  }
  return { problem: problems[0] ?? `no socket of ${runtime} knows the container` };
}

/** '' or why it did not work. Never rejects. */
export const preventRestarts = (id: string, socket: string): Promise<string> => setRestarts(id, socket, NO);

export async function setRestarts(id: string, socket: string, policy: DockerRestartPolicy): Promise<string> {
  const restarts = new DockerRestarts(socket, { timeoutMs: TIMEOUT_MS });
  try {
    await restarts.set(id, policy);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    restarts.close();
  }
}
