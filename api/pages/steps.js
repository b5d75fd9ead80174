/** The steps of a run on the page: where it is, and how long each one took. */

import { STEPS } from './conversation.js';
import { element } from './element.js';
import { seconds, tenths } from './figures.js';

const LABELS = {
  starting: 'Starting', agent_routing: 'Routing', rag_retrieval: 'Retrieval', tool: 'Look-ups',
  generating: 'Generating',
};
/** Shown where a run comes to it: most have none. */
const OPTIONAL = 'tool';

export class StepsView {
  /** @param {import('./conversation.js').Turn} turn */
  constructor(turn) {
    this.turn = turn;
    this.list = element('ol', 'steps');
    this.list.setAttribute('aria-label', 'Progress');
    this.elapsed = element('span', 'elapsed');
    this.element = element('div', 'progress', this.list, this.elapsed);
    this.nodes = new Map(STEPS.map((step) => {
      const node = element('li', '', element('span', 'step-name', LABELS[step]), element('span', 'took'));
      this.list.append(node);
      return [step, node];
    }));
  }

  render() {
    const { turn } = this;
    const last = turn.steps.at(-1);
    const current = turn.steps.findLast((one) => STEPS.includes(one.step))?.step;
    const reached = turn.steps.reduce((far, one) => Math.max(far, STEPS.indexOf(one.step)), -1);
    STEPS.forEach((step, index) => {
      const node = this.nodes.get(step);
      const now = step === current && !turn.ended;
      node.dataset.state = now ? 'now' : index <= reached ? 'done' : 'todo';
      if (now) node.setAttribute('aria-current', 'step');
      else node.removeAttribute('aria-current');
      node.lastChild.textContent = this.#took(step);
    });
    this.nodes.get(OPTIONAL).hidden = !turn.steps.some((one) => one.step === OPTIONAL);
    this.element.title = last ? last.message : '';
    // Steps are not kept by the server: a turn read back after its end has none to show.
    this.element.hidden = turn.ended && turn.steps.length === 0;
    if (turn.ended) this.elapsed.textContent = seconds(turn.metadata.timing?.total_ms ?? turn.endedAt - turn.startedAt);
  }

  /** Called some times a second while a run is under way. */
  tick(now) {
    if (!this.turn.ended) this.elapsed.textContent = tenths(now - this.turn.startedAt);
  }

  /** How long a step took, in all: a run comes back to looking up and to writing. */
  #took(step) {
    const { ended, endedAt } = this.turn;
    const visits = this.turn.steps.filter((one) => STEPS.includes(one.step));
    const times = visits.map((one, index) => {
      const until = visits[index + 1]?.at ?? (ended ? endedAt : null);
      return one.step !== step ? 0 : until === null ? NaN : until - one.at;
    });
    const sum = times.reduce((all, ms) => all + ms, 0);
    return visits.some((one) => one.step === step) && !Number.isNaN(sum) ? seconds(sum) : '';
  }
}
