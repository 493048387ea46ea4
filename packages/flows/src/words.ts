/** `*` any text, `?` one character; in linear time for each star, since anybody may name a container. */
export function globTest(glob: string): (text: string) => boolean {
  if (!/[*?]/.test(glob)) return (text) => text === glob;
  return (text) => {
    let [g, t, star, from] = [0, 0, -1, 0];
    while (t < text.length) {
      if (g < glob.length && glob[g] === '*') [star, from, g] = [g, t, g + 1];
      else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) [g, t] = [g + 1, t + 1];
      else if (star >= 0) {
        from += 1;
        [g, t] = [star + 1, from];
      } else return false;
    }
    while (glob[g] === '*') g += 1;
    return g === glob.length;
  };
}
