/** What a test and the process that guards say to each other. */
export type Order =
  | { readonly kind: 'bind'; readonly pid: number; readonly policy: string }
  | { readonly kind: 'unbind'; readonly pid: number }
  | { readonly kind: 'counts'; readonly set: number }
  | { readonly kind: 'close' };

export interface Verdict {
  readonly kind: 'verdict';
  readonly section: string;
  readonly operation: string;
  readonly object: string;
  readonly outcome: string;
  readonly line: number;
  readonly unresolved: boolean;
  readonly comm: string;
}

export interface Bound {
  readonly kind: 'bound';
  readonly set: number;
  readonly marked: number;
  readonly unmarked: readonly { readonly point: string; readonly problem: string }[];
}

export type Report =
  | Verdict
  | Bound
  | { readonly kind: 'ready' | 'unbound' | 'closed' }
  | { readonly kind: 'counts'; readonly counts: readonly (readonly [number, number])[] }
  | { readonly kind: 'problem' | 'failed'; readonly text: string };
