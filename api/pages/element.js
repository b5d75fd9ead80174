/** Small makers of page elements. */

/** @returns {HTMLElement} an element with a class and children; strings become text nodes */
export function element(name, className = '', ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** @returns {HTMLButtonElement} a button that submits nothing */
export function button(className, label, onClick) {
  const node = element('button', className, label);
  node.type = 'button';
  node.addEventListener('click', onClick);
  return node;
}

const REACHABLE = 'a[href], button, summary, [tabindex]';

/** Puts other children into a node. Where the keyboard was in it, it is at the same place in the order again, or else in
 * the log: a person who reads by keyboard must not begin at the top of the page because an answer goes on.
 * @param {HTMLElement} node @param {(Node | string)[]} children */
export function redraw(node, children) {
  const place = [...node.querySelectorAll(REACHABLE)].indexOf(document.activeElement);
  const log = node.closest('[role=log]');
  node.replaceChildren(...children);
  if (place < 0) return;
  (node.querySelectorAll(REACHABLE)[place] ?? log)?.focus({ preventScroll: true });
}
