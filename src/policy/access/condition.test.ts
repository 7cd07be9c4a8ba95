import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { AskedCall, AskedRequest } from '#domain/asked.ts';
import type { Principal } from '#domain/principal.ts';

import { CONDITION_CHARS_MAX, language } from './condition-language.ts';
import { CONDITION_COST_MAX } from './condition-check.ts';
import { compileCondition, type Outcome } from './condition.ts';
import { CallFacts, FACT_LIST_MAX, FIELDS, PrincipalFacts, RequestFacts } from './facts.ts';

const ANN: Principal = {
  tenant: 'acme',
  team: null,
  user: 'ann',
  serviceAccount: null,
  keyId: null,
  roles: ['analyst'],
  claims: { sub: 'ann', scope: 'llm:write llm:read', groups: ['a', 'b'] },
  provenBy: 'jwt',
  scope: null,
  parent: null,
  run: null,
};
const CALL: AskedCall = {
  action: 'chat',
  dialect: 'openai-chat',
  model: 'gpt-4o',
  isStreamed: false,
  maxOutputTokens: 4_096,
  choices: 1,
  tools: [{ name: 'read_file' }, { name: 'write_file' }],
  endUser: null,
};
/** A Thursday, 21:30 in UTC, Friday morning in Tokyo. */
const NOW = Date.parse('2026-11-26T21:30:00Z');
const REQUEST: AskedRequest = {
  ip: '10.1.2.3',
  route: 'chat-completions',
  clock: { nowMs: () => NOW },
};

interface Setting {
  readonly principal?: Partial<Principal>;
  readonly call?: Partial<AskedCall>;
  readonly request?: Partial<AskedRequest>;
  readonly timeZone?: string;
}

function outcome(text: string, setting: Setting = {}): Outcome {
  const compiled = compileCondition(text);
  assert.ok(compiled.ok, compiled.ok ? '' : `${text}: ${compiled.error.message}`);
  return compiled.value.judge({
    principal: new PrincipalFacts({ ...ANN, ...setting.principal }),
    call: new CallFacts({ ...CALL, ...setting.call }),
    request: new RequestFacts({ ...REQUEST, ...setting.request }, setting.timeZone ?? 'UTC'),
  });
}

describe('what conditions say', () => {
  const met = [
    'call.maxOutputTokens <= 4096 && request.hour >= 7',
    'request.hour == 21 && request.minute == 30 && request.weekday == 4',
    'request.time > timestamp("2026-11-26T21:29:59Z")',
    'principal.user == "ann" && principal.provenBy == "jwt" && "analyst" in principal.roles',
    '"llm:write" in principal.claims.scope && "b" in principal.claims["groups"]',
    '"groups" in principal.claims && !("constructor" in principal.claims)',
    'call.tools.all(t, t.endsWith("_file")) && call.tools.exists_one(t, t.glob("read*"))',
    'size(call.tools) == 2 && call.tools.size() == 2 && size(call.model) == 6',
    'inNetwork(request.ip, "10.0.0.0/8") && !inNetwork(request.ip, "192.168.0.0/16")',
    'call.model in ["gpt-4o", "fast"] ? !call.isStreamed : false',
    'has(call.maxOutputTokens) && !has(call.endUser) && !has(principal.team)',
    'call.choices * 2 + 1 == 3 && -call.choices < 0 && 7 % 4 - 1 == 4 / 2',
    '["a", "b"].exists(p, call.model.contains("4") && p != "c")',
    // What is missing on one side does not matter where the other decides.
    'call.endUser == "x" || principal.user == "ann"',
  ];
  for (const text of met) {
    test(text, () => assert.equal(outcome(text), 'met'));
  }

  test('a value that is not there fails whatever is compared with it, and both ways', () => {
    const call = { maxOutputTokens: null, endUser: null };
    const texts = [
      'call.maxOutputTokens <= 4096',
      'call.maxOutputTokens > 4096',
      '!(call.maxOutputTokens > 4096)',
      'call.maxOutputTokens != 5',
      'call.endUser != "mallory"',
      '!(call.endUser in ["mallory"])',
      'principal.team == "x" || principal.team != "x"',
      'principal.claims.department != ["x"]',
      '!("x" in principal.claims.constructor)',
    ];
    for (const text of texts) assert.equal(outcome(text, { call }), 'failed', text);
    assert.equal(outcome('has(call.maxOutputTokens)', { call }), 'unmet');
  });

  test('hours and weekdays are those of the time zone', () => {
    const text = 'request.hour == 6 && request.minute == 30 && request.weekday == 5';
    assert.equal(outcome(text, { timeZone: 'Asia/Tokyo' }), 'met');
  });

  test('what is beyond a bound fails: it is never cut', () => {
    const many = Array.from({ length: FACT_LIST_MAX + 1 }, () => ({ name: 'read' }));
    const text = 'call.tools.all(t, t == "read")';
    assert.equal(outcome(text, { call: { tools: many.slice(1) } }), 'met');
    assert.equal(outcome(text, { call: { tools: many } }), 'failed');
    assert.equal(
      outcome('call.endUser != "a"', { call: { endUser: 'x'.repeat(1_025) } }),
      'failed',
    );
    const roles = Array.from({ length: FACT_LIST_MAX + 1 }, () => 'r');
    assert.equal(outcome('!("admin" in principal.roles)', { principal: { roles } }), 'failed');
    assert.equal(outcome('call.maxOutputTokens > 1', { call: { maxOutputTokens: 1.5 } }), 'failed');
    assert.equal(
      outcome('call.maxOutputTokens > 1', { call: { maxOutputTokens: 1e300 } }),
      'failed',
    );
  });

  test('an address that is none is in no network, and is no reason to let in', () => {
    const request = { ip: 'unknown' };
    assert.equal(outcome('inNetwork(request.ip, "0.0.0.0/0")', { request }), 'failed');
    assert.equal(outcome('!inNetwork(request.ip, "10.0.0.0/8")', { request }), 'failed');
  });
});

describe('what is refused when it is read, with its place and in our words', () => {
  const CANARY = 'sk_canary_9f8e';
  const refused: Readonly<Record<string, string>> = {
    [`principal.${CANARY}`]: '1:11 there is no such field',
    [`${CANARY} == 1`]: '1:1 there is no such name',
    [`call.model == "${CANARY}`]: 'not a CEL expression',
    [`${CANARY}(call.model)`]: '1:1 there is no such function',
    [`call.model.${CANARY}()`]: 'there is no such method',
    'call.model.matches("(a+)+$")': 'there is no such method',
    'call.model': 'it is not true or false',
    '"a"': 'it is not true or false',
    'call.model == 1': 'cannot be compared',
    'call.maxOutputTokens == null': 'write texts, numbers',
    'call.maxOutputTokens && true': '&& and || need',
    'call["model"] == "x"': '[…] is for principal.claims',
    'call["constructor"] == "x"': '[…] is for principal.claims',
    'principal.constructor == "x"': 'there is no such field',
    'principal.claims[call.model] == ["x"]': '[…] is for principal.claims',
    '{"a": 1}.a == 1': 'parts',
    'dyn(1) == 1': 'there is no such function',
    'type(call) == call': 'there is no such function',
    'int("1") == 1': 'there is no such function',
    'call.tools.map(t, t) == []': 'there is no such method',
    'call.tools.filter(t, true) == []': 'there is no such method',
    'cel.bind(x, call.model, x == x)': 'there is no such method',
    'google.protobuf == google.protobuf': 'there is no such name',
    '(call.tools + call.tools).all(t, true)': 'all and exists look at',
    'call.tools.all(t, call.tools.all(u, t == u))': 'take too long',
    'timestamp(call.model) < request.time': 'write the value out',
    'timestamp("tomorrow") < request.time': 'write the value out',
    'inNetwork(request.ip, "10.0.0.0/40")': 'write the value out',
    'inNetwork(request.ip, "010.0.0.1")': 'write the value out',
    'request.time.getHours("Europe/Berlin") > 3': 'there is no such method',
    'duration("1h") == duration("1h")': 'there is no such function',
    'b"a" == b"a"': 'write texts, numbers',
    '\n\n  call.max > 3': '3:8 there is no such field',
    [`"${'x'.repeat(CONDITION_CHARS_MAX)}" == "x"`]: 'longer than',
    [Array.from({ length: 200 }, () => 'true').join(' && ')]: 'too many parts',
    [`${'('.repeat(400)}true${')'.repeat(400)}`]: 'too many parts',
    [`${'!'.repeat(1_000)}true`]: '',
  };
  for (const [text, expected] of Object.entries(refused)) {
    test(text.slice(0, 60), () => {
      const compiled = compileCondition(text);
      assert.ok(!compiled.ok);
      const { line, column, message, hint } = compiled.error;
      const told = `${line}:${column} ${message}`;
      assert.ok(told.includes(expected), told);
      assert.ok(!`${told}${hint}`.includes('canary'), 'nothing of the expression is repeated');
    });
  }
});

test('the dearest expression that is let through ends in milliseconds', () => {
  const dear = Array.from({ length: 9 }, () => 't.glob("*a*b*c")').join(' || ');
  assert.equal(compileCondition(`call.tools.all(t, ${dear})`).ok, false);
  const few = compileCondition('call.tools.all(t, t.glob("*a*b*c") || t.glob("*a*b*d"))');
  assert.ok(few.ok && few.value.cost > CONDITION_COST_MAX / 3);
  const tools = Array.from({ length: FACT_LIST_MAX }, () => ({ name: 'ab'.repeat(512) }));
  const startMs = performance.now();
  assert.equal(outcome(few.value.text, { call: { tools } }), 'unmet');
  assert.ok(performance.now() - startMs < 500);
});

const MORE = { team: 't', keyId: 'k', serviceAccount: { id: 's', name: 'ci' } };

test('every field of the table exists in the language and in the facts, and no other', () => {
  const facts = {
    principal: new PrincipalFacts({ ...ANN, ...MORE }),
    call: new CallFacts({ ...CALL, endUser: 'e' }),
    request: new RequestFacts(REQUEST, 'UTC'),
  };
  for (const [object, fields] of Object.entries(FIELDS)) {
    const names = Object.getOwnPropertyNames(
      Object.getPrototypeOf(facts[object as keyof typeof facts]),
    );
    assert.deepEqual(
      names.filter((name) => name !== 'constructor').sort(),
      Object.keys(fields).sort(),
    );
    for (const field of Object.keys(fields)) {
      assert.equal(language.check(`has(${object}.${field})`).valid, true);
      assert.equal(
        outcome(`has(${object}.${field})`, {
          principal: MORE,
          call: { endUser: 'e' },
        }),
        'met',
      );
    }
  }
});
