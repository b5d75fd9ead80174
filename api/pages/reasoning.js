/** The tab of `/ws/chat/{session_id}`: every step on the way to an answer, as it happens. */

import { StatusLine, following, framesBelow, keptSession, onSample, onSubmit, toEnd } from './tab_parts.js';
import { Choices } from './choices.js';
import { newId } from './conversation.js';
import { firstToken, socketAddress } from './credentials.js';
import { element } from './element.js';
import { Line } from './line.js';
import { markdown, plain } from './markdown.js';
import { SCHEDULES } from './schedules.js';

const DELETED = 'Deleted';
/** The server gives a sign of life every 30 s. */
const SILENCE_MS = 75_000;
const STEPS = {
  thought: 'Thought', tool_use: 'Tool use', tool_result: 'Tool result', final_answer: 'Final answer', error: 'Error',
};
const LAST = new Set(['final_answer', 'error']);
const WAITING = 'Waiting for the connection. It will be sent then.';

export function start(panel) {
  const part = (name) => panel.querySelector(`[data-part=${name}]`);
  const [log, box, connect, agent, reasoning] = ['log', 'message', 'connect', 'agent', 'steps-wanted'].map(part);
  const inspector = framesBelow(panel);
  const status = new StatusLine(part('status'), SCHEDULES.reasoning);
  const agents = new Choices(agent, 'agents');
  /** Asked and not answered yet, the oldest first. `run` is null until a step of its run has come: before that the
   * server may not have it. @type {{frame: object, sent: boolean, run: string | null, node: HTMLElement}[]} */
  let asked = [];
  /** The questions and steps that were told: each connection tells all of them again. @type {Set<string>} */
  const told = new Set();
  const session = keptSession('reasoning');
  const address = () => socketAddress(`chat/${encodeURIComponent(session.id)}`, { history: 'true' });
  const line = new Line(address, SCHEDULES.reasoning, {
    onState: showState,
    onFrame: receive,
    onTraffic: (direction, text) => inspector.record(direction, text),
  }, SILENCE_MS);

  function receive(frame) {
    if (frame.type === 'ping') line.send({ type: 'pong', timestamp: frame.timestamp });
    if (frame.type === 'asked') hear(frame.data ?? {});
    if (frame.type !== 'reasoning_step' || typeof frame.data !== 'object' || frame.data === null) return;
    const step = frame.data;
    if (step.run_id && told.has(sign(step))) return;
    told.add(sign(step));
    const question = about(step);
    following(log, () => question.node.append(stepElement(step)));
    if (!LAST.has(step.type)) return;
    asked = asked.filter((one) => one !== question);
    if (!question.frame) return; // what was asked before or elsewhere is not read out
    part('announcement').textContent = `${STEPS[step.type]}: ${plain(String(step.content ?? ''))}`;
  }

  /** The server has a question: one of this page, of another, or of before it was loaded. */
  function hear({ content, message_id: id, client_message_id: name, run_id: run = null }) {
    if (told.has(id)) return;
    told.add(id);
    const mine = asked.find((one) => name && one.frame?.payload.client_message_id === name);
    const question = mine ?? turn(String(content || DELETED));
    question.run = run;
    if (run === null) asked = asked.filter((one) => one !== question); // a person answers it
  }

  /** The question that a step is about. Runs come in the order of their questions; a refusal, which names no run, is of
   * what was sent last. */
  function about({ run_id: run = null }) {
    const open = asked.filter((one) => one.sent && one.run === null);
    if (run === null) return open.at(-1) ?? turn();
    const question = asked.find((one) => one.run === run) ?? open[0] ?? turn();
    question.run = run;
    return question;
  }

  /** A place in the log for a question and its steps; without a frame it was not asked here. */
  function turn(text = '', frame = null) {
    const node = element('ol', 'turn-steps');
    if (text) node.append(element('li', 'bubble', text));
    const one = { frame, sent: frame === null, run: null, node };
    asked.push(one);
    following(log, () => {
      log.querySelector('.welcome')?.remove();
      log.append(node);
    });
    return one;
  }

  function send() {
    const message = box.value.trim();
    if (!message) return;
    const payload = {
      message, agent_name: agent.value, enable_reasoning: reasoning.checked, client_message_id: newId('r-'),
    };
    turn(message, { type: 'chat', payload });
    box.value = '';
    deliver();
    toEnd(log);
    box.focus();
  }

  /** Sends what the server has not got, in its order; what it has got after all counts once by its id. */
  function deliver() {
    for (const one of asked.filter(({ sent, run }) => !sent && run === null)) {
      one.sent = line.send(one.frame);
      one.node.querySelector('.waiting')?.remove();
      if (!one.sent) one.node.append(element('li', 'hint waiting', WAITING));
    }
  }

  function showState(state) {
    status.show(state);
    const away = ['idle', 'closed', 'failed'].includes(state.name);
    connect.textContent = away ? 'Connect' : 'Disconnect';
    connect.classList.toggle('primary', away);
    if (state.name === 'open') agents.offer();
    else for (const one of asked) one.sent = one.frame === null;
    deliver();
  }

  connect.addEventListener('click', () => {
    if (['idle', 'closed', 'failed'].includes(line.state.name)) line.connect();
    else line.disconnect();
  });
  onSubmit(part('ask'), send);
  onSample(panel, box, send);
  panel.addEventListener('shown', () => agents.offer());
  showState(line.state);
  agents.offer();
  firstToken().then(() => { if (line.state.name === 'idle') line.connect(); });
}

/** By what a step that is told again is known; the end of a run is told with the time of the telling. */
function sign({ run_id: run, type, content, timestamp }) {
  return JSON.stringify([run, type, content, LAST.has(type) ? null : timestamp]);
}

/** @param {{type: string, content: string, iteration: number, timestamp: number}} step */
function stepElement({ type, content, iteration, timestamp }) {
  const name = STEPS[type] ?? String(type);
  const head = element('p', 'step-head', element('strong', '', name));
  if (Number.isInteger(iteration)) head.append(element('span', 'figure', `iteration ${iteration}`));
  if (Number.isFinite(timestamp)) {
    const at = new Date(timestamp * 1_000);
    const time = element('time', 'figure', at.toLocaleTimeString());
    if (!Number.isNaN(at.getTime())) time.dateTime = at.toISOString();
    head.append(time);
  }
  const text = String(content ?? '');
  const answer = type === 'final_answer';
  const said = answer ? element('div', 'prose', ...markdown(text)) : element('div', 'step-content', text);
  const node = element('li', 'step', head, said);
  node.dataset.type = type;
  return node;
}
