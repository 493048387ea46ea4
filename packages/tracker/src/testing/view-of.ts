import { RingView } from '@runward/events';
import { testAccounts, testProcess } from '@runward/events/testing';

const blind = { resolve: () => undefined, hostPath: () => undefined };
const view = new RingView(blind, testProcess(), testAccounts);

/** The one view, over this record, by a resolver that knows no file. Good until the next call, as in the sensor. */
export function viewOf(record: Uint8Array<ArrayBuffer>): RingView {
  if (!view.attach(new DataView(record.buffer), record, 0, record.length)) throw new TypeError('no record');
  return view;
}
