/** `*` any part of a name, `?` one character of it; never `/`. */
export function globTest(pattern: string): (text: string) => boolean {
  const parts = pattern
    .split('*')
    .map((part) => part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('?', '[^/]'));
  // Runs of stars are one; what is left cannot be matched in more than quadratic time.
  const regex = new RegExp(`^${parts.join('[^/]*').replaceAll(/(?:\[\^\/\]\*)+/g, '[^/]*')}$`, 'su');
  return (text) => regex.test(text);
}
