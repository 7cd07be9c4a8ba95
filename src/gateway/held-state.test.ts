import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dialects } from '#dialects/registry.ts';
import type { Call } from '#domain/call.ts';
import type { Deployment, ModelAlias } from '#domain/deployment.ts';
import { Fault } from '#domain/fault.ts';
import type { HeldStateBinding, HeldStateKind } from '#domain/held-state.ts';
import type { Principal } from '#domain/principal.ts';
import type { Grant } from '#domain/proofs.ts';
import { Evidence } from '#policy/guards/evidence.ts';
import type { JsonObject } from '#stdx/json.ts';

import { type BirthWatch, BORN_IDS_MAX, noteUnreadState, watchBirths } from './held-state.ts';
import type { HeldStatePort } from './held-state-port.ts';

const DEPLOYMENT = { id: 'fast/a' } as Deployment;
const ANN = {
  tenant: 'acme',
  user: 'ann',
  serviceAccount: null,
  keyId: 'k1',
  run: null,
} as Principal;

function callOf(fields: JsonObject): Call {
  const body = { model: 'fast', input: 'hi', ...fields };
  const call = dialects['openai-responses'].parse(body, 'chat');
  assert.ok(call.ok);
  return call.value;
}

interface Setting {
  readonly allowState: readonly HeldStateKind[];
  readonly principal?: Principal;
  readonly dialect?: Call['dialect'];
  readonly keep?: HeldStatePort['keep'];
}

function watch(fields: JsonObject, setting: Setting): BirthWatch | null {
  const { allowState, principal = ANN, dialect = 'openai-responses' } = setting;
  const keep = setting.keep ?? (() => assert.fail('nothing is kept here'));
  const grant = { alias: { allowState } as ModelAlias, principal } as Grant;
  const heldState = { find: () => assert.fail('nothing is asked here'), keep };
  const reply = { dialect, deployment: DEPLOYMENT };
  const record = { call: callOf(fields), grant, usage: null };
  return watchBirths(record, reply, { dialects, heldState });
}

const STORED = { store: true };
const ALL: Setting = { allowState: ['store', 'previous-response', 'hosted-tools', 'container'] };
const RESPONSE: JsonObject = {
  object: 'response',
  id: 'resp_1',
  output: [
    { type: 'message', id: 'msg_1', content: [] },
    { type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1' },
  ],
};

test('nothing is watched where nothing can be born', () => {
  assert.equal(watch({}, ALL), null, 'a call without state');
  assert.equal(watch({ store: false }, ALL), null, 'a call that says that it wants none');
  assert.equal(watch(STORED, { ...ALL, dialect: 'openai-chat' }), null, 'a translated answer');
  const nobody = { ...ANN, user: null, keyId: null };
  assert.equal(watch(STORED, { ...ALL, principal: nobody }), null, 'nobody to bind to');
  assert.ok(watch(STORED, ALL) !== null);
  assert.ok(watch({}, { allowState: ['audio'] }) !== null, 'speech is kept unasked');
});

test('an id is kept of what the call stored and the alias allows, once an answer', () => {
  const stored = watch(STORED, ALL);
  assert.deepEqual(stored?.fresh(RESPONSE), ['resp_1', 'msg_1', 'ci_1', 'cntr_1']);
  assert.deepEqual(stored.fresh(RESPONSE), []);
  const tools = { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] };
  assert.deepEqual(watch(tools, ALL)?.fresh(RESPONSE), ['ci_1', 'cntr_1']);
  const chained = { previous_response_id: 'resp_0' };
  const narrow: Setting = { allowState: ['previous-response'] };
  assert.deepEqual(watch(chained, narrow)?.fresh(RESPONSE), ['ci_1'], 'not stored');
  const onlyStore: Setting = { allowState: ['store'] };
  assert.deepEqual(watch(STORED, onlyStore)?.fresh(RESPONSE), [], 'of no use to anybody');
});

test('binds to tenant, user or key, and the deployment that answered', async () => {
  const kept: HeldStateBinding[] = [];
  const keep = (bindings: readonly HeldStateBinding[]): Promise<void> => {
    kept.push(...bindings);
    return Promise.resolve();
  };
  await watch(STORED, { ...ALL, keep })?.bind(['resp_1']);
  await watch(STORED, { ...ALL, keep, principal: { ...ANN, user: null } })?.bind(['resp_2']);
  await watch(STORED, ALL)?.bind([]);
  const at = { tenant: 'acme', deployment: 'fast/a' };
  assert.deepEqual(kept, [
    { id: 'resp_1', owner: 'user/ann', ...at },
    { id: 'resp_2', owner: 'key/k1', ...at },
  ]);
});

test('a store that fails is the fault of the answer', async () => {
  const fault = new Fault('storage-failed', 'test');
  const watched = watch(STORED, { ...ALL, keep: () => Promise.reject(fault) });
  assert.ok(watched !== null);
  await assert.rejects(watched.bind(['resp_1']), fault);
});

test('an answer gives a bounded number of ids', () => {
  const output = Array.from({ length: BORN_IDS_MAX + 10 }, (_, index) => ({ id: `x${index}` }));
  const watched = watch(STORED, ALL);
  assert.equal(watched?.fresh({ object: 'response', output }).length, BORN_IDS_MAX);
  assert.deepEqual(watched.fresh({ object: 'response', id: 'resp_late' }), []);
});

test('the record says what no guard has read, by kind', () => {
  const evidence = new Evidence();
  const call = callOf({
    previous_response_id: 'resp_1',
    store: true,
    background: true,
    input: [{ type: 'reasoning', id: 'rs_1', summary: [] }],
    tools: [{ type: 'web_search' }, { type: 'image_generation' }],
  });
  noteUnreadState(call, evidence);
  const said = evidence.unread().split('; ').sort();
  assert.deepEqual(said, ['state: hosted-tools ×2', 'state: previous-response ×1']);
});
