/** Choices that depend on who is signed in: what the server offers, behind the one that is always there. */

import { apiAddress, authorization, enteredToken } from './credentials.js';
import { element } from './element.js';

export class Choices {
  /** For whom the server was asked. @type {string | null} */
  #token = null;

  /** @param {HTMLSelectElement} select with the choice that is always there
   * @param {'agents' | 'datasets'} name of the list in the HTTP interface */
  constructor(select, name) {
    this.select = select;
    this.name = name;
  }

  /** Asks the server, again where somebody else is signed in by now or where it could not be asked.
   * @returns {Promise<number | null>} how many it offers; null where it was not asked or did not say */
  async offer() {
    const token = enteredToken();
    if (token === this.#token) return null;
    this.#token = token;
    const response = await fetch(apiAddress(this.name), { headers: authorization() }).catch(() => null);
    if (token !== this.#token) return null;
    if (!response?.ok) {
      this.#token = null;
      return null;
    }
    const offered = (await response.json())[this.name];
    const [always, chosen] = [this.select.options[0], this.select.value];
    this.select.replaceChildren(always, ...offered.map(optionElement));
    this.select.value = chosen;
    if (this.select.selectedIndex < 0) this.select.selectedIndex = 0;
    return offered.length;
  }
}

/** @param {{name: string, label?: string, description: string}} choice */
function optionElement({ name, label, description }) {
  const option = element('option', '', label ? `${name}: ${label}` : name);
  option.value = name;
  option.title = description;
  return option;
}
