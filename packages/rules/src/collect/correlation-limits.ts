/** Steps of one sequence. */
export const MAX_STEPS = 16;
/** What a threshold may count up to: as many times or values are remembered per group. */
export const MAX_COUNT = 10_000;
