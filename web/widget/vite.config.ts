import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { recorded } from '../record.mjs';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const built = here('../../api/pages/built/widget');
const { resolve } = createRequire(import.meta.url);
/** A file beside the package.json of a package. */
const licence = (name: string, file: string) => join(resolve.paths(name)?.map((path) => join(path, name)).find(existsSync) ?? dirname(name), file);
const languages = readdirSync(here('languages')).map((name) => name.replace('.json', ''));

/** What bundlers keep, because they cannot tell that nothing of it is used: a helper for old browsers in DOMPurify, and in
 * marked the class that is set up by itself. */
const withoutUnused: Plugin = {
  name: 'without-unused',
  transform(code, id) {
    if (id.includes('/dompurify/')) return cut(code, 'function AsyncGenerator', 'const entries = ');
    if (id.includes('/marked/')) return cut(code, 'class Marked {', 'export {', 'export { _Lexer as Lexer, _Parser as Parser, _Renderer as Renderer };');
    return undefined;
  },
};

/** The code from one place to another left out. @param rest stands for what follows, where that is given */
function cut(code: string, from: string, to: string, rest?: string) {
  const [start, end] = [code.indexOf(from), code.lastIndexOf(to)];
  if (start < 0 || end < start) throw new Error(`There is no "${from}" before "${to}" any more: look at vite.config.ts.`);
  return { code: code.slice(0, start) + (rest ?? code.slice(end)), map: null };
}

/** One script that needs nothing else, and the words of each further language. */
export default defineConfig({
  plugins: [withoutUnused, recorded(
    built, ['widget/src', 'widget/languages', 'widget/vite.config.ts', 'widget/package.json', 'client/src'],
    { preact: licence('preact', 'LICENSE'), marked: licence('marked', 'LICENSE.md'), dompurify: licence('dompurify', 'LICENSE') },
  )],
  define: { LANGUAGES: JSON.stringify(languages) },
  publicDir: here('languages'),
  resolve: { alias: { 'pitcrew-client': here('../client/src/index.ts') } },
  build: {
    lib: { entry: here('src/script.ts'), formats: ['iife'], name: 'pitcrewScript', fileName: () => 'widget.js' },
    outDir: built,
    emptyOutDir: true,
    target: 'es2022',
    minify: 'terser',
    terserOptions: { ecma: 2020, module: true, compress: { passes: 3 }, format: { comments: false, preamble: '/* Pitcrew. The licences of what is in it: LICENSES.txt beside it. */' } },
  },
});
