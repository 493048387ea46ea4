/** Maps that outlive a change of the programs, as long as the layout stays. */
export const MAPS = [
  'rw_bound',
  'rw_places',
  'rw_sets',
  'rw_automata',
  'rw_rules',
  'rw_network',
  'rw_ranges',
  'rw_lines',
  'rw_sockets',
  'rw_exchanges',
  'rw_buckets',
  'rw_names',
  'rw_told_names',
  'rw_members',
  'rw_strays',
  'rw_mounted',
  'rw_digests',
  'rw_digest_ids',
  'rw_asked',
  'rw_verdicts',
  'rw_verdict_drops',
  'rw_refusals',
] as const;

export type MapName = (typeof MAPS)[number];

/** Descriptors of the maps by name. */
export type Maps = Readonly<Record<MapName, number>>;
