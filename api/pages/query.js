/** The tab of `/ws/query`: what was found at once, then the answer, token by token or as a whole. */

import { StatusLine, cursor, framesBelow, onSample, onSubmit } from './tab_parts.js';
import { newId } from './conversation.js';
import { developmentToken, enteredToken, socketAddress } from './credentials.js';
import { element } from './element.js';
import { percent } from './figures.js';
import { Line } from './line.js';
import { markdown, plain } from './markdown.js';
import { SCHEDULES } from './schedules.js';

const SESSION = newId('query-').slice(0, 20);
const LAST = new Set(['stream_end', 'overview']);
const NO_ANSWER = 'The answer could not be had. Check that the server runs, and ask again.';

export function start(panel) {
  const part = (name) => panel.querySelector(`[data-part=${name}]`);
  const [results, answer, box, send, humanize, stream] =
    ['results', 'answer', 'question', 'send', 'humanize', 'stream'].map(part);
  const inspector = framesBelow(panel);
  const status = new StatusLine(part('status'), SCHEDULES.query);
  /** What was asked and has no answer yet. */
  let pending = null;
  let text = '';
  const line = new Line(address, SCHEDULES.query, {
    onState: showState,
    onFrame: (frame) => receive(frame),
    onTraffic: (direction, sent) => inspector.record(direction, sent),
  });

  const handlers = {
    status: (frame) => say(frame.message),
    immediate: (frame) => showResults(frame.results ?? []),
    stream_start: () => write('', 'streaming'),
    stream_token: (frame) => write(text + (frame.token ?? ''), 'streaming'),
    stream_end: (frame) => write(frame.response ?? text, 'settled'),
    overview: (frame) => write(frame.overview ?? '', 'settled'),
    error: (frame) => {
      giveUp([frame.message, frame.code && `(${frame.code})`].filter(Boolean).join(' '));
    },
  };

  function receive(frame) {
    if (!Object.hasOwn(handlers, frame.type)) return;
    handlers[frame.type](frame);
    if (!LAST.has(frame.type)) return;
    say('');
    part('announcement').textContent = plain(text);
    finish();
  }

  function finish() {
    pending = null;
    line.renew();
    send.disabled = false;
  }

  function giveUp(why) {
    say('');
    part('problem').textContent = why;
    finish();
  }

  function say(words) {
    part('progress').textContent = words ?? '';
  }

  function write(whole, state) {
    text = whole;
    answer.dataset.state = state;
    answer.replaceChildren(...(state === 'streaming' ? [whole, cursor()] : markdown(whole)));
    answer.hidden = false;
  }

  function showResults(found) {
    part('found').hidden = false;
    part('found-title').textContent = found.length ? `Found at once (${found.length})` : 'Nothing was found';
    results.replaceChildren(...found.map(resultElement));
  }

  function ask() {
    const question = box.value.trim();
    if (!question || pending) return;
    pending = {
      question, humanize: humanize.checked, stream: stream.checked, session_id: SESSION, client_message_id: newId('q-'),
    };
    text = '';
    part('asked').textContent = question;
    part('problem').textContent = '';
    part('found').hidden = answer.hidden = true;
    delete answer.dataset.state;
    send.disabled = true;
    part('welcome').hidden = true;
    if (!line.send(pending)) line.connect();
  }

  function showState(state) {
    status.show(state);
    part('retry').hidden = !['failed', 'closed'].includes(state.name);
    if (state.name === 'open' && pending) {
      line.send(pending);
    } else if (state.name === 'failed' && pending?.stream) {
      // The same question, so that the server does not answer it twice.
      pending.stream = false;
      say(SCHEDULES.query.then);
      line.connect();
    } else if (state.name === 'failed' && pending) {
      giveUp(NO_ANSWER);
      status.show({ name: 'idle' });
    } else if (state.name === 'closed' && pending) {
      giveUp('The server let nobody in. Put a token into the Chat tab and ask again.');
    }
  }

  onSubmit(part('ask'), ask);
  onSample(panel, box, ask);
  part('retry').addEventListener('click', () => line.connect());
  showState(line.state);
}

/** This dialect has no guests; in development the server has a token for whoever sits at this machine. */
async function address() {
  const token = enteredToken() ? null : await developmentToken();
  return socketAddress('query', token ? { token } : {});
}

/** @param {{file: string, snippet: string, score: number}} result */
function resultElement({ file, snippet, score }) {
  const head = element('p', 'result-head', element('strong', '', String(file ?? '')));
  if (Number.isFinite(score)) {
    const meter = element('meter', 'score');
    meter.value = score;
    meter.title = 'How well it fits';
    head.append(meter, element('span', 'figure', percent(score)));
  }
  return element('li', 'result', head, element('p', 'snippet', String(snippet ?? '')));
}
