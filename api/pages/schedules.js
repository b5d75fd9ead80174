/** When each client comes back after a lost connection. Pure: no timer and no socket. */

const LONGEST_MS = 30_000;

/**
 * `waitsMs`: the wait before each try. `renewed`: a connection that opens earns all tries anew; without it they are all
 * that one question has. `then`: what the reader is told when none is left.
 * @typedef {{waitsMs: readonly number[], renewed: boolean, then: string}} Schedule
 */

/** @type {Record<'analysis' | 'diagram' | 'query' | 'reasoning', Schedule>} */
export const SCHEDULES = {
  analysis: {
    waitsMs: [1_000, 2_000, 3_000], renewed: false,
    then: 'Max retries reached, falling back to server-sent events.',
  },
  diagram: {
    waitsMs: [0, 1, 2, 3, 4].map((retry) => Math.min(1_000 * 2 ** retry, LONGEST_MS)), renewed: true,
    then: 'Connection failed after 5 retries. Please refresh the page.',
  },
  query: {
    waitsMs: [1_000, 2_000, 3_000], renewed: false,
    then: 'No connection after 3 tries. Asking without streaming.',
  },
  reasoning: {
    waitsMs: [2_000, 4_000, 6_000, 8_000, 10_000], renewed: true,
    then: 'No connection after 5 tries. What you wrote is kept: press Connect to try again.',
  },
};

/** The tries of one connection. */
export class Tries {
  #used = 0;

  /** @param {Schedule} schedule */
  constructor(schedule) {
    this.schedule = schedule;
  }

  /** The next try, counted from 1, or null when none is left.
   * @returns {{waitMs: number, number: number, of: number} | null} */
  next() {
    const { waitsMs } = this.schedule;
    if (this.#used >= waitsMs.length) return null;
    this.#used += 1;
    return { waitMs: waitsMs[this.#used - 1], number: this.#used, of: waitsMs.length };
  }

  /** The connection is open. */
  opened() {
    if (this.schedule.renewed) this.#used = 0;
  }
}
