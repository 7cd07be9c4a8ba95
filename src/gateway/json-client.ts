/**
 * Small JSON documents from issuers of identities and vaults: keys, metadata, answers to questions. The
 * addresses are checked as those of providers are, redirects are not followed, and every answer has
 * a deadline and a cap.
 */
import { Agent, request } from 'undici';

import { Fault } from '#domain/fault.ts';
import { type JsonValue, parseJson } from '#stdx/json.ts';
import { scanJson } from '#stdx/json-scan.ts';

import { checkedConnector } from './connector.ts';

const DEADLINE_MS = 5_000;
const BYTES_MAX = 1_024 * 1_024;
/** Of each origin. Questions are few, and answers are remembered. */
const CONNECTIONS_MAX = 16;

/** What a server says of one question, and not of itself. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 414, 422, 431]);

export interface JsonAsk {
  readonly url: URL;
  /** Sent as a form; left out: a GET. */
  readonly form?: URLSearchParams;
  /** Sent as JSON. */
  readonly json?: JsonValue;
  readonly authorization?: string;
}

export class JsonClient {
  readonly #agent: Agent;

  constructor({ allowPrivateAddress }: { readonly allowPrivateAddress: boolean }) {
    this.#agent = new Agent({
      connect: checkedConnector({ allowPrivateAddress, connectTimeoutMs: DEADLINE_MS }),
      connections: CONNECTIONS_MAX,
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: 16_384,
    });
  }

  /** The document of a 2xx answer. Throws a `Fault` for everything else; nothing is quoted. */
  async ask({ url, form, json, authorization }: JsonAsk): Promise<JsonValue> {
    const { statusCode, headers, body } = await this.#send({
      url,
      sent: sentOf(form, json),
      authorization,
    });
    if (statusCode < 200 || statusCode > 299 || headers['content-encoding'] !== undefined) {
      body.on('error', () => {}).destroy();
      const code = REFUSALS.has(statusCode) ? 'provider-refused-call' : 'provider-failed';
      throw new Fault(code, `an issuer said ${statusCode}`);
    }
    const text = await textOf(body);
    const value = scanJson(text) === null ? parseJson(text) : undefined;
    if (value === undefined) throw new Fault('provider-reply-invalid', 'the answer of an issuer');
    return value;
  }

  async #send({ url, sent, authorization }: JsonAskAll) {
    try {
      return await request(url, {
        dispatcher: this.#agent,
        method: sent === null ? 'GET' : 'POST',
        headers: {
          accept: 'application/json',
          'user-agent': 'llmproxy',
          ...(sent !== null && { 'content-type': sent.type }),
          ...(authorization !== undefined && { authorization }),
        },
        body: sent === null ? null : sent.body,
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
    } catch {
      // The error of a connection may quote what was sent.
      throw new Fault('provider-unreachable', 'an issuer');
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

interface JsonAskAll {
  readonly url: URL;
  readonly sent: Sent | null;
  readonly authorization: string | undefined;
}

interface Sent {
  readonly type: string;
  readonly body: string;
}

function sentOf(form: JsonAsk['form'], json: JsonAsk['json']): Sent | null {
  if (form !== undefined) {
    return { type: 'application/x-www-form-urlencoded', body: form.toString() };
  }
  return json === undefined ? null : { type: 'application/json', body: JSON.stringify(json) };
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > BYTES_MAX) break;
      chunks.push(chunk);
    }
  } catch {
    throw new Fault('provider-cut', 'an issuer');
  }
  if (bytes > BYTES_MAX) throw new Fault('provider-reply-invalid', 'a long answer of an issuer');
  return Buffer.concat(chunks).toString('utf8');
}
