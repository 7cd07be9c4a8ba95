/**
 * W3C Trace Context (Level 2): `traceparent` and `tracestate`, read strictly. Whatever is not exactly
 * as the recommendation says is as if it were not there, and a new trace begins: nobody repairs what a
 * stranger wrote.
 */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero: the span of whoever sent it. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const VERSION_00 = /^00-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/u;
/** Section 3.2.4: of a later version the first four fields are read, if more is set apart by a dash. */
const LATER =
  /^(?!00|ff)[0-9a-f]{2}-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?:-[\x20-\x7e]{0,400})?$/u;
const ZERO_TRACE = '0'.repeat(32);
const ZERO_SPAN = '0'.repeat(16);
const SAMPLED = 1;

/** Null for what is no `traceparent`. */
export function parseTraceparent(text: string): TraceContext | null {
  const groups = (VERSION_00.exec(text) ?? LATER.exec(text))?.groups;
  const { traceId, spanId, flags } = groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  if (traceId === ZERO_TRACE || spanId === ZERO_SPAN) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/** Ours is version 00, and says of its flags only what we know: whether it is sampled. */
export const traceparentOf = ({ traceId, spanId, isSampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;

const MEMBERS_MAX = 32;
const STATE_CHARS_MAX = 512;
const KEY =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/u;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/u;

/** The members of a `tracestate` in their order, as one text; null for what is none, or is empty. */
export function parseTracestate(text: string): string | null {
  if (text.length > STATE_CHARS_MAX) return null;
  const keys = new Set<string>();
  const members: string[] = [];
  for (const part of text.split(',')) {
    const member = part.replaceAll(/^[ \t]+|[ \t]+$/gu, '');
    if (member === '') continue;
    const at = member.indexOf('=');
    const key = member.slice(0, Math.max(0, at));
    if (!KEY.test(key) || !VALUE.test(member.slice(at + 1)) || keys.has(key)) return null;
    keys.add(key);
    members.push(member);
  }
  if (members.length === 0 || members.length > MEMBERS_MAX) return null;
  return members.join(',');
}

export interface Incoming {
  readonly context: TraceContext;
  readonly state: string | null;
}

/** Of names and values by turns. Two `traceparent` are none: it would be chance which one counts. */
export function incomingTrace(rawHeaders: readonly string[]): Incoming | null {
  let parent: string | null = null;
  let state: string | null = null;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // Most headers are neither; their names are not copied into lower case.
    if (name.length !== 11 && name.length !== 10) continue;
    const lower = name.toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (lower === 'traceparent') {
      if (parent !== null) return null;
      parent = value;
    } else if (lower === 'tracestate') state = state === null ? value : `${state},${value}`;
  }
  const context = parent === null ? null : parseTraceparent(parent);
  if (context === null) return null;
  return { context, state: state === null ? null : parseTracestate(state) };
}
