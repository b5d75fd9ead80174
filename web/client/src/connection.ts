/** The socket to `/ws/chat`: opening, signing in, heartbeat, and coming back. Knows nothing of conversations. */

import { backoffMs } from './backoff.js';
import type { AuthSuccessFrame, ClientFrame } from './frames.js';
import type { Received } from './conversation.js';
import type { HandoverFrame } from './handover.js';

/** What a client shows to be let in. A function is asked for a fresh one whenever that is needed; it may be slow, and may
 * fail: then it is asked again later. */
export type Credential =
  | { readonly token: string | (() => string | Promise<string>) }
  | { readonly ticket: () => string | Promise<string> };

/** What is needed of a `WebSocket` class. */
export interface Socket {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}
export type SocketClass = new (address: string) => Socket;

/** `waiting`: until the next attempt. `refused`: the server does not let this client in, `signIn` tries again. */
export type ConnectionState =
  | { readonly name: 'idle' | 'connecting' | 'ready' }
  | { readonly name: 'waiting'; readonly retryAt: number }
  | { readonly name: 'refused'; readonly code: string };

/** `text` of `typing` is a preview for the staff; an empty one says that the customer has stopped. */
export type Sent = (ClientFrame | HandoverFrame) & { request?: string; text?: string };

export interface Listeners {
  onState(state: ConnectionState): void;
  onReady(frame: AuthSuccessFrame): void;
  onFrame(frame: Received): void;
}

const OPEN = 1;
/** After these the same attempt would fail again. */
const FINAL = new Set([1003, 1007, 1009, 4003, 4400, 4403]);
const BROKEN = 1006;
const BAD_TOKEN = 4401;
const EXPIRED = 4419;
const FLOOD = 4429;
/** For the handshake and the sign-in. */
const PATIENCE_MS = 15_000;
/** A connection that lived this long was good: the next wait is a short one again. */
const STEADY_MS = 10_000;
const USUAL_HEARTBEAT_S = 20;

export class Connection {
  state: ConnectionState = { name: 'idle' };
  #socket: Socket | null = null;
  #attempt = 0;
  #readyAt = 0;
  /** Milliseconds that the server asked for: by `closing`, and by the last refusal, which counts after a flood. */
  #floorMs = 0;
  #restMs = 0;
  /** Pings since the last frame that came in. */
  #unheard = 0;
  #refusal = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #renewedAt = 0;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly address: string,
    public credential: Credential | null,
    private readonly listeners: Listeners,
    private readonly SocketClass: SocketClass,
    private readonly random: () => number = Math.random,
  ) {}

  get ready(): boolean {
    return this.state.name === 'ready';
  }

  /** Opens the socket, unless it is open or being opened. */
  open(): void {
    if (this.state.name === 'connecting' || this.ready || !this.credential) return;
    void this.#connect(this.credential);
  }

  /** Drops the socket and opens another, at once. */
  reopen(credential: Credential | null = this.credential): void {
    this.credential = credential;
    this.#drop();
    this.#attempt = 0;
    this.#become({ name: 'idle' });
    this.open();
  }

  close(): void {
    this.#drop();
    this.#become({ name: 'idle' });
  }

  /** The network has gone, or may have come back. */
  network(there: boolean): void {
    if (there && this.state.name === 'waiting') this.reopen();
    else if (!there && (this.ready || this.state.name === 'connecting')) this.#closed(BROKEN);
  }

  /** @returns whether it left */
  send(frame: Sent): boolean {
    if (this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  async #connect(credential: Credential): Promise<void> {
    const attempt: ConnectionState = { name: 'connecting' };
    this.#refusal = '';
    this.#become(attempt);
    const shown = await this.#show(credential);
    if (this.state !== attempt) return;
    if (shown === null) {
      this.#wait(0);
      return;
    }
    const query = 'ticket' in credential ? `?ticket=${encodeURIComponent(shown)}` : '';
    const socket = new this.SocketClass(this.address + query);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#closed(BROKEN), PATIENCE_MS);
    socket.onopen = () => {
      if (!query) this.send({ type: 'auth', token: shown, partial: false });
    };
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code }) => this.#closed(code);
    socket.onerror = () => undefined;
  }

  /** The token or ticket; null where it cannot be had now. */
  async #show(credential: Credential): Promise<string | null> {
    const source = 'ticket' in credential ? credential.ticket : credential.token;
    if (typeof source === 'string') return source;
    try {
      return await source();
    } catch {
      return null;
    }
  }

  #heard(data: unknown): void {
    this.#unheard = 0;
    const frame = parsed(data);
    if (!frame) return;
    switch (frame.type) {
      case 'auth_success':
        this.#signedIn(frame);
        return;
      case 'auth_error':
        this.#refusal = frame.code;
        return;
      case 'auth_expiring':
        this.#expiring();
        return;
      case 'closing':
        this.#floorMs = frame.reconnect_after_ms;
        return;
      case 'error':
        if (!frame.run_id) this.#restMs = frame.retry_after_ms ?? 0;
    }
    this.listeners.onFrame(frame);
  }

  #signedIn(frame: AuthSuccessFrame): void {
    if (this.ready) return;
    clearTimeout(this.#timer);
    this.#readyAt = Date.now();
    this.#floorMs = 0;
    this.#beat((frame.heartbeat_s || USUAL_HEARTBEAT_S) * 1_000);
    this.#become({ name: 'ready' });
    this.listeners.onReady(frame);
  }

  /** Takes two pings without any frame for a broken connection. Pings are counted, not time: a browser slows the timers of
   * a page in the background. */
  #beat(everyMs: number): void {
    this.#unheard = 0;
    this.#heartbeat = setInterval(() => {
      if (this.#unheard >= 2) this.#closed(BROKEN);
      else {
        this.#unheard += 1;
        this.send({ type: 'ping', timestamp: Date.now() });
      }
    }, everyMs);
  }

  /** Soon, and not again and again where whoever gives tokens has none that lasts longer. */
  #expiring(): void {
    const restMs = this.#renewedAt + STEADY_MS - Date.now();
    clearTimeout(this.#renewal);
    if (restMs <= 0) void this.#renew();
    else this.#renewal = setTimeout(() => void this.#renew(), restMs);
  }

  /** Before the sign-in ends: a fresh token on the same socket, or a new socket by a fresh ticket. */
  async #renew(): Promise<void> {
    this.#renewedAt = Date.now();
    const socket = this.#socket;
    const { credential } = this;
    if (!credential) return;
    if ('ticket' in credential) this.reopen();
    else if (typeof credential.token !== 'string') {
      const token = await this.#show(credential);
      if (token !== null && this.#socket === socket) this.send({ type: 'auth', token, partial: false });
    }
  }

  #closed(code: number): void {
    if (this.ready && Date.now() - this.#readyAt > STEADY_MS) this.#attempt = 0;
    this.#drop();
    const again = this.credential !== null && ('ticket' in this.credential || typeof this.credential.token !== 'string');
    const useless = (this.#refusal !== '' || code === BAD_TOKEN || code === EXPIRED) && !again;
    if (FINAL.has(code) || useless) this.#become({ name: 'refused', code: this.#refusal || String(code) });
    else this.#wait(code === FLOOD ? Math.max(this.#restMs, this.#floorMs) : this.#floorMs);
  }

  #wait(floorMs: number): void {
    const ms = backoffMs(this.#attempt, floorMs, this.random);
    this.#attempt += 1;
    this.#floorMs = 0;
    this.#timer = setTimeout(() => {
      this.#become({ name: 'idle' });
      this.open();
    }, ms);
    this.#become({ name: 'waiting', retryAt: Date.now() + ms });
  }

  /** Forgets the socket without waiting for its close handshake, which a dead network never ends. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#renewal);
    clearInterval(this.#heartbeat);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #become(state: ConnectionState): void {
    this.state = state;
    this.listeners.onState(state);
  }
}

function parsed(data: unknown): Received | null {
  if (typeof data !== 'string') return null;
  try {
    const frame: unknown = JSON.parse(data);
    return frame !== null && typeof frame === 'object' && 'type' in frame ? (frame as Received) : null;
  } catch {
    return null;
  }
}
