/**
 * Names that are symbolic links on most systems, by what is behind them. A policy sees the file at the end of a link,
 * so a line that names the link alone matches nothing.
 */
const LINKS: ReadonlyMap<string, string> = new Map([
  ['sh', '`/bin/{dash,bash,busybox}`'],
  ['awk', '`/usr/bin/{mawk,gawk,busybox}`'],
  ['nc', '`/usr/bin/{nc.openbsd,nc.traditional,ncat,busybox}`'],
  ['netcat', '`/usr/bin/{nc.openbsd,nc.traditional,ncat,busybox}`'],
  ['vi', '`/usr/bin/{vim.basic,vim.tiny,busybox}`'],
  ['python', '`/usr/bin/python3.*`'],
  ['python3', '`/usr/bin/python3.*`'],
  ['java', '`/usr/lib/jvm/**/bin/java`'],
]);

/** How to name what is behind a path that is mostly a link; undefined for other paths. */
export function linkHelp(path: string): string | undefined {
  const program = /^\/(?:usr\/)?s?bin\/([^/]+)$/.exec(path)?.[1];
  const behind = program === undefined ? undefined : LINKS.get(program);
  if (behind !== undefined) return `name the file as well, for instance ${behind}`;
  if (/^\/proc\/(?:thread-)?self(?:\/|$)/.test(path))
    return 'write `/proc/*/…`: the kernel has the number there';
  if (/^\/dev\/(?:fd|stdin|stdout|stderr)(?:\/|$)/.test(path))
    return 'the file behind the descriptor is what counts';
  return undefined;
}
