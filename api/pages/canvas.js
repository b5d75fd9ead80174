/** A diagram to look at closely: zoom, scroll, and its source. */

import { Picture } from './pictures.js';

const FACTOR = 1.25;
const SMALLEST = 0.1;
const LARGEST = 8;
const MARGIN_PX = 16;

export class Canvas {
  #source = '';
  #zoom = 1;

  /** @param {HTMLElement} element with the parts `place`, `empty`, `source`, `problem`, `zoom` and the buttons */
  constructor(element) {
    this.part = (name) => element.querySelector(`[data-part=${name}]`);
    this.picture = new Picture(this.part('place'), 'diagram', () => this.#scale(this.#zoom));
    const on = (name, action) => this.part(name).addEventListener('click', action);
    on('larger', () => this.#scale(this.#zoom * FACTOR));
    on('smaller', () => this.#scale(this.#zoom / FACTOR));
    on('fit', () => this.#fit());
    on('copy', () => this.#copy());
    this.part('place').addEventListener('wheel', (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.#scale(this.#zoom * (event.deltaY < 0 ? FACTOR : 1 / FACTOR));
    }, { passive: false });
    this.part('place').addEventListener('keydown', (event) => {
      const keys = { '+': FACTOR, '=': FACTOR, '-': 1 / FACTOR };
      if (keys[event.key]) this.#scale(this.#zoom * keys[event.key]);
      else if (event.key === '0') this.#fit();
    });
  }

  /** @param {string} source in Mermaid's language */
  async show(source) {
    this.#source = source;
    this.part('empty').hidden = true;
    this.part('copy').disabled = false;
    this.part('source').textContent = source;
    const problem = await this.picture.show(source, 'Diagram; its source stands below');
    if (source !== this.#source) return;
    this.part('place').hidden = problem !== '';
    this.part('source-section').hidden = false;
    this.part('source-section').open = problem !== '';
    this.part('problem').textContent = problem;
    for (const name of ['larger', 'smaller', 'fit']) this.part(name).disabled = problem !== '';
    this.#fit();
  }

  /** As large as there is room, but not larger than it was drawn. */
  #fit() {
    const { image } = this.picture;
    if (!image) return;
    const place = this.part('place');
    const across = (place.clientWidth - MARGIN_PX) / image.naturalWidth;
    const down = (place.clientHeight - MARGIN_PX) / image.naturalHeight;
    this.#scale(Math.min(1, across, down));
  }

  #scale(zoom) {
    const { image } = this.picture;
    if (!image) return;
    this.#zoom = Math.min(LARGEST, Math.max(SMALLEST, zoom));
    image.style.width = `${Math.round(image.naturalWidth * this.#zoom)}px`;
    this.part('zoom').textContent = `${Math.round(this.#zoom * 100)} %`;
  }

  async #copy() {
    const told = this.part('copied');
    try {
      await navigator.clipboard.writeText(this.#source);
      told.textContent = 'Copied.';
    } catch {
      // A page that was not served securely has no clipboard: the source is shown to be copied by hand.
      this.part('source-section').open = true;
      told.textContent = 'Select the source below and copy it.';
    }
  }
}
