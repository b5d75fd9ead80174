/** Mermaid, for the frame in which the test page draws: `drawDiagram` makes a picture of a diagram's source. */

import mermaid from 'mermaid';

/** The most text and lines of a diagram; a larger one cannot be read by people either. */
const LIMITS = { maxTextSize: 100_000, maxEdges: 1_000 };

/**
 * @param {string} source in Mermaid's language
 * @param {boolean} dark whether it will stand on a dark page
 * @returns {Promise<string>} SVG; rejects where the source makes no sense
 */
globalThis.drawDiagram = async (source, dark) => {
  // Labels as SVG text: HTML inside a picture is not drawn everywhere.
  mermaid.initialize({
    ...LIMITS, startOnLoad: false, securityLevel: 'strict', suppressErrorRendering: true, htmlLabels: false,
    theme: dark ? 'dark' : 'default',
  });
  const { svg } = await mermaid.render('diagram', source);
  // In labels that are SVG text Mermaid 12 leaves its character codes (`#34;`) half decoded.
  return svg.replace(/&amp;#(\d+);/g, '&#$1;');
};
