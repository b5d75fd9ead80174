/** The tab of `/ws/{session_id}`: a chat about tables, and beside it a canvas with the diagram of the last answer. */

import { StatusLine, cursor, following, framesBelow, keptSession, onSample, onSubmit, toEnd } from './tab_parts.js';
import { Canvas } from './canvas.js';
import { newId } from './conversation.js';
import { firstToken, socketAddress } from './credentials.js';
import { element } from './element.js';
import { Line } from './line.js';
import { markdown, plain } from './markdown.js';
import { SCHEDULES } from './schedules.js';

const DELETED = 'Deleted';
const LONGEST_TOOL = 300;
const ENDS = new Set(['agent', 'error']);

export function start(panel) {
  const part = (name) => panel.querySelector(`[data-part=${name}]`);
  const [log, box, send, reconnect] = ['log', 'message', 'send', 'reconnect'].map(part);
  const inspector = framesBelow(panel);
  const status = new StatusLine(part('status'), SCHEDULES.diagram);
  const canvas = new Canvas(part('canvas'));
  /** The answer that is being written. @type {HTMLElement | null} */
  let partial = null;
  /** All that was asked here. Until it is `heard` the server may not have a question.
   * @type {{frame: object, heard: boolean, answered: boolean, bubble: HTMLElement, tools: HTMLElement[]}[]} */
  const asked = [];
  /** The questions whose answers this connection tells, in their order. */
  let told = [];
  const session = keptSession('diagram');
  /** Before the first connection this page has nothing to show; those after it go on where that one broke. */
  let empty = true;
  const address = () => socketAddress(encodeURIComponent(session.id), empty ? { history: 'true' } : {});
  const line = new Line(address, SCHEDULES.diagram, {
    onState: showState,
    onFrame: (frame) => Object.hasOwn(handlers, frame.type) && following(log, () => receive(frame)),
    onTraffic: (direction, text) => inspector.record(direction, text),
  });

  const handlers = {
    user: ({ content }) => {
      const question = known(content) ?? turn({ content: String(content || DELETED) });
      told.push(question);
      if (question.answered) return;
      question.heard = true;
      delete question.bubble.dataset.state;
      last(question.bubble);
    },
    agent_partial: ({ content }) => {
      partial ??= last(element('li', 'said'));
      partial.replaceChildren(String(content ?? ''), cursor());
    },
    tool: (frame) => {
      const node = toolElement(frame);
      // Tools that are used while the answer is being written stand above it.
      if (partial) partial.before(node);
      else last(node);
      answering()?.tools.push(node);
    },
    agent: ({ content, diagram }) => {
      settle(element('li', 'said settled', ...markdown(String(content ?? ''))));
      if (answering()?.frame.client_message_id) part('announcement').textContent = plain(String(content ?? ''));
      if (typeof diagram === 'string' && diagram) canvas.show(diagram);
      end();
    },
    error: ({ content }) => {
      settle(element('li', 'failed', `Error: ${content}`));
      part('announcement').textContent = `Error: ${content}`;
      const refused = asked.findLast((one) => !one.heard);
      if (refused) refused.heard = refused.answered = true;
      else end();
    },
  };

  function receive(frame) {
    if (frame.type === 'user' || !told[0]?.answered) handlers[frame.type](frame);
    else if (ENDS.has(frame.type)) told.shift();
  }

  /** The question that an echo is of: one that waits for its answer, else one whose answer is told again. */
  function known(content) {
    const same = asked.filter((one) => one.frame.content === content);
    return same.find((one) => !one.answered) ?? same[0];
  }

  function answering() {
    return told[0] ?? asked.find((one) => one.heard && !one.answered);
  }

  function end() {
    const question = answering();
    if (question) question.answered = true;
    told.shift();
  }

  function turn(frame) {
    const question = {
      frame, heard: false, answered: false, bubble: element('li', 'bubble', frame.content), tools: [],
    };
    asked.push(question);
    last(question.bubble);
    return question;
  }

  function last(node) {
    log.querySelector('.welcome')?.remove();
    part('messages').append(node);
    return node;
  }

  /** Puts the answer in the place of what was written of it. */
  function settle(answer = null) {
    if (answer && partial) partial.replaceWith(answer);
    else if (answer) last(answer);
    else partial?.remove();
    partial = null;
  }

  function ask() {
    const content = box.value.trim();
    if (!content || !line.open) return;
    const question = turn({ content, client_message_id: newId('d-') });
    line.send(question.frame);
    box.value = '';
    toEnd(log);
  }

  /** What the server may not have is sent again; by its id it counts once. */
  function showState(state) {
    status.show(state);
    if (state.name === 'open') {
      told = [];
      empty = false;
    } else {
      settle();
    }
    for (const one of asked.filter(({ answered }) => !answered)) {
      for (const tool of one.tools.splice(0)) tool.remove(); // they are told again
      if (!one.heard && !line.send(one.frame)) one.bubble.dataset.state = 'waiting';
    }
    // A text half written must survive a broken connection, and so must the keyboard's place in it.
    send.disabled = state.name !== 'open';
    reconnect.hidden = !['failed', 'closed'].includes(state.name);
  }

  reconnect.addEventListener('click', () => line.connect());
  onSubmit(part('ask'), ask);
  onSample(panel, box, ask);
  firstToken().then(() => line.connect());
}

/** @param {{tool_name: string, content: string}} frame */
function toolElement({ tool_name: name, content }) {
  const whole = String(content ?? '');
  const short = whole.length > LONGEST_TOOL ? `${whole.slice(0, LONGEST_TOOL)} …` : whole;
  const summary = element('summary', '', `Tool ${name}: `, element('code', '', short));
  return element('li', 'tool', element('details', '', summary, element('pre', '', whole)));
}
