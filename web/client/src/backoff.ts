/** How long to wait before the next attempt. */

const SHORTEST_MS = 500;
const LONGEST_MS = 10_000;

/** Exponential with full jitter, so that many clients do not come back at the same moment: anything up to a ceiling
 * that doubles with each attempt (from 0), never less than `floorMs`, which the server asks for. */
export function backoffMs(attempt: number, floorMs = 0, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** attempt);
  return floorMs + random() * ceiling;
}
