/** The tabs of the page: one for each kind of client. By keyboard as the ARIA pattern says; `#name` leads to one. */

import { element } from './element.js';

/** What a tab needs is loaded when it is first shown. */
const CLIENTS = {
  reasoning: () => import('./reasoning.js'),
  analysis: () => import('./analysis.js'),
  diagram: () => import('./diagram.js'),
  query: () => import('./query.js'),
};
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

const list = document.getElementById('tabs');
const tabs = [...list.querySelectorAll('[role=tab]')];
const started = new Set();

const nameOf = (tab) => tab.id.replace('tab-', '');
const panelOf = (tab) => document.getElementById(tab.getAttribute('aria-controls'));

function select(tab) {
  for (const one of tabs) {
    const chosen = one === tab;
    one.setAttribute('aria-selected', String(chosen));
    one.tabIndex = chosen ? 0 : -1;
    panelOf(one).hidden = !chosen;
  }
  const name = nameOf(tab);
  document.body.dataset.tab = name;
  tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  panelOf(tab).dispatchEvent(new Event('shown'));
  if (started.has(name) || !CLIENTS[name]) return;
  started.add(name);
  begin(name, panelOf(tab));
}

/** Until its client has begun a panel is busy, and its form does nothing. */
async function begin(name, panel) {
  const early = (event) => event.preventDefault();
  panel.setAttribute('aria-busy', 'true');
  panel.addEventListener('submit', early);
  try {
    const client = await CLIENTS[name]();
    client.start(panel);
    panel.removeEventListener('submit', early);
  } catch (error) {
    const problem = element('p', 'alert', 'This tab could not be loaded. Reload the page to try again.');
    problem.setAttribute('role', 'alert');
    panel.prepend(problem);
    throw error;
  } finally {
    panel.removeAttribute('aria-busy');
  }
}

/** Shows the tab that the address names; the first one where it names none. */
function follow() {
  select(tabs.find((tab) => `#${nameOf(tab)}` === location.hash) ?? tabs[0]);
}

function choose(tab) {
  history.replaceState(null, '', `#${nameOf(tab)}`);
  select(tab);
}

list.addEventListener('click', (event) => {
  const tab = event.target.closest('[role=tab]');
  if (tab) choose(tab);
});
list.addEventListener('keydown', (event) => {
  const at = tabs.indexOf(document.activeElement);
  const edges = { Home: tabs[0], End: tabs.at(-1) };
  const next = edges[event.key] ?? (STEPS[event.key] && tabs.at((at + STEPS[event.key]) % tabs.length));
  if (at < 0 || !next) return;
  event.preventDefault();
  choose(next);
  next.focus();
});
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  panelOf(tabs.find((tab) => tab.tabIndex === 0)).querySelector('textarea, .ask input')?.focus();
});
addEventListener('hashchange', follow);
follow();
