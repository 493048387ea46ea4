import type { Control } from './control.js';

const BATCH = 256;

/** Collects items and posts them in batches, waiting while too many are under way. */
export class Outbox<T> {
  readonly #control: Control;
  readonly #post: (items: readonly T[]) => void;
  #items: T[] = [];

  constructor(control: Control, post: (items: readonly T[]) => void) {
    this.#control = control;
    this.#post = post;
  }

  readonly push = (item: T): void => {
    this.#items.push(item);
    if (this.#items.length >= BATCH) this.flush();
  };

  flush(): void {
    if (this.#items.length === 0) return;
    this.#control.waitForRoom();
    this.#control.add(this.#items.length);
    this.#post(this.#items);
    this.#items = [];
  }
}
