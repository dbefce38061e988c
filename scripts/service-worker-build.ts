// Vite's part in the service worker: when the page is built, its code is bundled into one classic script at the folder's
// root (where its scope is the page), and the list of the page's files is put in front of it.

import { join, resolve } from 'node:path';
import { build, type Plugin, type ResolvedConfig } from 'vite';
import { SERVICE_WORKER, writeServiceWorker } from './precache.ts';

export function serviceWorker(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    closeBundle: {
      sequential: true,
      async handler(error) {
        const outDir = resolve(config.root, config.build.outDir);
        // Builds of a single script, for the benchmarks, are no page.
        if (error || !config.publicDir) return;
        await build({
          configFile: false,
          root: config.root,
          publicDir: false,
          logLevel: 'warn',
          build: {
            outDir,
            emptyOutDir: false,
            target: config.build.target,
            rolldownOptions: {
              input: join(config.root, 'workers', 'service-worker.ts'),
              output: { format: 'iife', entryFileNames: SERVICE_WORKER },
            },
          },
        });
        writeServiceWorker(outDir);
      },
    },
  };
}
