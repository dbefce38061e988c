/** Starts the page: builds the state, mounts React, and lets the model come while the person looks around. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { Crash } from './app/Crash.tsx';
import { AppStateProvider } from './app/state-context.tsx';
import './app/styles/index.css';
import { createBrowserState } from './state/browser.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

const state = createBrowserState();
state.start();
createRoot(root).render(
  <StrictMode>
    <Crash>
      <AppStateProvider state={state}>
        <App />
      </AppStateProvider>
    </Crash>
  </StrictMode>,
);
