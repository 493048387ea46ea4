/** A tactic of MITRE ATT&CK (attack.mitre.org, Enterprise): a stage of an attack. */
export interface TacticInfo {
  /** As tags of rules say it, behind `mitre_`. */
  readonly key: Tactic;
  readonly id: string;
  readonly name: string;
}

// biome-ignore format: a table reads best as a table
export const TACTICS = [
  { key: 'initial_access', id: 'TA0001', name: 'Initial Access' },
  { key: 'execution', id: 'TA0002', name: 'Execution' },
  { key: 'persistence', id: 'TA0003', name: 'Persistence' },
  { key: 'privilege_escalation', id: 'TA0004', name: 'Privilege Escalation' },
  { key: 'defense_evasion', id: 'TA0005', name: 'Defense Evasion' },
  { key: 'credential_access', id: 'TA0006', name: 'Credential Access' },
  { key: 'discovery', id: 'TA0007', name: 'Discovery' },
  { key: 'lateral_movement', id: 'TA0008', name: 'Lateral Movement' },
  { key: 'collection', id: 'TA0009', name: 'Collection' },
  { key: 'command_and_control', id: 'TA0011', name: 'Command and Control' },
  { key: 'exfiltration', id: 'TA0010', name: 'Exfiltration' },
  { key: 'impact', id: 'TA0040', name: 'Impact' },
] as const;
export type Tactic = (typeof TACTICS)[number]['key'];

const BY_KEY: ReadonlyMap<string, TacticInfo> = new Map(TACTICS.map((tactic) => [tactic.key, tactic]));

export const tacticInfo = (key: Tactic): TacticInfo | undefined => BY_KEY.get(key);
export const isTactic = (text: string): text is Tactic => BY_KEY.has(text);

/** Tactics of the techniques that network detections name without one. */
const TACTIC_OF_TECHNIQUE: Readonly<Record<string, Tactic>> = {
  T1021: 'lateral_movement',
  T1046: 'discovery',
  T1048: 'exfiltration',
  T1071: 'command_and_control',
  'T1071.004': 'command_and_control',
  T1090: 'command_and_control',
  'T1090.003': 'command_and_control',
  T1496: 'impact',
  'T1552.005': 'credential_access',
  T1571: 'command_and_control',
};

/** What a verdict of a policy's section is a sign of; the others say nothing of the stage. */
const TACTIC_OF_SECTION: Readonly<Record<string, Tactic>> = {
  process: 'execution',
  capabilities: 'privilege_escalation',
  kernelSurface: 'privilege_escalation',
  privilege: 'privilege_escalation',
};

const TECHNIQUE = /^T\d{4}(?:\.\d{3})?$/;

export interface Stages {
  readonly tactics: readonly Tactic[];
  readonly techniques: readonly string[];
}

/** The stages a detection belongs to: its rule's tags, else its technique's usual one, else its policy section's. */
export function stagesOf(tags: readonly string[], policySection: string | undefined): Stages {
  const techniques = [...new Set(tags.filter((tag) => TECHNIQUE.test(tag)))];
  const named = tags
    .filter((tag) => tag.startsWith('mitre_'))
    .map((tag) => tag.slice('mitre_'.length))
    .filter(isTactic);
  if (named.length > 0) return { tactics: [...new Set(named)], techniques };
  const usual = techniques.flatMap((technique) => own(TACTIC_OF_TECHNIQUE, technique));
  const ofSection = policySection === undefined ? [] : own(TACTIC_OF_SECTION, policySection);
  return { tactics: [...new Set(usual.length > 0 ? usual : ofSection)], techniques };
}

const own = (table: Readonly<Record<string, Tactic>>, key: string): readonly Tactic[] => {
  const found = Object.hasOwn(table, key) ? table[key] : undefined;
  return found === undefined ? [] : [found];
};
