/** The tab of `/ws/chat/{session_id}`: every step on the way to an answer, as it happens. */

import { StatusLine, following, framesBelow, onSample, onSubmit, toEnd } from './bench.js';
import { newId } from './conversation.js';
import { apiAddress, authorization, socketAddress } from './credentials.js';
import { element } from './element.js';
import { Line } from './line.js';
import { SCHEDULES } from './schedules.js';

const SESSION_KEY = 'pitcrew.test.reasoning';
/** The server gives a sign of life every 30 s. */
const SILENCE_MS = 75_000;
const STEPS = {
  thought: ['💭', 'Thought'], tool_use: ['🔧', 'Tool use'], tool_result: ['📊', 'Tool result'],
  final_answer: ['✅', 'Final answer'], error: ['❌', 'Error'],
};
const LAST = new Set(['final_answer', 'error']);

export function start(panel) {
  const part = (name) => panel.querySelector(`[data-part=${name}]`);
  const [log, box, connect, agent, reasoning] = ['log', 'message', 'connect', 'agent', 'steps-wanted'].map(part);
  const inspector = framesBelow(panel);
  const status = new StatusLine(part('status'), SCHEDULES.reasoning);
  /** Asked and not answered yet, the oldest first. @type {{frame: object, sent: boolean, node: HTMLElement}[]} */
  let asked = [];
  const line = new Line(() => socketAddress(`chat/${encodeURIComponent(sessionId())}`), SCHEDULES.reasoning, {
    onState: showState,
    onFrame: receive,
    onTraffic: (direction, text) => inspector.record(direction, text),
  }, SILENCE_MS);

  function receive(frame) {
    if (frame.type !== 'reasoning_step' || typeof frame.data !== 'object' || frame.data === null) return;
    const question = asked.find((one) => one.sent) ?? asked[0] ?? turn();
    following(log, () => question.node.append(stepElement(frame.data)));
    if (!LAST.has(frame.data.type)) return;
    asked = asked.filter((one) => one !== question);
    part('announcement').textContent = `${STEPS[frame.data.type][1]}: ${frame.data.content}`;
  }

  /** A place in the log for a question and its steps; without a question it was asked elsewhere or before. */
  function turn(frame = null) {
    const node = element('ol', 'turn-steps');
    if (frame) node.append(element('li', 'bubble', frame.payload.message));
    const one = { frame, sent: frame === null, node };
    asked.push(one);
    log.querySelector('.welcome')?.remove();
    log.append(node);
    return one;
  }

  function send() {
    const message = box.value.trim();
    if (!message) return;
    const payload = { message, agent_name: agent.value, enable_reasoning: reasoning.checked };
    const one = turn({ type: 'chat', payload });
    box.value = '';
    deliver();
    if (!one.sent) one.node.append(element('li', 'hint waiting', 'Waiting for the connection. It will be sent then.'));
    toEnd(log);
    box.focus();
  }

  /** Sends what was written while there was no connection, in its order. */
  function deliver() {
    for (const one of asked.filter(({ sent }) => !sent)) {
      one.sent = line.send(one.frame);
      if (!one.sent) return;
      one.node.querySelector('.waiting')?.remove();
    }
  }

  function showState(state) {
    status.show(state);
    const away = ['idle', 'closed', 'failed'].includes(state.name);
    connect.textContent = away ? 'Connect' : 'Disconnect';
    connect.classList.toggle('primary', away);
    if (state.name === 'open') deliver();
    if (state.name === 'open' && agent.options.length < 2) offerAgents();
  }

  async function offerAgents() {
    const response = await fetch(apiAddress('agents'), { headers: authorization() }).catch(() => null);
    if (!response?.ok || agent.options.length > 1) return;
    const { agents } = await response.json();
    agent.append(...agents.map(({ name, label, description }) => {
      const option = element('option', '', label ? `${name}: ${label}` : name);
      option.value = name;
      option.title = description;
      return option;
    }));
  }

  connect.addEventListener('click', () => {
    if (['idle', 'closed', 'failed'].includes(line.state.name)) line.connect();
    else line.disconnect();
  });
  onSubmit(part('ask'), send);
  onSample(panel, box, send);
  showState(line.state);
  offerAgents();
}

/** @param {{type: string, content: string, iteration: number, timestamp: number}} step */
function stepElement({ type, content, iteration, timestamp }) {
  const [sign, name] = STEPS[type] ?? ['•', String(type)];
  const icon = element('span', 'sign', sign);
  icon.setAttribute('aria-hidden', 'true');
  const head = element('p', 'step-head', icon, element('strong', '', name));
  if (Number.isInteger(iteration)) head.append(element('span', 'figure', `iteration ${iteration}`));
  if (Number.isFinite(timestamp)) {
    const at = new Date(timestamp * 1_000);
    const time = element('time', 'figure', at.toLocaleTimeString());
    if (!Number.isNaN(at.getTime())) time.dateTime = at.toISOString();
    head.append(time);
  }
  const node = element('li', 'step', head, element('div', 'step-content', String(content ?? '')));
  node.dataset.type = type;
  return node;
}

/** The same one after a reload, so that the server goes on where this page had read. */
function sessionId() {
  try {
    const kept = sessionStorage.getItem(SESSION_KEY) ?? newId('reasoning-').slice(0, 24);
    sessionStorage.setItem(SESSION_KEY, kept);
    return kept;
  } catch {
    return newId('reasoning-');
  }
}
