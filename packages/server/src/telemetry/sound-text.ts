/**
 * JSON that the store can read too: half a character (a surrogate alone), which JSON can write and no encoding can hold,
 * becomes the sign for that. Otherwise whoever sends one hides the rest of a body from filters.
 */
export function soundText(json: string): string {
  if (!/\\ud/i.test(json)) return json;
  const halves = /\\(?:u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|ud[89a-f][0-9a-f]{2}|.)/gis;
  return json.replace(halves, (each, high?: string) =>
    high !== undefined || each.length < 6 ? each : '\\ufffd',
  );
}
