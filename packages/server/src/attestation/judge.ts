import type { AttestationMessage, TrustState } from '@runward/protocol';
import {
  type CheckedList,
  checkBootLog,
  checkGenuine,
  checkImaList,
  compareWith,
  type Distrust,
  distrust,
  type ImaState,
  type Measured,
  type MeasuredEvent,
  NO_ENTRIES,
  type PcrValues,
  type Profile,
  type Quote,
  TpmError,
} from '@runward/tpm';
import type { Binding } from './binding.js';
import { isStale, profilesFor, type Reference } from './reference.js';

export type QuoteMessage = Extract<AttestationMessage, { kind: 'quote' }>;

/** What a quote is held to. */
export interface Standard {
  readonly node: { readonly name: string; readonly cluster: string };
  readonly binding: Binding;
  /** What the quote has to be over. */
  readonly extraData: Buffer;
  readonly seen: readonly Buffer[];
  readonly resets: number;
  /** What of IMA's list was verified before. */
  readonly ima: ImaState;
  readonly reference: Reference | undefined;
  readonly nowMs: number;
}

/** What the TPM and the logs show for certain. */
export interface Shown {
  readonly quote: Quote;
  readonly values: PcrValues;
  readonly events: readonly MeasuredEvent[] | undefined;
  readonly list: CheckedList;
}

export interface Judgement {
  readonly state: TrustState;
  /** '' where it is trusted. */
  readonly reason: string;
  readonly detail: string;
  /** It is the node that is to blame: it comes back by decision alone. */
  readonly isHeld: boolean;
  /** undefined: it is not known to be of this node, or is not whole. */
  readonly shown: Shown | undefined;
}

/** The whole way: is it this TPM's word, now; do the logs come to it; is it what is expected. */
export function judge(message: QuoteMessage, standard: Standard): Judgement {
  let shown: Shown | Distrust;
  try {
    shown = show(message, standard);
  } catch (error) {
    if (!(error instanceof TpmError)) throw error;
    shown = distrust('malformed', error.message);
  }
  if ('reason' in shown) return failed(shown, true, undefined);
  return compare(shown, standard);
}

const bytes = (text: string): Buffer => Buffer.from(text, 'base64');

function show(message: QuoteMessage, { binding, extraData, seen, resets, ima }: Standard): Shown | Distrust {
  const values = new Map(
    Object.entries(message.registers).map(
      ([register, value]) => [Number(register), Buffer.from(value, 'hex')] as const,
    ),
  );
  const told = {
    key: bytes(message.key),
    attest: bytes(message.attest),
    signature: bytes(message.signature),
    values,
  };
  const quote = checkGenuine(told, { key: bytes(binding.attestation), extraData, seen, resets });
  if ('reason' in quote) return quote;
  const events = checkBootLog(bytes(message.bootLog), values);
  if (events !== undefined && 'reason' in events) return events;
  const list = checkImaList(bytes(message.measurements), ima, values);
  return 'reason' in list ? list : { quote, values, events, list };
}

const failed = ({ reason, detail }: Distrust, isHeld: boolean, shown: Shown | undefined): Judgement => ({
  ...{ state: 'failed', reason, detail, isHeld, shown },
});
const unknown = (reason: string, detail: string, shown: Shown): Judgement => ({
  ...{ state: 'unknown', reason, detail, isHeld: false, shown },
});

function compare(shown: Shown, { node, reference, nowMs }: Standard): Judgement {
  if (reference === undefined)
    return unknown('no-reference', 'its TPM speaks the truth; what it should say was never set', shown);
  // Not the node's fault: a reference that is current brings it back.
  if (isStale(reference, nowMs))
    return failed(
      distrust(
        'reference-stale',
        `version ${reference.version} of the reference expired on ${reference.expires}`,
      ),
      false,
      shown,
    );
  const profiles = profilesFor(reference, node);
  if (profiles.length === 0)
    return unknown(
      'no-reference',
      `version ${reference.version} of the reference has no profile for it`,
      shown,
    );
  const measured: Measured = {
    ...{ values: shown.values, events: shown.events, entries: shown.list.entries },
    entryCount: shown.list.state.entries,
  };
  const fits = profiles.find((profile) => compareWith(profile, measured) === undefined);
  if (fits !== undefined)
    return { state: 'trusted', reason: '', detail: `it is as \`${fits.name}\``, isHeld: false, shown };
  return failed(nearest(profiles, measured), true, shown);
}

/** Of several profiles that do not fit, what is wrong with the one that fits furthest. */
function nearest(profiles: readonly Profile[], measured: Measured): Distrust {
  const order = ['pcr-changed', 'boot-log-missing', 'event-unknown', 'ima-list-missing', 'file-unknown'];
  const found = profiles.flatMap((profile) => compareWith(profile, measured) ?? []);
  const [best] = found.toSorted((a, b) => order.indexOf(b.reason) - order.indexOf(a.reason));
  return best ?? distrust('pcr-changed', 'no profile fits');
}

export const verifiedBefore = (entries: number, value: string): ImaState =>
  entries === 0 ? NO_ENTRIES : { entries, value: Buffer.from(value, 'hex') };
