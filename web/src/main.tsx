/** The dashboard's one page: first its language, then everything that says something. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { begin } from './messages/languages.ts';

async function show(root: HTMLElement): Promise<void> {
  document.documentElement.lang = await begin();
  const { App } = await import('./app.tsx');
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

const root = document.getElementById('root');
if (root !== null) void show(root);
