/**
 * The official SDKs as judges of what we write: each is handed a `fetch` that answers with our
 * bytes, so no server and no network is needed. For tests only.
 */
import assert from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

import { sseText, type SseEvent } from '../sse-event.ts';

export interface Answered {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Answers from the request's path and body, as a server would. */
export type Answer = (path: string, body: unknown) => Answered | Promise<Answered>;

const fetchOf =
  (answer: Answer) =>
  async (input: unknown, init?: { body?: unknown }): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    assert.ok(typeof init?.body === 'string');
    const body: unknown = JSON.parse(init.body);
    const { status = 200, headers, text } = await answer(url.pathname, body);
    const isStream = text.startsWith('event:') || text.startsWith('data:') || text.startsWith(':');
    const contentType = isStream ? 'text/event-stream' : 'application/json';
    return new Response(text, { status, headers: { 'content-type': contentType, ...headers } });
  };

export const openaiWith = (answer: Answer): OpenAI =>
  new OpenAI({
    apiKey: 'none',
    baseURL: 'http://sdk.invalid/v1',
    maxRetries: 0,
    fetch: fetchOf(answer),
  });

export const anthropicWith = (answer: Answer): Anthropic =>
  new Anthropic({
    apiKey: 'none',
    baseURL: 'http://sdk.invalid',
    maxRetries: 0,
    fetch: fetchOf(answer),
  });

export const textOfEvents = (events: readonly SseEvent[]): string => events.map(sseText).join('');

const USER = [{ role: 'user' as const, content: 'hi' }];

export const chatStreamed = (events: readonly SseEvent[]) =>
  openaiWith(() => ({ text: textOfEvents(events) }))
    .chat.completions.stream({ model: 'm', messages: USER })
    .finalChatCompletion();

export const responsesStreamed = (events: readonly SseEvent[]) =>
  openaiWith(() => ({ text: textOfEvents(events) }))
    .responses.stream({ model: 'm', input: 'hi' })
    .finalResponse();

export const anthropicStreamed = (events: readonly SseEvent[]) =>
  anthropicWith(() => ({ text: textOfEvents(events) }))
    .messages.stream({ model: 'm', max_tokens: 9, messages: USER })
    .finalMessage();
