import type { Difference } from '@runward/attest';
import type { Detection } from '@runward/detect';

/** Which calls can be the cause of which differences, by what these begin with. */
const CALLS: readonly (readonly [string, readonly string[]])[] = [
  ['mounts.', ['mount', 'umount2', 'move_mount', 'pivot_root', 'chroot']],
  ['rootReadOnly', ['mount', 'umount2', 'move_mount', 'pivot_root']],
  ['beyond.', ['capset', 'setns', 'unshare']],
  ['namespaces.', ['setns', 'unshare']],
  ['process.capabilities.', ['capset']],
];

/** Of one container. */
const MOST = 16;

/** What was heard of containers lately: what is seen of one later may be its doing. */
export class Causes {
  readonly #heard = new Map<string, Detection[]>();

  hear(detection: Detection): void {
    const id = detection.container?.id;
    if (id === undefined) return;
    this.#heard.set(id, [...(this.#heard.get(id) ?? []).slice(1 - MOST), detection]);
  }

  /** The last that can have caused one of the differences. `possible`: whether any call could. */
  of(
    id: string,
    differences: readonly Difference[],
  ): { readonly cause: Detection | undefined; readonly possible: boolean } {
    const calls = new Set(
      CALLS.filter(([begin]) => differences.some(({ what }) => what.startsWith(begin))).flatMap(
        ([, each]) => each,
      ),
    );
    const cause = this.#heard.get(id)?.findLast(({ event }) => calls.has(event.type));
    return { cause, possible: calls.size > 0 };
  }

  forget(id: string): void {
    this.#heard.delete(id);
  }
}
