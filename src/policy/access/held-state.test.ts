import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { Call } from '#domain/call.ts';
import { Content } from '#domain/content.ts';
import type { Deployment, ModelAlias } from '#domain/deployment.ts';
import {
  type HeldState,
  type HeldStateBinding,
  type HeldStateKind,
  heldStateKinds,
} from '#domain/held-state.ts';
import { NO_CAPS } from '#domain/money.ts';
import type { Principal } from '#domain/principal.ts';

import { type AccessPolicy, grant } from './decide.ts';
import { HELD_IDS_MAX } from './held-state.ts';
import { BUILT_IN_ROLES, NO_POLICY } from './roles.ts';

const deploymentOf = (id: string): Deployment => ({
  id,
  provider: 'p',
  model: 'm',
  weight: 1,
  dialects: ['openai-responses'],
  price: null,
  caps: NO_CAPS,
});

const ALIAS: ModelAlias = {
  name: 'fast',
  deployments: [deploymentOf('fast/a'), deploymentOf('fast/b')],
  allowUnscanned: [],
  allowState: [],
  stateIds: [],
  isStateNear: true,
};
const REQUEST = { ip: '192.0.2.1', route: 'responses', clock: { nowMs: () => 0 } };
const ANN: Principal = {
  tenant: 'acme',
  team: null,
  user: 'ann',
  serviceAccount: null,
  keyId: 'k1',
  roles: ['developer'],
  claims: {},
  provenBy: 'api-key',
  scope: null,
  parent: null,
  run: null,
};

const callOf = (heldState: readonly HeldState[], isStreamed = false): Call => ({
  dialect: 'openai-responses',
  action: 'chat',
  model: 'fast',
  isStreamed,
  content: new Content({}, []),
  maxOutputTokens: null,
  choices: 1,
  tools: [],
  features: new Set(),
  opaques: [],
  heldState,
  sealedCount: 0,
  endUser: null,
  wantsStreamUsage: true,
});

const bindingOf = (id: string, changes: Partial<HeldStateBinding> = {}): HeldStateBinding => ({
  id,
  tenant: 'acme',
  owner: 'user/ann',
  deployment: 'fast/a',
  ...changes,
});

interface Setting {
  readonly alias?: Partial<ModelAlias>;
  readonly principal?: Partial<Principal>;
  readonly bindings?: readonly HeldStateBinding[];
  readonly fits?: (deployment: Deployment) => boolean;
}

let lookups = 0;

/** The deployments that are granted, or the field of the refusal. */
async function decide(call: Call, setting: Setting = {}): Promise<readonly string[] | string> {
  const { bindings = [], fits = () => true } = setting;
  const policy: AccessPolicy = {
    tenant: () => ({ ...NO_POLICY, roles: BUILT_IN_ROLES }),
    alias: () => ({ ...ALIAS, ...setting.alias }),
    aliases: () => [],
    bindings: (ids) => {
      lookups += 1;
      return Promise.resolve(bindings.filter(({ id }) => ids.includes(id)));
    },
  };
  const granted = await grant(
    { ...ANN, ...setting.principal },
    { call, request: REQUEST },
    policy,
    (deployment) => (fits(deployment) ? null : { reason: 'field-unsupported', field: 'x' }),
  );
  if (granted.ok) return granted.value.deployments.map(({ id }) => id);
  assert.ok('field' in granted.error);
  return `${granted.error.reason} ${granted.error.field}`;
}

const PREVIOUS: HeldState = { kind: 'previous-response', path: 'previous_response_id', id: 'r1' };
const REFUSED = 'state-refused previous_response_id';
const allowing = (...allowState: HeldStateKind[]): Partial<ModelAlias> => ({ allowState });
const ALLOWED = allowing('previous-response');

test('a call without state is decided at once, and nothing is looked up', () => {
  const policy: AccessPolicy = {
    tenant: () => ({ ...NO_POLICY, roles: BUILT_IN_ROLES }),
    alias: () => ALIAS,
    aliases: () => [],
    bindings: () => assert.fail('no id, no look-up'),
  };
  const granted = grant(ANN, { call: callOf([]), request: REQUEST }, policy, () => null);
  assert.ok(!(granted instanceof Promise));
  assert.ok(granted.ok);
  assert.equal(granted.value.deployments.length, 2);
});

test('every kind is refused by its field until it is allowed by its own name', async () => {
  for (const kind of heldStateKinds) {
    const call = callOf([{ kind, path: 'the.field', id: 'x' }], true);
    const bindings = [bindingOf('x')];
    const others = heldStateKinds.filter((other) => other !== kind);
    const before = lookups;
    for (const alias of [allowing(), allowing(...others)]) {
      assert.equal(await decide(call, { alias, bindings }), 'state-refused the.field', kind);
    }
    assert.equal(lookups, before, 'what is not allowed is not looked up');
    assert.deepEqual(await decide(call, { alias: allowing(kind), bindings }), ['fast/a'], kind);
  }
});

test('an own id is granted, and only at the deployment that it was born at', async () => {
  for (const deployment of ['fast/a', 'fast/b']) {
    const bindings = [bindingOf('r1', { deployment })];
    assert.deepEqual(await decide(callOf([PREVIOUS]), { alias: ALLOWED, bindings }), [deployment]);
  }
});

test('foreign, unknown, and of another deployment are one answer', async () => {
  const call = callOf([PREVIOUS]);
  const settings: Setting[] = [
    { bindings: [] },
    { bindings: [bindingOf('r2')] },
    { bindings: [bindingOf('r1', { tenant: 'other' })] },
    { bindings: [bindingOf('r1', { owner: 'user/bob' })] },
    { bindings: [bindingOf('r1', { owner: 'key/k1' })] },
    { bindings: [bindingOf('r1', { owner: 'key/ann' })] },
    { bindings: [bindingOf('r1', { deployment: 'other/a' })] },
    { bindings: [bindingOf('r1')], principal: { user: null } },
    { bindings: [bindingOf('r1')], principal: { user: null, keyId: null } },
  ];
  for (const setting of settings) {
    assert.equal(await decide(call, { alias: ALLOWED, ...setting }), REFUSED);
  }
});

test('a key without a user owns what was born for it', async () => {
  const setting = { alias: ALLOWED, bindings: [bindingOf('r1', { owner: 'key/k1' })] };
  const call = callOf([PREVIOUS]);
  assert.deepEqual(await decide(call, { ...setting, principal: { user: null } }), ['fast/a']);
  assert.equal(await decide(call, { ...setting, principal: { user: null, keyId: 'k2' } }), REFUSED);
});

test('a deployment that cannot take the call is not made up for by another one', async () => {
  const setting = { alias: ALLOWED, bindings: [bindingOf('r1')] };
  const fits = ({ id }: Deployment): boolean => id === 'fast/b';
  assert.equal(await decide(callOf([PREVIOUS]), { ...setting, fits }), 'field-unsupported x');
});

test('several ids go where all of them are, and nowhere when they are apart', async () => {
  const kinds = allowing('previous-response', 'file');
  const file: HeldState = { kind: 'file', path: 'input[0].file_id', id: 'f1' };
  const call = callOf([PREVIOUS, file]);
  const together = [bindingOf('r1'), bindingOf('f1')];
  const apart = [bindingOf('r1'), bindingOf('f1', { deployment: 'fast/b' })];
  assert.deepEqual(await decide(call, { alias: kinds, bindings: together }), ['fast/a']);
  const refused = 'state-refused input[0].file_id';
  assert.equal(await decide(call, { alias: kinds, bindings: apart }), refused);
  assert.equal(await decide(call, { alias: kinds, bindings: [bindingOf('r1')] }), refused);
});

test('ids that the operator lists are for every caller, and pin nothing', async () => {
  const prompt: HeldState = { kind: 'stored-prompt', path: 'prompt', id: 'pmpt_1' };
  const alias = { allowState: ['stored-prompt' as const], stateIds: ['pmpt_1'] };
  assert.deepEqual(await decide(callOf([prompt]), { alias }), ['fast/a', 'fast/b']);
  const other = callOf([{ ...prompt, id: 'pmpt_2' }]);
  assert.equal(await decide(other, { alias }), 'state-refused prompt');
  const unnamed = { allowState: [], stateIds: ['pmpt_1'] };
  assert.equal(await decide(callOf([prompt]), { alias: unnamed }), 'state-refused prompt');
});

test('a field that must name something and names nothing is refused', async () => {
  const alias = allowing(...heldStateKinds);
  const nameless = new Set<string>();
  for (const kind of heldStateKinds) {
    const decided = await decide(callOf([{ kind, path: 'f', id: null }], true), { alias });
    if (decided !== 'state-refused f') nameless.add(kind);
  }
  assert.deepEqual(
    nameless,
    new Set(['store', 'background', 'container', 'hosted-tools', 'remote-mcp']),
  );
});

test('work in the background is allowed by name, and only where its answer comes here', async () => {
  const background: HeldState = { kind: 'background', path: 'background', id: null };
  const alias = allowing('background');
  assert.deepEqual(await decide(callOf([background], true), { alias }), ['fast/a', 'fast/b']);
  assert.equal(await decide(callOf([background]), { alias }), 'state-refused background');
});

test('the id of an item that is spelt out is looked at where its provider keeps state', async () => {
  const item = callOf([{ kind: 'item', path: 'input[1].id', id: 'rs_1' }]);
  assert.deepEqual(await decide(item, { alias: { isStateNear: false } }), ['fast/a', 'fast/b']);
  assert.equal(await decide(item), 'state-refused input[1].id', 'also where the alias allows none');
  assert.deepEqual(await decide(item, { bindings: [bindingOf('rs_1')] }), ['fast/a']);
});

test('a call names a bounded number of ids', async () => {
  const many = (count: number): Call =>
    callOf(
      Array.from({ length: count }, (_, index) => ({
        kind: 'previous-response',
        path: `input[${index}].type`,
        id: `i${index}`,
      })),
    );
  const bindings = Array.from({ length: HELD_IDS_MAX + 1 }, (_, index) => bindingOf(`i${index}`));
  const setting = { alias: ALLOWED, bindings };
  assert.deepEqual(await decide(many(HELD_IDS_MAX), setting), ['fast/a']);
  const before = lookups;
  assert.equal(
    await decide(many(HELD_IDS_MAX + 1), setting),
    `state-refused input[${HELD_IDS_MAX}].type`,
  );
  assert.equal(lookups, before);
});

test('whatever is bound, a grant holds only ids of the caller at the one deployment left', async () => {
  const owner = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    tenant: fc.constantFrom('acme', 'other'),
    owner: fc.constantFrom('user/ann', 'user/bob', 'key/k1'),
    deployment: fc.constantFrom('fast/a', 'fast/b', 'gone'),
  });
  const bound = fc.uniqueArray(owner, { selector: ({ id }) => id });
  const named = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 });
  let grantedCount = 0;
  await fc.assert(
    fc.asyncProperty(bound, named, async (bindings, ids) => {
      const call = callOf(ids.map((id) => ({ ...PREVIOUS, path: id, id })));
      const decided = await decide(call, { alias: ALLOWED, bindings });
      // The plain version: all own, all at one place, and that place is granted.
      const own = ids.map((id) =>
        bindings.find((one) => one.id === id && one.tenant === 'acme' && one.owner === 'user/ann'),
      );
      const places = new Set(own.map((one) => one?.deployment ?? 'nowhere'));
      const [place = ''] = places;
      const expected = places.size === 1 && (place === 'fast/a' || place === 'fast/b');
      assert.deepEqual(typeof decided === 'string' ? null : decided, expected ? [place] : null);
      if (expected) grantedCount += 1;
    }),
    { numRuns: 500 },
  );
  assert.ok(grantedCount > 0);
});
