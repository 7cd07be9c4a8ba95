/** The short form: each blow once, half a minute. `npm run soak` goes on for as long as you say. */
import { test } from 'node:test';

import { IS_FULL } from '../support/streams.ts';
import { blows } from './chaos.ts';
import { runScenario } from './scenario.ts';

const MS = IS_FULL ? 600_000 : 25_000;

test(
  'three gateways lose nothing, whatever is killed, stopped and flushed',
  { timeout: MS + 150_000 },
  async (t) => {
    const verdict = await runScenario({
      ms: MS,
      next: (count) => count % blows.length,
      say: (line) => t.diagnostic(line),
    });
    t.diagnostic(JSON.stringify(verdict));
  },
);
