/** What is done to a host; each has a way back. */
export type Change =
  | { readonly kind: 'sysctl'; readonly name: string; readonly value: string }
  | { readonly kind: 'mode'; readonly path: string; readonly mode: number };

/** `kernel.kptr_restrict` as a file: names of interfaces may hold dots, which are written as slashes. */
export const sysctlPath = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

export const modeText = (mode: number): string => `0${(mode & 0o7777).toString(8)}`;

export const changeText = (change: Change): string =>
  change.kind === 'sysctl'
    ? `sysctl -w ${change.name}=${change.value}`
    : `chmod ${modeText(change.mode)} ${change.path}`;

/** Changes are of one thing. */
export const subjectOf = (change: Change): string =>
  change.kind === 'sysctl' ? `sysctl ${change.name}` : `mode ${change.path}`;
