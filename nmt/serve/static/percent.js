// Shares written for people.

/** Return a share between 0 and 1 as a percentage, as in "71 %". */
export function percent(share) {
  return `${Math.round(100 * share)}\u00a0%`;
}
