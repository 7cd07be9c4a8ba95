/** The gateway of the benchmark, in a process of its own: key, role, four limits and audit on. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

z.config({ jitless: true });
const { openHouse, BASE } = await import('../tests/support/house.ts');

const [upstreamUrl = '', guards = 'off'] = process.argv.slice(2);
const house = await openHouse(
  `
providers:
  local: { type: openai, baseUrl: "${upstreamUrl}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
limits:
  - { name: per-key, per: [key], requests: 100000000/1m }
  - { name: per-address, per: [ip], requests: 100000000/1m }
  - { name: per-user, per: [user, model], tokens: 100000000000/1m }
  - { name: per-tenant, per: [tenant], requests: 100000000/1m }
guards: ${guards === 'on' ? '[{ name: secrets, type: secrets, action: redact }]' : '[]'}
${BASE}`,
  { UPSTREAM_KEY: 'benchmark-upstream-key' },
  mkdtempSync(join(tmpdir(), 'llmproxy-bench-')),
);
const key = await house.key();
process.stdout.write(`${JSON.stringify({ url: house.url, key, pid: process.pid })}\n`);
process.on('message', () => {});
process.on('SIGTERM', () => {
  house.close().finally(() => process.exit(0));
});
