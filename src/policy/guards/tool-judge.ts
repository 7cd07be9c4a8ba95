/**
 * Calls of tools in one answer: which the role allows, and what rules say of their arguments. A call
 * is judged when it is whole, on what the model wrote; where values were replaced by surrogates, on
 * the values, because they are what would be acted on.
 */
import type { Passage } from '#domain/passage.ts';
import type { ToolCall } from '#domain/tool-call.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import { matchesGlob } from '../access/glob.ts';
import { type Asked, type AskPorts, askRule, ruleFailed } from './ask-rule.ts';
import type { GuardAction, ToolFinding } from './guard.ts';
import type { Restorer } from './restore.ts';
import { actionFor, type GuardRule } from './rule.ts';
import { maskOf, type Stop } from './window.ts';

/** Calls that are known not to be judged twice: a stream says them again, whole, when they end. */
const JUDGED_MAX = 256;
const JUDGED_CHARS_MAX = 65_536;
/** Values that one answer may have taken out of its arguments; one more blocks it. */
const STRIPPED_MAX = 256;

export interface ToolScope {
  readonly tenant: string;
  readonly model: string;
  readonly request: readonly Passage[];
  /** Patterns of the tools that the role allows; null: all. */
  readonly allowed: readonly string[] | null;
}

export interface JudgePorts extends AskPorts {
  readonly restorer: Restorer | null;
}

const askedOf = (rule: GuardRule): Asked => ({ rule, on: 'reply', position: 'tool-arguments' });

export class ToolJudge {
  readonly #rules: readonly GuardRule[];
  readonly #scope: ToolScope;
  readonly #ports: JudgePorts;
  readonly #judged = new Set<string>();
  /** By value: its category and the rule that takes it out. */
  readonly #stripped = new Map<string, { readonly category: string; readonly rule: GuardRule }>();

  constructor(rules: readonly GuardRule[], scope: ToolScope, ports: JudgePorts) {
    this.#rules = rules;
    this.#scope = scope;
    this.#ports = ports;
  }

  /** A name is judged as soon as it is there: nobody need see a call that may not be made. */
  name(tool: string): Stop | null {
    const { allowed } = this.#scope;
    if (allowed === null || allowed.some((pattern) => matchesGlob(pattern, tool))) return null;
    return { kind: 'tool-forbidden' };
  }

  /** Arguments that are too long to be held are judged by nobody: each rule has failed on them. */
  tooLong(): Stop | null {
    let stop: Stop | null = null;
    for (const rule of this.#rules) {
      const failed = ruleFailed(askedOf(rule), this.#ports.evidence);
      stop ??= failed;
    }
    return stop;
  }

  /** Goes on at once while the rules answer at once: an answer may hold any number of calls. */
  judge(calls: readonly ToolCall[], from = 0): MaybePromise<Stop | null> {
    for (let index = from; index < calls.length; index += 1) {
      const call = calls[index];
      if (call === undefined) continue;
      const stop = this.#call(call);
      if (stop instanceof Promise) {
        return stop.then((late) => late ?? this.judge(calls, index + 1));
      }
      if (stop !== null) return stop;
    }
    return null;
  }

  /** Takes out what `redact` names. What stands where nothing may be changed (a key) blocks. */
  strip(text: string, isEditable: boolean): { readonly text: string; readonly stop: Stop | null } {
    let out = text;
    for (const [value, { category, rule }] of this.#stripped) {
      if (!out.includes(value)) continue;
      if (!isEditable) return { text: '', stop: { kind: 'blocked', rule, category } };
      out = out.replaceAll(value, maskOf(category));
    }
    return { text: out, stop: null };
  }

  #call(call: ToolCall): MaybePromise<Stop | null> {
    const forbidden = this.name(call.name);
    if (forbidden !== null || this.#rules.length === 0) return forbidden;
    const id = `${call.name}\n${JSON.stringify(call.arguments)}`;
    if (this.#judged.has(id)) return null;
    if (id.length <= JUDGED_CHARS_MAX && this.#judged.size < JUDGED_MAX) this.#judged.add(id);
    const { restorer } = this.#ports;
    const { name } = call;
    const meant = restorer === null ? call.arguments : restored(call.arguments, restorer);
    return this.#from(0, { name, arguments: meant });
  }

  #from(index: number, call: ToolCall): MaybePromise<Stop | null> {
    const rule = this.#rules[index];
    if (rule === undefined) return null;
    return andThen(this.#ask(rule, call), (stop) => stop ?? this.#from(index + 1, call));
  }

  #ask(rule: GuardRule, call: ToolCall): MaybePromise<Stop | null> {
    return askRule(
      askedOf(rule),
      this.#ports,
      () => rule.guard.tools?.judge(call, this.#scope) ?? [],
      (findings) => this.#found(rule, findings),
    );
  }

  #found(rule: GuardRule, findings: readonly ToolFinding[]): Stop | null {
    const { evidence } = this.#ports;
    const tally = evidence.tally(rule, 'reply');
    let stop: Stop | null = null;
    for (const { category, value } of findings) {
      const action = this.#actionFor(rule, category, value);
      evidence.found(tally, { action, category, position: 'tool-arguments' });
      if (rule.mode === 'observe' || action === 'alert') continue;
      if (action === 'block') stop ??= { kind: 'blocked', rule, category };
      else if (value !== undefined) this.#stripped.set(value, { category, rule });
    }
    return stop;
  }

  /** What cannot be taken out blocks. */
  #actionFor(rule: GuardRule, category: string, value: string | undefined): GuardAction {
    const action = actionFor(rule, { category, start: 0, end: 0, score: 1 });
    if (action === 'alert' || action === 'block') return action;
    const hasRoom = this.#stripped.size < STRIPPED_MAX;
    return value !== undefined && value !== '' && hasRoom ? 'redact' : 'block';
  }
}

/** The arguments with surrogates replaced. As deep as the document, whose depth is bounded. */
function restored(value: JsonValue, restorer: Restorer): JsonValue {
  if (typeof value === 'string') return restorer.restore(value, '', false);
  if (Array.isArray(value)) return value.map((item) => restored(item, restorer));
  if (!isJsonObject(value)) return value;
  const copy: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) copy[key] = restored(member, restorer);
  }
  return copy;
}
