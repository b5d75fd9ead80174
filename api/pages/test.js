/** The interactive test page: ties the connection, the conversation and the page together. */

import { spoken } from './appointment.js';
import { Connection } from './connection.js';
import { Conversation, newId } from './conversation.js';
import { developmentToken, firstToken, keepToken, subject } from './credentials.js';
import { Inspector } from './inspector.js';
import { keep, recall } from './kept.js';
import { Log } from './log.js';
import { plain } from './markdown.js';
import { PeopleLine } from './people.js';

const [SESSION, RATINGS] = ['session', 'ratings'];
const SIGNED_IN = 'Signed in.';
/** So long after its last sign somebody is taken to have stopped writing. */
const TYPING_MS = 10_000;
/** Closes that a new token mends. */
const NEW_TOKEN_CODES = new Set([4401, 4408, 4419]);

const at = (id) => document.getElementById(id);
const message = at('message');
const hint = at('token-hint');
const narrow = matchMedia('(max-width: 52rem)');

const address = new URL('chat', location.href);
address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
address.search = address.hash = '';

const inspector = new Inspector(at('inspector'), at('frame-list'), at('frame-count'));
const connection = new Connection(address.href, {
  onState: showState,
  onFrame: receive,
  onLatency: (ms) => { at('latency').textContent = `${Math.max(1, Math.round(ms))} ms`; },
  onTraffic: (direction, text) => inspector.record(direction, text),
  freshToken,
});
const parts = ['log', 'entries', 'end', 'welcome', 'newer', 'composer'].map((id) => [id, at(id)]);
const actions = { again, rate, answer, replace, remove, token: () => connection.token };
const log = new Log(Object.fromEntries(parts), actions);
const people = new PeopleLine({ people: at('people'), owner: at('owner'), handover: at('handover'), message }, handOver);
/** When each turn ended that was read out: what is told again is not read again. */
const announced = new WeakMap();
let conversation = new Conversation(recall(SESSION) ?? newId('test-').slice(0, 17));
let limits = {};
let tokenIsFromServer = false;
let wasReady = false;
let resuming = false;
/** What is numbered up to here was there before: it is not read out. */
let headSeq = 0;
let typingTimer = 0;
/** A sample that was clicked before the page was signed in: it is asked then, if it still stands there. */
let sample = '';
/** What this tab said of answers, by their ids: the server tells it to the staff alone. @type {Record<string, string>} */
const ratings = JSON.parse(recall(RATINGS) ?? '{}');

// --- what comes from the server

function receive(frame) {
  if (frame.type === 'auth_success') {
    welcome(frame);
  } else if (frame.type === 'auth_error') {
    hint.textContent = `${frame.message ?? 'The sign-in was refused.'} (${frame.code ?? 'no code'})`;
    at('connection').open = true;
    keepToken(null);
  } else if (frame.type === 'auth_expiring') {
    renewSignIn(frame);
  } else if (frame.type === 'resumed') {
    resuming = false;
    headSeq = frame.head_seq ?? 0;
    meet(frame);
  } else if (!isQuiet(frame)) {
    if (frame.type === 'ack') meet(frame);
    const entry = conversation.apply(frame);
    if (entry?.answerId) entry.rating ??= ratings[entry.answerId] ?? null;
    if (entry) touch(entry);
    if (['note', 'staff'].includes(entry?.kind) && frame.seq > headSeq) readOut(entry);
    if (frame.type === 'staff_typing') expireTyping(conversation);
    showPeople();
    // What a run had asked is answered by now, perhaps by this.
    if (frame.type === 'ack') conversation.turns.filter((turn) => turn.status === 'asks').forEach((turn) => log.show(turn));
  }
}

function meet(frame) {
  const entries = conversation.meet(frame);
  if (!entries.length) return;
  touch({ kind: 'branch', entries });
  conversation.turns.forEach((turn) => log.show(turn));
}

/** A server that cannot resume, or does not know the conversation yet, says so in reply to `resume`: no matter. */
function isQuiet(frame) {
  if (frame.type !== 'error' || frame.run_id) return false;
  if (frame.code === 'RUN_NOT_ACTIVE') return true;
  if (!resuming || !['UNKNOWN_TYPE', 'NOT_FOUND'].includes(frame.code)) return false;
  resuming = false;
  return true;
}

function welcome(frame) {
  limits = frame.limits ?? {};
  const user = frame.user ?? {};
  at('user').textContent = [user.name, user.email, user.id].filter(Boolean).join(' · ') || 'yes';
  at('user').title = at('user').textContent;
  hint.textContent = SIGNED_IN;
  if (narrow.matches && !wasReady) at('connection').open = false;
  if (!tokenIsFromServer) keepToken(connection.token);
  wasReady = true;
  resume();
  for (const turn of conversation.unanswered) connection.send(conversation.messageFrame(turn));
  showComposer();
  if (sample && message.value === sample) send();
  sample = '';
}

function resume() {
  const { sessionId, lastSeq, epoch } = conversation;
  resuming = Boolean(sessionId) && connection.send({ type: 'resume', session_id: sessionId, after: lastSeq, epoch });
}

/** A token that the page gets by itself, or null where only the person has one. */
async function freshToken() {
  return tokenIsFromServer ? developmentToken().catch(() => null) : null;
}

async function renewSignIn(frame) {
  const token = await freshToken();
  if (token) {
    connection.signIn(token);
    return;
  }
  hint.textContent = `The sign-in ends in ${frame.in_s} s: put in a new token and press “Renew sign-in”.`;
  at('connection').open = true;
  showButtons();
}

// --- what the page shows of it

function touch(entry) {
  if (entry.kind === 'branch') {
    entry.entries.forEach((gone) => log.remove(gone));
    showComposer();
    return;
  }
  if (entry.kind === 'turn' && entry.ended) announce(entry);
  if (conversation.sessionId !== at('session').value && document.activeElement !== at('session')) showSession();
  log.show(entry);
  // Where the new text was refused, the old one stays and can be edited again.
  conversation.turns.filter((turn) => turn.replacing === entry).forEach((turn) => log.show(turn));
  showComposer();
}

/** Reads an ending out once, unless it is history; streamed text is hidden from screen readers until then. */
function announce(turn) {
  if (announced.get(turn) === turn.endedAt || !(turn.mine || turn.steps.length)) return;
  announced.set(turn, turn.endedAt);
  if (turn.status === 'told') return;
  const endings = { asks: `${turn.text}\n\n${turn.prompt}`, error: `Error: ${turn.error?.error ?? turn.error?.code}`, cancelled: 'Stopped.' };
  at('announcement').textContent = spoken(plain(endings[turn.status] ?? turn.text));
}

function readOut({ name, text }) {
  at('announcement').textContent = plain(name ? `${name}: ${text}` : text);
}

/** Nobody says that somebody has stopped writing whose connection broke. */
function expireTyping(of) {
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => {
    of.people = { ...of.people, typing: false };
    showPeople();
  }, TYPING_MS);
}

/** A person can be asked for once there is something to talk about. */
function showPeople() {
  people.show(conversation.people, connection.ready && conversation.turns.some((turn) => turn.questionId));
}

function showState(state) {
  const texts = {
    idle: 'Not connected',
    connecting: 'Connecting …',
    'signing-in': 'Waiting for sign-in',
    ready: 'Ready',
    waiting: 'Reconnecting',
    closed: state.code === 1000 ? `Closed: ${state.meaning}` : `Closed ${state.code}: ${state.meaning}`,
  };
  at('status').dataset.state = state.name;
  at('status-text').textContent = texts[state.name];
  if (state.name !== 'ready') at('user').textContent = 'no';
  if (state.name !== 'ready') at('latency').textContent = '–';
  if (state.name !== 'ready' && hint.textContent === SIGNED_IN) hint.textContent = '';
  if (state.name === 'signing-in' && !at('token').value) hint.textContent = 'The server waits for a token.';
  if (state.name === 'closed') at('connection').open = true;
  if (NEW_TOKEN_CODES.has(state.code) && !hint.textContent) hint.textContent = 'Put in a new token.';
  tick();
  showButtons();
  showComposer();
  showPeople();
}

function showButtons() {
  const { name } = connection.state;
  const labels = { waiting: 'Reconnect now', 'signing-in': 'Sign in', ready: 'Renew sign-in' };
  at('connect').textContent = labels[name] ?? 'Connect';
  at('connect').classList.toggle('primary', name !== 'ready');
  at('connect').hidden = name === 'connecting';
  at('disconnect').hidden = ['idle', 'closed'].includes(name);
}

/** Why a message cannot be sent now, or the empty string. */
function obstacle() {
  const { name, code, meaning } = connection.state;
  const reasons = {
    idle: 'Connect with a token first.', connecting: 'Connecting …', 'signing-in': 'Waiting for sign-in.',
    waiting: `Connection lost (${code}: ${meaning}). Your text is kept.`, closed: 'The connection is closed.',
  };
  if (!connection.ready) return reasons[name];
  const over = Array.from(message.value).length - (limits.message_chars ?? Infinity);
  return over > 0 ? `Too long by ${over}.` : '';
}

function showComposer() {
  const reason = obstacle();
  const length = Array.from(message.value).length;
  // A text half written must survive a broken connection, and so must the keyboard's place in it.
  message.disabled = !connection.ready && !wasReady;
  at('send').disabled = reason !== '';
  at('reason').textContent = reason || (narrow.matches ? '' : 'Enter sends, Shift+Enter makes a new line.');
  const limit = limits.message_chars;
  at('count').textContent = limit && length > limit / 2 ? `${length} of ${limit}` : '';
  const running = conversation.activeTurn;
  if (!running && document.activeElement === at('stop')) message.focus();
  at('stop').hidden = !running;
  at('stop').disabled = !connection.ready;
}

function showSession() {
  at('session').value = conversation.sessionId;
  keep(SESSION, conversation.sessionId);
}

function tick() {
  const { state } = connection;
  const left = Math.ceil((state.retryAt - performance.now()) / 1_000);
  at('status-extra').textContent = state.name === 'waiting' ? `in ${Math.max(0, left)} s` : '';
  log.tick();
}

// --- what the reader does

function send() {
  const text = message.value.trim();
  if (!text || obstacle()) return;
  message.value = '';
  submit(conversation.ask(text));
  message.focus();
}

function submit(turn) {
  connection.send(conversation.messageFrame(turn));
  log.show(turn);
  log.toEnd();
  showComposer();
}

/** A message that was never accepted goes out again as it was; a run that ended badly keeps its ending, so that its
 * question is asked anew. */
function again(turn) {
  if (!connection.ready) return;
  if (turn.runId) {
    submit(conversation.ask(turn.question));
  } else {
    turn.clear('sending');
    submit(turn);
  }
  at('log').focus({ preventScroll: true });
}

function rate(turn, rating) {
  const sent = connection.send({ type: 'feedback', message_id: turn.answerId, rating });
  if (sent) {
    turn.rating = ratings[turn.answerId] = rating;
    keep(RATINGS, JSON.stringify(ratings));
  }
  return sent;
}

function answer(turn, value) {
  return connection.send({ type: 'answer', request_id: turn.request.request_id, value });
}

/** Asks in the place of an earlier message; the same text makes the answer anew. */
function replace(turn, text) {
  if (!connection.ready) return false;
  turn.replacing = conversation.ask(text, turn.questionId);
  log.show(turn);
  submit(turn.replacing);
  at('log').focus({ preventScroll: true });
  return true;
}

function remove(turn) {
  return connection.send({ type: 'delete', message_id: turn.questionId });
}

function handOver() {
  connection.send({ type: 'handover', session_id: conversation.sessionId });
}

function stop() {
  const turn = conversation.activeTurn;
  if (!turn) return;
  const target = turn.runId ? { run_id: turn.runId } : { session_id: conversation.sessionId };
  connection.send({ type: 'cancel', ...target });
}

function switchTo(sessionId) {
  conversation = new Conversation(sessionId);
  headSeq = 0;
  log.clear();
  showSession();
  showComposer();
  showPeople();
}

function signIn() {
  const token = at('token').value.trim();
  const { name } = connection.state;
  const another = name === 'ready' && subject(token) !== subject(connection.token);
  if (another) connection.disconnect();
  if (['signing-in', 'ready'].includes(name) && !another) connection.signIn(token);
  else connection.connect(token);
}

async function useDevelopmentToken() {
  try {
    const token = await developmentToken();
    if (token === null) {
      at('development-token').hidden = true;
      hint.textContent =
        'This server gives no development token. Run “pitcrew token --user me” and paste its output.';
      at('token').focus();
      return;
    }
    at('token').value = token;
    tokenIsFromServer = true;
    signIn();
  } catch (error) {
    hint.textContent = `No token could be fetched: ${error.message}.`;
  }
}

function listen() {
  const on = (id, type, action) => at(id).addEventListener(type, action);
  const submitted = (action) => (event) => { event.preventDefault(); action(); };
  on('sign-in', 'submit', submitted(signIn));
  on('composer', 'submit', submitted(send));
  on('disconnect', 'click', () => connection.disconnect());
  on('development-token', 'click', useDevelopmentToken);
  on('token', 'input', () => { tokenIsFromServer = false; });
  on('new-conversation', 'click', () => { switchTo(newId('test-').slice(0, 17)); message.focus(); });
  on('session', 'change', (event) => { switchTo(event.target.value.trim()); if (connection.ready) resume(); });
  on('stop', 'click', stop);
  on('message', 'input', showComposer);
  on('message', 'keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  on('samples', 'click', (event) => {
    if (!event.target.matches('button')) return;
    message.value = event.target.textContent;
    sample = obstacle() ? message.value : '';
    if (sample) showComposer();
    else send();
  });
  on('clear-frames', 'click', () => inspector.clear());
  on('copy-frames', 'click', () => navigator.clipboard?.writeText(inspector.asText()));
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && document.body.dataset.tab === 'chat' && conversation.activeTurn) stop();
  });
  setInterval(tick, matchMedia('(prefers-reduced-motion: reduce)').matches ? 1_000 : 100);
}

at('address').textContent = connection.address;
showSession();
listen();
showState(connection.state);
firstToken().then(({ token, given }) => {
  if (!token || connection.state.name !== 'idle') return;
  tokenIsFromServer = given;
  signIn();
});
