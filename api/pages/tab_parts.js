/** What the tabs beside the chat have in common: their status line, their buttons and their list of frames. */

import { newId } from './conversation.js';
import { element } from './element.js';
import { Inspector } from './inspector.js';
import { keep, recall } from './kept.js';

const STATES = { open: 'Connected', connecting: 'Connecting …', idle: 'Not connected', done: 'Finished' };

/** @returns {Inspector} in a section of its own at the end of the panel */
export function framesBelow(panel) {
  const list = element('ol', 'frame-list');
  const count = element('span', 'hint', '0');
  const section = element('details', 'frames', element('summary', '', element('h2', '', 'Frames'), ' ', count), list);
  panel.append(section);
  return new Inspector(section, list, count);
}

/** What a line's state is in words. @param {import('./line.js').State} state */
export function stateText(state, schedule) {
  const left = Math.max(0, Math.ceil((state.retryAt - performance.now()) / 1_000));
  const { name, code, number, of } = state;
  if (name === 'waiting') return `Disconnected. Reconnecting in ${left} s (try ${number} of ${of}) …`;
  if (name === 'failed') return schedule.then;
  if (name === 'closed') return code === 1000 ? 'Disconnected' : `Closed: ${state.meaning} (${code})`;
  return STATES[name];
}

/** Shows the state of a line, and while it waits how long it still does. */
export class StatusLine {
  #timer = 0;

  /** @param {HTMLElement} node @param {import('./schedules.js').Schedule} schedule */
  constructor(node, schedule) {
    this.node = node;
    this.schedule = schedule;
  }

  /** @param {import('./line.js').State} state */
  show(state) {
    clearInterval(this.#timer);
    this.node.dataset.state = state.name;
    const write = () => { this.node.textContent = stateText(state, this.schedule); };
    write();
    if (state.name === 'waiting') this.#timer = setInterval(write, 1_000);
  }
}

/** Stands at the end of a text that is being written. */
export function cursor() {
  const node = element('span', 'cursor', '▊');
  node.setAttribute('aria-hidden', 'true');
  return node;
}

/** The conversation of a tab: the same one after a reload, so that its history can be shown.
 * @param {string} name of the tab @returns {{id: string}} */
export function keptSession(name) {
  const kept = recall(name);
  const id = kept ?? newId(`${name}-`).slice(0, name.length + 15);
  if (kept === null) keep(name, id);
  return { id };
}

/** Sends a form by Enter too; Shift+Enter makes a new line. @param {HTMLFormElement} form @param {() => void} send */
export function onSubmit(form, send) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.target.tagName !== 'TEXTAREA') return;
    event.preventDefault();
    send();
  });
}

/** A click on one of the samples asks it. */
export function onSample(panel, box, send) {
  panel.querySelector('.samples')?.addEventListener('click', (event) => {
    if (!event.target.matches('button')) return;
    box.value = event.target.textContent;
    send();
  });
}

/** Scrolls to the end of a log whose reader was there. In the narrow layout the page scrolls, not the log. */
export function following(log, change) {
  const scroller = log.scrollHeight > log.clientHeight + 1 ? log : document.scrollingElement;
  const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  change();
  if (near) toEnd(log);
}

export function toEnd(log) {
  const page = document.scrollingElement;
  log.scrollTop = log.scrollHeight;
  page.scrollTop = page.scrollHeight;
}
