import { fstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeFd, openInRoot, openPath } from '@runward/native';
import type { EffectivePolicy, PathPattern } from '@runward/policy';
import { globOf, matcherOf } from '@runward/policy/pattern';

export interface DigestOptions {
  /** Tells the kernel what a file contains: its hex digest, or undefined when it changed meanwhile. */
  readonly record: (path: string) => Promise<string | undefined>;
  readonly say: (message: string) => void;
}

/** Entries of folders that are looked at for one container; what is not found is hashed when it is first started. */
const MAX_ENTRIES = 100_000;
/** Larger files are hashed when they are first started. */
const MAX_BYTES = 256 * 1024 * 1024;
/** How long a start waits. */
const PATIENCE_MS = 1000;
const EXECUTABLE = 0o111;

/** The patterns of programs whose contents some line asks about; empty when no line does. */
export function patternsWithDigests(effective: EffectivePolicy): readonly PathPattern[] {
  const found = new Map<string, PathPattern>();
  for (const { terms } of effective.sections.get('process')?.lines ?? [])
    if (terms.kind === 'process' && terms.line.sha256.length > 0)
      found.set(`${terms.line.pattern.kind}:${terms.line.pattern.text}`, terms.line.pattern);
  return [...found.values()];
}

/**
 * Hashes programs so that lines with `sha256` can be judged: those a container has when it is bound, and those that turn
 * up later, when the kernel says that it could not judge them. One file after the other: what is hashed is the
 * container's, which may be hostile, and must not take the machine.
 */
export class ExecutableDigests {
  readonly #options: DigestOptions;
  readonly #surveyed = new Map<string, string>();
  #queue: Promise<void> = Promise.resolve();

  constructor(options: DigestOptions) {
    this.#options = options;
  }

  /**
   * Hashes what a container has that its policies ask about, once per container and policies. Resolves when done, or
   * after a second, and it goes on. `root`: the container's root as a path of the host, such as `/proc/PID/root`.
   */
  async survey(container: string, effective: EffectivePolicy, root: string): Promise<void> {
    const patterns = patternsWithDigests(effective);
    if (patterns.length === 0 || this.#surveyed.get(container) === effective.id) return;
    this.#surveyed.set(container, effective.id);
    const patience = new AbortController();
    const waited = sleep(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([this.#inTurn(() => this.#hashAll(patterns, root)), waited]);
    patience.abort();
  }

  /** A program that could not be judged, since nobody had hashed it: its next start will be. */
  async hash(root: string, path: string): Promise<void> {
    await this.#inTurn(() =>
      this.#inRoot(root, (rootFd) => this.#hashOne(rootFd, path, Number.POSITIVE_INFINITY)),
    );
  }

  forget(container: string): void {
    this.#surveyed.delete(container);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.say(`programs cannot be hashed for lines with sha256: ${why}`);
    });
    return this.#queue;
  }

  async #inRoot(root: string, work: (rootFd: number) => Promise<void>): Promise<void> {
    const rootFd = openPath(`${root}/`);
    if (rootFd < 0) return; // the container has ended
    try {
      await work(rootFd);
    } finally {
      closeFd(rootFd);
    }
  }

  #hashAll(patterns: readonly PathPattern[], root: string): Promise<void> {
    return this.#inRoot(root, async (rootFd) => {
      const single = patterns.filter(({ kind }) => kind === 'path');
      for (const { text } of single) await this.#hashOne(rootFd, text, MAX_BYTES);
      const wide = patterns.filter(({ kind }) => kind !== 'path');
      const budget = { entries: MAX_ENTRIES };
      for (const folder of new Set(wide.map(fixedFolder))) await this.#walk(rootFd, folder, wide, budget);
      if (budget.entries <= 0)
        this.#options.say(
          `a container has more than ${MAX_ENTRIES} files where lines with sha256 look; those that were not hashed are when they are first started, and \`onFailure\` decides until then`,
        );
    });
  }

  async #walk(
    rootFd: number,
    folder: string,
    patterns: readonly PathPattern[],
    budget: { entries: number },
  ): Promise<void> {
    const folders = [folder];
    const device = deviceOf(rootFd, folder);
    for (let at = folders.pop(); at !== undefined && budget.entries > 0; at = folders.pop()) {
      // Not into other mounts: /proc and the like, and volumes that may be large.
      if (device === undefined || deviceOf(rootFd, at) !== device) continue;
      for (const { name, isFolder, isFile } of await entriesOf(rootFd, at)) {
        budget.entries -= 1;
        const path = at === '/' ? `/${name}` : `${at}/${name}`;
        if (isFolder) folders.push(path);
        else if (isFile && patterns.some((pattern) => matcherOf(pattern)(path)))
          await this.#hashOne(rootFd, path, MAX_BYTES, EXECUTABLE);
        if (budget.entries <= 0) return;
      }
    }
  }

  /** Links are followed below the root alone; pipes and devices are not opened. */
  async #hashOne(rootFd: number, path: string, maxBytes: number, mode = 0): Promise<void> {
    const fd = openInRoot(rootFd, path, false);
    if (fd < 0) return;
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile() || stat.size > maxBytes || (mode !== 0 && (stat.mode & mode) === 0)) return;
      await this.#options.record(`/proc/self/fd/${fd}`);
    } finally {
      closeFd(fd);
    }
  }
}

/** The folder a pattern begins with, before its first star. */
function fixedFolder(pattern: PathPattern): string {
  if (pattern.kind === 'directory') return pattern.text;
  const [first] = globOf(pattern);
  const text = first?.kind === 'literal' ? first.text : '/';
  return text.slice(0, text.lastIndexOf('/')) || '/';
}

function deviceOf(rootFd: number, folder: string): number | undefined {
  const fd = openInRoot(rootFd, folder, false);
  if (fd < 0) return undefined;
  try {
    const stat = fstatSync(fd);
    return stat.isDirectory() ? stat.dev : undefined;
  } finally {
    closeFd(fd);
  }
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isFile: boolean;
}

async function entriesOf(rootFd: number, folder: string): Promise<readonly Entry[]> {
  const fd = openInRoot(rootFd, folder, false);
  if (fd < 0) return [];
  try {
    const entries = await readdir(`/proc/self/fd/${fd}`, { withFileTypes: true });
    return entries.map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
      isFile: entry.isFile(),
    }));
  } catch {
    return []; // it went away, or is no folder any more
  } finally {
    closeFd(fd);
  }
}
