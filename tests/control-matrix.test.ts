/**
 * The control matrix: route × dialect × stream mode × credential carrier × position × control, made
 * from the route table at run time. Each cell is a live call; a cell that no call fills is a failure.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import type { DialectName } from '#domain/call.ts';
import { positions } from '#domain/passage.ts';
import { dataRoutes, type Route } from '#gateway/routes.ts';

import {
  NEEDED,
  PLAIN,
  REPLY_POSITIONS,
  type ReplyPosition,
  REQUEST_PLANTS,
  SEALED,
  streamReply,
  type Texts,
  wholeReply,
} from './support/canaries.ts';
import { type Answer, answerOf, bearer, type House, openHouse, post } from './support/house.ts';
import { openUpstream, type Script, type Upstream, UPSTREAM_ENV } from './support/upstream.ts';

const CARRIERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const;
const BLOCKED = 'canary-blocked-falcon';
const REDACTED = 'canary-redacted-heron';

const carried = (carrier: (typeof CARRIERS)[number], key: string): Record<string, string> =>
  carrier === 'authorization' ? bearer(key) : { [carrier]: key };

/** Cells that were filled by a live call. */
const filled = new Set<string>();
const fill = (...cell: string[]): void => {
  filled.add(cell.join(' | '));
};

let texts: Texts = PLAIN;
const DIALECT_OF_PATH: readonly [string, DialectName][] = [
  ['/chat/completions', 'openai-chat'],
  ['/responses', 'openai-responses'],
  ['/embeddings', 'openai-embeddings'],
  ['/messages', 'anthropic-messages'],
];

/** A provider of both vendors' APIs, whose answers carry what a cell plants. */
const script: Script = ({ path, json }, response) => {
  if (path.endsWith('/count_tokens')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ input_tokens: 3, note: texts.metadata }));
    return;
  }
  const dialect = DIALECT_OF_PATH.find(([end]) => path.endsWith(end))?.[1] ?? 'openai-chat';
  if (json['stream'] === true && dialect !== 'openai-embeddings') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(streamReply(dialect, texts));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(wholeReply(dialect, texts)));
};

const callRoutes = dataRoutes.filter(({ serves }) => serves === 'call');
const OPEN: readonly string[] = ['liveness', 'resource-metadata', 'token'];
const readRoutes = dataRoutes.filter(({ serves }) => serves !== 'call' && !OPEN.includes(serves));
const isStreamable = ({ permission }: Route): boolean => permission === 'chat';
const modesOf = (route: Route): readonly boolean[] =>
  isStreamable(route) ? [false, true] : [false];
const modelOf = ({ dialect }: Route): string => (dialect === 'anthropic-messages' ? 'an' : 'oa');

/** Two routes may have one path. */
const placeOf = ({ method, path }: Route): string => `${method} ${path}`;

/** A request of a route that is no call. */
async function read(route: Route, id: string, headers: Record<string, string>): Promise<Answer> {
  const url = house.url + route.path.replace('{id}', id);
  if (route.method === 'POST') return await post(url, { wallTime: '1m' }, headers);
  return await answerOf(await fetch(url, { method: route.method, headers }));
}

/** What is the caller's own, and is not there, says so to whoever asks. */
const OWN: readonly string[] = ['decision', 'run', 'run-end'];
/** To everybody: why somebody may do nothing can be read by whom it is about. */
const OPEN_TO_ALL: readonly string[] = ['decision'];

let house: House;
let upstream: Upstream;
let keys: Record<'good' | 'nobody' | 'narrow' | 'limited' | 'elsewhere' | 'denied', string>;

const bodyOf = (route: Route, plant: Record<string, unknown>, isStreamed: boolean): object => ({
  model: modelOf(route),
  ...NEEDED[route.dialect],
  ...plant,
  ...(isStreamed ? { stream: true } : {}),
});

const plain = (route: Route, isStreamed: boolean): object => {
  const plant = REQUEST_PLANTS[route.dialect].user;
  assert.ok(plant);
  return bodyOf(route, plant('hello'), isStreamed);
};

const send = (route: Route, body: object, headers: Record<string, string>): Promise<Answer> =>
  post(house.url + route.path, body, headers);

const codeOf = (answer: Answer): unknown => {
  const error = answer.json['error'] as Record<string, unknown> | undefined;
  return error?.['code'] ?? error?.['type'];
};

before(async () => {
  upstream = await openUpstream(script);
  house = await openHouse(
    `
providers:
  oa: { type: openai, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
  an: { type: anthropic, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  oa: { deployments: [{ provider: oa, model: m }] }
  an: { deployments: [{ provider: an, model: m }] }
  hidden: { deployments: [{ provider: oa, model: m }] }
tenants:
  - id: acme
    roles:
      narrow: { allow: [{ actions: ["*"], models: ["oa", "an"] }] }
      elsewhere: { allow: [{ actions: ["*"], models: ["*"], when: 'call.choices == 1 && inNetwork(request.ip, "192.0.2.0/24")' }] }
      denied: { allow: [], deny: [{ actions: ["*"], models: ["*"], when: 'call.endUser == "x" || call.choices > 0' }] }
    bindings: [{ role: developer, users: [alice] }, { role: narrow, users: [nora] }, { role: elsewhere, users: [eli] }, { role: developer, users: [dan] }, { role: denied, users: [dan] }]
  - id: limited
    bindings: [{ role: developer, users: ["*"] }]
limits:
  - { name: one, per: [model, key], requests: 1/1h, tenants: [limited] }
auth: { failuresPerAddress: 1000000/1m }
guards:
  - { name: house, type: topics, rules: [{ match: "${BLOCKED}", action: block }, { match: "${REDACTED}", action: redact }] }
`,
    UPSTREAM_ENV,
  );
  keys = {
    good: await house.key(),
    nobody: await house.key({ user: 'mallory' }),
    narrow: await house.key({ user: 'nora' }),
    elsewhere: await house.key({ user: 'eli' }),
    denied: await house.key({ user: 'dan' }),
    limited: await house.key({ tenant: 'limited' }),
  };
});
after(async () => {
  await house.close();
  await upstream.close();
});

describe('authentication, by route, stream mode and carrier', () => {
  for (const route of callRoutes) {
    for (const isStreamed of modesOf(route)) {
      test(`${route.path}${isStreamed ? ' streamed' : ''}: nobody passes without one good credential`, async () => {
        const before = upstream.seen.length;
        const body = plain(route, isStreamed);
        assert.equal((await send(route, body, {})).status, 401);
        for (const carrier of CARRIERS) {
          assert.equal(
            (await send(route, body, carried(carrier, `${keys.good.slice(0, -1)}!`))).status,
            401,
          );
          for (const other of CARRIERS) {
            if (other === carrier) continue;
            const two = await send(route, body, {
              ...carried(carrier, keys.good),
              ...carried(other, keys.good),
            });
            assert.equal(two.status, 400, `${carrier} and ${other}`);
          }
          fill('authentication', placeOf(route), String(isStreamed), carrier);
        }
        assert.equal(upstream.seen.length, before, 'nothing left the gateway');
        for (const carrier of CARRIERS) {
          const answer = await send(route, body, carried(carrier, keys.good));
          assert.equal(answer.status, 200, answer.text);
        }
      });
    }
  }

  for (const route of readRoutes) {
    test(`${placeOf(route)}: reads need a credential too`, async () => {
      const id = route.serves === 'model' ? 'oa' : 'req_x';
      assert.equal((await read(route, id, {})).status, 401);
      for (const carrier of CARRIERS) {
        const answer = await read(route, id, carried(carrier, keys.good));
        const done = route.serves === 'run-mint' ? 201 : 200;
        assert.equal(answer.status, OWN.includes(route.serves) ? 404 : done);
        fill('authentication', placeOf(route), 'false', carrier);
      }
    });
  }
});

describe('permission, by route, stream mode and carrier', () => {
  for (const route of callRoutes) {
    for (const isStreamed of modesOf(route)) {
      test(`${route.path}${isStreamed ? ' streamed' : ''}: only what a role allows`, async () => {
        const before = upstream.seen.length;
        const body = plain(route, isStreamed);
        for (const carrier of CARRIERS) {
          const nobody = await send(route, body, carried(carrier, keys.nobody));
          assert.equal(nobody.status, 403);
          const hidden = await send(
            route,
            { ...body, model: 'hidden' },
            carried(carrier, keys.narrow),
          );
          assert.equal(hidden.status, 404);
          const absent = await send(
            route,
            { ...body, model: 'absent' },
            carried(carrier, keys.good),
          );
          // A model that one may not see and one that is not there are one answer.
          const { request_id: _a, ...hiddenBody } = hidden.json;
          const { request_id: _b, ...absentBody } = absent.json;
          assert.deepEqual(hiddenBody, absentBody);
          fill('permission', placeOf(route), String(isStreamed), carrier);
        }
        assert.equal(upstream.seen.length, before);
      });
    }
  }

  for (const route of readRoutes) {
    test(`${placeOf(route)}: reads need a permission, or are one's own`, async () => {
      const id = route.serves === 'model' ? 'hidden' : 'req_x';
      for (const carrier of CARRIERS) {
        const nobody = await read(route, id, carried(carrier, keys.nobody));
        assert.equal(nobody.status, OPEN_TO_ALL.includes(route.serves) ? 404 : 403);
        const narrow = await read(route, id, carried(carrier, keys.narrow));
        if (route.serves === 'models') assert.ok(!narrow.text.includes('hidden'));
        // A run may do what its key may: whoever may make some calls may give them to one.
        else if (route.serves === 'run-mint') assert.equal(narrow.status, 201);
        else assert.equal(narrow.status, 404);
        fill('permission', placeOf(route), 'false', carrier);
      }
    });
  }
});

describe('conditions and denials, by route, stream mode and carrier', () => {
  for (const route of callRoutes) {
    for (const isStreamed of modesOf(route)) {
      test(`${route.path}${isStreamed ? ' streamed' : ''}: a condition that is not met and a rule that denies`, async () => {
        const before = upstream.seen.length;
        const body = plain(route, isStreamed);
        for (const carrier of CARRIERS) {
          for (const key of [keys.elsewhere, keys.denied]) {
            const refused = await send(route, body, carried(carrier, key));
            assert.equal(refused.status, 403, refused.text);
            assert.ok(['policy_denied', 'permission_error'].includes(String(codeOf(refused))));
          }
          fill('conditions', placeOf(route), String(isStreamed), carrier);
        }
        assert.equal(upstream.seen.length, before);
      });
    }
  }
});

describe('limits, by route, stream mode and carrier', () => {
  for (const route of callRoutes) {
    for (const isStreamed of modesOf(route)) {
      test(`${route.path}${isStreamed ? ' streamed' : ''}: the second call is over the limit`, async () => {
        for (const carrier of CARRIERS) {
          const key = await house.key({ tenant: 'limited' });
          const body = plain(route, isStreamed);
          assert.equal((await send(route, body, carried(carrier, key))).status, 200);
          const before = upstream.seen.length;
          const over = await send(route, body, carried(carrier, key));
          assert.equal(over.status, 429);
          assert.ok(Number(over.headers.get('retry-after')) > 0);
          assert.equal(upstream.seen.length, before);
          fill('limit', placeOf(route), String(isStreamed), carrier);
        }
      });
    }
  }

  for (const route of readRoutes) {
    test(`${placeOf(route)}: reads count as requests`, async () => {
      for (const carrier of CARRIERS) {
        const key = await house.key({ tenant: 'limited' });
        await read(route, 'oa', carried(carrier, key));
        assert.equal((await read(route, 'oa', carried(carrier, key))).status, 429);
        fill('limit', placeOf(route), 'false', carrier);
      }
    });
  }
});

describe('guards on requests, by route, stream mode and position', () => {
  for (const route of callRoutes) {
    for (const position of positions) {
      const plant = REQUEST_PLANTS[route.dialect][position];
      if (plant === undefined) continue;
      for (const isStreamed of modesOf(route)) {
        test(`${route.path}${isStreamed ? ' streamed' : ''}: ${position}`, async () => {
          texts = PLAIN;
          const before = upstream.seen.length;
          const blocked = await send(
            route,
            bodyOf(route, plant(`so ${BLOCKED} it is`), isStreamed),
            bearer(keys.good),
          );
          assert.equal(blocked.status, 400, blocked.text);
          if (route.dialect !== 'anthropic-messages')
            assert.equal(codeOf(blocked), 'content_filter');
          assert.equal(blocked.headers.get('x-should-retry'), 'false');
          assert.equal(upstream.seen.length, before, 'a blocked call leaves nothing behind');
          fill('block', placeOf(route), String(isStreamed), position);

          const redacted = await send(
            route,
            bodyOf(route, plant(`so ${REDACTED} it is`), isStreamed),
            bearer(keys.good),
          );
          const sealed = SEALED.has(`${route.dialect}/${position}`);
          assert.equal(redacted.status, sealed ? 400 : 200, redacted.text);
          if (!sealed) {
            const sent = upstream.seen.at(-1)?.body ?? '';
            assert.ok(!sent.includes(REDACTED));
            assert.match(sent, /so \[redacted:rule-2\] it is/u);
          }
          fill('redact', placeOf(route), String(isStreamed), position);
        });
      }
    }
  }
});

describe('guards on replies, by route, stream mode and position', () => {
  for (const route of callRoutes) {
    for (const position of replyPositionsOf(route)) {
      for (const isStreamed of modesOf(route)) {
        test(`${route.path}${isStreamed ? ' streamed' : ''}: ${position}`, async () => {
          texts = { ...PLAIN, [position]: `so ${REDACTED} it is` };
          const redacted = await send(route, plain(route, isStreamed), bearer(keys.good));
          assert.ok(!redacted.text.includes(REDACTED));
          const sealed = SEALED.has(`${route.dialect}/${position}`);
          if (!sealed) assert.match(redacted.text, /\[redacted:rule-2\]/u);

          texts = { ...PLAIN, [position]: `so ${BLOCKED} it is` };
          const blocked = await send(route, plain(route, isStreamed), bearer(keys.good));
          assert.ok(!blocked.text.includes(BLOCKED));
          if (isStreamed) assert.match(blocked.text, /content_filter|"refusal"/u);
          else assert.equal(blocked.status, 400);
          const records = await house.records();
          const requestId = blocked.headers.get('x-request-id');
          const record = records.findLast((one) => one.requestId === requestId);
          const line = record?.guards?.find(({ action }) => action === 'block');
          if (position !== 'metadata') assert.match(line?.textDigest ?? '', /^[\w-]{43}$/u);
          texts = PLAIN;
          fill('reply', placeOf(route), String(isStreamed), position);
        });
      }
    }
  }
});

function replyPositionsOf({ permission }: Route): readonly ReplyPosition[] {
  return permission === 'chat' ? REPLY_POSITIONS : ['metadata'];
}

describe('audit, by route and stream mode', () => {
  for (const route of callRoutes) {
    for (const isStreamed of modesOf(route)) {
      test(`${route.path}${isStreamed ? ' streamed' : ''}: every outcome has its record`, async () => {
        const body = plain(route, isStreamed);
        const allowed = await send(route, body, bearer(keys.good));
        const denied = await send(route, body, bearer(keys.nobody));
        const plant = REQUEST_PLANTS[route.dialect].user;
        const blocked = await send(
          route,
          bodyOf(route, plant?.(BLOCKED) ?? {}, isStreamed),
          bearer(keys.good),
        );
        const records = await house.records();
        const of = (answer: Answer) =>
          records.filter(({ requestId }) => requestId === answer.headers.get('x-request-id'));
        assert.deepEqual(
          of(allowed).map(({ kind }) => kind),
          ['admit', 'complete'],
        );
        assert.deepEqual(
          of(denied).map(({ kind, status }) => [kind, status]),
          [['deny', 403]],
        );
        assert.deepEqual(
          of(blocked).map(({ kind }) => kind),
          ['admit', 'deny'],
        );
        assert.equal(of(blocked)[1]?.guards?.[0]?.action, 'block');
        assert.match(of(blocked)[1]?.guards?.[0]?.textDigest ?? '', /^[\w-]{43}$/u);
        assert.equal(of(allowed)[1]?.route, route.name);
        assert.ok((of(allowed)[1]?.usage?.inputTokens ?? 0) > 0);
        fill('audit', placeOf(route), String(isStreamed));
      });
    }
  }

  for (const route of readRoutes) {
    test(`${placeOf(route)}: reads are recorded`, async () => {
      const answer = await read(route, 'oa', bearer(keys.good));
      const records = await house.records();
      const own = records.filter(
        ({ requestId }) => requestId === answer.headers.get('x-request-id'),
      );
      assert.equal(own.length, 1);
      fill('audit', placeOf(route), 'false');
    });
  }

  test('strangers are counted, and do not fill the log', async () => {
    const before = (await house.records()).length;
    for (let index = 0; index < 50; index += 1)
      await post(`${house.url}/v1/chat/completions`, {}, {});
    const fresh = (await house.records()).slice(before).filter(({ kind }) => kind === 'deny');
    assert.ok(fresh.length < 10);
    assert.equal(
      fresh.reduce((sum, { count = 0 }) => sum + count, 0),
      50,
    );
  });
});

test('the matrix has no empty cell', () => {
  const expected: string[] = [];
  const cell = (...parts: string[]): void => {
    expected.push(parts.join(' | '));
  };
  for (const route of [...callRoutes, ...readRoutes]) {
    for (const isStreamed of modesOf(route)) {
      const mode = String(isStreamed);
      for (const carrier of CARRIERS) {
        for (const control of ['authentication', 'permission', 'limit'])
          cell(control, placeOf(route), mode, carrier);
      }
      cell('audit', placeOf(route), mode);
      if (route.serves !== 'call') continue;
      for (const carrier of CARRIERS) cell('conditions', placeOf(route), mode, carrier);
      for (const position of Object.keys(REQUEST_PLANTS[route.dialect])) {
        cell('block', placeOf(route), mode, position);
        cell('redact', placeOf(route), mode, position);
      }
      for (const position of replyPositionsOf(route)) cell('reply', placeOf(route), mode, position);
    }
  }
  const empty = expected.filter((one) => !filled.has(one));
  assert.deepEqual(empty, []);
  assert.ok(expected.length > 600, `only ${expected.length} cells`);
  // Every position there is has a place in some dialect.
  const planted = new Set(Object.values(REQUEST_PLANTS).flatMap((plants) => Object.keys(plants)));
  assert.deepEqual(
    positions.filter((position) => !planted.has(position)),
    [],
  );
});
