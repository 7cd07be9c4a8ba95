/**
 * Calls of tools in one answer: which the role allows, and what rules say of their arguments. A call
 * is judged when it is whole, on what the model wrote; where values were replaced by surrogates, on
 * the values, because they are what would be acted on.
 */
import type { Passage } from '#domain/passage.ts';
import type { ToolCall } from '#domain/tool-call.ts';
import type { ToolLimits } from '#domain/tool-limits.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import { matchesGlob } from '../access/glob.ts';
import { type Asked, type AskPorts, askRule, ruleFailed } from './ask-rule.ts';
import type { Approvals } from './approval.ts';
import type { Found } from './evidence.ts';
import type { GuardAction, ToolFinding } from './guard.ts';
import type { Restorer } from './restore.ts';
import { actionFor, type GuardRule } from './rule.ts';
import { maskOf, type Stop } from './window.ts';

/** Calls that are known not to be judged twice: a stream says them again, whole, when they end. */
const JUDGED_MAX = 256;
const JUDGED_CHARS_MAX = 65_536;
/** Values that one answer may have taken out of its arguments; one more blocks it. */
const STRIPPED_MAX = 256;

/** A stream has few kinds of events that hold calls. */
const TOLD_MAX = JUDGED_MAX * 4;

/** Where calls stand: made just now, or in an event of some kind that may tell them again. */
export interface Told {
  readonly isNew?: boolean;
  readonly place?: string;
}

export interface ToolScope {
  readonly tenant: string;
  readonly owner: string | null;
  readonly model: string;
  readonly request: readonly Passage[];
  readonly limits: ToolLimits;
}

export interface JudgePorts extends AskPorts {
  readonly restorer: Restorer | null;
  /** Null: nobody can be asked, as on the command line. */
  readonly approvals: Approvals | null;
  readonly cancellation: Cancellation;
}

/** What would be blocked, and waits for a person. */
interface HeldBlock {
  readonly rule: GuardRule;
  readonly category: string;
}

interface Judged {
  readonly call: ToolCall;
  readonly held: HeldBlock[];
}

const askedOf = (rule: GuardRule): Asked => ({ rule, on: 'reply', position: 'tool-arguments' });

export class ToolJudge {
  readonly #rules: readonly GuardRule[];
  readonly #scope: ToolScope;
  readonly #ports: JudgePorts;
  /** How many calls that are the same to a letter were judged. */
  readonly #judged = new Map<string, number>();
  /** How many of them stood in events of each kind. */
  readonly #told = new Map<string, number>();
  /** By value: its category and the rule that takes it out. */
  readonly #stripped = new Map<string, { readonly category: string; readonly rule: GuardRule }>();

  constructor(rules: readonly GuardRule[], scope: ToolScope, ports: JudgePorts) {
    this.#rules = rules;
    this.#scope = scope;
    this.#ports = ports;
  }

  /** A name is judged as soon as it is there: nobody need see a call that may not be made. */
  name(tool: string): Stop | null {
    const { tools, deniedTools } = this.#scope.limits;
    const isNamed = (pattern: string): boolean => matchesGlob(pattern, tool);
    const isAllowed = tools.every((patterns) => patterns.some(isNamed));
    return isAllowed && !deniedTools.some(isNamed) ? null : { kind: 'tool-forbidden' };
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

  /**
   * Calls in the order of the answer. Goes on at once while the rules answer at once: an answer may
   * hold any number of calls.
   */
  judge(calls: readonly ToolCall[], told: Told = {}, from = 0): MaybePromise<Stop | null> {
    for (let index = from; index < calls.length; index += 1) {
      const call = calls[index];
      if (call === undefined) continue;
      const stop = this.#call(call, told);
      if (stop instanceof Promise) {
        return stop.then((late) => late ?? this.judge(calls, told, index + 1));
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

  #call(call: ToolCall, told: Told): MaybePromise<Stop | null> {
    const forbidden = this.name(call.name);
    if (forbidden !== null || this.#rules.length === 0) return forbidden;
    if (this.#isAgain(`${call.name}\n${JSON.stringify(call.arguments)}`, told)) return null;
    const { restorer } = this.#ports;
    const { name } = call;
    const meant = restorer === null ? call.arguments : restored(call.arguments, restorer);
    const held: HeldBlock[] = [];
    const judged = { call: { name, arguments: meant }, held };
    return andThen(this.#from(0, judged), (stop) => stop ?? this.#approved(judged));
  }

  /**
   * The same call made twice is two calls: each of them may need a person. A stream tells a call again
   * in events of other kinds, so of each kind, as many as were judged are repetitions, over the whole
   * answer: a second `output_item.done` of equal arguments is a second call.
   */
  #isAgain(id: string, { isNew = false, place = '' }: Told): boolean {
    const before = this.#judged.get(id) ?? 0;
    if (!isNew) {
      const here = (this.#told.get(`${place}\n${id}`) ?? 0) + 1;
      if (this.#told.size < TOLD_MAX) this.#told.set(`${place}\n${id}`, here);
      if (here <= before) return true;
    }
    const isKept = before > 0 || this.#judged.size < JUDGED_MAX;
    if (id.length <= JUDGED_CHARS_MAX && isKept) this.#judged.set(id, before + 1);
    return false;
  }

  #from(index: number, judged: Judged): MaybePromise<Stop | null> {
    const rule = this.#rules[index];
    if (rule === undefined) return null;
    return andThen(this.#ask(rule, judged), (stop) => stop ?? this.#from(index + 1, judged));
  }

  #ask(rule: GuardRule, { call, held }: Judged): MaybePromise<Stop | null> {
    return askRule(
      askedOf(rule),
      this.#ports,
      () => rule.guard.tools?.judge(call, this.#scope) ?? [],
      (findings) => this.#found(rule, findings, held),
    );
  }

  /** Asked once a call, and only when no rule stops it anyway. */
  #approved({ call, held }: Judged): MaybePromise<Stop | null> {
    const [first] = held;
    if (first === undefined) return null;
    const { approvals, cancellation } = this.#ports;
    const { tenant, owner, model } = this.#scope;
    const reasons = held.map(({ rule, category }) => ({ guard: rule.name, category }));
    const withinMs = Math.min(...held.map(({ rule }) => rule.approvalMs ?? 0));
    const asking =
      approvals?.ask({ tenant, owner, model, call, reasons, withinMs }, cancellation) ?? false;
    return andThen(asking, (isApproved) => {
      const action = isApproved ? 'approved' : 'block';
      for (const { rule, category } of held) this.#note(rule, action, category);
      return isApproved ? null : { kind: 'blocked', ...first };
    });
  }

  #note(rule: GuardRule, action: Found['action'], category: string): void {
    const { evidence } = this.#ports;
    const position = 'tool-arguments';
    evidence.found(evidence.tally(rule, 'reply'), { action, category, position });
  }

  #found(rule: GuardRule, findings: readonly ToolFinding[], held: HeldBlock[]): Stop | null {
    let stop: Stop | null = null;
    for (const { category, value } of findings) {
      const action = this.#actionFor(rule, category, value);
      if (action === 'block' && rule.mode === 'enforce' && rule.approvalMs !== null) {
        held.push({ rule, category });
        continue;
      }
      this.#note(rule, action, category);
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
