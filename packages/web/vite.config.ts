import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

/** `vite` serves the pages while they are worked on, and asks the API of a server on this machine. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // The clock of `core` reads a file where its caller has no clock; no page asks for that.
  resolve: {
    alias: { 'node:fs': new URL('no-files.ts', import.meta.url).pathname },
    // Other rooms are bundled from their sources: the pages are built before those are compiled.
    conditions: ['source', ...defaultClientConditions],
  },
  build: { outDir: 'dist', emptyOutDir: true, sourcemap: false, chunkSizeWarningLimit: 1500 },
  server: { proxy: { '/api': { target: 'https://localhost:8443', secure: false } } },
});
