import type { ListItem } from '../collect/items.js';
import { Scanner, SyntaxProblem } from '../lex/scanner.js';

/** Lists by name, expanded: items that name another list stand for its items. */
export class Lists {
  readonly #items: ReadonlyMap<string, ListItem>;
  readonly #expanded = new Map<string, readonly string[]>();
  readonly used = new Set<string>();

  constructor(items: ReadonlyMap<string, ListItem>) {
    this.#items = items;
    for (const { items: entries } of items.values()) {
      for (const { text } of entries) if (items.has(text)) this.used.add(text);
    }
  }

  has(name: string): boolean {
    return this.#items.has(name);
  }

  /** Values of a list, each once, and marks it used. */
  use(name: string): readonly string[] {
    this.used.add(name);
    const known = this.#expanded.get(name);
    if (known !== undefined) return known;
    const values = new Set<string>();
    this.#collect(name, values, new Set());
    const expanded = [...values];
    this.#expanded.set(name, expanded);
    return expanded;
  }

  /** Depth first with a stack of its own; a list met before adds nothing new, so cycles end. */
  #collect(root: string, values: Set<string>, seen: Set<string>): void {
    const stack: { readonly items: ListItem['items']; next: number }[] = [];
    const enter = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      this.used.add(name);
      const items = this.#items.get(name)?.items ?? [];
      stack.push({ items, next: 0 });
    };
    enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const item = top.items[top.next++];
      if (item === undefined) stack.pop();
      else if (this.#items.has(item.text)) enter(item.text);
      else for (const value of itemValues(item.text)) values.add(value);
    }
  }
}

/**
 * What an item stands for: it is text of the language, so `'"a b"'` is the quoted value `a b` and `a, b` are
 * two; anything that is no such text stands for itself.
 */
function itemValues(text: string): readonly string[] {
  if (!/["',\s]/.test(text)) return [text];
  if (/\s/.test(text) && !text.startsWith('"') && !text.startsWith("'")) return [text];
  try {
    const scanner = new Scanner(text);
    const values: string[] = [];
    do {
      scanner.skipBlank();
      const value = scanner.value();
      if (value === undefined) return [text];
      values.push(value.text);
      scanner.skipBlank();
    } while (scanner.punctuation(','));
    return scanner.atEnd ? values : [text];
  } catch (problem) {
    if (problem instanceof SyntaxProblem) return [text];
    throw problem;
  }
}
