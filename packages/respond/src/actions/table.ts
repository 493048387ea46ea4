import type { Action } from './action.js';
import { annotate } from './annotate.js';
import { capture } from './capture.js';
import { cordon } from './cordon.js';
import { deletePod } from './delete-pod.js';
import { exec } from './exec.js';
import { isolate } from './isolate.js';
import { killContainer } from './kill-container.js';
import { killProcess } from './kill-process.js';
import { label } from './label.js';
import { networkpolicy } from './networkpolicy.js';
import { pause } from './pause.js';
import { quarantine } from './quarantine.js';
import { release } from './release.js';
import { revoke } from './revoke.js';
import { scale } from './scale.js';
import { snapshot } from './snapshot.js';
import { stop } from './stop.js';
import { throttle } from './throttle.js';
import { unpause } from './unpause.js';
import { webhook } from './webhook.js';

/** Every action, in the order in which they are listed. A new one is a file beside this one and a line here. */
export const ACTION_TABLE = {
  'kill-process': killProcess,
  'kill-container': killContainer,
  stop,
  pause,
  unpause,
  isolate,
  release,
  quarantine,
  throttle,
  snapshot,
  revoke,
  label,
  annotate,
  'delete-pod': deletePod,
  cordon,
  scale,
  networkpolicy,
  capture,
  exec,
  webhook,
} as const;

export type ActionName = keyof typeof ACTION_TABLE;

type OrderOf<A> = A extends Action<infer O> ? O : never;
/** What is to be done; plain, it travels as JSON. */
export type Order = { [A in ActionName]: OrderOf<(typeof ACTION_TABLE)[A]> }[ActionName];

/** An action of which only the name is known. */
export interface AnyAction extends Omit<Action<Order>, 'terms'> {
  readonly terms: Readonly<Record<string, Action<{ action: string; term: unknown }>['terms']['term']>>;
}

/** An entry takes the orders of its name: the caller has read them by the same entry. */
export const actionOf = (name: ActionName): AnyAction => ACTION_TABLE[name] as unknown as AnyAction;
