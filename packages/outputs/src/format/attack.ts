import { stagesOf, tacticInfo } from '@runward/core';
import type { Detection } from '@runward/detect';

export interface Attack {
  readonly tactics: readonly { readonly uid: string; readonly name: string }[];
  /** Ids: `T1059`, `T1059.004`. */
  readonly techniques: readonly string[];
}

/** What of MITRE ATT&CK a detection is a sign of. */
export function attackOf({ tags, policy }: Detection): Attack {
  const { tactics, techniques } = stagesOf(tags, policy?.section);
  const infos = tactics.flatMap((key) => tacticInfo(key) ?? []);
  return { tactics: infos.map(({ id, name }) => ({ uid: id, name })), techniques };
}
