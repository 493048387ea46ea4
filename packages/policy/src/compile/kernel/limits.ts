/** What one effective policy may come to in the kernel. Whatever exceeds one of these is an error that names it. */
export const KERNEL_LIMITS = {
  /** States of the automaton. */
  states: 1_000_000,
  /** Cells of the automaton, 8 bytes each. */
  cells: 4_194_304,
  /** Lines that can apply to one path: RW_MAX_ROWS of bpf/include/policy.h. */
  rowLines: 512,
  /** Entries of all rows, 40 bytes each. */
  rules: 1_000_000,
  /** Different lists of programs that `from` and `ancestors` ask for; and different lists of arguments. */
  classes: 64,
  /** Network lines, counted once for each range of ports, that can apply to one address. */
  networkRowLines: 8_192,
  /** Entries of all rows of network lines, 32 bytes each. */
  networkRules: 1_000_000,
  /** Ranges of addresses that network lines tell apart, 24 bytes each. */
  networkRanges: 262_144,
} as const;
