/** Tactics of MITRE ATT&CK by the last part of tags like `mitre_lateral_movement`. */
const TACTICS: Readonly<Record<string, readonly [id: string, name: string]>> = {
  reconnaissance: ['TA0043', 'Reconnaissance'],
  resource_development: ['TA0042', 'Resource Development'],
  initial_access: ['TA0001', 'Initial Access'],
  execution: ['TA0002', 'Execution'],
  persistence: ['TA0003', 'Persistence'],
  privilege_escalation: ['TA0004', 'Privilege Escalation'],
  defense_evasion: ['TA0005', 'Defense Evasion'],
  credential_access: ['TA0006', 'Credential Access'],
  discovery: ['TA0007', 'Discovery'],
  lateral_movement: ['TA0008', 'Lateral Movement'],
  collection: ['TA0009', 'Collection'],
  exfiltration: ['TA0010', 'Exfiltration'],
  command_and_control: ['TA0011', 'Command and Control'],
  impact: ['TA0040', 'Impact'],
};

export interface Attack {
  readonly tactics: readonly { readonly uid: string; readonly name: string }[];
  /** Ids: `T1059`, `T1059.004`. */
  readonly techniques: readonly string[];
}

export function attackOf(tags: readonly string[]): Attack {
  const names = tags.map((tag) => tag.toLowerCase());
  return {
    tactics: names.flatMap((tag) => {
      const [uid, name] = TACTICS[tag.replace(/^mitre_/, '')] ?? [];
      return tag.startsWith('mitre_') && uid !== undefined && name !== undefined ? [{ uid, name }] : [];
    }),
    techniques: names.flatMap((tag) => (/^t\d{4}(?:\.\d{3})?$/.test(tag) ? [tag.toUpperCase()] : [])),
  };
}
