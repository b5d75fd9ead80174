/**
 * The socket to `/ws/chat`: opening, signing in by first frame, heartbeat, and reconnection with jittered backoff.
 * Knows nothing of conversations or of the page.
 */

/** What a close code means to a person; from the protocol's table. */
const CLOSE_MEANINGS = {
  1000: 'closed normally',
  1001: 'the server is going away',
  1003: 'a kind of frame the server does not take',
  1006: 'the connection broke or could not be made',
  1007: 'text that was not valid UTF-8',
  1009: 'a frame over the size limit',
  1011: 'the server failed or the heartbeat stopped',
  1012: 'the server is restarting',
  1013: 'the server is overloaded',
  4003: 'this page may not open a socket there',
  4400: 'too many malformed messages',
  4401: 'the token is missing or not valid',
  4403: 'this user may not connect',
  4408: 'no sign-in within the time allowed',
  4410: 'this page read too slowly',
  4419: 'the sign-in has expired',
  4429: 'too many messages or too many connections',
};

/** Closes after which the same attempt would only fail again. */
export const FINAL_CODES = new Set([1000, 1003, 1007, 1009, 4003, 4400, 4401, 4403]);
/** The close after which a new token is all that is needed. */
const EXPIRED = 4419;

const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** A connection that lived this long counts as good: the next wait starts from the shortest again. */
const STEADY_MS = 10_000;

/** @param {number} code @returns {string} */
export function closeMeaning(code) {
  return CLOSE_MEANINGS[code] ?? 'no meaning known';
}

/**
 * A random wait whose ceiling doubles with each attempt, so that many clients do not come back at the same moment.
 * @param {number} attempt from 0
 * @param {number} floorMs the server's own request, if it made one
 */
export function reconnectWait(attempt, floorMs = 0) {
  const ceiling = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** (attempt + 1));
  return Math.max(floorMs, SHORTEST_WAIT_MS + Math.random() * (ceiling - SHORTEST_WAIT_MS));
}

/**
 * States: `idle`, `connecting`, `signing-in` (open, no answer to `auth` yet), `ready`, `waiting` (until `retryAt`),
 * `closed` (with `code` and `meaning`; no further attempt is made).
 *
 * @typedef {{name: string, code?: number, meaning?: string, retryAt?: number}} State
 */
export class Connection {
  #socket = null;
  #token = '';
  /** The token that the server took. */
  #accepted = '';
  #attempt = 0;
  /** What the server asked for: by `closing`, and by the last refusal, which counts when a flood (4429) follows. */
  #floorMs = 0;
  #retryAfterMs = 0;
  #readyAt = 0;
  /** Pings since the last frame that came in. */
  #unheard = 0;
  #refused = false;
  #retryTimer = 0;
  #heartbeatTimer = 0;

  /**
   * @param {string} address
   * @param {{onState: (state: State) => void, onFrame: (frame: object) => void, onLatency: (ms: number) => void,
   *   onTraffic: (direction: 'in' | 'out', text: string) => void, freshToken: () => Promise<string | null>}} listeners
   */
  constructor(address, listeners) {
    this.address = address;
    this.listeners = listeners;
    /** @type {State} */
    this.state = { name: 'idle' };
    addEventListener('online', () => this.state.name === 'waiting' && this.#open());
  }

  /** The token with which this page is signed in, or was until the connection broke; empty where it is not. */
  get token() {
    return this.#accepted;
  }

  get ready() {
    return this.state.name === 'ready';
  }

  /** Opens a new socket, or tries again at once. @param {string} token may be empty: then `signIn` has to follow */
  connect(token) {
    this.#token = token;
    this.#accepted = '';
    this.#attempt = 0;
    this.#open();
  }

  /** Signs in on the open socket; when already signed in, renews the sign-in. @param {string} token */
  signIn(token) {
    this.#token = token;
    this.send({ type: 'auth', token, partial: false, reasoning: true });
  }

  disconnect() {
    this.#accepted = '';
    const socket = this.#drop();
    socket?.close(1000);
    this.#become({ name: 'closed', code: 1000, meaning: 'disconnected by you' });
  }

  /** @param {object} frame @returns {boolean} whether it left */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    const text = JSON.stringify(frame);
    this.#socket.send(text);
    this.listeners.onTraffic('out', frame.type === 'auth' ? JSON.stringify({ ...frame, token: '(hidden)' }) : text);
    return true;
  }

  #become(state) {
    this.state = state;
    this.listeners.onState(state);
  }

  #open() {
    this.#drop()?.close();
    this.#refused = false;
    this.#become({ name: 'connecting' });
    const socket = new WebSocket(this.address);
    this.#socket = socket;
    socket.onopen = () => {
      this.#become({ name: 'signing-in' });
      if (this.#token) this.signIn(this.#token);
    };
    socket.onmessage = (event) => this.#heard(event.data);
    socket.onclose = (event) => this.#closed(event.code);
  }

  /** Forgets the socket and its timers without waiting for its close handshake, which a dead network never ends. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#heartbeatTimer);
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    return socket;
  }

  #heard(text) {
    this.#unheard = 0;
    if (typeof text !== 'string') return;
    this.listeners.onTraffic('in', text);
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame === null || typeof frame !== 'object') return;
    if (frame.type === 'auth_success') this.#signedIn(frame);
    else if (frame.type === 'auth_error') this.#refused = !this.ready;
    else if (frame.type === 'closing') this.#floorMs = frame.reconnect_after_ms ?? 0;
    else if (frame.type === 'error' && !frame.run_id) this.#retryAfterMs = frame.retry_after_ms ?? 0;
    else if (frame.type === 'pong' && typeof frame.timestamp === 'number')
      this.listeners.onLatency(performance.now() - frame.timestamp);
    this.listeners.onFrame(frame);
  }

  #signedIn(frame) {
    this.#accepted = this.#token;
    if (this.ready) return;
    this.#readyAt = performance.now();
    this.#floorMs = 0;
    this.#beat(frame.heartbeat_s > 0 ? frame.heartbeat_s * 1_000 : 30_000);
    this.#become({ name: 'ready' });
  }

  /** Pings, and takes two pings without any frame for a broken connection, which a browser may not notice for
   * minutes. Counting pings, not time: a browser slows the timers of a page in the background. */
  #beat(intervalMs) {
    const ping = () => {
      if (this.#unheard >= 2) {
        this.#closed(1006);
        return;
      }
      this.#unheard += 1;
      this.send({ type: 'ping', timestamp: performance.now() });
    };
    this.#heartbeatTimer = setInterval(ping, intervalMs);
    ping();
  }

  #closed(code) {
    const wasSteady = this.ready && performance.now() - this.#readyAt > STEADY_MS;
    this.#drop()?.close();
    const meaning = closeMeaning(code);
    if (code === EXPIRED) {
      this.#renew(code);
      return;
    }
    if (FINAL_CODES.has(code) || this.#refused || !this.#token) {
      this.#become({ name: 'closed', code, meaning });
      return;
    }
    if (wasSteady) this.#attempt = 0;
    const wait = reconnectWait(this.#attempt, code === 4429 ? this.#retryAfterMs : this.#floorMs);
    this.#attempt += 1;
    this.#floorMs = 0;
    this.#retryTimer = setTimeout(() => this.#open(), wait);
    this.#become({ name: 'waiting', code, meaning, retryAt: performance.now() + wait });
  }
  /** Comes back with a new token, where the page can get one itself. */
  async #renew(code) {
    const state = { name: 'connecting' };
    this.#become(state);
    const token = await this.listeners.freshToken();
    if (this.state !== state) return;
    if (token) this.connect(token);
    else this.#become({ name: 'closed', code, meaning: closeMeaning(code) });
  }
}
