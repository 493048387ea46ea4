import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimePolicy } from '@runward/policy';
import { readPolicyIndex } from '@runward/policy/store';
import { OciError } from '../error.js';

/** Policies of more than this are no policies of ours. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The applied policies, from `policies/index.json` in the state folder: read again when the file was replaced.
 * Without the file no policy is applied.
 */
export class IndexSource {
  private known: { readonly stamp: string; readonly policies: readonly RuntimePolicy[] } | undefined;
  readonly path: string;

  constructor(stateFolder: string) {
    this.path = join(stateFolder, 'policies/index.json');
  }

  /** @throws OciError `OCI_INDEX_UNUSABLE` */
  async policies(): Promise<readonly RuntimePolicy[]> {
    let file: Awaited<ReturnType<typeof open>>;
    try {
      file = await open(this.path, 'r');
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
      throw this.unusable(cause instanceof Error ? cause.message : String(cause), cause);
    }
    try {
      const { ino, size, mtimeMs } = await file.stat();
      const stamp = `${ino} ${size} ${mtimeMs}`;
      if (this.known?.stamp === stamp) return this.known.policies;
      if (size > MAX_BYTES) throw this.unusable(`is larger than ${MAX_BYTES} bytes`);
      const index = readPolicyIndex(await file.readFile('utf8'));
      if ('problem' in index) throw this.unusable(index.problem);
      const policies = index.policies.map(({ policy }) => policy);
      this.known = { stamp, policies };
      return policies;
    } catch (cause) {
      if (cause instanceof OciError) throw cause;
      throw this.unusable(cause instanceof Error ? cause.message : String(cause), cause);
    } finally {
      await file.close();
    }
  }

  private unusable(problem: string, cause?: unknown): OciError {
    return new OciError(
      'OCI_INDEX_UNUSABLE',
      `the applied policies cannot be known: ${this.path} ${problem}`,
      {
        help: 'apply the policies again (`runward policy apply`); no container starts until they can be read',
        cause,
      },
    );
  }
}
