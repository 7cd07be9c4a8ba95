/**
 * What authorisation costs a request: before the body and after it, for a caller with 100 rules, of
 * which five concern the call and have conditions; all five are evaluated, and the last one allows.
 *
 *   node bench/authorise.bench.ts [plain|absent|layers]
 *
 * plain: the same rules without conditions. absent: a call without the values that the conditions
 * read, so that each fails by an error and the call is denied: the dearest thing to send.
 *
 * layers: the caller's key has a scope (networks, hours, a condition) and was made from another such key
 * with the same rules: four layers, each of which must allow.
 *
 * One process measures one variant. Prints one JSON line with the spread.
 */
import assert from 'node:assert/strict';

import type { Call } from '#domain/call.ts';
import type { KeyScope } from '#domain/key-scope.ts';
import { Content } from '#domain/content.ts';
import type { ModelAlias } from '#domain/deployment.ts';
import { NO_CAPS } from '#domain/money.ts';
import type { Principal } from '#domain/principal.ts';
import { compileCondition } from '#policy/access/condition.ts';
import { type AccessPolicy, grant, mayAct } from '#policy/access/decide.ts';
import type { Role, RoleRule, TenantPolicy } from '#policy/access/roles.ts';
import { systemClock } from '#stdx/clock.ts';

const WARM_UP = 200_000;
const ROUNDS = 40;
const PER_ROUND = 20_000;
const form = process.argv[2] ?? 'conditions';
const isPlain = form === 'plain';
const isAbsent = form === 'absent';
const isLayered = form === 'layers';

function rule(model: string, when: string): RoleRule {
  const compiled = compileCondition(when);
  assert.ok(compiled.ok);
  return { actions: ['chat'], models: [model], ...(!isPlain && { condition: compiled.value }) };
}

const others = Array.from({ length: 95 }, (_, index) =>
  rule(`other-${index}`, 'call.choices == 1'),
);
const CONDITIONS = [
  'call.maxOutputTokens > 4096 && request.hour >= 7',
  '"admin" in principal.roles && call.isStreamed',
  'call.endUser == "nobody" || principal.user == "bob"',
  'call.maxOutputTokens <= 4096 && request.hour >= 0 && inNetwork(request.ip, "10.0.0.0/8")',
];
const role: Role = {
  name: 'many',
  allow: [...others, ...CONDITIONS.map((when) => rule('demo', when))],
  deny: isPlain ? [] : [rule('demo', 'call.tools.exists(t, t.startsWith("shell"))')],
};
const policy: TenantPolicy = {
  roles: new Map([['many', role]]),
  bindings: [{ role: 'many', users: ['*'], teams: [], keys: [] }],
  timeZone: 'Europe/Berlin',
};
const alias: ModelAlias = {
  name: 'demo',
  deployments: [
    {
      id: 'demo/d',
      provider: 'd',
      model: 'm',
      weight: 1,
      dialects: ['openai-chat'],
      price: null,
      caps: NO_CAPS,
    },
  ],
  allowUnscanned: [],
  allowState: [],
  stateIds: [],
  isStateNear: false,
};
const access: AccessPolicy = {
  tenant: () => policy,
  alias: () => alias,
  aliases: () => [alias],
  bindings: () => Promise.resolve([]),
};
const scope: KeyScope = {
  actions: ['chat'],
  models: ['demo*'],
  tools: ['read', 'write', 'sea*'],
  networks: ['192.0.2.0/24', '10.0.0.0/8'],
  hours: ['mon-fri 00:00-24:00', 'sat-sun 00:00-24:00'],
  when: 'call.choices < 4',
};
const plainPrincipal: Principal = {
  tenant: 'acme',
  team: 'research',
  user: 'ann',
  serviceAccount: null,
  keyId: 'k1',
  roles: ['many'],
  claims: {},
  provenBy: 'api-key',
  scope: null,
  parent: null,
  run: null,
};
const parent: Principal = { ...plainPrincipal, keyId: 'k0', scope };
const principal: Principal = isLayered ? { ...parent, keyId: 'k1', parent } : plainPrincipal;
const call: Call = {
  dialect: 'openai-chat',
  action: 'chat',
  model: 'demo',
  isStreamed: true,
  content: new Content({}, []),
  maxOutputTokens: isAbsent ? null : 1_000,
  choices: 1,
  tools: ['read', 'write', 'search'].map((name) => ({ name, declared: {} })),
  features: new Set(),
  opaques: [],
  heldState: [],
  sealedCount: 0,
  endUser: isAbsent ? null : 'user-1',
  wantsStreamUsage: false,
};

let decidedRight = 0;
const expected = isPlain ? 'many[95]' : 'many[98]';
function one(): void {
  const request = { ip: '10.1.2.3', route: 'chat-completions', clock: systemClock };
  if (mayAct(principal, 'chat', request, access) !== null) return;
  // A call is a new object for each request, and so is what is read of it.
  const decided = grant(principal, { call: { ...call }, request }, access, () => null);
  if (decided instanceof Promise || decided.ok === isAbsent) return;
  if (decided.ok ? decided.value.rule === expected : decided.error.reason === 'condition-unmet') {
    decidedRight += 1;
  }
}

function round(count: number): number {
  const startMs = performance.now();
  for (let index = 0; index < count; index += 1) one();
  return ((performance.now() - startMs) * 1_000) / count;
}

round(WARM_UP);
const timesUs = Array.from({ length: ROUNDS }, () => round(PER_ROUND)).sort((a, b) => a - b);

// A benchmark that did not do the work is the fastest of all.
assert.equal(role.allow.length + role.deny.length, isPlain ? 99 : 100);
assert.equal(decidedRight, WARM_UP + ROUNDS * PER_ROUND);

const at = (share: number): number =>
  Number((timesUs[Math.floor((timesUs.length - 1) * share)] ?? Number.NaN).toFixed(2));
process.stdout.write(
  `${JSON.stringify({ bench: 'authorise', form, rules: 100, unit: 'µs', p50: at(0.5), min: at(0), max: at(1) })}\n`,
);
