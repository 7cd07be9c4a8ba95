/** What the demo provider answers to a call: parts, an ending, and an estimate of the tokens. */
import type {
  NeutralCall,
  NeutralMessage,
  NeutralPart,
  NeutralTool,
} from '#dialects/neutral/neutral-call.ts';
import {
  NO_USAGE,
  type Finish,
  type NeutralReply,
  type NeutralUsage,
  type ReplyPart,
  type ReplyStep,
} from '#dialects/neutral/neutral-reply.ts';

import { readDirectives, type Directives } from './directives.ts';
import { fitSchema } from './fit-schema.ts';

/** The demo repeats no more than this of what it was told, in UTF-16 code units. */
const ECHO_CHARS_MAX = 256 * 1_024;
const TOOLS_CALLED_MAX = 8;
const CHARS_PER_TOKEN = 4;

export const DEMO_SIGNATURE = 'ZGVtby1zaWduYXR1cmU=';
const THOUGHT = 'The user wants an answer. I will say what I was told.';

export interface DemoPlan {
  readonly directives: Directives;
  readonly replies: readonly NeutralReply[];
  readonly usage: NeutralUsage;
}

export interface DemoNames {
  readonly choices: number;
  /** What the dialect puts before the id of a tool call. */
  readonly callPrefix: string;
  readonly requestId: string;
}

export const estimatedTokens = (chars: number): number => Math.ceil(chars / CHARS_PER_TOKEN);

export function planReply(call: NeutralCall, names: DemoNames): DemoPlan {
  const last = call.messages.findLast(({ role }) => role !== 'system');
  const directives = readDirectives(lastUserText(call.messages));
  const choices = Math.max(1, names.choices);
  const drafts = Array.from({ length: choices }, (_, choice) => {
    const parts = replyParts(call, last, directives, { ...names, choices });
    return bounded(choice === 0 ? parts : numbered(parts, choice), call.outputTokensMax);
  });
  const spoken = drafts.flatMap(({ parts }) => parts);
  const thought = spoken.filter(({ kind }) => kind === 'reasoning');
  const usage = {
    ...NO_USAGE,
    inputTokens: inputTokensOf(call),
    outputTokens: spoken.reduce((sum, part) => sum + estimatedTokens(charsOf(part)), 0),
    reasoningTokens: thought.reduce((sum, part) => sum + estimatedTokens(charsOf(part)), 0),
  };
  const told = directives.hidesUsage ? null : usage;
  const replies = drafts.map(({ parts, finish }) => ({
    parts,
    ending: { finish, stopSequence: null, usage: told },
  }));
  return { directives, replies, usage };
}

const numbered = (parts: readonly ReplyPart[], choice: number): ReplyPart[] =>
  parts.map((part) =>
    part.kind === 'text' ? { ...part, text: `${part.text} (choice ${choice + 1})` } : part,
  );

function lastUserText(messages: readonly NeutralMessage[]): string {
  const texts = messages.findLast((message) => message.role === 'user' && textOf(message) !== '');
  return texts === undefined ? '' : textOf(texts);
}

function textOf({ parts }: NeutralMessage): string {
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  return texts.join('\n').slice(0, ECHO_CHARS_MAX);
}

function replyParts(
  call: NeutralCall,
  last: NeutralMessage | undefined,
  directives: Directives,
  names: DemoNames,
): ReplyPart[] {
  const thought: ReplyPart[] = directives.thinks
    ? [{ kind: 'reasoning', text: THOUGHT, signature: DEMO_SIGNATURE }]
    : [];
  const results = (last?.parts ?? []).filter((part) => part.kind === 'tool-result');
  if (results.length > 0) return [...thought, { kind: 'text', text: told(results) }];
  const calls = toolCalls(call, directives.rest, names);
  if (calls.length > 0 && directives.say === null) return [...thought, ...calls];
  return [...thought, { kind: 'text', text: sentence(call, directives, names.choices) }];
}

function told(results: readonly NeutralPart[]): string {
  const texts = results.flatMap((result) =>
    result.kind === 'tool-result'
      ? [result.parts.map((part) => (part.kind === 'text' ? part.text : '(an image)')).join(' ')]
      : [],
  );
  return `The tool returned: ${texts.join('; ')}`.slice(0, ECHO_CHARS_MAX);
}

function sentence(call: NeutralCall, directives: Directives, choices: number): string {
  const { say, longWords, rest } = directives;
  if (say !== null) return say;
  if (longWords !== null) {
    // The bound holds for all choices together.
    const count = Math.max(1, Math.floor(longWords / choices));
    return Array.from({ length: count }, (_, index) => `word${index + 1}`).join(' ');
  }
  if (call.outputSchema !== null) return JSON.stringify(fitSchema(call.outputSchema.schema, rest));
  return `You said: ${rest}`;
}

const ASKED_BY_NAME = /\buse tools? (?<names>[\w-]{1,64}(?:(?:,| and| ,) ?[\w-]{1,64}){0,8})/iu;

/** Tools asked for by name, else by a word of a name, else because the caller insists on one. */
function toolCalls(call: NeutralCall, text: string, names: DemoNames): ReplyPart[] {
  if (call.tools.length === 0 || call.toolChoice === 'none') return [];
  let chosen = namedTools(call.tools, text);
  if (chosen.length === 0) chosen = hintedTools(call.tools, text);
  const { toolChoice } = call;
  if (toolChoice === 'required' && chosen.length === 0) chosen = call.tools.slice(0, 1);
  if (typeof toolChoice === 'object' && toolChoice !== null) {
    chosen = call.tools.filter(({ name }) => name === toolChoice.name).slice(0, 1);
  }
  const countMax = call.isParallel === false ? 1 : TOOLS_CALLED_MAX;
  const about = /\b(?:with|in|for) (?<about>[^?!]{1,1000})/iu.exec(text)?.groups?.['about'] ?? text;
  return chosen.slice(0, countMax).map(({ name, schema }, index) => ({
    kind: 'tool-call',
    id: `${names.callPrefix}_${names.requestId}_${index}`,
    name,
    argumentsJson: JSON.stringify(fitSchema({ ...schema, type: 'object' }, about.trim())),
  }));
}

function namedTools(tools: readonly NeutralTool[], text: string): NeutralTool[] {
  const asked = ASKED_BY_NAME.exec(text)?.groups?.['names'];
  if (asked === undefined) return [];
  const names = asked.split(/,| and | /u).filter((name) => name !== '');
  return names.flatMap((name) => tools.find((tool) => tool.name === name) ?? []);
}

/** "What is the weather in Paris?" names `get_weather`. */
function hintedTools(tools: readonly NeutralTool[], text: string): NeutralTool[] {
  const words = new Set(text.toLowerCase().match(/[a-z0-9]{4,32}/gu) ?? []);
  const found = tools.find(({ name }) =>
    name
      .toLowerCase()
      .split(/[^a-z0-9]/u)
      .some((part) => part.length > 3 && words.has(part)),
  );
  return found === undefined ? [] : [found];
}

/** Says no more than the caller allows, as a model would. Tool calls are whole or not at all. */
function bounded(
  parts: readonly ReplyPart[],
  tokensMax: number | null,
): { parts: ReplyPart[]; finish: Finish } {
  let left = tokensMax ?? Number.POSITIVE_INFINITY;
  const kept: ReplyPart[] = [];
  for (const part of parts) {
    const tokens = estimatedTokens(charsOf(part));
    if (tokens > left) {
      if (part.kind !== 'tool-call') {
        kept.push({ ...part, text: part.text.slice(0, left * CHARS_PER_TOKEN) });
      }
      return { parts: kept, finish: 'length' };
    }
    left -= tokens;
    kept.push(part);
  }
  const callsTools = parts.some(({ kind }) => kind === 'tool-call');
  return { parts: kept, finish: callsTools ? 'tool-calls' : 'stop' };
}

const charsOf = (part: ReplyPart): number =>
  part.kind === 'tool-call' ? part.name.length + part.argumentsJson.length : part.text.length;

export function inputTokensOf({ messages, tools }: NeutralCall): number {
  let chars = tools.length === 0 ? 0 : JSON.stringify(tools).length;
  for (const { parts } of messages) for (const part of parts) chars += inputChars(part);
  return estimatedTokens(chars);
}

function inputChars(part: NeutralPart): number {
  if (part.kind === 'tool-call') return part.name.length + part.argumentsJson.length;
  if (part.kind === 'tool-result')
    return part.parts.reduce((sum, inner) => sum + inputChars(inner), 0);
  return part.kind === 'image' ? 0 : part.text.length;
}

/** A reply as the steps of a stream: text word by word, arguments in pieces. */
export function* stepsOf({ parts, ending }: NeutralReply): Generator<ReplyStep> {
  const { usage } = ending;
  yield { type: 'start', usage: usage === null ? null : { ...usage, outputTokens: 0 } };
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'tool-call') {
      const { id, name } = part;
      yield { type: 'open', index, part: { kind: 'tool-call', id, name } };
    } else {
      yield { type: 'open', index, part: { kind: part.kind } };
    }
    for (const text of piecesOf(part)) yield { type: 'delta', index, text };
    if (part.kind === 'reasoning' && part.signature !== null) {
      yield { type: 'signature', index, signature: part.signature };
    }
    yield { type: 'close', index };
  }
  yield { type: 'end', ending };
}

export const piecesOf = (part: ReplyPart): readonly string[] =>
  part.kind === 'tool-call'
    ? (part.argumentsJson.match(/[\s\S]{1,12}/gu) ?? [])
    : (part.text.match(/\s*\S+\s*/gu) ?? [part.text]);
