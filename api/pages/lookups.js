/** The tool calls of a turn, closed above its text. The server does not keep them: a turn that is read back has none. */

import { element } from './element.js';
import { seconds } from './figures.js';

export class LookupsView {
  constructor() {
    this.title = element('summary');
    this.list = element('ol', 'lookup-list');
    this.element = element('details', 'lookups', this.title, this.list);
    this.element.hidden = true;
  }

  /** @param {import('./conversation.js').Lookup[]} lookups */
  render(lookups) {
    const failed = lookups.filter((one) => one.ok === false).length;
    const count = `${lookups.length} ${lookups.length === 1 ? 'look-up' : 'look-ups'}`;
    this.title.textContent = failed ? `${count}, ${failed} failed` : count;
    this.list.replaceChildren(...lookups.map(lookupElement));
    this.element.hidden = lookups.length === 0;
  }
}

function lookupElement(lookup) {
  const { result, ok, ms } = lookup;
  const words = result === null ? 'under way' : ok === false ? 'failed' : 'worked';
  const took = typeof ms === 'number' ? ` · ${seconds(ms)}` : '';
  const outcome = element('span', 'lookup-outcome', words + took);
  outcome.dataset.tone = ok === false ? 'bad' : 'plain';
  const node = element('li', '', element('code', '', lookup.call), outcome);
  if (result) node.append(element('code', 'lookup-result', result));
  return node;
}
