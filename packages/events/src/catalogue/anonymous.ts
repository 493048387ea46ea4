import type { EventView } from '../view.js';

/** Files without a name of their own: what the kernel calls them, the type and letter rules know them by. */
const ANONYMOUS: ReadonlyMap<string, readonly [name: string, letter: string]> = new Map([
  ['[eventfd]', ['event', 'e']],
  ['[eventpoll]', ['eventpoll', 'l']],
  ['[signalfd]', ['signalfd', 's']],
  ['[timerfd]', ['timerfd', 't']],
  ['inotify', ['inotify', 'i']],
  ['[io_uring]', ['io_uring', 'r']],
  ['[userfaultfd]', ['userfaultfd', 'u']],
  ['[pidfd]', ['pidfd', 'P']],
  ['bpf-map', ['bpf', 'b']],
  ['bpf-prog', ['bpf', 'b']],
  ['bpf_link', ['bpf', 'b']],
  ['bpf_link_info', ['bpf', 'b']],
]);

const EVENT = ['event', 'e'] as const;

/** Type and letter of a descriptor whose kind is `event`; `event` for those the table does not know. */
export const anonymousType = (view: EventView): readonly [name: string, letter: string] =>
  ANONYMOUS.get(view.path(0) ?? '') ?? EVENT;

/** Type of the file the kernel calls `anon_inode:NAME`, as `fd.type` says it. */
export const anonymousFileType = (name: string): string => (ANONYMOUS.get(name) ?? EVENT)[0];
