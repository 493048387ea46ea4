/** Pure. What one list has and the other has not. */
export function changes(
  before: readonly string[],
  after: readonly string[],
): { readonly added: readonly string[]; readonly gone: readonly string[] } {
  const [had, has] = [new Set(before), new Set(after)];
  return { added: after.filter((each) => !had.has(each)), gone: before.filter((each) => !has.has(each)) };
}

export const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

/** `a, b and c` in backticks. */
export const listed = (values: readonly (string | number)[]): string => {
  const quoted = values.map((value) => `\`${value}\``);
  return quoted.length < 2
    ? (quoted[0] ?? '`nothing`')
    : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
};
