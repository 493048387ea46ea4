import { ALG } from '../structures/algorithms.js';
import { EV_NO_ACTION, eventTypeName } from './event-types.js';
import type { BootEvent, BootLog } from './parse.js';

/** An event as people and reference policies have it. */
export interface MeasuredEvent {
  readonly register: number;
  readonly type: string;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  /** What of its data is text, at most 120 characters; '' when nothing is. */
  readonly text: string;
}

/** The events that were extended, in their order. */
export function measuredEvents({ events }: BootLog): readonly MeasuredEvent[] {
  return events.flatMap((event) => {
    const digest = event.digests.get(ALG.sha256);
    if (event.type === EV_NO_ACTION || digest === undefined) return [];
    const { register, type } = event;
    return [{ register, type: eventTypeName(type), digest: digest.toString('hex'), text: textOf(event) }];
  });
}

/** Text of one or of two bytes a letter; never believed, only shown: firmware may write anything beside the digest. */
function textOf({ data }: BootEvent): string {
  const wide = data.length >= 8 && data[1] === 0 && data[3] === 0;
  const text = data.subarray(0, 1024).toString(wide ? 'utf16le' : 'latin1');
  const [longest = ''] = [...text.matchAll(/[\x20-\x7e]{4,}/g)]
    .map(([run]) => run)
    .sort((a, b) => b.length - a.length);
  return longest.slice(0, 120);
}
