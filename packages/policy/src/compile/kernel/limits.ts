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
} as const;
