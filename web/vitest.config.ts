import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { 'pitcrew-client': fileURLToPath(new URL('client/src/index.ts', import.meta.url)) } },
  define: { LANGUAGES: '["de"]' },
  test: { include: ['*/test/**/*.test.{ts,tsx}'], testTimeout: 15_000 },
});
