/** Bundles what the test page draws with, and keeps it compressed: so it is sent, and a clone stays small. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { record } from '../record.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const built = process.argv[2] ?? here('../../api/pages/built/drawing');
const licences = ['mermaid', 'vega', 'vega-lite', 'vega-interpreter'].map((name) => [name, here(`../node_modules/${name}/LICENSE`)]);

const { outputFiles } = await build({
  entryPoints: [here('diagram.js'), here('chart.js')],
  absWorkingDir: here('.'), bundle: true, minify: true, format: 'iife', target: 'es2022', legalComments: 'eof',
  logLevel: 'warning', outdir: built, write: false,
});
mkdirSync(built, { recursive: true });
for (const { path, contents } of outputFiles) {
  const compressed = gzipSync(contents, { level: 9 });
  compressed[9] = 255; // The operating system, which is not ours to tell: the same everywhere.
  writeFileSync(`${path}.gz`, compressed);
}
// The lock says which versions of the packages are in it.
record(built, ['drawing', '../api/pages/chart_themes.json', 'package-lock.json'], Object.fromEntries(licences));
