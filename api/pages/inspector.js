/** The last frames as they went over the network, newest first. Drawn only while its section is open. */

import { element } from './element.js';

const KEPT = 200;

export class Inspector {
  /** Oldest first. @type {{direction: 'in' | 'out', text: string, at: Date}[]} */
  #frames = [];
  #total = 0;
  #undrawn = [];
  #scheduled = false;

  /** @param {HTMLDetailsElement} section @param {HTMLElement} list @param {HTMLElement} count */
  constructor(section, list, count) {
    this.section = section;
    this.list = list;
    this.count = count;
    section.addEventListener('toggle', () => this.#redraw());
  }

  record(direction, text) {
    const frame = { direction, text, at: new Date() };
    this.#frames.push(frame);
    if (this.#frames.length > KEPT) this.#frames.shift();
    this.#total += 1;
    this.#undrawn.push(frame);
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#draw());
  }

  clear() {
    this.#frames = [];
    this.#total = 0;
    this.#redraw();
  }

  /** One line per frame: time, direction, text. */
  asText() {
    return this.#frames.map((frame) => `${frame.at.toISOString()} ${frame.direction} ${frame.text}`).join('\n');
  }

  #redraw() {
    this.#undrawn = [...this.#frames];
    this.list.replaceChildren();
    this.#draw();
  }

  #draw() {
    this.#scheduled = false;
    const shown = Math.min(this.#total, KEPT);
    this.count.textContent = this.#total > KEPT ? `last ${KEPT} of ${this.#total}` : String(shown);
    const fresh = this.#undrawn.splice(0).slice(-KEPT);
    if (!this.section.open) return;
    this.list.prepend(...fresh.reverse().map(frameElement));
    while (this.list.childElementCount > KEPT) this.list.lastElementChild.remove();
  }
}

function frameElement(frame) {
  const value = parsed(frame.text);
  const incoming = frame.direction === 'in';
  const arrow = element('span', 'arrow', incoming ? '↓' : '↑');
  arrow.setAttribute('role', 'img');
  arrow.setAttribute('aria-label', incoming ? 'received' : 'sent');
  const summary = element('summary', '', element('time', '', clock(frame.at)), arrow,
    element('span', 'frame-type', typeof value?.type === 'string' ? value.type : 'not a frame'),
    element('span', 'size', `${new TextEncoder().encode(frame.text).length} B`));
  const node = element('details', '', summary);
  node.addEventListener('toggle', () => {
    if (node.childElementCount === 1)
      node.append(element('pre', '', value === undefined ? frame.text : JSON.stringify(value, null, 2)));
  });
  const row = element('li', '', node);
  row.dataset.direction = frame.direction;
  return row;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function clock(at) {
  const two = (number) => String(number).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
