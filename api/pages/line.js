/** A socket that comes back by a schedule. Knows nothing of what is said over it. */

import { FINAL_CODES, closeMeaning } from './connection.js';
import { SignInRefused } from './credentials.js';
import { Tries } from './schedules.js';

const LOST = 1006;
const NOT_SIGNED_IN = 4401;
/** A connection that is not there by then will not come: a server or a proxy may refuse one without a word. */
const HANDSHAKE_MS = 10_000;

/**
 * States: `idle`, `connecting`, `open`, `waiting` (until `retryAt`, for try `number` of `of`), `closed` (with `code`
 * and `meaning`; trying again would be of no use), `failed` (no try is left).
 *
 * @typedef {{name: string, code?: number, meaning?: string, retryAt?: number, number?: number, of?: number}} State
 */
export class Line {
  #socket = null;
  #timer = 0;
  #silence = 0;
  #tries;

  /**
   * @param {() => Promise<string>} address is asked anew for each try
   * @param {import('./schedules.js').Schedule} schedule
   * @param {{onState: (state: State) => void, onFrame: (frame: object) => void,
   *   onTraffic: (direction: 'in' | 'out', text: string) => void}} listeners
   * @param {number} silenceMs without a frame after which the line is taken for broken, which a browser may not notice
   *   for minutes; for servers that give signs of life
   */
  constructor(address, schedule, listeners, silenceMs = Infinity) {
    this.address = address;
    this.schedule = schedule;
    this.listeners = listeners;
    this.silenceMs = silenceMs;
    this.#tries = new Tries(schedule);
    /** @type {State} */
    this.state = { name: 'idle' };
  }

  get open() {
    return this.state.name === 'open';
  }

  /** Connects, with all tries. */
  connect() {
    this.renew();
    return this.#try();
  }

  /** What was asked is answered: what is asked next has all tries. */
  renew() {
    this.#tries = new Tries(this.schedule);
  }

  disconnect(meaning = 'disconnected by you') {
    this.#drop()?.close(1000);
    this.#become({ name: 'closed', code: 1000, meaning });
  }

  /** @param {object | string} frame @returns {boolean} whether it left */
  send(frame) {
    if (!this.open || this.#socket.readyState !== WebSocket.OPEN) return false;
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    this.#socket.send(text);
    this.listeners.onTraffic('out', text);
    return true;
  }

  #become(state) {
    this.state = state;
    this.listeners.onState(state);
  }

  async #try() {
    this.#drop()?.close();
    const state = { name: 'connecting' };
    this.#become(state);
    this.#silence = setTimeout(() => this.#lost(LOST), HANDSHAKE_MS);
    let address;
    try {
      address = await this.address();
    } catch (error) {
      if (this.state === state) this.#lost(error instanceof SignInRefused ? NOT_SIGNED_IN : LOST);
      return;
    }
    if (this.state === state) this.#dial(address);
  }

  #dial(address) {
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => {
      this.#tries.opened();
      this.#listen();
      this.#become({ name: 'open' });
    };
    socket.onmessage = (event) => this.#heard(event.data);
    socket.onclose = (event) => this.#lost(event.code);
  }

  #heard(text) {
    this.#listen();
    if (typeof text !== 'string') return;
    this.listeners.onTraffic('in', text);
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame !== null && typeof frame === 'object') this.listeners.onFrame(frame);
  }

  #listen() {
    clearTimeout(this.#silence);
    if (this.silenceMs < Infinity) this.#silence = setTimeout(() => this.#lost(LOST), this.silenceMs);
  }

  #lost(code) {
    this.#drop()?.close();
    const meaning = closeMeaning(code);
    if (FINAL_CODES.has(code)) {
      this.#become({ name: 'closed', code, meaning });
      return;
    }
    const next = this.#tries.next();
    if (!next) {
      this.#become({ name: 'failed', code, meaning });
      return;
    }
    this.#timer = setTimeout(() => this.#try(), next.waitMs);
    this.#become({ name: 'waiting', code, meaning, retryAt: performance.now() + next.waitMs, ...next });
  }

  /** Forgets the socket and its timers without waiting for its close handshake, which a dead network never ends. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    return socket;
  }
}
