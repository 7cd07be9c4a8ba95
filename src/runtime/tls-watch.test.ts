import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { TlsOptions } from '#server/listener.ts';

import { watchTls } from './tls-watch.ts';

/** A listener that takes what it is given, or fails as often as the test says. */
function open(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-tls-'));
  const at = (name: string): string => join(dir, name);
  const put = (name: string, text: string): void => writeFileSync(at(name), text);
  for (const name of ['cert', 'key', 'crl']) put(name, 'first');
  const state = { failures: 0, lists: [] as (string | null)[], logged: [] as string[] };
  const renewTls = ({ clientCrl }: TlsOptions): void => {
    if (state.failures > 0) {
      state.failures -= 1;
      throw new Error('too many open files');
    }
    state.lists.push(clientCrl);
  };
  const files = { cert: at('cert'), key: at('key'), clientCa: undefined, clientCrl: at('crl') };
  const log = { write: (_level: unknown, event: string) => void state.logged.push(event) };
  const tls = { ...files, clientAuth: 'required' } as const;
  const stop = watchTls(tls, 'server', () => ({ renewTls }), log);
  t.after(() => {
    stop();
    rmSync(dir, { recursive: true });
  });
  return { state, put, remove: () => rmSync(at('crl')), look: () => t.mock.timers.tick(2_000) };
}

test('a list that failed once is tried again, though its file does not change any more', (t) => {
  const { state, put, look } = open(t);
  look();
  assert.deepEqual(state.lists, []);
  state.failures = 3;
  put('crl', 'the second');
  look();
  look();
  look();
  assert.deepEqual([state.lists, state.logged], [[], ['tls-refused']], 'and the log says so once');
  look();
  look();
  assert.deepEqual(state.lists, ['the second']);
  assert.deepEqual(state.logged, ['tls-refused', 'tls-renewed']);
});

test('a list that is away counts again when it is back, and another failure is told again', (t) => {
  const { state, put, remove, look } = open(t);
  remove();
  look();
  look();
  assert.deepEqual([state.lists, state.logged], [[], ['tls-refused']]);
  state.failures = 1;
  put('crl', 'the second');
  look();
  assert.deepEqual(state.logged, ['tls-refused', 'tls-refused']);
  look();
  assert.deepEqual(state.lists, ['the second']);
});
