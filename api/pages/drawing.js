/**
 * The frame in which pictures are made of what a model wrote. It is a stranger to the page: no token, no address, no
 * page of its own to show. A message `{id, kind, content, dark}` comes in, `{id, svg}` or `{id, problem}` goes out.
 * A plain script, because a frame without an origin may not import modules.
 */

const MAKERS = { diagram: 'drawDiagram', chart: 'drawChart' };
const LONGEST_PROBLEM = 500;
const bundles = {};

/** Loads what draws this kind of picture, once it can be. */
function bundle(kind) {
  bundles[kind] ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `drawing/${kind}.js`;
    script.onload = resolve;
    script.onerror = () => {
      bundles[kind] = null;
      script.remove();
      reject(new Error('What draws it could not be loaded.'));
    };
    document.head.append(script);
  });
  return bundles[kind];
}

/** The picture with a width and height in pixels, which an image needs. */
function sized(svg) {
  const { documentElement: root } = new DOMParser().parseFromString(svg, 'image/svg+xml');
  if (root.localName !== 'svg') throw new Error('That is no picture.');
  const [, , width, height] = (root.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number);
  if (width > 0 && height > 0) {
    root.setAttribute('width', width);
    root.setAttribute('height', height);
  }
  root.style.removeProperty('max-width');
  return new XMLSerializer().serializeToString(root);
}

addEventListener('message', async ({ data, source }) => {
  if (source !== parent || !Object.hasOwn(MAKERS, data.kind)) return;
  const answer = { id: data.id };
  try {
    await bundle(data.kind);
    answer.svg = sized(await globalThis[MAKERS[data.kind]](data.content, data.dark));
  } catch (error) {
    answer.problem = String(error?.message ?? error).slice(0, LONGEST_PROBLEM);
  }
  parent.postMessage(answer, '*');
});
