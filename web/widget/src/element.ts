/** `<pitcrew-widget>`: the widget in a shadow root of its own, so that neither it nor the page changes the other. */

import { PitcrewClient, type Credential } from 'pitcrew-client';
import { h, render } from 'preact';
import { downloader } from './download.js';
import { Heard, type Events } from './events.js';
import { fetchedLanguage, language, type Language } from './messages.js';
import type { Settings } from './settings.js';
import css from './style.css?inline';
import { Widget } from './Widget.js';

/** In a row, before the first success. */
const MANY_FAILURES = 3;
const OPENED = 'pitcrew:open';
const PHONE = '(max-width: 479.98px)';

export class PitcrewElement extends HTMLElement {
  #client: PitcrewClient | null = null;
  #settings: Settings | null = null;
  #open = false;
  #language: Language | null = null;
  readonly #heard = new Heard();

  /** Begins; once. */
  begin(settings: Settings): void {
    if (this.#settings) return;
    this.#settings = settings;
    this.#client = new PitcrewClient({
      url: settings.server, ...(settings.credential ? { credential: settings.credential } : {}),
      ...(settings.sessionId === null ? {} : { sessionId: settings.sessionId }), ...stored('localStorage', (storage) => ({ storage })),
    });
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    if (settings.accent) this.style.setProperty('--pitcrew-accent', settings.accent);
    this.#open = settings.open || (wasOpen() && !matchMedia(PHONE).matches);
    this.#heard.follow(this.#client);
    this.#warn(settings.server);
    if (this.#open || this.#client.begun) this.#client.connect();
    void this.#speak(settings);
  }

  /** Says to whoever builds the page what a visitor cannot put right. */
  #warn(server: string): void {
    let failures = 0;
    const stop = this.#heard.on('connection', ({ state }) => {
      if (state === 'ready') stop();
      else if (state === 'waiting' && ++failures === MANY_FAILURES)
        console.warn(`Pitcrew: no connection to ${server}. Is ${location.origin} among its PITCREW_ALLOWED_ORIGINS?`);
    });
  }

  /** Renders once there are words. */
  async #speak({ server, language: wanted }: Settings): Promise<void> {
    const languages = [wanted, document.documentElement.lang, navigator.language];
    this.#language = await fetchedLanguage(server, ...languages) ?? language(...languages);
    this.#render();
  }

  open(): void {
    this.#set(true);
  }

  close(): void {
    this.#set(false);
  }

  toggle(): void {
    this.#set(!this.#open);
  }

  /** Opens the window and asks. */
  send(text: string): void {
    this.open();
    if (text.trim()) this.#client?.send(text.trim());
  }

  /** Signs in; somebody else's conversation is never shown. */
  identify(credential: Credential): void {
    if (!this.#settings || !this.#client) return;
    this.#settings = { ...this.#settings, credential };
    if (this.#open || this.#client.begun) this.#client.signIn(credential);
    else this.#client.remember(credential);
    this.#render();
  }

  /** @returns how to stop listening */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    return this.#heard.on(name, listener);
  }

  /** Begins another conversation. */
  startOver(): void {
    this.#client?.startOver();
  }

  #set(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    stored('sessionStorage', (storage) => (open ? storage.setItem(OPENED, '1') : storage.removeItem(OPENED)));
    if (open) this.#client?.connect();
    this.#render();
    this.#heard.tell(open ? 'open' : 'close', undefined);
  }

  #render(): void {
    const [client, settings, spoken] = [this.#client, this.#settings, this.#language];
    if (!client || !settings || !spoken || !this.shadowRoot) return;
    render(h(Widget, {
      client, settings, open: this.#open, setOpen: (open: boolean) => this.#set(open),
      language: spoken, download: downloader(settings),
    }), this.shadowRoot);
  }
}

function wasOpen(): boolean {
  return stored('sessionStorage', (storage) => storage.getItem(OPENED)) === '1';
}

/** Storage that the page's visitor may have forbidden. */
function stored<T>(name: 'localStorage' | 'sessionStorage', use: (storage: Storage) => T): T | undefined {
  try {
    return use(window[name]);
  } catch {
    return undefined;
  }
}
