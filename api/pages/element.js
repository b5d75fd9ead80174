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
