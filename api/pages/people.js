/** People in the loop on the page: who has the conversation, and what a member of staff writes. */

import { peopleText } from './conversation.js';
import { element } from './element.js';
import { markdown } from './markdown.js';

/** @param {{text: string, name: string, sentAt?: string}} entry */
export function staffElement({ text, name, sentAt }) {
  const head = element('h3', 'staff-name', name);
  const at = new Date(sentAt ?? NaN);
  if (!Number.isNaN(at.getTime())) {
    const time = element('time', 'hint', at.toLocaleTimeString([], { timeStyle: 'short' }));
    time.dateTime = at.toISOString();
    head.append(time);
  }
  return element('article', 'staff', head, element('div', 'prose', ...markdown(text)));
}

/** The line above the conversation: who has it, and the way to a person. */
export class PeopleLine {
  /**
   * @param {{people: HTMLElement, owner: HTMLElement, handover: HTMLButtonElement, message: HTMLElement}} parts
   * @param {() => void} ask for a person
   */
  constructor(parts, ask) {
    this.parts = parts;
    parts.handover.addEventListener('click', ask);
  }

  /** @param {import('./conversation.js').People} people @param {boolean} offered a person can be asked for now */
  show(people, offered) {
    const { people: line, owner, handover, message } = this.parts;
    const text = peopleText(people);
    line.dataset.state = people.state;
    if (owner.textContent !== text) owner.textContent = text;
    const hidden = !['bot', 'closed'].includes(people.state);
    if (hidden && document.activeElement === handover) message.focus();
    handover.hidden = hidden;
    handover.disabled = !offered;
  }
}
