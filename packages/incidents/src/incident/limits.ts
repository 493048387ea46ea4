/** What one incident may hold, and how many there may be. What exceeds it is counted, never kept half. */
export const INCIDENT_LIMITS = {
  /** Entries from the beginning, and the latest ones. */
  timelineFirst: 50,
  timelineLast: 50,
  /** First entries of rules that came later than the beginning. */
  timelineMilestones: 64,
  rules: 128,
  containers: 64,
  /** Names of each kind, of one container. */
  exposed: 64,
  processes: 128,
  techniques: 64,
  actions: 64,
  workloads: 16,
  notes: 100,
  changes: 200,
  /** Characters. */
  noteCharacters: 4096,
  nameCharacters: 200,
  outputCharacters: 1000,
  fieldCharacters: 300,
  argumentCharacters: 1000,
  fields: 40,
  fieldValues: 20,
} as const;

const CUT = '…';

/** Text of unknown length; what is left out is shown by its last character. */
export const bounded = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}${CUT}`;
