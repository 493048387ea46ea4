const MARK = /@([a-z]+)@/;

/** JSON text in which `@NAME@` stands for what changes: made once, filled in often. */
export class Template {
  /** Text and names, in turn. */
  readonly #parts: readonly string[];

  constructor(value: object) {
    this.#parts = JSON.stringify(value).split(MARK);
  }

  /** Values need no escapes in JSON. */
  with(values: Readonly<Record<string, string>>): string {
    let text = '';
    for (const [at, part] of this.#parts.entries()) text += at % 2 === 0 ? part : (values[part] ?? '');
    return text;
  }
}
