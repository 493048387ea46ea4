import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../../../command.js';

const run = promisify(execFile);
const MOST_BYTES = 64 * 1024 * 1024;
const KIND_OF: Readonly<Record<string, string>> = {
  policies: 'policy',
  rules: 'rules',
  playbooks: 'playbook',
  drills: 'drill',
};

/** A file of a commit that is a document. */
export interface RepositoryFile {
  readonly kind: string;
  readonly name: string;
  readonly cluster: string;
  readonly path: string;
}

export interface Commit {
  readonly id: string;
  readonly files: readonly RepositoryFile[];
  /** Files in the folders of documents whose names are none. */
  readonly strange: readonly string[];
}

/** Reads commits of a working copy, and never the files that lie in it: what is not committed was not reviewed. */
export class Repository {
  constructor(readonly folder: string) {}

  /** @throws UsageError when there is no such commit */
  async commit(ref: string): Promise<Commit> {
    // Not an option, whatever it is called.
    const id = (
      await this.#git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)
    ).trim();
    const listed = await this.#git('ls-tree', '-r', '-z', '--name-only', '--full-tree', id);
    const found = listed.split('\0').flatMap((path) => fileOf(path) ?? []);
    return {
      id,
      files: found.flatMap((each) => (typeof each === 'string' ? [] : [each])),
      strange: found.filter((each) => typeof each === 'string'),
    };
  }

  text(commit: string, { path }: RepositoryFile): Promise<string> {
    return this.#git('cat-file', 'blob', `${commit}:${path}`);
  }

  /** Who changed the file last. */
  async author(commit: string, { path }: RepositoryFile): Promise<string> {
    const said = await this.#git('log', '-1', '--format=%an <%ae>', commit, '--', path);
    return said.trim().slice(0, 200) || 'unknown';
  }

  async #git(...args: readonly string[]): Promise<string> {
    try {
      const safe = ['-c', 'log.showSignature=false', '-c', 'core.fsmonitor=false'];
      const { stdout } = await run('git', ['-C', this.folder, ...safe, ...args], {
        maxBuffer: MOST_BYTES,
        env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' },
      });
      return stdout;
    } catch (error) {
      const { stderr = '', message } = error as { readonly stderr?: string; readonly message: string }; // of a command that failed
      throw new UsageError(
        `git cannot read \`${this.folder}\`: ${(stderr.trim() || message).split('\n')[0]}`,
        'give the working copy with `--repo DIR` and a commit of it with `--ref`',
      );
    }
  }
}

/** `policies/web.yaml`, `clusters/shop/rules/shell.yaml`; a text for a name that is none, undefined for everything else. */
export function fileOf(path: string): RepositoryFile | string | undefined {
  if (!/\.ya?ml$/.test(path) || /\.test\.ya?ml$/.test(path)) return undefined;
  const [, cluster, folder = ''] =
    /^(?:clusters\/([^/]+)\/)?(policies|rules|playbooks|drills)\/(?:.+\/)?[^/]+$/.exec(path) ?? [];
  const kind = KIND_OF[folder];
  if (kind === undefined) return undefined;
  const name = basename(path).replace(/\.ya?ml$/, '');
  if (!/^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$/.test(name)) return path;
  return { kind, name, cluster: cluster ?? '*', path };
}
