import { EventFlag, type EventView, isError } from '@runward/events';

/** An io_uring request may ask for no completion where it succeeds. */
const resultOf = (view: EventView): number | undefined =>
  view.result ?? ((view.flags & EventFlag.noResult) !== 0 ? 0 : undefined);

export function succeeded(view: EventView): boolean {
  const result = resultOf(view);
  return result !== undefined && !isError(result);
}

const ERRNO = { EBADF: 9, EFAULT: 14, ENOTSOCK: 88, EAFNOSUPPORT: 97 } as const;
const BEFORE_JUDGEMENT: ReadonlySet<number> = new Set(Object.values(ERRNO));

/** The call came as far as the kernel's own judgement: what failed later was tried all the same. */
export function wasTried(view: EventView): boolean {
  const result = resultOf(view);
  return result === undefined || !BEFORE_JUDGEMENT.has(-result);
}
