import type { EventView } from '@runward/events';
import { BlockSplitter } from '../scap/block-splitter.js';
import { ScapReplay } from '../scap/scap-replay.js';
import { Tally } from '../tally.js';

/** Replays the bytes of an uncompressed capture, in pieces of `chunk` bytes. */
export function replayBytes(
  bytes: Uint8Array,
  onEvent: (view: EventView) => void,
  chunk = 65_536,
): { readonly tally: Tally; readonly replay: ScapReplay; readonly isWhole: boolean } {
  const tally = new Tally();
  const replay = new ScapReplay(onEvent, tally);
  const splitter = new BlockSplitter(replay);
  for (let at = 0; at < bytes.length; at += chunk) splitter.push(bytes.subarray(at, at + chunk));
  return { tally, replay, isWhole: splitter.finish() };
}
