/** The engine against an interpreter that is written here, plainly, from the manual alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { AskedCall, AskedRequest } from '#domain/asked.ts';
import type { ModelAlias } from '#domain/deployment.ts';
import type { Principal } from '#domain/principal.ts';

import { compileCondition } from './condition.ts';
import { type AccessPolicy, authorise, mayAct, visibleAliases } from './decide.ts';
import { explain } from './explain.ts';
import type { Binding, BoundClaims, Role, RoleRule, TenantPolicy } from './roles.ts';

const RUNS = process.env['LLMPROXY_FULL'] === '1' ? 12_500 : 625;
const CALLS = 8;

// Conditions as trees, their text, and what they mean.

type Expr =
  | { readonly kind: 'int'; readonly field: IntField; readonly op: IntOp; readonly value: number }
  | {
      readonly kind: 'text';
      readonly field: TextField;
      readonly op: TextOp;
      readonly value: string;
    }
  | { readonly kind: 'in'; readonly list: ListField; readonly value: string }
  | { readonly kind: 'has'; readonly field: TextField | 'call.maxOutputTokens' }
  | { readonly kind: 'each'; readonly quantifier: 'all' | 'exists'; readonly value: string }
  | { readonly kind: 'not'; readonly of: Expr }
  | { readonly kind: 'and' | 'or'; readonly left: Expr; readonly right: Expr };

const INT_FIELDS = ['call.maxOutputTokens', 'call.choices', 'request.hour'] as const;
type IntField = (typeof INT_FIELDS)[number];
const INT_OPS = ['<', '<=', '>', '>=', '==', '!='] as const;
type IntOp = (typeof INT_OPS)[number];
const TEXT_FIELDS = ['call.endUser', 'call.model', 'principal.user', 'principal.team'] as const;
type TextField = (typeof TEXT_FIELDS)[number];
type TextOp = '==' | '!=' | 'startsWith' | 'contains';
const LIST_FIELDS = ['principal.roles', 'principal.claims.groups', 'call.tools'] as const;
type ListField = (typeof LIST_FIELDS)[number];
const WORDS = ['a', 'ab', 'b', 'ba', 'constructor', '__proto__', ''] as const;

function textOf(expr: Expr): string {
  switch (expr.kind) {
    case 'int':
      return `${expr.field} ${expr.op} ${expr.value}`;
    case 'text':
      return expr.op === '==' || expr.op === '!='
        ? `${expr.field} ${expr.op} ${JSON.stringify(expr.value)}`
        : `${expr.field}.${expr.op}(${JSON.stringify(expr.value)})`;
    case 'in':
      return `${JSON.stringify(expr.value)} in ${expr.list}`;
    case 'has':
      return `has(${expr.field})`;
    case 'each':
      return `call.tools.${expr.quantifier}(t, t.startsWith(${JSON.stringify(expr.value)}))`;
    case 'not':
      return `!(${textOf(expr.of)})`;
    case 'and':
      return `(${textOf(expr.left)}) && (${textOf(expr.right)})`;
    case 'or':
      return `(${textOf(expr.left)}) || (${textOf(expr.right)})`;
  }
}

interface World {
  readonly principal: Principal;
  readonly call: AskedCall;
  readonly hour: number;
}

type Truth = boolean | 'error';

function valueOf(
  field: IntField | TextField | ListField,
  { principal, call, hour }: World,
): unknown {
  const values: Readonly<Record<string, unknown>> = {
    'call.maxOutputTokens': call.maxOutputTokens,
    'call.choices': call.choices,
    'request.hour': hour,
    'call.endUser': call.endUser,
    'call.model': call.model,
    'principal.user': principal.user,
    'principal.team': principal.team,
    'principal.roles': principal.roles,
    'principal.claims.groups': Object.hasOwn(principal.claims, 'groups')
      ? principal.claims['groups']
      : null,
    'call.tools': call.tools.map(({ name }) => name),
  };
  return values[field] ?? null;
}

function meaning(expr: Expr, world: World): Truth {
  switch (expr.kind) {
    case 'int': {
      const value = valueOf(expr.field, world);
      return typeof value === 'number' ? compared(value, expr.op, expr.value) : 'error';
    }
    case 'text': {
      const value = valueOf(expr.field, world);
      if (typeof value !== 'string') return 'error';
      if (expr.op === '==') return value === expr.value;
      if (expr.op === '!=') return value !== expr.value;
      return expr.op === 'startsWith' ? value.startsWith(expr.value) : value.includes(expr.value);
    }
    case 'in': {
      const value = valueOf(expr.list, world);
      if (typeof value === 'string') return value === expr.value;
      return Array.isArray(value) ? value.includes(expr.value) : 'error';
    }
    case 'has':
      return valueOf(expr.field as TextField, world) !== null;
    case 'each': {
      const begins = world.call.tools.map(({ name }) => name.startsWith(expr.value));
      return expr.quantifier === 'all' ? !begins.includes(false) : begins.includes(true);
    }
    case 'not': {
      const value = meaning(expr.of, world);
      return value === 'error' ? value : !value;
    }
    case 'and':
    case 'or': {
      const both = [meaning(expr.left, world), meaning(expr.right, world)];
      const decides = expr.kind === 'or';
      if (both.includes(decides)) return decides;
      return both.includes('error') ? 'error' : !decides;
    }
  }
}

function compared(a: number, op: IntOp, b: number): boolean {
  const table = {
    '<': a < b,
    '<=': a <= b,
    '>': a > b,
    '>=': a >= b,
    '==': a === b,
    '!=': a !== b,
  };
  return table[op];
}

// Rules in plain data, and what they mean.

interface PlainRule {
  readonly actions: readonly ('chat' | 'embeddings' | '*')[];
  readonly models: readonly string[];
  readonly tools: readonly string[] | null;
  readonly when: Expr | null;
}

interface PlainRole {
  readonly allow: readonly PlainRule[];
  readonly deny: readonly PlainRule[];
}

type PlainPolicy = Readonly<Record<string, PlainRole>>;

/** Who has a role beside those that the proof carries. */
type PlainBinding = Pick<Binding, 'role' | 'users' | 'teams'> & {
  readonly serviceAccounts: readonly string[];
  readonly claims: BoundClaims;
};

const fits = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => {
    const source = pattern.split('*').map((part) => part.replaceAll(/\W/gu, '\\$&'));
    return new RegExp(`^${source.join('.*')}$`, 'su').test(name);
  });

interface Verdict {
  readonly rule: string | null;
  readonly deniedTools: readonly string[];
}

const DENIED: Verdict = { rule: null, deniedTools: [] };

function isBound(
  { users, serviceAccounts, teams, claims }: PlainBinding,
  { principal }: World,
): boolean {
  const { user, team } = principal;
  const account = principal.serviceAccount?.name;
  if (account !== undefined && ['*', account].some((one) => serviceAccounts.includes(one))) {
    return true;
  }
  if (user !== null && (users.includes('*') || users.includes(user))) return true;
  if (team !== null && (teams.includes('*') || teams.includes(team))) return true;
  const names = Object.keys(claims);
  return (
    names.length > 0 &&
    names.every((name) => {
      if (!Object.keys(principal.claims).includes(name)) return false;
      const said = [principal.claims[name] ?? []].flat();
      return said.some((one) => claims[name]?.includes(one));
    })
  );
}

const heldBy = (bindings: readonly PlainBinding[], world: World): readonly string[] => [
  ...world.principal.roles,
  ...bindings.filter((one) => isBound(one, world)).map(({ role }) => role),
];

function naive(policy: PlainPolicy, world: World, bindings: readonly PlainBinding[] = []): Verdict {
  const { call } = world;
  const offered = call.tools.map(({ name }) => name);
  const isFor = ({ actions, models }: PlainRule): boolean =>
    actions.some((action) => action === '*' || action === call.action) && fits(models, call.model);
  const held = [...new Set(heldBy(bindings, world))].filter((name) => Object.hasOwn(policy, name));
  const deniedTools: string[] = [];
  for (const name of held) {
    for (const rule of policy[name]?.deny ?? []) {
      if (!isFor(rule) || (rule.when !== null && meaning(rule.when, world) === false)) continue;
      if (rule.tools === null) return DENIED;
      if (offered.some((tool) => fits(rule.tools ?? [], tool))) return DENIED;
      deniedTools.push(...rule.tools);
    }
  }
  for (const name of held) {
    for (const [index, rule] of (policy[name]?.allow ?? []).entries()) {
      if (!isFor(rule) || (rule.when !== null && meaning(rule.when, world) !== true)) continue;
      const { tools } = rule;
      if (tools === null || offered.every((tool) => fits(tools, tool))) {
        return { rule: `${name}[${index}]`, deniedTools };
      }
    }
  }
  return DENIED;
}

// The same for the engine.

const ruleOf = ({ actions, models, tools, when }: PlainRule): RoleRule => {
  if (when === null) return { actions, models, ...(tools !== null && { tools }) };
  const compiled = compileCondition(textOf(when));
  assert.ok(compiled.ok, textOf(when));
  return { actions, models, ...(tools !== null && { tools }), condition: compiled.value };
};

const policyOf = (plain: PlainPolicy, bindings: readonly PlainBinding[] = []): TenantPolicy => ({
  roles: new Map(
    Object.entries(plain).map(([name, { allow, deny }]): [string, Role] => [
      name,
      { name, allow: allow.map(ruleOf), deny: deny.map(ruleOf) },
    ]),
  ),
  bindings: bindings.map((one) => ({ ...one, keys: [] })),
  timeZone: 'UTC',
});

const requestAt = (hour: number): AskedRequest => ({
  ip: '192.0.2.1',
  route: 'chat-completions',
  clock: { nowMs: () => hour * 3_600_000 },
});

const askedOf = ({ call, hour }: World) => ({ call, request: requestAt(hour) });
const hasModel = (): boolean => true;

function engine(policy: TenantPolicy, world: World): Verdict {
  const decided = authorise(world.principal, askedOf(world), { tenant: () => policy });
  if (!decided.ok) return DENIED;
  const { rule, deniedTools } = decided.value;
  return { rule, deniedTools };
}

// What is tried.

const word = fc.constantFrom(...WORDS);
const patterns = fc.array(fc.constantFrom('*', 'a*', '*a', 'b', 'a*b', 'constructor'), {
  minLength: 1,
  maxLength: 2,
});

const { expr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constant('int' as const),
      field: fc.constantFrom(...INT_FIELDS),
      op: fc.constantFrom(...INT_OPS),
      value: fc.integer({ min: 0, max: 4 }),
    }),
    fc.record({
      kind: fc.constant('text' as const),
      field: fc.constantFrom(...TEXT_FIELDS),
      op: fc.constantFrom<TextOp>('==', '!=', 'startsWith', 'contains'),
      value: word,
    }),
    fc.record({
      kind: fc.constant('in' as const),
      list: fc.constantFrom(...LIST_FIELDS),
      value: word,
    }),
    fc.record({
      kind: fc.constant('has' as const),
      field: fc.constantFrom(...TEXT_FIELDS, 'call.maxOutputTokens' as const),
    }),
    fc.record({
      kind: fc.constant('each' as const),
      quantifier: fc.constantFrom('all' as const, 'exists' as const),
      value: word,
    }),
    fc.record({ kind: fc.constant('not' as const), of: tie('expr') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      left: tie('expr'),
      right: tie('expr'),
    }),
  ),
}));

const plainRule: fc.Arbitrary<PlainRule> = fc.record({
  actions: fc.constantFrom<PlainRule['actions']>(['*'], ['chat'], ['embeddings']),
  models: patterns,
  tools: fc.option(patterns, { freq: 2 }),
  when: fc.option(expr, { freq: 3 }),
});
const plainRole: fc.Arbitrary<PlainRole> = fc.record({
  allow: fc.array(plainRule, { maxLength: 3 }),
  deny: fc.array(plainRule, { maxLength: 1 }),
});
const plainPolicy = fc.record({ a: plainRole, b: plainRole });

const names = fc.array(fc.constantFrom('*', ...WORDS), { maxLength: 1 });
const plainBinding: fc.Arbitrary<PlainBinding> = fc.record({
  role: fc.constantFrom('a', 'b', 'constructor'),
  users: names,
  serviceAccounts: names,
  teams: names,
  claims: fc.dictionary(
    fc.constantFrom('groups', 'iss', 'constructor', '__proto__'),
    fc.array(word, { minLength: 1, maxLength: 2 }),
    { maxKeys: 2 },
  ),
});
const plainBindings = fc.array(plainBinding, { maxLength: 2 });

const world: fc.Arbitrary<World> = fc.record({
  principal: fc.record({
    tenant: fc.constant('acme'),
    team: fc.option(word),
    user: fc.option(word),
    serviceAccount: fc.option(fc.record({ id: fc.constant('s'), name: word })),
    keyId: fc.constant(null),
    roles: fc.constantFrom<readonly string[]>(
      [],
      ['a'],
      ['a', 'b'],
      ['b', 'a'],
      ['constructor', 'a'],
    ),
    claims: fc.oneof(
      fc.constant({}),
      fc.record({ groups: fc.oneof(word, fc.array(word, { maxLength: 2 })) }),
      fc.record({ groups: word, iss: word }),
    ),
    provenBy: fc.constant('jwt' as const),
    scope: fc.constant(null),
    parent: fc.constant(null),
    run: fc.constant(null),
  }),
  call: fc.record({
    action: fc.constantFrom('chat' as const, 'embeddings' as const),
    dialect: fc.constant('openai-chat' as const),
    model: fc.constantFrom('a', 'ab', 'b', 'constructor'),
    isStreamed: fc.boolean(),
    maxOutputTokens: fc.option(fc.integer({ min: 0, max: 4 })),
    choices: fc.integer({ min: 1, max: 3 }),
    tools: fc.array(fc.record({ name: word }), { maxLength: 2 }),
    endUser: fc.option(word),
  }),
  hour: fc.integer({ min: 0, max: 4 }),
});
const worlds = fc.array(world, { minLength: CALLS, maxLength: CALLS });

test(`${RUNS * CALLS} random calls: the engine decides as the plain interpreter does`, () => {
  let decided = 0;
  let allowed = 0;
  fc.assert(
    fc.property(plainPolicy, plainBindings, worlds, (plain, bindings, asked) => {
      const policy = policyOf(plain, bindings);
      for (const one of asked) {
        const expected = naive(plain, one, bindings);
        assert.deepEqual(engine(policy, one), expected);
        const told = explain(one.principal, askedOf(one), { tenant: () => policy, hasModel });
        assert.deepEqual(
          { rule: told.decision === 'allow' ? told.rule : null, deniedTools: told.deniedTools },
          expected,
        );
        const deciding = told.rules.find(({ rule }) => rule === told.rule);
        if (told.decision === 'allow') assert.equal(deciding?.outcome, 'applies');
        // Again with what is remembered of the first time.
        assert.deepEqual(engine(policy, one), expected);
        decided += 1;
        if (expected.rule !== null) allowed += 1;
      }
    }),
    { numRuns: RUNS },
  );
  assert.equal(decided, RUNS * CALLS);
  assert.ok(allowed > decided / 20 && allowed < (decided * 19) / 20, `${allowed} of ${decided}`);
});

const isAllowed = (plain: PlainPolicy, one: World): boolean =>
  engine(policyOf(plain), one).rule !== null;

test('a rule more that denies, or anything that narrows a rule, never allows more', () => {
  const narrowings: readonly ((role: PlainRole, rule: PlainRule) => PlainRole)[] = [
    (role, rule) => ({ ...role, deny: [...role.deny, rule] }),
    (role, rule) => ({ ...role, deny: [rule, ...role.deny] }),
    (role) => ({ ...role, allow: role.allow.slice(1) }),
    (role, { when }) => ({
      ...role,
      allow: role.allow.map((one) => ({ ...one, when: both(one.when, when) })),
    }),
    (role) => ({
      ...role,
      allow: role.allow.map((one) => ({ ...one, tools: one.tools?.slice(1) ?? [] })),
    }),
    (role) => ({ ...role, deny: role.deny.map((one) => ({ ...one, when: null })) }),
  ];
  fc.assert(
    fc.property(
      plainPolicy,
      plainRule,
      fc.nat(narrowings.length - 1),
      worlds,
      (plain, rule, at, asked) => {
        const narrowed = { ...plain, a: narrowings[at]?.(plain.a, rule) ?? plain.a };
        for (const one of asked) {
          if (!isAllowed(plain, one)) assert.equal(isAllowed(narrowed, one), false);
        }
      },
    ),
    { numRuns: RUNS },
  );
});

const both = (left: Expr | null, right: Expr | null): Expr | null => {
  if (left === null || right === null) return left ?? right;
  return { kind: 'and', left, right };
};

test('a condition that fails never grants, and never keeps a rule from denying', () => {
  const failing: Expr = { kind: 'text', field: 'principal.team', op: '!=', value: 'x' };
  fc.assert(
    fc.property(plainPolicy, worlds, (plain, asked) => {
      const fail = (rules: readonly PlainRule[]) =>
        rules.map((rule) => ({ ...rule, when: failing }));
      const none = { allow: fail([...plain.a.allow, ...plain.b.allow]), deny: [] };
      const always = plain.a.deny.map((rule) => ({ ...rule, when: null }));
      const denying = { ...plain, a: { ...plain.a, deny: fail(plain.a.deny) } };
      const denied = { ...plain, a: { ...plain.a, deny: always } };
      for (const one of asked) {
        const nobody = { ...one, principal: { ...one.principal, team: null } };
        assert.equal(isAllowed({ a: none, b: none }, nobody), false);
        assert.equal(isAllowed(denying, nobody), isAllowed(denied, nobody));
      }
    }),
    { numRuns: Math.ceil(RUNS / 5) },
  );
});

test('before the body is read, nobody is refused who could be allowed, and nobody asked again is let in', () => {
  fc.assert(
    fc.property(plainPolicy, worlds, (plain, asked) => {
      const policy = policyOf(plain);
      for (const one of asked) {
        const { principal, call, hour } = one;
        const early = mayAct(principal, call.action, requestAt(hour), accessTo(policy, []));
        if (early !== null) assert.equal(engine(policy, one).rule, null);
      }
    }),
    { numRuns: Math.ceil(RUNS / 5) },
  );
});

const aliasOf = (name: string): ModelAlias => ({
  name,
  deployments: [],
  allowUnscanned: [],
  allowState: [],
  stateIds: [],
  isStateNear: false,
});

const accessTo = (policy: TenantPolicy, names: readonly string[]): AccessPolicy => ({
  tenant: () => policy,
  alias: aliasOf,
  aliases: () => names.map(aliasOf),
  bindings: () => Promise.resolve([]),
});

/** Somebody of one role, and with nothing else that counts. */
const ANN: Principal = {
  tenant: 'acme',
  team: null,
  user: 'ann',
  serviceAccount: null,
  keyId: null,
  roles: ['a'],
  claims: {},
  provenBy: 'jwt',
  scope: null,
  parent: null,
  run: null,
};

test('lists: what some call may use is there, what is denied outright is not', async () => {
  const rule = (when: Expr | null, models = ['*']): PlainRule => ({
    actions: ['*'],
    models,
    tools: null,
    when,
  });
  const late: Expr = { kind: 'int', field: 'request.hour', op: '>=', value: 3 };
  const small: Expr = { kind: 'int', field: 'call.maxOutputTokens', op: '<=', value: 3 };
  const seen = async (role: PlainRole, hour: number): Promise<readonly string[]> => {
    const access = accessTo(policyOf({ a: role }), ['ab', 'b']);
    const visible = await visibleAliases(ANN, requestAt(hour), access);
    return visible.map(({ name }) => name);
  };
  assert.deepEqual(await seen({ allow: [rule(null)], deny: [] }, 0), ['ab', 'b']);
  assert.deepEqual(await seen({ allow: [rule(null)], deny: [rule(null, ['a*'])] }, 0), ['b']);
  assert.deepEqual(await seen({ allow: [rule(null)], deny: [rule(late, ['a*'])] }, 2), ['ab', 'b']);
  assert.deepEqual(await seen({ allow: [rule(null)], deny: [rule(late, ['a*'])] }, 3), ['b']);
  assert.deepEqual(await seen({ allow: [rule(late)], deny: [] }, 2), []);
  assert.deepEqual(await seen({ allow: [rule(late)], deny: [] }, 3), ['ab', 'b']);
  // Depends on a call that is not there: named where it allows, hidden where it denies.
  assert.deepEqual(await seen({ allow: [rule(small)], deny: [] }, 0), ['ab', 'b']);
  assert.deepEqual(await seen({ allow: [rule(null)], deny: [rule(small, ['b'])] }, 0), ['ab']);
});

test('a list of models that takes long lets others have their turn, and is the same', async () => {
  const names = Array.from({ length: 300 }, (_, at) => `some-model-${at}`);
  const patterns = Array.from({ length: 20_000 }, (_, at) => `*o*d*e*l*${at}x`);
  const wide = { actions: ['models' as const], models: [...patterns, '*-7'] };
  const roles = new Map([['a', { name: 'a', allow: [wide], deny: [] }]]);
  const access = { ...accessTo(policyOf({}), names), tenant: () => ({ ...policyOf({}), roles }) };
  let turns = 0;
  const others = setInterval(() => (turns += 1), 1);
  const visible = await visibleAliases(ANN, requestAt(0), access);
  clearInterval(others);
  assert.deepEqual(
    visible.map(({ name }) => name),
    ['some-model-7'],
  );
  assert.ok(turns > 10, `${turns} turns`);
});

test('of conditions that would cost too much together the others are not even asked what they cost', () => {
  const call = {
    dialect: 'openai-chat',
    action: 'chat',
    model: 'b',
    isStreamed: false,
    maxOutputTokens: null,
    choices: 1,
    endUser: null,
    tools: [],
  } as const;
  for (const kind of ['allow', 'deny'] as const) {
    for (const readsCall of [true, false]) {
      let asked = 0;
      const condition = {
        text: 'one that is compiled when it is asked for its cost',
        readsCall,
        get cost() {
          asked += 1;
          return 1_000;
        },
        judge: () => 'unmet' as const,
      };
      const rule = { actions: ['*' as const], models: ['*'], condition };
      const many = Array.from({ length: 5_000 }, () => rule);
      const plain = [{ actions: ['*' as const], models: ['*'] }];
      const [allow, deny] = kind === 'allow' ? [many, []] : [plain, many];
      const roles = new Map([['a', { name: 'a', allow, deny }]]);
      const access = {
        ...accessTo(policyOf({}), ['b']),
        tenant: () => ({ ...policyOf({}), roles }),
      };
      const request = requestAt(0);
      mayAct(ANN, 'chat', request, access);
      const decided = authorise(ANN, { call, request }, access);
      assert.equal(decided.ok, false, 'what is not looked at allows nothing, and denies');
      assert.ok(asked > 50 && asked <= 202, `${kind} ${String(readsCall)}: ${asked}`);
    }
  }
});
