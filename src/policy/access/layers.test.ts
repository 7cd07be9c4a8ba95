/**
 * RBAC-01: what a key may do, the key above it may do too, for any tree, also after something above
 * was narrowed. The oracle below knows nothing of layers: it asks each key by itself.
 */
import assert from 'node:assert/strict';
import test from 'node:test';

import fc from 'fast-check';

import type { AskedCall } from '#domain/asked.ts';
import type { KeyScope } from '#domain/key-scope.ts';
import { NO_CAPS } from '#domain/money.ts';
import type { Principal } from '#domain/principal.ts';

import { type AccessPolicy, authorise, mayAct, visibleAliases } from './decide.ts';
import { isInNetwork } from './networks.ts';
import type { Role, TenantPolicy } from './roles.ts';
import { widerPart } from './scope.ts';

const TREES = process.env['LLMPROXY_FULL'] === '1' ? 5_000 : 1_500;
const ALIASES = ['a', 'ab', 'b'];
const ADDRESSES = ['10.0.0.1', '10.1.0.1', '192.0.2.7'];

const patterns = fc.array(fc.constantFrom('*', 'a*', 'ab', 'b'), { minLength: 1, maxLength: 2 });
const ruleActions = fc.constantFrom<readonly ('*' | 'chat' | 'models')[]>(
  ['*'],
  ['chat'],
  ['models'],
);

const rule = fc.record({
  actions: ruleActions,
  models: patterns,
  tools: fc.option(patterns, { nil: undefined, freq: 2 }),
});
const role = fc.record({
  allow: fc.array(rule, { minLength: 1, maxLength: 2 }),
  deny: fc.array(rule, { maxLength: 1 }),
});
const roles = fc.record({ r0: role, r1: role, r2: role });

const scope: fc.Arbitrary<KeyScope> = fc.record({
  actions: fc.option(ruleActions),
  models: fc.option(patterns),
  tools: fc.option(patterns, { freq: 2 }),
  networks: fc.option(fc.subarray(['10.0.0.0/8', '10.0.0.0/16', '192.0.2.7'], { minLength: 1 })),
  hours: fc.option(fc.subarray(['mon-fri 08:00-18:00', 'thu 03:00-04:00'], { minLength: 1 })),
  when: fc.option(
    fc.constantFrom('call.choices < 2', 'principal.key == "k0"', 'has(call.endUser)'),
  ),
});

interface KeyPlan {
  readonly roles: readonly string[];
  readonly scope: KeyScope | null;
}
const plans: fc.Arbitrary<readonly KeyPlan[]> = fc.array(
  fc.record({
    roles: fc.subarray(['r0', 'r1', 'r2', 'gone']),
    scope: fc.option(scope, { freq: 2 }),
  }),
  { minLength: 2, maxLength: 5 },
);

/** The last is the child of all before it. */
function chain(keys: readonly KeyPlan[]): readonly Principal[] {
  const chained: Principal[] = [];
  for (const [index, key] of keys.entries()) {
    chained.push({
      tenant: 'acme',
      team: null,
      user: null,
      serviceAccount: null,
      keyId: `k${index}`,
      claims: {},
      provenBy: 'api-key',
      run: null,
      ...key,
      parent: chained.at(-1) ?? null,
    });
  }
  return chained;
}

type Roles = Readonly<Record<string, Omit<Role, 'name'>>>;

function accessOf(named: Roles): AccessPolicy {
  const entries = Object.entries(named).map(([name, rules]) => [name, { name, ...rules }] as const);
  const policy: TenantPolicy = { roles: new Map(entries), bindings: [], timeZone: 'UTC' };
  const aliases = ALIASES.map((name) => ({
    name,
    deployments: [],
    price: null,
    caps: NO_CAPS,
    allowUnscanned: [],
    allowState: [],
    stateIds: [],
    isStateNear: false,
  }));
  return {
    tenant: () => policy,
    alias: (name) => aliases.find((alias) => alias.name === name),
    aliases: () => aliases,
    bindings: () => Promise.resolve([]),
  };
}

interface World {
  readonly call: AskedCall;
  readonly ip: string;
  readonly hour: number;
}
const world: fc.Arbitrary<World> = fc.record({
  call: fc.record({
    action: fc.constantFrom('chat' as const, 'embeddings' as const),
    dialect: fc.constant('openai-chat' as const),
    model: fc.constantFrom(...ALIASES),
    isStreamed: fc.boolean(),
    maxOutputTokens: fc.constant(null),
    choices: fc.integer({ min: 1, max: 2 }),
    tools: fc.array(fc.record({ name: fc.constantFrom('a', 'ab', 'b') }), { maxLength: 1 }),
    endUser: fc.option(fc.constant('eve')),
  }),
  ip: fc.constantFrom(...ADDRESSES),
  hour: fc.integer({ min: 0, max: 23 }),
});
const worlds = fc.array(world, { minLength: 3, maxLength: 3 });

// The epoch was a Thursday.
const requestOf = ({ ip, hour }: World) => ({
  ip,
  route: 'chat-completions',
  clock: { nowMs: () => hour * 3_600_000 },
});

const isAllowed = (principal: Principal, one: World, access: AccessPolicy): boolean =>
  authorise(principal, { call: one.call, request: requestOf(one) }, access).ok;

const glob = (among: readonly string[], name: string): boolean =>
  among.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'u').test(name));

/** Written from the manual, not from the code: each part of a scope by itself. */
function isInScope({ scope: own, keyId }: Principal, { call, ip, hour }: World): boolean {
  if (own === null) return true;
  const { actions, models, tools, networks, hours, when } = own;
  if (!glob(actions ?? ['*'], call.action) || !glob(models ?? ['*'], call.model)) return false;
  if (tools !== null && !call.tools.every(({ name }) => glob(tools, name))) return false;
  if (networks !== null && !networks.some((network) => isInNetwork(ip, network) === true)) {
    return false;
  }
  const isOffice = hours?.includes('mon-fri 08:00-18:00') === true && hour >= 8 && hour < 18;
  const isNight = hours?.includes('thu 03:00-04:00') === true && hour === 3;
  if (hours !== null && !isOffice && !isNight) return false;
  if (when === 'call.choices < 2') return call.choices < 2;
  if (when === 'has(call.endUser)') return call.endUser !== null;
  return when === null || keyId === 'k0';
}

const alone = (principal: Principal): Principal => ({ ...principal, scope: null, parent: null });

test(`${TREES} random trees: a key may do what each key above it may do too, and no more`, () => {
  let allowed = 0;
  let narrowed = 0;
  fc.assert(
    fc.property(roles, plans, worlds, (named, keys, asked) => {
      const principals = chain(keys);
      const access = accessOf(named);
      for (const one of asked) {
        let isUpTo = true;
        for (const principal of principals) {
          const isOwn = isAllowed(alone(principal), one, access);
          isUpTo &&= isOwn && isInScope(principal, one);
          assert.equal(isAllowed(principal, one, access), isUpTo);
          if (isUpTo) allowed += 1;
          else if (isOwn) narrowed += 1;
          // What is let in before its body is read may be refused later, and never the reverse.
          const early = mayAct(principal, one.call.action, requestOf(one), access);
          if (isUpTo) assert.equal(early, null);
        }
      }
    }),
    { numRuns: TREES },
  );
  assert.ok(
    allowed > TREES / 2 && narrowed > TREES / 2,
    `${allowed} allowed, ${narrowed} narrowed`,
  );
});

test('what is narrowed above is narrowed below, at the next call', async () => {
  await fc.assert(
    fc.asyncProperty(
      roles,
      plans,
      scope,
      fc.nat(),
      worlds,
      async (named, keys, narrower, seed, asked) => {
        const at = seed % (keys.length - 1);
        const access = accessOf(named);
        const cut = keys.map((key, index) => (index === at ? { ...key, scope: narrower } : key));
        const bare = keys.map((key, index) => (index === at ? { ...key, roles: [] } : key));
        const [parent] = chain(cut).slice(at);
        const child = chain(cut).at(-1);
        const orphan = chain(bare).at(-1);
        assert.ok(parent !== undefined && child !== undefined && orphan !== undefined);
        for (const one of asked) {
          if (isAllowed(child, one, access)) assert.ok(isAllowed(parent, one, access));
          assert.equal(isAllowed(orphan, one, access), false);
          const names = async (principal: Principal) => {
            const visible = await visibleAliases(principal, requestOf(one), access);
            return visible.map(({ name }) => name);
          };
          const above = new Set(await names(parent));
          assert.ok((await names(child)).every((name) => above.has(name)));
          assert.deepEqual(await names(orphan), []);
        }
      },
    ),
    { numRuns: TREES },
  );
});

test('tools of an answer are those that every layer allows, less those that any denies', () => {
  const rules = (tools: readonly string[]) => [{ actions: ['*' as const], models: ['*'], tools }];
  const access = accessOf({
    r0: { allow: rules(['a*', 'b']), deny: rules(['abc']) },
    r1: { allow: rules(['ab*']), deny: [] },
  });
  const child = chain([
    { roles: ['r0'], scope: null },
    { roles: ['r1'], scope: null },
  ]).at(-1);
  assert.ok(child !== undefined);
  const [one] = fc.sample(world, { numRuns: 1, seed: 1 });
  assert.ok(one !== undefined);
  const asked = { ...one, call: { ...one.call, tools: [] } };
  const decided = authorise(child, { call: asked.call, request: requestOf(asked) }, access);
  assert.ok(decided.ok);
  assert.deepEqual(decided.value.tools, [['ab*'], ['a*', 'b']]);
  assert.deepEqual(decided.value.deniedTools, ['abc']);
});

const WIDE: KeyScope = {
  actions: ['*'],
  models: ['*'],
  tools: null,
  networks: null,
  hours: null,
  when: null,
};

test('a scope that is wider than the one above is told by its part', () => {
  const parent = { ...WIDE, models: ['gpt-*'], tools: ['read_*'], networks: ['10.0.0.0/8'] };
  assert.equal(widerPart(parent, parent), null);
  assert.equal(widerPart({ ...parent, models: ['gpt-4*'] }, parent), null);
  assert.equal(widerPart({ ...parent, models: ['*'] }, parent), 'models');
  assert.equal(
    widerPart({ ...parent, actions: ['*'] }, { ...parent, actions: ['chat'] }),
    'actions',
  );
  assert.equal(widerPart({ ...parent, tools: ['write_x'] }, parent), 'tools');
  assert.equal(widerPart({ ...parent, networks: ['10.9.0.0/16'] }, parent), null);
  assert.equal(widerPart({ ...parent, networks: ['10.0.0.0/7'] }, parent), 'networks');
  assert.equal(widerPart({ ...parent, networks: ['2001:db8::/32'] }, parent), 'networks');
  assert.equal(widerPart({ ...parent, tools: null, networks: null }, parent), null);
});
