import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { closeFd, openInRoot, openPath } from '@runward/native';
import { openBelow } from '@runward/native/fanotify';
import { read } from '../container/processes.js';
import { unescaped } from '../container/trees.js';
import { globTest } from './glob.js';

const MOST_BYTES = 64 * 1024;
const MOST_ENTRIES = 1024;
const MOST_FOUND = 64;

export interface ContainerFile {
  /** In the container. */
  readonly path: string;
  readonly text: string;
}

/** Whoever serves these may take as long as it likes, and may be the container itself. */
const SLOW = /^(?:fuse|nfs|cifs|smb|9p|ceph|afs|autofs)/;

/**
 * Files of a container as one of its processes sees them. Links are followed within its root: a container that links to a
 * file of the host is shown its own.
 */
export class ContainerFiles {
  readonly #root: number;
  readonly #slow: readonly string[];

  private constructor(root: number, slow: readonly string[]) {
    this.#root = root;
    this.#slow = slow;
  }

  /** undefined when the process has ended. */
  static of(pid: number, slow = slowMounts(pid)): ContainerFiles | undefined {
    const root = openPath(`/proc/${pid}/root`);
    return root < 0 ? undefined : new ContainerFiles(root, slow);
  }

  close(): void {
    closeFd(this.#root);
  }

  /** Regular files whose paths fit; what is too large or cannot be read is left out and named. */
  matching(pattern: string): {
    readonly files: readonly ContainerFile[];
    readonly leftOut: readonly string[];
  } {
    const files: ContainerFile[] = [];
    const leftOut: string[] = [];
    for (const path of this.paths(pattern)) {
      const text = this.#read(path);
      if (text === undefined) leftOut.push(path);
      else files.push({ path, text });
    }
    return { files, leftOut };
  }

  /** What is there and fits, whatever it is. */
  paths(pattern: string): readonly string[] {
    let found = [''];
    for (const segment of pattern.split('/').filter((each) => each !== '')) {
      const isPattern = /[*?]/.test(segment);
      const fits = globTest(segment);
      found = found
        .flatMap((folder) =>
          isPattern
            ? this.names(folder === '' ? '/' : folder)
                .filter(fits)
                .map((name) => `${folder}/${name}`)
            : [`${folder}/${segment}`],
        )
        .slice(0, MOST_FOUND);
    }
    return found.filter((path) => path !== '' && this.#at(path, () => true) === true);
  }

  names(folder: string): readonly string[] {
    return (
      this.#at(folder, (fd) =>
        fstatSync(fd).isDirectory() ? readdirSync(`/proc/self/fd/${fd}`).slice(0, MOST_ENTRIES) : [],
      ) ?? []
    );
  }

  /** undefined when it is no regular file, or too large. */
  #read(path: string): string | undefined {
    return this.#at(path, (fd) => {
      const stat = fstatSync(fd);
      // Nothing else is opened: a FIFO or device could hold the agent.
      if (!stat.isFile() || stat.size > MOST_BYTES) return undefined;
      const file = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const bytes = Buffer.alloc(MOST_BYTES + 1);
        const length = readSync(file, bytes);
        return length > MOST_BYTES ? undefined : bytes.subarray(0, length).toString('utf8');
      } finally {
        closeSync(file);
      }
    });
  }

  #at<T>(path: string, act: (fd: number) => T): T | undefined {
    if (this.#slow.some((mount) => path === mount || path.startsWith(`${mount}/`))) return undefined;
    // A link could lead to what is slow: where there is such a thing, none is followed.
    const fd =
      this.#slow.length > 0 ? openBelow(this.#root, path, 'any') : openInRoot(this.#root, path, false);
    if (fd < 0) return undefined;
    try {
      return act(fd);
    } catch {
      return undefined; // it went away, or may not be read
    } finally {
      closeFd(fd);
    }
  }
}

export interface ContainerMount {
  readonly path: string;
  readonly type: string;
  readonly source: string;
  /** The folder of the file system that is mounted. */
  readonly root: string;
}

/** What is mounted, as the process has it. */
export const mountsOf = (pid: number): readonly ContainerMount[] =>
  read(`/proc/${pid}/mountinfo`)
    .split('\n')
    .flatMap((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const [, , , root = '', path = ''] = left.split(' ');
      const [type = '', source = ''] = right.split(' ');
      return path === ''
        ? []
        : [{ path: unescaped(path), type, source: unescaped(source), root: unescaped(root) }];
    });

const slowMounts = (pid: number): readonly string[] =>
  mountsOf(pid).flatMap(({ path, type }) => (SLOW.test(type) && path !== '/' ? [path] : []));
