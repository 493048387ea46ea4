import { isError } from '../names/index.js';
import { EventFlag, type EventView } from '../view.js';

/**
 * The return value a rule sees. An io_uring request may ask for no completion, which the kernel then skips
 * on success only (`IOSQE_CQE_SKIP_SUCCESS`), so no result stands for 0: otherwise a caller could slip
 * past every rule that asks for success.
 */
export const resultOf = (view: EventView): number | undefined =>
  view.result ?? ((view.flags & EventFlag.noResult) !== 0 ? 0 : undefined);

export function failed(view: EventView): boolean {
  const { result } = view;
  return result !== undefined && isError(result);
}

export function succeeded(view: EventView): boolean {
  const result = resultOf(view);
  return result !== undefined && !isError(result);
}
