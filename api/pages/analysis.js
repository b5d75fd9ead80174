/** The tab of `/ws/agent/stream`: one question about data, from its plan and code to the figures and their meaning. */

import { AnalysisView } from './analysis_view.js';
import { StatusLine, framesBelow, onSample, onSubmit } from './tab_parts.js';
import { Choices } from './choices.js';
import { newId } from './conversation.js';
import { socketAddress, stopAnswer, streamAddress } from './credentials.js';
import { Events } from './events.js';
import { Line } from './line.js';
import { SCHEDULES } from './schedules.js';

const SESSION = newId('analysis-').slice(0, 22);
const SOCKET = 'agent/stream';
const EVENTS = '../agent/stream';
const ENDINGS = new Set(['complete', 'cancelled', 'error']);

export function start(panel) {
  const part = (name) => panel.querySelector(`[data-part=${name}]`);
  const [box, dataset, send, cancel] = ['question', 'dataset', 'send', 'cancel'].map(part);
  const inspector = framesBelow(panel);
  const status = new StatusLine(part('status'), SCHEDULES.analysis);
  const view = new AnalysisView(part);
  const datasets = new Choices(dataset, 'datasets');
  /** The question that is being answered. @type {Record<string, string> | null} */
  let asked = null;
  /** @type {Line | null} */
  let line = null;
  /** @type {Events | null} */
  let events = null;

  function ask() {
    const question = box.value.trim();
    if (!question || asked) return;
    // The same id in every try: the server goes on with the run that the first one began.
    asked = { question, dataset: dataset.value, session_id: SESSION, client_message_id: newId('a-') };
    view.begin(question);
    const query = asked;
    line = new Line(() => socketAddress(SOCKET, query), SCHEDULES.analysis, {
      onState: showState,
      onFrame: receive,
      onTraffic: (direction, text) => inspector.record(direction, text),
    });
    line.connect();
    showButtons();
    offerDatasets();
  }

  function receive(frame) {
    view.show(frame);
    if (ENDINGS.has(frame.type)) part('announcement').textContent = view.spoken;
    if (frame.type === 'stream_end') finish();
  }

  function finish() {
    asked = null;
    line?.disconnect();
    events?.close();
    line = events = null;
    status.show({ name: view.failed ? 'idle' : 'done' });
    showButtons();
  }

  function showState(state) {
    status.show(state);
    if (state.name === 'failed') fallBack();
    else if (state.name === 'closed' && asked) {
      if (!view.outcome) view.fail(`The connection was closed: ${state.meaning} (${state.code}).`);
      finish();
    }
  }

  /** Where no socket stays open, perhaps for a proxy in between, the same events come over plain HTTP. */
  function fallBack() {
    const query = asked;
    const say = (state, words) => {
      part('status').dataset.state = state;
      part('status').textContent = `${words} (server-sent events)`;
    };
    events = new Events((more) => streamAddress(EVENTS, { ...query, ...more }), {
      onOpen: () => say('open', 'Connected'),
      onBreak: () => say('waiting', 'Disconnected. Reconnecting …'),
      onEnd: () => {
        view.fail('The server cannot be reached. Ask again when it can.');
        finish();
      },
      onFrame: receive,
      onTraffic: (direction, text) => inspector.record(direction, text),
    });
    events.open();
  }

  /** Where no socket is open, over HTTP. While the events come, so does the end that they tell. */
  async function stop() {
    if (line?.send('cancel')) return;
    const query = asked;
    const stopped = await stopAnswer(EVENTS, query);
    if (asked !== query || (stopped && events?.connected)) return;
    view.fail(stopped ? 'Stopped.' : 'Stopped. The server was not reached: it may still be at work.');
    finish();
  }

  /** What goes must not take the keyboard's place with it. */
  function showButtons() {
    const [gone] = [send, cancel, part('welcome')].filter((node) => node.contains(document.activeElement));
    send.disabled = asked !== null;
    cancel.hidden = asked === null;
    if (gone?.disabled || gone?.hidden) box.focus();
  }

  async function offerDatasets() {
    const count = await datasets.offer();
    if (count === null) return;
    part('datasets-hint').textContent = count ? '' : 'No dataset is registered: see “pitcrew datasets add --help”.';
  }

  cancel.addEventListener('click', stop);
  onSubmit(part('ask'), ask);
  onSample(panel, box, ask);
  panel.addEventListener('shown', offerDatasets);
  status.show({ name: 'idle' });
  showButtons();
  offerDatasets();
}
