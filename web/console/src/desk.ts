/** The desk: what the server tells, put into one state, and where one is in it. What is done stands in `acts.ts`. */

import { Api, Refused, wordsOf } from './api.js';
import { Drafts } from './drafts.js';
import type { Filters } from './filters.js';
import { changed, EMPTY, without, type ConversationList } from './list.js';
import { Listing } from './listing.js';
import { heard, newlyOpened, noted, told, type Opened, type StaffEvent } from './opened.js';
import { addressOf, placeIn, type Place, type View } from './place.js';
import { Connection, newConversation, type ConnectionState, type Received, type Sent } from './protocol.js';
import { Store } from './store.js';
import type { Canned, Colleague, Counts, CustomerPage, Member, Message, Note, Row } from './types.js';

export interface DeskState extends Place {
  readonly connection: ConnectionState;
  readonly me: Member | null;
  /** What the server lets this member do. */
  readonly operations: ReadonlySet<string>;
  readonly list: ConversationList;
  readonly counts: Counts | null;
  /** Who has a console open now. */
  readonly present: readonly Colleague[];
  /** Everybody who was ever here. */
  readonly members: readonly Member[];
  readonly canned: readonly Canned[];
  /** The open conversation; null while none is, or before it has come. */
  readonly opened: Opened | null;
  /** Why nothing is shown of the conversation in the address. */
  readonly missing: string | null;
  /** The run whose answer is to be explained. */
  readonly why: string | null;
  /** On a phone one of the three is seen. */
  readonly pane: 'list' | 'conversation' | 'details';
  /** What is said in passing. */
  readonly notice: { readonly text: string; readonly bad: boolean } | null;
}

/** Frames of the staff's socket that are not events of a conversation. */
type DeskFrame =
  | { readonly type: 'presence'; readonly colleagues: readonly Colleague[] }
  | { readonly type: 'conversation'; readonly conversation: Row }
  | { readonly type: 'removed'; readonly conversation_id: string }
  | { readonly type: 'opened'; readonly conversation_id: string; readonly conversation: Row; readonly after: number }
  | { readonly type: 'event'; readonly conversation_id: string; readonly frame: StaffEvent }
  | { readonly type: 'note'; readonly conversation_id: string; readonly note: Note }
  | { readonly type: 'canned' }
  | { readonly type: 'done'; readonly request: string }
  | { readonly type: 'error'; readonly request?: string; readonly retry_after_ms?: number };

/** Pages of stored messages that are read of a conversation for their times and thumbs. */
const MOST_PAGES = 10;
const NOTICE_MS = 6_000;
const TYPING_MS = 10_000;
/** Between two conversations that are opened: whoever runs down the list opens only where they stop. */
const OPENING_MS = 250;
const AGAIN_MS = 1_000;

const openingOf = (conversationId: string) => `open ${conversationId}`.slice(0, 64);

export class Desk {
  readonly store: Store<DeskState>;
  readonly api: Api;
  readonly #connection: Connection;
  readonly #listing: Listing;
  #opening: ReturnType<typeof setTimeout> | undefined;
  #openedAt = 0;
  /** What the socket follows. */
  #followed: string | null = null;
  readonly #end = new AbortController();
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #seen = '';

  constructor(
    token: string,
    readonly onSignedOut: (why: string) => void,
    readonly drafts: Drafts,
    SocketClass = WebSocket,
  ) {
    this.api = new Api(token, () => onSignedOut('Your sign-in has ended. Sign in again.'));
    this.store = new Store<DeskState>({
      ...placeIn(location.search),
      connection: { name: 'idle' },
      me: null,
      operations: new Set(),
      list: EMPTY,
      counts: null,
      present: [],
      members: [],
      canned: [],
      opened: null,
      missing: null,
      why: null,
      pane: 'list',
      notice: null,
    });
    this.#listing = new Listing(this.store, this.api);
    const address = new URL('/ws/staff', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    this.#connection = new Connection(
      address.href,
      { token },
      {
        onState: (connection) => this.#connected(connection),
        onReady: (frame) => this.#signedIn(frame as unknown as { user: Member; operations: string[] }),
        onFrame: (frame) => this.#heard(frame as unknown as DeskFrame),
      },
      SocketClass as never,
    );
  }

  get state(): DeskState {
    return this.store.state;
  }

  may(operation: string): boolean {
    return this.state.operations.has(operation);
  }

  begin(): void {
    if (this.state.conversationId) this.store.set({ pane: 'conversation' });
    this.#connection.open();
    void this.#listing.load();
    const { signal } = this.#end;
    addEventListener('popstate', () => this.#returned(), { signal });
    addEventListener('online', () => this.#connection.network(true), { signal });
    addEventListener('offline', () => this.#connection.network(false), { signal });
    document.addEventListener('visibilitychange', () => this.markRead(), { signal });
  }

  end(): void {
    this.#end.abort();
    this.#connection.close();
  }

  send(frame: object): void {
    this.#connection.send(frame as Sent);
  }

  say(text: string, bad = false): void {
    clearTimeout(this.#hiding);
    this.store.set({ notice: { text, bad } });
    this.#hiding = setTimeout(() => this.store.set({ notice: null }), NOTICE_MS);
  }

  // --- where one is ----------------------------------------------------------------------------------------------

  /** @param after milliseconds to wait for more words of a search before asking */
  filter(change: Partial<Filters>, after = 0): void {
    this.#go({ filters: { ...this.state.filters, ...change } }, true);
    this.#listing.loadIn(after);
  }

  show(view: View): void {
    this.#go({ view, ...(view === 'desk' ? {} : { conversationId: this.state.conversationId }) });
  }

  pane(pane: DeskState['pane']): void {
    this.store.set({ pane });
  }

  /** Opens a conversation; null leaves the one that is open. */
  open(conversationId: string | null): void {
    const { conversationId: before, view } = this.state;
    this.#go({ conversationId, view: 'desk' }, before !== null && conversationId !== null && view === 'desk');
    this.store.set({ pane: conversationId ? 'conversation' : 'list' });
    if (conversationId !== before || !this.state.opened) this.#follow();
  }

  /** Opens the next or the previous one of the list. */
  step(by: 1 | -1): void {
    const {
      list: { rows },
      conversationId,
    } = this.state;
    const at = rows.findIndex((row) => row.conversation_id === conversationId);
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) this.open(next.conversation_id);
  }

  explain(runId: string | null): void {
    this.store.set({ why: runId, ...(runId ? { pane: 'details' } : {}) });
  }

  #go(place: Partial<Place>, replace = false): void {
    this.store.set(place);
    const address = addressOf(this.state);
    if (replace) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
  }

  #returned(): void {
    const before = this.state;
    const place = placeIn(location.search);
    this.store.set({ ...place, pane: place.conversationId ? 'conversation' : 'list' });
    if (JSON.stringify(place.filters) !== JSON.stringify(before.filters)) void this.#listing.load();
    if (place.conversationId !== before.conversationId) this.#follow();
  }

  // --- the list --------------------------------------------------------------------------------------------------

  /** Loads what follows in the list, unless that is under way. */
  more(): void {
    void this.#listing.more();
  }

  again(): void {
    void this.#listing.load();
  }

  // --- the open conversation -------------------------------------------------------------------------------------

  /** A row that is newer than the one that is known, from the socket or as the answer to an act. */
  take(row: Row): void {
    const { list, filters, me, opened } = this.state;
    const own = opened?.row.conversation_id === row.conversation_id ? opened : null;
    this.store.set({ list: changed(list, row, filters, me?.id ?? ''), ...(own ? { opened: { ...own, row } } : {}) });
    // A reason that is told after its thumb changes nothing in the row.
    if (own && row.thumbs.up + row.thumbs.down > 0) void this.#loadMessages(row.conversation_id);
    this.#listing.countSoon();
  }

  change(conversationId: string, change: (opened: Opened) => Opened): void {
    const { opened } = this.state;
    if (opened?.row.conversation_id === conversationId) this.store.set({ opened: change(opened) });
  }

  #follow(): void {
    const { conversationId, list } = this.state;
    if (this.#followed) this.send({ type: 'leave', conversation_id: this.#followed });
    this.#followed = null;
    const row = list.rows.find((one) => one.conversation_id === conversationId);
    this.store.set({ opened: row ? newlyOpened(row) : null, missing: null, why: null });
    clearTimeout(this.#opening);
    if (!conversationId) return;
    const load = () => {
      this.#openedAt = Date.now();
      this.#load(conversationId);
    };
    const wait = this.#openedAt + OPENING_MS - Date.now();
    if (wait <= 0) load();
    else this.#opening = setTimeout(load, wait);
  }

  #load(conversationId: string): void {
    if (this.#connection.ready) this.#join(conversationId, 0);
    void this.#loadMessages(conversationId, true);
    void this.loadCustomer(conversationId);
  }

  #join(conversationId: string, after: number): void {
    this.#followed = conversationId;
    this.send({ type: 'open', conversation_id: conversationId, after, request: openingOf(conversationId) });
  }

  async #loadMessages(conversationId: string, whole = false): Promise<void> {
    interface Answer {
      conversation: Row;
      messages: Message[];
      more: boolean;
      notes: Note[];
    }
    const path = `/conversations/${encodeURIComponent(conversationId)}`;
    try {
      let { conversation, messages, more, notes } = await this.api.get<Answer>(path, { limit: '100' });
      if (this.state.conversationId !== conversationId) return;
      if (!this.state.opened) this.store.set({ opened: newlyOpened(conversation) });
      this.change(conversationId, (opened) => told(opened, messages, notes));
      for (let page = 1; whole && more && messages[0] && page < MOST_PAGES; page += 1) {
        ({ messages, more } = await this.api.get<Answer>(`${path}/messages`, { before: String(messages[0].seq), limit: '100' }));
        const earlier = messages;
        this.change(conversationId, (opened) => told(opened, earlier));
      }
    } catch (failure) {
      const gone = failure instanceof Refused && failure.status === 404;
      if (this.state.conversationId === conversationId && !this.state.opened?.live)
        this.store.set({ missing: gone ? 'This conversation does not exist any more.' : wordsOf(failure) });
    }
  }

  async loadCustomer(conversationId: string): Promise<void> {
    const customer = await this.api.get<CustomerPage>(`/conversations/${encodeURIComponent(conversationId)}/customer`).catch(() => null);
    if (customer) this.change(conversationId, (opened) => ({ ...opened, customer }));
  }

  /** Tells that what is shown was seen, where somebody looks at it. */
  markRead(): void {
    const { opened } = this.state;
    if (!opened?.live || document.hidden || opened.row.unread === 0) return;
    const { conversation_id: id } = opened.row;
    const seen = `${id} ${opened.conversation.seq}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.api.send('POST', `/conversations/${encodeURIComponent(id)}/read`, { seq: opened.conversation.seq }).catch(() => {
      this.#seen = '';
    });
  }

  // --- what the socket tells -------------------------------------------------------------------------------------

  #connected(connection: ConnectionState): void {
    this.store.set({ connection });
    if (connection.name !== 'refused') return;
    const forbidden = connection.code === 'FORBIDDEN' || connection.code === '4403';
    this.onSignedOut(forbidden ? 'This token is not one of the staff.' : 'Your sign-in has ended. Sign in again.');
  }

  #signedIn({ user, operations }: { user: Member; operations: readonly string[] }): void {
    const again = this.state.me !== null;
    this.#followed = null;
    this.store.set({ me: user, operations: new Set(operations) });
    if (again) void this.#listing.load();
    void this.#loadCanned();
    void this.#loadMembers();
    this.#listing.countSoon();
    const { conversationId, opened } = this.state;
    if (!conversationId) return;
    if (opened) this.#join(conversationId, opened.conversation.seq);
    else this.#follow();
  }

  async #loadCanned(): Promise<void> {
    const answer = await this.api.get<{ canned: Canned[] }>('/canned').catch(() => null);
    if (answer) this.store.set({ canned: answer.canned });
  }

  async #loadMembers(): Promise<void> {
    const answer = await this.api.get<{ colleagues: Member[] }>('/colleagues').catch(() => null);
    if (!answer) return;
    // Answers may come in another order than they were asked for, and one that is old lacks who came meanwhile.
    const missing = this.state.present.filter(({ id }) => !answer.colleagues.some((member) => member.id === id));
    this.store.set({ members: [...answer.colleagues, ...missing.map(({ id, name }) => ({ id, name }))] });
  }

  #heard(frame: DeskFrame): void {
    switch (frame.type) {
      case 'presence':
        this.store.set({ present: frame.colleagues });
        if (frame.colleagues.some(({ id }) => !this.state.members.some((member) => member.id === id))) void this.#loadMembers();
        return;
      case 'conversation':
        this.take(frame.conversation);
        this.markRead();
        return;
      case 'removed':
        this.#removed(frame.conversation_id);
        return;
      case 'opened':
        this.#joined(frame.conversation_id, frame.conversation, frame.after);
        return;
      case 'event':
        this.#happened(frame.conversation_id, frame.frame);
        return;
      case 'note':
        this.change(frame.conversation_id, (opened) => noted(opened, frame.note));
        return;
      case 'canned':
        void this.#loadCanned();
        return;
      case 'done':
        if (this.#opens(frame.request)) this.change(this.state.conversationId ?? '', (opened) => ({ ...opened, live: true }));
        this.markRead();
        return;
      case 'error':
        if (this.#opens(frame.request))
          this.#opening = setTimeout(() => this.#join(this.state.conversationId ?? '', 0), frame.retry_after_ms ?? AGAIN_MS);
    }
  }

  /** Whether this names the request that opens the conversation which is shown. */
  #opens(request: string | undefined): boolean {
    const { conversationId } = this.state;
    return conversationId !== null && request === openingOf(conversationId);
  }

  #joined(conversationId: string, row: Row, after: number): void {
    if (this.state.conversationId !== conversationId) return;
    if (!this.state.opened) this.store.set({ opened: newlyOpened(row) });
    this.change(conversationId, (opened) => ({
      ...opened,
      row,
      conversation: after < opened.conversation.seq ? newConversation(row.session_id) : opened.conversation,
    }));
  }

  #happened(conversationId: string, event: StaffEvent): void {
    this.change(conversationId, (opened) => heard(opened, event, Date.now()));
    const { opened } = this.state;
    if (!opened?.live || opened.row.conversation_id !== conversationId) return;
    if (event.type === 'typing') {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.change(conversationId, (one) => ({ ...one, typing: null })), TYPING_MS);
    } else if ((event as Received).type === 'complete') {
      void this.#loadMessages(conversationId);
      void this.loadCustomer(conversationId);
    }
  }

  #removed(conversationId: string): void {
    this.store.set({ list: without(this.state.list, conversationId) });
    if (this.state.conversationId === conversationId)
      this.store.set({ opened: null, missing: 'The customer has deleted this conversation.' });
    this.#listing.countSoon();
  }
}
