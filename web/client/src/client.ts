/** The client: one conversation over one socket, as immutable snapshots. */

import { Connection, type ConnectionState, type Credential, type SocketClass } from './connection.js';
import {
  asked, changed, newConversation, problemOf, received, without, type Conversation, type Received,
} from './conversation.js';
import type { Answer, Entry, Problem, Question, Rating } from './entries.js';
import type { AuthSuccessFrame, ErrorFrame, Limits, User } from './frames.js';
import { newId } from './identifiers.js';
import { Memory, NOTHING, type Storage } from './memory.js';
import { Outbox, type Command, type Waiting } from './outbox.js';

export interface Options {
  /** Where the server is: `https://chat.example.com`, or the socket's whole address (`wss://…/ws/chat`). */
  readonly url: string;
  /** How to sign in; without it nothing is opened before `signIn`. */
  readonly credential?: Credential;
  /** Any string of yours; absent, the client makes one and remembers it. */
  readonly sessionId?: string;
  /** Where unsent messages and the session survive a reload: `localStorage`, for example. */
  readonly storage?: Storage;
  /** Where there is no global `WebSocket`, as in Node 20: that of the package `ws`. */
  readonly WebSocket?: SocketClass;
  /** IANA name; by default that of the machine. */
  readonly timezone?: string;
}

/** Everything that a view needs. A new object whenever something has changed, the same one otherwise. */
export interface Snapshot extends Conversation {
  readonly connection: ConnectionState;
  readonly user: User | null;
  readonly limits: Limits | null;
  /** What this server can do beside answering, such as `handover`. */
  readonly features: readonly string[];
  readonly ratings: Readonly<Record<string, Rating>>;
  /** Answers and messages of staff that came after the last `read`. */
  readonly unread: number;
  /** What the server refused that was no message, such as a decision that came too late. */
  readonly problem: Problem | null;
}

/** Refusals of what is fine in itself: a new sign-in is under way. */
const AFTER_SIGN_IN = new Set(['AUTH_REQUIRED', 'AUTH_EXPIRED']);
const MOST_REFUSALS = 5;
const REST_MS = 2_000;
const TYPING_MS = 2_000;
/** After so long without a word of it a person is not writing any more. */
const STAFF_TYPING_MS = 8_000;
const MOST_RATINGS = 200;

export class PitcrewClient {
  #snapshot: Snapshot;
  readonly #listeners = new Set<() => void>();
  readonly #connection: Connection;
  readonly #memory: Memory;
  readonly #outbox: Outbox;
  readonly #timezone: string;
  readonly #fixedSession: boolean;
  readonly #stopListening: () => void;
  /** What stands in the composer, what the staff has been told of it, and when. */
  #typed = '';
  #told = '';
  #typedAt = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #staffTyping: ReturnType<typeof setTimeout> | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor({ url, credential, sessionId, storage, WebSocket: injected, timezone }: Options) {
    const address = socketAddress(url);
    this.#memory = new Memory(storage ?? null, `pitcrew:${address}${sessionId === undefined ? '' : `#${sessionId}`}`);
    this.#timezone = timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#fixedSession = sessionId !== undefined;
    const { waiting, ratings, sessionId: remembered } = this.#memory.now;
    this.#snapshot = {
      ...newConversation(sessionId ?? remembered ?? newId('s-')), connection: { name: 'idle' }, user: null, limits: null,
      features: [], ratings, unread: 0, problem: null,
    };
    this.#memory.keep({ sessionId: this.#snapshot.sessionId });
    this.#outbox = new Outbox(waiting, (kept) => this.#memory.keep({ waiting: kept }));
    this.#showUnsent();
    const SocketOfPlatform = injected ?? (globalThis.WebSocket as unknown as SocketClass | undefined);
    if (!SocketOfPlatform) throw new Error('There is no WebSocket here: give one as the option `WebSocket`.');
    const listeners = {
      onState: (state: ConnectionState) => this.#connectionChanged(state),
      onReady: (frame: AuthSuccessFrame) => this.#ready(frame),
      onFrame: (frame: Received) => this.#heard(frame),
    };
    this.#connection = new Connection(address, credential ?? null, listeners, SocketOfPlatform);
    this.#stopListening = whenNetworkChanges((there) => this.#connection.network(there));
  }

  /** The state of everything; always the same object until something changes. */
  readonly snapshot = (): Snapshot => this.#snapshot;

  /** Calls back after each change. @returns how to stop that */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Whether there is something on the server, or yet to be sent, so that connecting is worth it. */
  get begun(): boolean {
    return this.#memory.now.begun || this.#outbox.waiting.length > 0;
  }

  /** Opens the connection and keeps it up until `disconnect`. Without a credential it waits for `signIn`. */
  connect(): void {
    this.#connection.open();
  }

  disconnect(): void {
    this.#connection.close();
  }

  /** Disconnects for good and lets go of everything. */
  dispose(): void {
    this.disconnect();
    this.#stopListening();
    for (const timer of [this.#rest, this.#staffTyping, this.#typing]) clearTimeout(timer);
    this.#listeners.clear();
  }

  /** Signs in, anew or as somebody else: what another user has not sent is dropped. */
  signIn(credential: Credential): void {
    this.#connection.reopen(credential);
  }

  /** Takes a credential for the next time that it connects. */
  remember(credential: Credential): void {
    this.#connection.credential = credential;
  }

  /** Asks. Held while there is no connection, and sent once. @returns its `clientMessageId` */
  send(message: string, { replaces }: { replaces?: string } = {}): string {
    const id = newId('m-');
    const { sessionId: session_id } = this.#snapshot;
    this.#conversation(asked(this.#snapshot, unsent(id, message, replaces ?? null, this.#connection.ready)));
    this.#command({
      type: 'message', message, session_id, client_message_id: id, metadata: { timezone: this.#timezone },
      ...(replaces === undefined ? {} : { replaces }),
    }, id);
    return id;
  }

  /** Sends a refused message again. */
  retry(question: Question): string {
    if (question.clientMessageId) this.#conversation(without(this.#snapshot, question.clientMessageId));
    return this.send(question.text, question.replaces === null ? {} : { replaces: question.replaces });
  }

  /** Forgets a message that the server has not accepted. */
  discard(question: Question): void {
    if (!question.clientMessageId) return;
    this.#outbox.take(question.clientMessageId);
    this.#conversation(without(this.#snapshot, question.clientMessageId));
  }

  /** Has the last question answered anew: the same words in its place. */
  regenerate(question: Question): void {
    if (question.messageId) this.send(question.text, { replaces: question.messageId });
  }

  /** Decides on what a run asks: the `value` of one of its options, or `{change: text}`. */
  decide(answer: Answer, value: unknown): void {
    if (answer.request) this.#command({ type: 'answer', request_id: answer.request.request_id, value });
  }

  /** Stops an answer, by default what is being answered. */
  cancel(answer?: Answer): void {
    const { sessionId: session_id } = this.#snapshot;
    this.#command(answer ? { type: 'cancel', run_id: answer.runId, session_id } : { type: 'cancel', session_id });
  }

  /** Rates an answer; a second rating replaces the first. */
  rate(messageId: string, rating: 'up' | 'down', reason: string | null = null): void {
    const kept = Object.entries({ ...this.#snapshot.ratings, [messageId]: { rating, reason } }).slice(-MOST_RATINGS);
    const ratings = Object.fromEntries(kept);
    this.#memory.keep({ ratings });
    this.#change({ ratings });
    this.#command({ type: 'feedback', message_id: messageId, rating, ...(reason ? { reason } : {}) });
  }

  /** Takes a message back: its text is gone everywhere. */
  remove(question: Question): void {
    if (question.messageId) this.#command({ type: 'delete', message_id: question.messageId });
  }

  /** Asks for a person. */
  handOver(reason?: string): void {
    const { sessionId: session_id } = this.#snapshot;
    this.#command({ type: 'handover', session_id, ...(reason ? { reason } : {}) });
  }

  /** Tells the staff that the customer is writing, and while a person answers, or will, also what. As often as liked: little
   * of it is sent. An empty text says that the customer has stopped. */
  typing(text: string): void {
    this.#typed = text;
    clearTimeout(this.#typing);
    const restMs = text === '' ? 0 : this.#typedAt + TYPING_MS - Date.now();
    if (restMs > 0) this.#typing = setTimeout(() => this.#tellTyping(), restMs);
    else this.#tellTyping();
  }

  #tellTyping(): void {
    const { owner, sessionId: session_id } = this.#snapshot;
    const text = this.#typed;
    if (text === this.#told || !this.#connection.ready || !this.#memory.now.begun) return;
    this.#told = text;
    this.#typedAt = text === '' ? 0 : Date.now();
    const preview = text === '' || owner.state === 'waiting' || owner.state === 'staff';
    this.#connection.send({ type: 'typing', session_id, ...(preview ? { text } : {}) });
  }

  /** Tells that all there is has been read. */
  read(): void {
    const { seq, sessionId: session_id, epoch } = this.#snapshot;
    if (seq <= this.#memory.now.read) return;
    this.#memory.keep({ read: seq });
    this.#change({});
    if (this.#connection.ready) this.#connection.send({ type: 'read', session_id, seq, ...(epoch ? { epoch } : {}) });
  }

  /** Leaves the conversation as it is on the server, and begins another. */
  startOver(): void {
    this.#outbox.clear();
    this.#begin(newId('s-'));
    this.#connection.reopen();
  }

  #begin(sessionId: string): void {
    this.#memory.keep({ ...NOTHING, userId: this.#memory.now.userId, sessionId });
    this.#change({ ...newConversation(sessionId), ratings: {}, problem: null });
  }

  #command(frame: Command, request = newId('r-')): void {
    if (this.#snapshot.problem) this.#change({ problem: null });
    this.#outbox.add(request, frame);
    this.#flush();
  }

  #flush(): void {
    if (!this.#connection.ready) return;
    this.#outbox.flush((one) => this.#connection.send({ ...one.frame, request: one.request }));
    if (this.#outbox.waiting.some(({ frame: { type } }) => type === 'message' || type === 'handover')) this.#memory.keep({ begun: true });
    this.#showUnsent();
  }

  /** Messages of the outbox stand in the conversation as they are: waiting for a connection, or for the server. */
  #showUnsent(): void {
    let conversation: Conversation = this.#snapshot;
    for (const one of this.#outbox.waiting) {
      if (one.frame.type !== 'message') continue;
      const id = one.request;
      const status = one.sent ? 'sending' : 'queued';
      const shown = conversation.entries.some((entry) => entry.kind === 'question' && entry.clientMessageId === id);
      conversation = shown ? changed(conversation, id, { status })
        : asked(conversation, unsent(id, one.frame.message ?? '', one.frame.replaces ?? null, one.sent));
    }
    this.#conversation(conversation);
  }

  #connectionChanged(connection: ConnectionState): void {
    if (this.#snapshot.connection.name === 'ready') this.#outbox.unsend();
    clearTimeout(this.#rest);
    this.#change(connection.name === 'ready' ? { connection } : { connection, staffTyping: null });
    this.#showUnsent();
  }

  #ready({ user, limits, features }: AuthSuccessFrame): void {
    const { userId } = this.#memory.now;
    if (userId !== null && userId !== user.id) {
      this.#outbox.clear();
      this.#begin(this.#fixedSession ? this.#snapshot.sessionId : newId('s-'));
    }
    this.#memory.keep({ userId: user.id });
    this.#change({ user, limits, features });
    const { sessionId: session_id, seq: after, epoch } = this.#snapshot;
    if (this.#memory.now.begun || this.#fixedSession)
      this.#connection.send({ type: 'resume', session_id, after, ...(epoch ? { epoch } : {}) });
    this.#flush();
  }

  #heard(frame: Received): void {
    if (frame.type === 'ack' && frame.client_message_id) this.#outbox.take(frame.client_message_id);
    if (frame.type === 'done') this.#outbox.take(frame.request);
    if (frame.type === 'error' && !frame.run_id) this.#refused(frame);
    if (frame.type === 'staff_typing') this.#forgetTyping(frame.typing);
    const after = received(this.#snapshot, frame);
    if (after !== this.#snapshot) this.#conversation(after);
    if (after.seq > 0 && !this.#memory.now.begun) this.#memory.keep({ begun: true });
  }

  #refused(frame: ErrorFrame): void {
    const found = this.#outbox.waiting.find(({ request }) => request === frame.request);
    if (!found) return;
    const later = frame.retryable || AFTER_SIGN_IN.has(frame.code);
    if (later && found.refusals < MOST_REFUSALS) this.#sendLater(found, frame);
    else this.#giveUp(found, frame);
  }

  #sendLater({ request, refusals }: Waiting, { retry_after_ms }: ErrorFrame): void {
    this.#outbox.again(request);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#flush(), retry_after_ms ?? REST_MS * 2 ** refusals);
    this.#showUnsent();
  }

  #giveUp({ request, frame }: Waiting, error: ErrorFrame): void {
    this.#outbox.take(request);
    const problem = problemOf(error);
    if (frame.type === 'message') this.#conversation(changed(this.#snapshot, request, { status: 'refused', problem }));
    else if (frame.type !== 'cancel') this.#change({ problem });
  }

  /** Where the word that a person has stopped writing is lost. */
  #forgetTyping(typing: boolean): void {
    clearTimeout(this.#staffTyping);
    if (typing) this.#staffTyping = setTimeout(() => this.#change({ staffTyping: null }), STAFF_TYPING_MS);
  }

  #conversation({ sessionId, epoch, seq, entries, owner, staffTyping }: Conversation): void {
    this.#change({ sessionId, epoch, seq, entries, owner, staffTyping });
  }

  #change(change: Partial<Snapshot>): void {
    const next = { ...this.#snapshot, ...change };
    this.#snapshot = { ...next, unread: unreadIn(next.entries, this.#memory.now.read) };
    for (const listener of this.#listeners) listener();
  }
}

/** The socket's address of a server that is named by its own. Throws TypeError for what is no address. */
export function socketAddress(url: string): string {
  const address = new URL(url);
  address.protocol = address.protocol.replace('http', 'ws');
  address.search = address.hash = '';
  if (!address.pathname.endsWith('/ws/chat')) address.pathname = `${address.pathname.replace(/\/$/, '')}/ws/chat`;
  return address.href;
}

function unsent(clientMessageId: string, text: string, replaces: string | null, sent: boolean): Question {
  return {
    kind: 'question', id: clientMessageId, text, status: sent ? 'sending' : 'queued', clientMessageId, messageId: null,
    sentAt: null, replaces, deleted: false, problem: null,
  };
}

function unreadIn(entries: readonly Entry[], read: number): number {
  return entries.filter((entry) => entry.kind !== 'question' && entry.kind !== 'owner' && (entry.seq ?? 0) > read).length;
}

function whenNetworkChanges(tell: (there: boolean) => void): () => void {
  if (typeof globalThis.addEventListener !== 'function') return () => undefined;
  const [online, offline] = [() => tell(true), () => tell(false)];
  addEventListener('online', online);
  addEventListener('offline', offline);
  return () => {
    removeEventListener('online', online);
    removeEventListener('offline', offline);
  };
}
