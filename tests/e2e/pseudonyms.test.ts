/** Values leave as surrogates and come back as values: whole, streamed, and only to their caller. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, DEMO, openHouse, post, TENANT } from '../support/house.ts';
import { aliasesYaml, eventsOf } from '../support/streams.ts';
import { agentDialects, agentYaml } from '../support/tool-answers.ts';
import {
  chunk,
  completion,
  json,
  openUpstream,
  type Seen,
  UPSTREAM_ENV,
} from '../support/upstream.ts';

const EMAIL = 'ada.lovelace@example.com';
const GUARDS = `guards:
  - name: mails
    type: topics
    on: [request, reply]
    rules: [{ pattern: '[a-z.]+@[a-z.]+[a-z]', action: pseudonymise }]`;

/** What the provider was told by the user. */
const said = ({ json: body }: Seen): string => {
  const [message] = body['messages'] as { content: string }[];
  return message?.content ?? '';
};

const surrogateIn = (text: string): string => /[A-Z]+-[0-9A-Z]{8}/u.exec(text)?.[0] ?? '';

/** Answers with the surrogate it was sent, a mail address of its own, and a link that asks for one. */
const reply = (seen: Seen): string => {
  const surrogate = surrogateIn(said(seen));
  return `I wrote to ${surrogate.toLowerCase()} and eve@other.example. See https://x.example/?q=${surrogate}`;
};

test('a mail address is not sent, comes back in the answer, and not inside a link', async () => {
  const upstream = await openUpstream((seen, response) => {
    const text = reply(seen);
    if (seen.json['stream'] !== true) {
      json(response, 200, completion(text));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const character of text) response.write(chunk(character));
    response.end(`${chunk('', 'stop')}data: [DONE]\n\n`);
  });
  const yaml = aliasesYaml(upstream, 0).replace('guards: []', GUARDS);
  const house = await openHouse(yaml, UPSTREAM_ENV);
  try {
    const credential = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    const whole = await post(url, chat(`Write to ${EMAIL}, please.`), credential);
    const [first] = upstream.seen;
    assert.ok(first !== undefined);
    const surrogate = surrogateIn(said(first));
    assert.equal(said(first), `Write to ${surrogate}, please.`);
    const wanted = `I wrote to ${EMAIL} and [redacted:`;
    const { content } = (whole.json as { choices: { message: { content: string } }[] }).choices[0]
      ?.message ?? { content: '' };
    assert.ok(content.startsWith(wanted), content);
    assert.ok(content.endsWith(`See https://x.example/?q=${surrogate}`), content);

    const streamed = await post(
      url,
      chat(`Write to ${EMAIL}, please.`, { stream: true }),
      credential,
    );
    const text = eventsOf(streamed.text)
      .filter((data) => data !== '[DONE]')
      .map((data) => JSON.parse(data) as { choices: { delta: { content?: string } }[] })
      .map(({ choices }) => choices[0]?.delta.content ?? '')
      .join('');
    assert.equal(text, content, 'streamed = whole');
    assert.equal(said(upstream.seen.at(-1) ?? first), said(first), 'a resent text maps alike');

    const log = JSON.stringify(await house.records()) + house.log();
    assert.ok(
      !log.includes(EMAIL) && !log.includes(surrogate),
      'neither is in a record or the log',
    );
    const lines = (await house.records()).flatMap(({ guards }) => guards ?? []);
    assert.ok(lines.some(({ action }) => action === 'pseudonymise'));
  } finally {
    await house.close();
    await upstream.close();
  }
});

test("another caller's surrogate stays what it is", async () => {
  let echoed = '';
  const upstream = await openUpstream((_, response) => {
    json(response, 200, completion(`It is ${echoed}.`));
  });
  const yaml = aliasesYaml(upstream, 0).replace('guards: []', GUARDS);
  const house = await openHouse(yaml, UPSTREAM_ENV);
  try {
    const url = `${house.url}/v1/chat/completions`;
    const alice = bearer(await house.key({ tenant: TENANT, user: 'alice' }));
    const bob = bearer(await house.key({ tenant: TENANT, user: 'bob' }));
    await post(url, chat(`Mail ${EMAIL}`), alice);
    echoed = surrogateIn(said(upstream.seen.at(-1) ?? assert.fail('nothing was sent')));
    assert.notEqual(echoed, '');
    const mine = await post(url, chat(`Mail ${EMAIL}`), alice);
    assert.ok(mine.text.includes(EMAIL));
    const theirs = await post(url, chat('Mail bob@example.com'), bob);
    assert.ok(!theirs.text.includes(EMAIL) && theirs.text.includes(echoed));
    const forgotten = await post(url, chat('Who was it?'), alice);
    assert.ok(!forgotten.text.includes(EMAIL), 'only what is in this request comes back');
  } finally {
    await house.close();
    await upstream.close();
  }
});

for (const [path, body] of [
  ['/v1/chat/completions', chat(`Say ${EMAIL} twice`)],
  ['/v1/responses', { model: 'demo', input: `Say ${EMAIL} twice` }],
  [
    '/v1/messages',
    { model: 'demo', max_tokens: 64, messages: [{ role: 'user', content: `Say ${EMAIL} twice` }] },
  ],
] as const) {
  test(`${path}: an echo comes back as it was said, whole and in every event of a stream`, async () => {
    const house = await openHouse(`${DEMO}${GUARDS}${BASE}`);
    try {
      const credential = bearer(await house.key());
      for (const stream of [false, true]) {
        const answer = await post(`${house.url}${path}`, { ...body, stream }, credential);
        assert.equal(answer.status, 200);
        // Responses repeats the whole text in its last events: there, too, it is the value.
        assert.equal(surrogateIn(answer.text), '', `${stream}: ${answer.text}`);
        const said = stream ? textOfStream(answer.text) : answer.text;
        assert.ok(said.includes(EMAIL), said);
      }
    } finally {
      await house.close();
    }
  });
}

/** Every piece of text in a stream of any dialect, joined. */
function textOfStream(text: string): string {
  const pieces = [...text.matchAll(/"(?:content|delta|text)":"(?<piece>(?:[^"\\]|\\.)*)"/gu)];
  return pieces.map(({ groups }) => groups?.['piece'] ?? '').join('');
}

test('tool arguments get values back only for tools that every masking rule names', async (t) => {
  const upstream = await openUpstream();
  const masking = (name: string, tools: string) =>
    `  - { name: ${name}, type: topics, on: [request], restoreTools: [${tools}], rules: [{ pattern: '[a-z.]+@[a-z.]+[a-z]', action: pseudonymise }] }\n`;
  const yaml = `${agentYaml(upstream.url)}guards:\n${masking('mails', '"send_*", log')}${masking('more', 'send_mail, delete')}${BASE}`;
  const house = await openHouse(yaml, UPSTREAM_ENV);
  const headers = { ...bearer(await house.key()), 'anthropic-version': '2023-06-01' };
  try {
    for (const dialect of agentDialects) {
      for (const isStreamed of [false, true]) {
        await t.test(`${dialect.name} ${isStreamed ? 'streamed' : 'whole'}`, async () => {
          const callTo = async (name: string) => {
            upstream.script = async (seen, response, socket) => {
              const surrogate = surrogateIn(seen.body);
              assert.ok(surrogate !== '' && !seen.body.includes(EMAIL));
              const args = {
                to: surrogate,
                text: `For "${surrogate}".`,
                url: `https://x.example/${surrogate}`,
              };
              await dialect.answer({ name, arguments: args }, 40)(seen, response, socket);
            };
            const turn = { user: `Write to ${EMAIL}.`, tools: [name] };
            const body = dialect.request(turn, isStreamed);
            const { text } = await post(`${house.url}${dialect.path}`, body, headers);
            const [call] = dialect.read(text);
            return call?.arguments as { to: string; text: string; url: string };
          };
          const sent = await callTo('send_mail');
          assert.equal(sent.to, EMAIL);
          assert.equal(sent.text, `For "${EMAIL}".`);
          assert.match(sent.url, /^https:\/\/x\.example\/[A-Z0-9]+-[0-9A-Z]{8}$/u);
          for (const tool of ['log', 'delete', 'other']) {
            assert.ok(!JSON.stringify(await callTo(tool)).includes(EMAIL), tool);
          }
        });
      }
    }
  } finally {
    await house.close();
    await upstream.close();
  }
});
