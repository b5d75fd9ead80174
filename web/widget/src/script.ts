/** What the script line runs: the element is put into the page, and `window.Pitcrew` speaks to it. */

import type { Credential } from 'pitcrew-client';
import { PitcrewElement } from './element.js';
import type { Events } from './events.js';
import { settingsOf } from './settings.js';

const NAME = 'pitcrew-widget';

export interface Pitcrew {
  open(): void;
  close(): void;
  toggle(): void;
  /** Opens the window and asks. */
  send(text: string): void;
  /** Signs in, with a token, or a function that fetches a token or a ticket. */
  identify(credential: Credential): void;
  /** Listens; what it returns stops that. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void;
  startOver(): void;
}

declare global {
  interface Window {
    Pitcrew?: Pitcrew;
  }
}

// `document.currentScript` is there only while the script runs for the first time.
const script = document.currentScript;

function begin(line: HTMLScriptElement): void {
  customElements.define(NAME, PitcrewElement);
  const element = document.createElement(NAME) as PitcrewElement;
  element.begin(settingsOf(line));
  document.body.append(element);
  window.Pitcrew = {
    open: () => element.open(), close: () => element.close(), toggle: () => element.toggle(),
    send: (text) => element.send(String(text)), identify: (credential) => element.identify(credential),
    on: (name, listener) => element.on(name, listener), startOver: () => element.startOver(),
  };
  window.dispatchEvent(new CustomEvent('pitcrew:ready'));
}

if (script instanceof HTMLScriptElement && !customElements.get(NAME)) {
  if (document.body) begin(script);
  else addEventListener('DOMContentLoaded', () => begin(script), { once: true });
}
