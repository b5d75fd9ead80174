/** Server-sent events that are picked up where they broke. An EventSource comes back by itself, but with the address
 * that it was given, whose ticket is good only once: where it gives up, a new one goes on. */

const TRIES = 3;
const WAIT_MS = 3_000;

export class Events {
  #source = null;
  #timer = 0;
  #last = '';
  #tries = TRIES;

  /**
   * @param {(query: Record<string, string>) => Promise<URL>} address is asked anew for each source
   * @param {{onOpen: () => void, onFrame: (frame: object) => void, onBreak: () => void, onEnd: () => void,
   *   onTraffic: (direction: 'in', text: string) => void}} listeners; `onEnd`: it does not come back any more
   */
  constructor(address, listeners) {
    this.address = address;
    this.listeners = listeners;
  }

  /** Whether events can come at this moment. */
  get connected() {
    return this.#source?.readyState === EventSource.OPEN;
  }

  async open() {
    const timer = this.#timer;
    const address = await this.address(this.#last ? { last_event_id: this.#last } : {}).catch(() => null);
    if (timer !== this.#timer) return;
    if (!address) {
      this.#again();
      return;
    }
    const source = new EventSource(address);
    this.#source = source;
    source.onopen = () => this.listeners.onOpen();
    source.onmessage = ({ data, lastEventId }) => {
      this.#last = lastEventId;
      this.#tries = TRIES;
      this.listeners.onTraffic('in', data);
      this.listeners.onFrame(JSON.parse(data));
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) this.#again();
      else this.listeners.onBreak();
    };
  }

  close() {
    clearTimeout(this.#timer);
    this.#timer = -1;
    this.#source?.close();
  }

  #again() {
    if (this.#tries === 0) {
      this.close();
      this.listeners.onEnd();
      return;
    }
    this.#tries -= 1;
    this.listeners.onBreak();
    this.#timer = setTimeout(() => this.open(), WAIT_MS);
  }
}
