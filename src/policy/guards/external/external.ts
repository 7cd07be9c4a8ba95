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

import { ConfigProblem } from '#stdx/config-problem.ts';
import { Lru } from '#stdx/lru.ts';

import {
  defineGuard,
  type Detector,
  type Finding,
  type GuardContext,
  type GuardHttp,
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
    let at = from;
    const whole = from + Math.floor((text.length - from) / WINDOW_CHARS) * WINDOW_CHARS;
    const until = isEnd ? text.length : whole;
    while (at < until) {
      const to = Math.min(text.length, at + WINDOW_CHARS);
      for (const found of await this.#judge(text.slice(at, to), context)) {
        findings.push({ ...found, start: found.start + at, end: found.end + at });
      }
      at = to;
    }
    return { findings: findings.sort((a, b) => a.start - b.start), decidedTo: at };
  }

  /** By tenant: what one tenant's text was judged is not another's to time. Faults are not kept. */
  async #judge(text: string, { tenant, model, position, signal }: GuardContext) {
    const id = hash('sha256', JSON.stringify([tenant, model, position, text]), 'base64url');
    const known = this.#remembered.get(id);
    if (known !== undefined) return known;
    const question = this.#adapter.ask({ text, position, tenant, model }, this.#settings);
    const answer = await this.#http.post(this.#adapter.path, JSON.stringify(question), signal);
    const findings = this.#adapter.read(answer, text, this.#settings);
    this.#remembered.set(id, findings);
    return findings;
  }
}
