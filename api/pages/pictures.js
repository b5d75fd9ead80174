/** Pictures of diagrams and charts: drawn in a frame that can reach nothing, shown as images that can do nothing. */

import { element } from './element.js';

/** A picture that takes longer will not come. */
const PATIENCE_MS = 20_000;
const dark = matchMedia('(prefers-color-scheme: dark)');

let frame = null;
let asked = 0;

/** @returns {Promise<string>} SVG; rejects with the reason where there is none */
async function draw(kind, content) {
  const target = await drawingFrame();
  const id = ++asked;
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      removeEventListener('message', hear);
      clearTimeout(timer);
      settle(value);
    };
    const hear = ({ data, source }) => {
      if (source !== target.contentWindow || data?.id !== id) return;
      if (typeof data.svg === 'string') end(resolve, data.svg);
      else end(reject, new Error(data.problem));
    };
    const timer = setTimeout(() => {
      target.remove();
      frame = null;
      end(reject, new Error('Drawing it takes too long.'));
    }, PATIENCE_MS);
    addEventListener('message', hear);
    target.contentWindow.postMessage({ id, kind, content, dark: dark.matches }, '*');
  });
}

function drawingFrame() {
  frame ??= new Promise((resolve) => {
    const node = element('iframe', 'drawing');
    node.src = new URL('test/drawing', location.href);
    node.setAttribute('sandbox', 'allow-scripts');
    node.setAttribute('aria-hidden', 'true');
    node.tabIndex = -1;
    node.title = 'Drawing';
    node.onload = () => resolve(node);
    document.body.append(node);
  });
  return frame;
}

/** The place of one picture on the page; it is drawn again when the page turns dark or light. */
export class Picture {
  #shown = null;
  #turn = 0;
  #address = '';

  /** @param {HTMLElement} place @param {'diagram' | 'chart'} kind @param {() => void} onPut a new image is there */
  constructor(place, kind, onPut = () => {}) {
    this.place = place;
    this.kind = kind;
    this.onPut = onPut;
    /** @type {HTMLImageElement | null} */
    this.image = null;
    dark.addEventListener('change', () => this.#shown && this.show(...this.#shown));
  }

  /** @param {string | object} content source or specification @param {string} description for who cannot see it
   * @returns {Promise<string>} why there is no picture, or the empty string */
  async show(content, description) {
    this.#shown = [content, description];
    const turn = ++this.#turn;
    try {
      const svg = await draw(this.kind, content);
      if (turn === this.#turn) await this.#put(svg, description);
      return '';
    } catch (error) {
      if (turn === this.#turn) this.#forget();
      return error.message;
    }
  }

  clear() {
    this.#turn += 1;
    this.#shown = null;
    this.#forget();
  }

  async #put(svg, description) {
    const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    const image = element('img', 'picture');
    image.alt = description;
    image.src = address;
    await image.decode();
    this.#forget();
    this.#address = address;
    this.image = image;
    this.place.replaceChildren(image);
    this.onPut();
  }

  #forget() {
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = '';
    this.image = null;
    this.place.replaceChildren();
  }
}
