import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { recorded } from '../record.mjs';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const built = here('../../api/pages/built/console');
const { resolve } = createRequire(import.meta.url);
/** A file beside the package.json of a package. */
const licence = (name: string, file: string) =>
  join(
    resolve
      .paths(name)
      ?.map((path) => join(path, name))
      .find(existsSync) ?? dirname(name),
    file,
  );

/** One script and one style sheet, which the page `api/pages/staff.html` names. */
export default defineConfig({
  plugins: [
    recorded(built, ['console/src', 'console/vite.config.ts', 'console/package.json', 'client/src', 'widget/src'], {
      preact: licence('preact', 'LICENSE'),
      marked: licence('marked', 'LICENSE.md'),
      dompurify: licence('dompurify', 'LICENSE'),
    }),
  ],
  resolve: { alias: { 'pitcrew-client': here('../client/src/index.ts') } },
  build: {
    lib: { entry: here('src/main.tsx'), formats: ['iife'], name: 'pitcrewConsole', fileName: () => 'console.js', cssFileName: 'console' },
    outDir: built,
    emptyOutDir: true,
    target: 'es2022',
    cssMinify: true,
    minify: 'terser',
    terserOptions: {
      ecma: 2020,
      module: true,
      compress: { passes: 2 },
      format: { comments: false, preamble: '/* Pitcrew. The licences of what is in it: LICENSES.txt beside it. */' },
    },
  },
});
