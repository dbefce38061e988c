/**
 * How the page is built and served. The content security policy has its one home here: it goes into
 * index.html as a meta tag, so that any static host has it, and into the headers of `vite` and `vite preview`,
 * where the worker's own script is held to it as well.
 */
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';
import { serviceWorker } from './scripts/service-worker-build.ts';

/** Nothing but this origin; `wasm-unsafe-eval` compiles ONNX Runtime and allows no eval of text. */
const POLICY: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'self'"],
  'script-src': ["'self'", "'wasm-unsafe-eval'"],
  'worker-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'blob:', 'data:'],
  'connect-src': ["'self'", 'blob:'],
  'font-src': ["'self'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
};

/** Vite's development server needs inline scripts and styles and a socket for hot updates; builds do not. */
const DEVELOPMENT_EXTRAS: Readonly<Record<string, readonly string[]>> = {
  'script-src': ["'unsafe-inline'"],
  'style-src': ["'unsafe-inline'"],
  'connect-src': ['ws:'],
};

function policyText(development: boolean, inHeader: boolean): string {
  const parts = Object.entries(POLICY).map(([directive, sources]) =>
    [directive, ...sources, ...(development ? (DEVELOPMENT_EXTRAS[directive] ?? []) : [])].join(' '),
  );
  // Browsers take frame-ancestors from a header only.
  if (inHeader) parts.push("frame-ancestors 'none'");
  return parts.join('; ');
}

/** Cross-origin isolation gives wasm its threads. */
function headers(development: boolean): Record<string, string> {
  return {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Content-Security-Policy': policyText(development, true),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
}

function contentSecurityPolicy(development: boolean): Plugin {
  return {
    name: 'content-security-policy',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policyText(development, false) },
        injectTo: 'head-prepend',
      },
    ],
  };
}

export default defineConfig(({ command }) => ({
  // Relative, so that the built folder can be served from anywhere.
  base: './',
  plugins: [react(), contentSecurityPolicy(command === 'serve'), serviceWorker()],
  worker: { format: 'es' },
  // ONNX Runtime's scripts stay files of their own: a thread that started from a bundle would start the bundle again.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  build: {
    target: 'es2023',
    sourcemap: false,
    // A data: URL would need holes in the policy.
    assetsInlineLimit: 0,
    // ONNX Runtime and the tokenizer are large by nature and load in the worker, not with the page.
    chunkSizeWarningLimit: 1200,
  },
  // Its wasm is found relative to its own files, which pre-bundling would move.
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  server: { headers: headers(true) },
  preview: { headers: headers(false) },
}));
