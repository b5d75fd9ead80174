/**
 * What is known of one conversation, built from the frames of it. No page and no socket: a frame goes in, the entry
 * that changed comes out. Every frame may come more than once and then changes nothing.
 */

const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Who writes, where the frame has no name. */
const STAFF = 'Staff';

export const STEPS = ['starting', 'agent_routing', 'rag_retrieval', 'tool', 'generating'];

/** Errors that answer a `message` which was not accepted; the oldest one still without `ack` is meant. */
const REFUSALS = new Set([
  'EMPTY_MESSAGE', 'MESSAGE_TOO_LONG', 'BAD_REQUEST', 'RATE_LIMITED', 'RUN_BUSY', 'IDEMPOTENCY_CONFLICT',
  'OVERLOADED', 'SHUTTING_DOWN', 'STORAGE_UNAVAILABLE', 'PROCESSING_ERROR',
  'AUTH_REQUIRED', 'AUTH_EXPIRED', 'FORBIDDEN',
]);

/** 128 random bits; `crypto.randomUUID` does not exist on a page served over plain http from another host. */
export function newId(prefix) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * A tool call. `result` is null while it is under way; `ok` tells whether it worked.
 * @typedef {{key: string, at: string, call: string, result: string | null, ok?: boolean, ms?: number}} Lookup
 */

/** A question and its answer: what one run of the server is about. */
export class Turn {
  kind = 'turn';
  /** `sending`, `accepted`, `running`, `complete`, `asks`, `error`, `cancelled`, or `told`: a person has read it. */
  status = 'sending';
  runId = null;
  questionId = null;
  answerId = null;
  /** In the order they came, one as often as the run came to it; `at` is the time since the page began.
   * @type {{step: string, message: string, at: number}[]} */
  steps = [];
  agents = [];
  passages = [];
  /** @type {Lookup[]} */
  lookups = [];
  metadata = {};
  error = null;
  rating = null;
  /** What the run asks before it acts, while that can be answered.
   * @type {{request_id: string, prompt: string, options: {value: unknown, label: string}[], expires_at: string} | null} */
  request = null;
  prompt = '';
  endedAt = 0;
  deleted = false;
  /** The turn that is to stand for this one. @type {Turn | null} */
  replacing = null;
  /** The answer so far by code points, since offsets count those. */
  #points = [];

  constructor(question, clientMessageId, mine, replaces = null) {
    this.question = question;
    /** The message of the customer for which this one stands. */
    this.replaces = replaces;
    this.clientMessageId = clientMessageId;
    this.mine = mine;
    this.startedAt = performance.now();
  }

  get text() {
    return this.#points.join('');
  }

  get ended() {
    return ['complete', 'error', 'cancelled', 'asks', 'told'].includes(this.status);
  }

  get active() {
    return this.runId !== null && !this.ended;
  }

  get citations() {
    return this.metadata.context?.citations ?? [];
  }

  /** text = text[:offset] + token */
  write(offset, token) {
    if (offset < this.#points.length) this.#points.length = offset;
    for (const point of token) this.#points.push(point);
  }

  /** Keeps a tool call or what came of it. @param {object} frame of type `reasoning` */
  look({ kind, part, agent, iteration, timestamp, content = '', ok, ms }) {
    const key = [part, agent, iteration].join(' ');
    const index = this.lookups.findIndex((one) => one.key === key && one.result === null);
    if (kind === 'tool_use' && !this.lookups.some((one) => one.key === key && one.at === timestamp))
      this.lookups = [...this.lookups, { key, at: timestamp, call: content, result: null }];
    else if (kind === 'tool_result' && index >= 0)
      this.lookups = this.lookups.with(index, { ...this.lookups[index], result: content, ok, ms });
  }

  end(status, text) {
    this.status = status;
    this.endedAt = performance.now();
    if (typeof text === 'string') {
      this.#points = [];
      this.write(0, text);
    }
  }

  /** As it was before anything came back: for sending it again or after `run_restarted`. */
  clear(status) {
    this.status = status;
    this.steps = [];
    this.agents = [];
    this.passages = [];
    this.lookups = [];
    this.metadata = {};
    this.error = null;
    this.request = null;
    this.startedAt = performance.now();
    this.write(0, '');
  }

  /** The server knows nothing of it any more. */
  unsend() {
    this.runId = this.questionId = null;
    this.clear('sending');
  }
}

/** Who has a conversation, as the last `owner` frame said, and who of the staff is writing.
 * @typedef {{state: 'bot' | 'waiting' | 'staff' | 'closed', name: string, place: number | null, typing: boolean}} People */

/** @type {People} */
const NOBODY = { state: 'bot', name: '', place: null, typing: false };

export class Conversation {
  /** @type {(Turn | {kind: 'note', text: string, tone: string}
   *   | {kind: 'staff', text: string, name: string, sentAt: string})[]} */
  entries = [];
  people = NOBODY;
  /** The highest `seq` seen, for `resume`, and in which conversation of that name it was. */
  lastSeq = 0;
  epoch = null;
  #runs = new Map();

  /** @param {string} sessionId empty: the server chooses one and its `ack` tells it */
  constructor(sessionId) {
    this.sessionId = sessionId;
  }

  get turns() {
    return this.entries.filter((entry) => entry.kind === 'turn');
  }

  /** The turn being answered now; later questions wait their turn on the server. */
  get activeTurn() {
    return this.turns.find((turn) => turn.active) ?? this.turns.find((turn) => turn.status === 'sending');
  }

  /** This page's own questions without an ending: they are sent again after a reconnect, under the same id. */
  get unanswered() {
    return this.turns.filter((turn) => turn.mine && !turn.ended);
  }

  /** @param {string | null} replaces the id of the message that the question is to stand for */
  ask(question, replaces = null) {
    const turn = new Turn(question, newId('m-'), true, replaces);
    this.entries.push(turn);
    return turn;
  }

  note(text, tone = 'plain') {
    const entry = { kind: 'note', text, tone };
    this.entries.push(entry);
    return entry;
  }

  messageFrame(turn) {
    const frame = {
      type: 'message', message: turn.question, client_message_id: turn.clientMessageId, metadata: { timezone: TIME_ZONE },
    };
    if (turn.replaces) frame.replaces = turn.replaces;
    return this.sessionId ? { ...frame, session_id: this.sessionId } : frame;
  }

  /** A message and all after it count no more, but for what has yet to be accepted. The entries that went. */
  drop(messageId) {
    const first = this.entries.findIndex((one) => one.kind === 'turn' && one.questionId === messageId);
    const gone = first < 0 ? [] : this.entries.slice(first).filter((one) => one.status !== 'sending');
    this.entries = this.entries.filter((one) => !gone.includes(one));
    return gone;
  }

  /** Before the events that follow it: where they are of another conversation of that name than those before, or the
   * server has lost some of those, nothing that came counts any more. What has no ending stays: it is asked again.
   * @param {object} frame `ack` or `resumed` @returns the entries that went */
  meet(frame) {
    if (frame.session_id !== this.sessionId) return [];
    const another = this.epoch !== null && frame.epoch !== this.epoch;
    this.epoch = frame.epoch ?? null;
    if (!another && !(frame.head_seq < this.lastSeq)) return [];
    const gone = this.entries.filter((one) => one.kind !== 'turn' || !one.mine || one.ended);
    this.entries = this.unanswered;
    this.entries.forEach((turn) => turn.unsend());
    this.people = NOBODY;
    this.lastSeq = 0;
    this.#runs.clear();
    return gone;
  }

  /** @param {object} frame from the server @returns the entry that changed, or null */
  apply(frame) {
    const handler = Object.hasOwn(HANDLERS, frame.type) ? HANDLERS[frame.type] : null;
    if (!handler) return null;
    const changed = handler(this, frame, this.#runs.get(frame.run_id));
    if (changed && Number.isInteger(frame.seq)) this.lastSeq = Math.max(this.lastSeq, frame.seq);
    return changed ?? null;
  }

  /** Ties a run to the question it answers, which another page of the same user may have asked. A run that has asked
   * back goes on below the answer it got, as a turn of its own. */
  accepted(frame) {
    let turn = this.turns.find((one) => one.clientMessageId === frame.client_message_id && frame.client_message_id);
    const asking = this.#runs.get(frame.run_id);
    if (asking?.status !== 'asks') turn ??= asking;
    else if (asking !== turn) asking.request = null;
    if (!turn && frame.session_id !== this.sessionId) return null;
    if (!turn) {
      turn = new Turn(frame.message ?? '', frame.client_message_id, false);
      turn.deleted = frame.message === '';
      this.entries.push(turn);
    }
    if (turn.mine && !this.sessionId) {
      this.sessionId = frame.session_id;
      this.epoch = frame.epoch ?? null;
    }
    turn.runId = frame.run_id ?? null;
    turn.questionId = frame.message_id;
    turn.sentAt = frame.sent_at;
    if (turn.status === 'sending') turn.status = 'accepted';
    if (turn.runId !== null) this.#runs.set(turn.runId, turn);
    else turn.end('told');
    return turn;
  }

  /** Somebody else has the conversation. The answer that led there has ended with the notice already. */
  given({ state, staff, queue, notice }) {
    this.people = { state, name: staff?.name ?? '', place: queue?.place ?? null, typing: false };
    const said = notice && this.turns.at(-1)?.text.endsWith(notice);
    return this.note(said || !notice ? peopleText(this.people) : notice, 'owner');
  }

  /** A person of the staff writes. */
  written({ message, name, sent_at: sentAt }) {
    const entry = { kind: 'staff', text: message ?? '', name: name || STAFF, sentAt };
    this.entries.push(entry);
    this.people = { ...this.people, typing: false };
    return entry;
  }

  failed(frame, turn) {
    if (frame.run_id && !turn) return null;
    const oldest = this.turns.find((one) => one.mine && one.status === 'sending');
    const target = turn ?? (REFUSALS.has(frame.code) ? oldest : undefined);
    if (!target) return this.note(problemText(frame), 'problem');
    if (target.ended) return target;
    target.error = frame;
    target.end('error');
    return target;
  }
}

/** One line of an error for a person: its text, its code and the reference that the server's log repeats. */
export function problemText(frame) {
  const code = [frame.code, frame.reason, frame.field && `field ${frame.field}`].filter(Boolean).join(' · ');
  return [frame.error ?? frame.message ?? 'The server reported an error.', code && `(${code})`,
    frame.ref && `ref ${frame.ref}`].filter(Boolean).join(' ');
}

/** @param {People} people @returns {string} */
export function peopleText({ state, name, place, typing }) {
  const texts = {
    bot: 'The assistant answers.',
    waiting: `Waiting for a person${place ? `, number ${place} in the queue` : ''}. Until then the assistant answers.`,
    staff: typing ? `${name || STAFF} is writing …` : `You are talking to ${name || STAFF}.`,
    closed: 'This conversation is closed. Your next message opens it again.',
  };
  return texts[state] ?? texts.bot;
}

/** By frame type: (conversation, frame, the run's turn if known) to the entry that changed. */
const HANDLERS = {
  ack: (conversation, frame) => conversation.accepted(frame),
  error: (conversation, frame, turn) => conversation.failed(frame, turn),
  progress: live((turn, frame) => {
    turn.status = 'running';
    const last = turn.steps.at(-1);
    if (last?.step === frame.step) last.message = frame.message;
    else turn.steps.push({ step: frame.step, message: frame.message, at: performance.now() });
  }),
  reasoning: live((turn, frame) => { turn.look(frame); }),
  routed: known((turn, frame) => { turn.agents = frame.agents ?? []; }),
  sources: known((turn, frame) => { turn.passages = frame.passages ?? []; }),
  token: live((turn, frame) => {
    turn.status = 'running';
    turn.write(frame.offset ?? 0, frame.token ?? '');
  }),
  run_restarted: live((turn) => turn.clear('accepted')),
  complete: live((turn, frame) => {
    turn.answerId = frame.message_id;
    turn.metadata = frame.metadata ?? {};
    if (!turn.agents.length) turn.agents = turn.metadata.agents ?? [];
    turn.end('complete', frame.response);
  }),
  cancelled: known((turn, frame) => {
    if (turn.ended && turn.status !== 'asks') return;
    turn.request = null;
    turn.end('cancelled', frame.partial_response);
  }),
  input_required: live((turn, frame) => {
    turn.request = frame;
    turn.prompt = frame.prompt;
    turn.end('asks', frame.partial_response);
  }),
  owner: news((conversation, frame) => conversation.given(frame)),
  staff_message: news((conversation, frame) => conversation.written(frame)),
  staff_typing: here((conversation, frame) => {
    conversation.people = { ...conversation.people, typing: frame.typing === true };
  }),
  deleted: (conversation, frame) => {
    const turn = conversation.turns.find((one) => one.questionId === frame.message_id);
    if (turn) {
      turn.question = '';
      turn.deleted = true;
    }
    return turn;
  },
  superseded: (conversation, frame) => ({ kind: 'branch', entries: conversation.drop(frame.message_id) }),
};

/** A handler for frames of a run this page knows; of another conversation's runs it knows nothing. */
function known(change) {
  return (_conversation, frame, turn) => {
    if (turn) change(turn, frame);
    return turn;
  };
}

/** Likewise, but nothing changes a run that has ended. */
function live(change) {
  return known((turn, frame) => {
    if (!turn.ended) change(turn, frame);
  });
}

/** A handler for frames of this conversation; a socket may follow others too. */
function here(change) {
  return (conversation, frame) => (frame.session_id === conversation.sessionId ? change(conversation, frame) : null);
}

/** Likewise for durable frames that have not been seen. */
function news(change) {
  return here((conversation, frame) => (frame.seq <= conversation.lastSeq ? null : change(conversation, frame)));
}
