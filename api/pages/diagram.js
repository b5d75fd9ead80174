/** The tab of `/ws/{session_id}`: a chat about tables, and beside it a canvas with the diagram of the last answer. */

import { StatusLine, cursor, following, framesBelow, onSample, onSubmit, toEnd } from './bench.js';
import { Canvas } from './canvas.js';
import { newId } from './conversation.js';
import { socketAddress } from './credentials.js';
import { element } from './element.js';
import { Line } from './line.js';
import { markdown } from './markdown.js';
import { SCHEDULES } from './schedules.js';

const SESSION = newId('diagram-').slice(0, 20);
const LONGEST_TOOL = 300;

export function start(panel) {
  const part = (name) => panel.querySelector(`[data-part=${name}]`);
  const [log, box, send, reconnect] = ['log', 'message', 'send', 'reconnect'].map(part);
  const inspector = framesBelow(panel);
  const status = new StatusLine(part('status'), SCHEDULES.diagram);
  const canvas = new Canvas(part('canvas'));
  /** The answer that is being written. @type {HTMLElement | null} */
  let partial = null;
  const line = new Line(() => socketAddress(encodeURIComponent(SESSION)), SCHEDULES.diagram, {
    onState: showState,
    onFrame: (frame) => Object.hasOwn(handlers, frame.type) && following(log, () => handlers[frame.type](frame)),
    onTraffic: (direction, text) => inspector.record(direction, text),
  });

  const handlers = {
    user: ({ content }) => put(element('li', 'bubble', String(content ?? ''))),
    agent_partial: ({ content }) => {
      partial ??= put(element('li', 'said'));
      partial.replaceChildren(String(content ?? ''), cursor());
    },
    tool: (frame) => put(toolElement(frame)),
    agent: ({ content, diagram }) => {
      settle();
      put(element('li', 'said settled', ...markdown(String(content ?? ''))));
      part('announcement').textContent = String(content ?? '');
      if (typeof diagram === 'string' && diagram) canvas.show(diagram);
    },
    error: ({ content }) => {
      settle();
      put(element('li', 'failed', `❌ ${content}`));
      part('announcement').textContent = `Error: ${content}`;
    },
  };

  /** Tools that are used while the answer is being written stand above it. */
  function put(node) {
    log.querySelector('.welcome')?.remove();
    if (partial?.isConnected && node !== partial) partial.before(node);
    else part('messages').append(node);
    return node;
  }

  function settle() {
    partial?.remove();
    partial = null;
  }

  function ask() {
    const content = box.value.trim();
    if (!content || !line.send({ content })) return;
    box.value = '';
    toEnd(log);
  }

  function showState(state) {
    status.show(state);
    if (state.name !== 'open') settle();
    // A text half written must survive a broken connection, and so must the keyboard's place in it.
    send.disabled = state.name !== 'open';
    reconnect.hidden = !['failed', 'closed'].includes(state.name);
  }

  reconnect.addEventListener('click', () => line.connect());
  onSubmit(part('ask'), ask);
  onSample(panel, box, ask);
  line.connect();
}

/** @param {{tool_name: string, content: string}} frame */
function toolElement({ tool_name: name, content }) {
  const whole = String(content ?? '');
  const short = whole.length > LONGEST_TOOL ? `${whole.slice(0, LONGEST_TOOL)} …` : whole;
  const summary = element('summary', '', `🔧 ${name}: `, element('code', '', short));
  return element('li', 'tool', element('details', '', summary, element('pre', '', whole)));
}
