/** One answer of a provider that a test scripts, as the caller gets it behind one guard of replies. */
import { randomBytes } from 'node:crypto';

import { BASE, bearer, openHouse, post } from './house.ts';
import { openUpstream, type Script, sse } from './upstream.ts';

/** Looks like a vendor's key to anyone, and was made now. */
export const SECRET = [
  'sk',
  'ant',
  'api03',
  `${randomBytes(60).toString('hex').slice(0, 93)}AA`,
].join('-');
/** No guard finds one of them alone. */
export const HALVES = [SECRET.slice(0, 9), SECRET.slice(9)] as const;

export const REDACTING = '{ name: s, type: secrets, on: [reply], action: redact }';

export interface Asked {
  readonly path: string;
  readonly body: object;
  /** The dialect of the provider. */
  readonly type: 'openai' | 'anthropic';
  readonly script: Script;
  readonly guard?: string;
}

export async function answerTo({ path, body, type, script, guard = REDACTING }: Asked) {
  const upstream = await openUpstream(script);
  const yaml = `
providers:
  local: { type: ${type}, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
guards: [${guard}]
${BASE}`;
  const house = await openHouse(yaml, { UPSTREAM_KEY: 'upstream-canary-k3yk3yk3y' });
  try {
    return await post(`${house.url}${path}`, body, bearer(await house.key()));
  } finally {
    await house.close();
    await upstream.close();
  }
}

/** What a client makes of the pieces of one field. */
export const joined = (text: string, field: string): string =>
  [...text.matchAll(new RegExp(`"${field}":"(?<said>[^"]*)"`, 'gu'))]
    .map(({ groups }) => groups?.['said'])
    .join('');

/** A stream of events that say their type. */
export const typed =
  (...events: readonly (readonly [type: string, members: object])[]): Script =>
  (_seen, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [type, members] of events) response.write(sse({ type, ...members }, type));
    response.end();
  };

const ENVELOPE = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };

/** A stream of chat chunks with one choice each, and what else a chunk says. */
export const chunks =
  (...choices: readonly object[]): Script =>
  (_seen, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const choice of choices) {
      response.write(sse({ ...ENVELOPE, choices: [{ index: 0, ...choice }] }));
    }
    response.end('data: [DONE]\n\n');
  };

const USAGE = { input_tokens: 5, output_tokens: 9 };
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', usage: USAGE };

export const wholeMessage = (...content: readonly object[]): object => ({
  ...MESSAGE,
  stop_reason: 'end_turn',
  content,
});

/** A message of Anthropic: these events of its blocks between its first event and its last. */
export const message = (...blocks: readonly (readonly [type: string, members: object])[]): Script =>
  typed(
    ['message_start', { message: { ...MESSAGE, content: [] } }],
    ...blocks,
    ['message_delta', { delta: { stop_reason: 'end_turn' }, usage: USAGE }],
    ['message_stop', {}],
  );
