/** The conversation as it scrolls: draws what changed once per frame, and follows the end unless the reader left it. */

import { staffElement } from './people.js';
import { TurnView, noteElement } from './view.js';

/** Nearer to the end than this, the reader is taken to follow the answer. */
const NEAR_PX = 60;

export class Log {
  #views = new Map();
  #stale = new Set();
  #following = true;

  /**
   * @param {{log: HTMLElement, entries: HTMLElement, end: HTMLElement, welcome: HTMLElement, newer: HTMLElement,
   *   composer: HTMLElement}} parts of the page; the composer stands right below the log
   * @param {ConstructorParameters<typeof TurnView>[1]} actions
   */
  constructor(parts, actions) {
    this.parts = parts;
    this.actions = actions;
    parts.newer.addEventListener('click', () => {
      this.toEnd();
      parts.log.focus({ preventScroll: true });
    });
    // The log scrolls by itself in the wide layout, and with the page in the narrow one.
    for (const scroller of [parts.log, window])
      scroller.addEventListener('scroll', () => this.#noticeScroll(), { passive: true });
  }

  /** Draws an entry, new or known, at the next frame. */
  show(entry) {
    if (this.#stale.size === 0) requestAnimationFrame(() => this.#draw());
    this.#stale.add(entry);
  }

  /** Takes an entry away. */
  remove(entry) {
    this.#stale.delete(entry);
    this.#views.get(entry)?.element.remove();
    this.#views.delete(entry);
  }

  clear() {
    this.#views.clear();
    this.#stale.clear();
    this.parts.entries.replaceChildren();
    this.parts.welcome.hidden = false;
    this.parts.newer.hidden = true;
    this.#following = true;
  }

  tick() {
    const now = performance.now();
    for (const view of this.#views.values()) view.tick?.(now);
  }

  toEnd() {
    this.#following = true;
    this.parts.newer.hidden = true;
    this.parts.log.scrollTop = this.parts.log.scrollHeight;
    const main = this.parts.log.parentElement;
    if (main.getBoundingClientRect().bottom > innerHeight) main.scrollIntoView({ block: 'end' });
  }

  #draw() {
    for (const entry of this.#stale) {
      if (this.#views.has(entry)) this.#views.get(entry).render?.();
      else this.#add(entry);
    }
    this.#stale.clear();
    this.parts.welcome.hidden = this.#views.size > 0;
    if (this.#following) this.toEnd();
    else this.parts.newer.hidden = this.#hiddenBelow() < NEAR_PX;
  }

  #add(entry) {
    const view = this.#viewOf(entry);
    this.#views.set(entry, view);
    this.parts.entries.append(view.element);
  }

  #viewOf(entry) {
    if (entry.kind === 'turn') return new TurnView(entry, this.actions);
    return { element: entry.kind === 'staff' ? staffElement(entry) : noteElement(entry) };
  }

  /** Pixels of the conversation that lie below what is seen, in either layout. */
  #hiddenBelow() {
    return this.parts.end.getBoundingClientRect().bottom - this.parts.composer.getBoundingClientRect().top;
  }

  #noticeScroll() {
    this.#following = this.#hiddenBelow() < NEAR_PX;
    if (this.#following) this.parts.newer.hidden = true;
  }
}
