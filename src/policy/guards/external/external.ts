/**
 * Asks a service over HTTP: a moderation endpoint, a guard model, Presidio, Lakera, or a webhook of
 * the operator's own.
 *
 * A text is asked about in windows of a fixed size that advance from its beginning, so that a stream
 * and a whole text ask the same questions. A service that is late, fails or says what we do not
 * understand has not passed the text; what that means is the rule's `onFault`.
 */
import { hash } from 'node:crypto';

import { z } from 'zod';

import { positions } from '#domain/passage.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { Lru } from '#stdx/lru.ts';

import {
  defineGuard,
  type Detector,
  type Finding,
  type GuardContext,
  type GuardHttp,
  type GuardTalk,
  NO_WORLD,
  type Scan,
} from '../guard.ts';
import type { Adapter, AdapterSettings } from './adapter.ts';
import { adapterNames, adapters } from './adapters.ts';

/** One question. Longer than most messages; short enough for every service's own limit. */
export const WINDOW_CHARS = 8_192;
/** Judgements that are remembered: clients send the whole history again with every turn. */
const REMEMBERED_MAX = 5_000;

const config = z.strictObject({
  adapter: z.enum(adapterNames).meta({ description: 'Which service stands behind the URL.' }),
  url: z
    .url({ protocol: /^https?$/u, error: 'write an http or https URL' })
    .meta({ description: 'Base URL of the service; the adapter adds its path.' }),
  apiKey: z.string().min(1).optional().meta({ description: 'Sent as a bearer token.' }),
  model: z.string().min(1).max(256).optional().meta({ description: 'The judge, by its own name.' }),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .meta({ description: 'From which score on a finding counts, where the service gives scores.' }),
  language: z
    .string()
    .regex(/^[a-z]{2}$/u)
    .default('en')
    .meta({ description: 'Presidio only: the language of the texts.' }),
  allowPrivateAddress: z
    .boolean()
    .default(false)
    .meta({ description: 'The service may have a private or loopback address, and plain http.' }),
  connectionsMax: z
    .int()
    .min(1)
    .max(1_024)
    .default(16)
    .meta({ description: 'Questions at once; further ones wait, within the timeout.' }),
});

export const externalGuard = defineGuard({
  type: 'external',
  description: 'Asks a service over HTTP: moderation, Llama Guard, Presidio, Lakera, a webhook.',
  config,
  // Ids, names of keys and fields nobody knows are no language, and each would be a question.
  positions: positions.filter((position) => position !== 'metadata'),
  create(section, world = NO_WORLD) {
    const { adapter, url, apiKey, model, threshold, language } = section;
    const { allowPrivateAddress, connectionsMax } = section;
    // What it is sent is what callers wrote: in clear only inside one's own network.
    if (!allowPrivateAddress && !url.startsWith('https:')) {
      throw new ConfigProblem(
        ['url'],
        'use https, or allowPrivateAddress: true for your own network',
      );
    }
    const { username, password, search, hash: fragment } = new URL(url);
    if (username + password + search + fragment !== '') {
      throw new ConfigProblem(
        ['url'],
        'write it without user, query and fragment; the key goes to apiKey',
      );
    }
    const http = world.http({ url, apiKey: apiKey ?? null, allowPrivateAddress, connectionsMax });
    const settings = { judge: model ?? null, threshold, language };
    return {
      type: 'external',
      detectors: [new ExternalDetector(adapters[adapter], settings, http)],
    };
  },
});

class ExternalDetector implements Detector {
  readonly #adapter: Adapter;
  readonly #settings: AdapterSettings;
  readonly #http: GuardHttp;
  readonly #remembered = new Lru<string, readonly Finding[]>(REMEMBERED_MAX);

  constructor(adapter: Adapter, settings: AdapterSettings, http: GuardHttp) {
    this.#adapter = adapter;
    this.#settings = settings;
    this.#http = http;
  }

  async scan(text: string, from: number, isEnd: boolean, context: GuardContext): Promise<Scan> {
    const findings: Finding[] = [];
    const talk = this.#http.open(context.signal);
    const lastBegin = isEnd ? text.length - 1 : text.length - WINDOW_CHARS;
    let at = from;
    while (at <= lastBegin) {
      const to = windowEnd(text, at);
      for (const found of await this.#judge(text.slice(at, to), context, talk)) {
        findings.push({ ...found, start: found.start + at, end: found.end + at });
      }
      at = to;
    }
    return { findings: findings.sort((a, b) => a.start - b.start), decidedTo: at };
  }

  /** By tenant: what one tenant's text was judged is not another's to time. Faults are not kept. */
  async #judge(text: string, { tenant, model, position }: GuardContext, talk: GuardTalk) {
    const id = hash('sha256', JSON.stringify([tenant, model, position, text]), 'base64url');
    const known = this.#remembered.get(id);
    if (known !== undefined) return known;
    // Half of a pair is no text to a service, and an error there would be an alarm for everybody.
    const wellFormed = { text: text.toWellFormed(), position, tenant, model };
    const question = this.#adapter.ask(wellFormed, this.#settings);
    const answer = await talk.post(this.#adapter.path, JSON.stringify(question));
    const findings = this.#adapter.read(answer, text, this.#settings);
    this.#remembered.set(id, findings);
    return findings;
  }
}

/** A full window never cuts a surrogate pair. */
function windowEnd(text: string, at: number): number {
  const end = at + WINDOW_CHARS;
  if (end > text.length) return text.length;
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}
