/** Figures as a person reads them. */

/** @param {number} share in 0..1 */
export const percent = (share) => `${Math.round(share * 100)} %`;

/** @param {number} ms a time that is still running, or a long one */
export const tenths = (ms) => `${(ms / 1_000).toFixed(1)} s`;

/** @param {number} ms */
export const seconds = (ms) => (ms < 1_000 ? `${Math.round(ms)} ms` : tenths(ms));
