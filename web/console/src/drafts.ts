/** Texts that were begun, by conversation; they survive its being left, and a reload of the page. */

export type Mode = 'reply' | 'note';

export interface Kept {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = 'pitcrew.staff.drafts';
const MOST = 100;

export class Drafts {
  readonly #texts: Map<string, string>;

  constructor(private readonly storage: Kept | null) {
    this.#texts = new Map(stored(storage));
  }

  text(conversationId: string, mode: Mode): string {
    return this.#texts.get(`${mode} ${conversationId}`) ?? '';
  }

  keep(conversationId: string, mode: Mode, text: string): void {
    const name = `${mode} ${conversationId}`;
    this.#texts.delete(name);
    if (text) this.#texts.set(name, text);
    for (const oldest of [...this.#texts.keys()].slice(0, Math.max(0, this.#texts.size - MOST))) this.#texts.delete(oldest);
    try {
      this.storage?.setItem(KEY, JSON.stringify([...this.#texts]));
    } catch {
      // A full storage costs only what a reload would have brought back.
    }
  }

  /** Whether anything was begun there. */
  has(conversationId: string): boolean {
    return this.#texts.has(`reply ${conversationId}`) || this.#texts.has(`note ${conversationId}`);
  }
}

function stored(storage: Kept | null): [string, string][] {
  try {
    const found: unknown = JSON.parse(storage?.getItem(KEY) ?? '[]');
    return Array.isArray(found)
      ? found.filter((one): one is [string, string] => Array.isArray(one) && one.every((part) => typeof part === 'string'))
      : [];
  } catch {
    return [];
  }
}
