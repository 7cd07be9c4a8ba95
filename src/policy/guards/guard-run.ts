/**
 * The guards of one direction of one call. Whole texts and streams go through the same window, so
 * that what is true for one is true for the other.
 */
import type { Call } from '#domain/call.ts';
import type { Passage, Position } from '#domain/passage.ts';
import type { ToolCall } from '#domain/tool-call.ts';
import type { ToolDefinition } from '#domain/tool-definition.ts';
import { limitsTools, type ToolLimits } from '#domain/tool-limits.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import { matchesGlob } from '../access/glob.ts';
import type { Approvals } from './approval.ts';
import { judgeDefinitions } from './definition-judge.ts';
import { Evidence } from './evidence.ts';
import type { GuardAction, GuardContext } from './guard.ts';
import type { GuardedText } from './guarded-text.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { RestoredText, Restorer } from './restore.ts';
import type { Direction, GuardRule } from './rule.ts';
import { type RulesAt, selectedRules, type SelectedRules } from './selected-rules.ts';
import { scanRule } from './scan-rule.ts';
import { type Told, ToolJudge } from './tool-judge.ts';
import { WatchedText, Watchers } from './watching.ts';
import { type Lane, maskOf, type Stop, StreamWindow, type WindowPort } from './window.ts';

export interface GuardSubject {
  readonly tenant: string;
  readonly model: string;
  readonly direction: Direction;
  readonly cancellation: Cancellation;
  /** The role that allowed the call; `''` where there is none, as on the command line. */
  readonly role?: string;
  /** Of the keys above the caller's. */
  readonly parentRoles?: readonly string[];
  /** Guards that the rule names which allowed the call. */
  readonly demanded?: readonly string[];
  /** Whose call it is: a user or a key. */
  readonly owner?: string | null;
  /** Of a reply: what it answers, and which tools it may call. */
  readonly answers?: { readonly call: Call } & ToolLimits;
}

export interface GuardPorts {
  readonly evidence: Evidence;
  /** Of the call. Requests fill it, replies are restored from it; null: masks are for good. */
  readonly pseudonyms?: Pseudonyms | null;
  readonly monotonicMs: () => number;
  /** Who is asked about tool calls that a rule would block; left out: nobody. */
  readonly approvals?: Approvals | null;
}

export class GuardRun {
  readonly #rules: SelectedRules;
  readonly #subject: GuardSubject;
  readonly #ports: GuardPorts;
  readonly #restorer: Restorer | null;
  readonly #judge: ToolJudge | null;
  readonly #mayRestore: (tool: string) => boolean;
  // Made when the first text comes: most runs of a gateway without rules see none.
  #watchers: Watchers | null = null;
  #plans: Map<Position, Plan> | null = null;

  constructor(rules: readonly GuardRule[], subject: GuardSubject, ports: GuardPorts) {
    this.#rules = selectedRules(rules, subject);
    this.#subject = subject;
    this.#ports = ports;
    const pseudonyms = ports.pseudonyms ?? null;
    const isRestoring = subject.direction === 'reply' && pseudonyms?.isEmpty === false;
    this.#restorer = isRestoring ? new Restorer(pseudonyms) : null;
    this.#mayRestore = isRestoring
      ? restoresFor(selectedRules(rules, { ...subject, direction: 'request' }).reversible)
      : () => false;
    this.#judge = this.#judgeOf(subject);
  }

  #judgeOf({ tenant, owner = null, model, answers, cancellation }: GuardSubject): ToolJudge | null {
    const { onTools } = this.#rules;
    if (answers === undefined || (onTools.length === 0 && !limitsTools(answers))) return null;
    const request = answers.call.content.passages;
    const scope = { tenant, owner, model, request, limits: answers };
    const { evidence, monotonicMs, approvals = null } = this.#ports;
    return new ToolJudge(onTools, scope, {
      evidence,
      monotonicMs,
      restorer: this.#restorer,
      approvals,
      cancellation,
    });
  }

  /** For a gateway without rules: nothing looks at anything, so one is enough for all calls. */
  static readonly idle = new GuardRun(
    [],
    { tenant: '', model: '', direction: 'request', cancellation: new Cancellation() },
    { evidence: new Evidence(), monotonicMs: () => 0 },
  );

  /** No guard looks at this direction: nothing needs to be walked. */
  get isIdle(): boolean {
    return this.#rules.isEmpty && this.#restorer === null && this.#judge === null;
  }

  /** Whether calls of tools are judged: then all of their arguments are held until they are whole. */
  get judgesTools(): boolean {
    return this.#judge !== null;
  }

  /**
   * Why an answer with these calls goes no further, or null.
   */
  judge(calls: readonly ToolCall[], told: Told = {}): MaybePromise<Stop | null> {
    return calls.length === 0 ? null : (this.#judge?.judge(calls, told) ?? null);
  }

  /** Why a call that declares these tools is not made, or null. */
  judgeDefinitions(tools: readonly ToolDefinition[]): MaybePromise<Stop | null> {
    const { onDefinitions } = this.#rules;
    if (tools.length === 0 || onDefinitions.length === 0) return null;
    const { tenant, owner = null } = this.#subject;
    return judgeDefinitions(onDefinitions, { tools, context: { tenant, owner } }, this.#ports);
  }

  judgeName(tool: string): Stop | null {
    return this.#judge?.name(tool) ?? null;
  }

  judgeTooLong(): Stop | null {
    return this.#judge?.tooLong() ?? null;
  }

  open(position: Position, isEditable: boolean): GuardedText {
    const guarded = this.#guarded(position, isEditable);
    const restorer = this.#restorerFor(position, isEditable);
    return restorer === null ? guarded : new RestoredText(guarded, restorer);
  }

  /** Text for the caller's eyes is restored; what an agent acts on and what is a name is not. */
  #restorerFor(position: Position, isEditable: boolean): Restorer | null {
    return isEditable && RESTORED.has(position) ? this.#restorer : null;
  }

  #guarded(position: Position, isEditable: boolean): GuardedText {
    const { editing, watching, port } = this.#plan(position);
    const edit = new StreamWindow(this.#lanes(editing), port, isEditable);
    if (watching.length === 0) return edit;
    const watch = new StreamWindow(this.#lanes(watching), port, isEditable);
    return new WatchedText(edit, watch, this.#watching());
  }

  /** Resolves when guards that only watch are done, so that the record can say what they saw. */
  settled(): MaybePromise<void> {
    return this.#watchers?.settled();
  }

  #watching(): Watchers {
    this.#watchers ??= new Watchers();
    return this.#watchers;
  }

  /** The filtered text; `stop` says why there is none. */
  whole(text: string, position: Position, isEditable: boolean, tool?: string): MaybePromise<Whole> {
    const { editing, watching, port } = this.#plan(position);
    if (watching.length > 0) {
      const watch = new StreamWindow(this.#lanes(watching), port, isEditable);
      this.#watching().run(watch, () => watch.whole(text));
    }
    const edit = new StreamWindow(this.#lanes(editing), port, isEditable);
    return andThen(edit.whole(text), (filtered) => {
      const restored = this.#restored(filtered, position, isEditable, tool);
      if (edit.stop !== null || position !== 'tool-arguments' || this.#judge === null) {
        return { text: restored, stop: edit.stop };
      }
      return this.#judge.strip(restored, isEditable);
    });
  }

  /** Leaves of documents are strings of their own: their values need no escapes. */
  #restored(text: string, position: Position, isEditable: boolean, tool = ''): string {
    if (position === 'tool-arguments') {
      const mayRestore = isEditable && this.#restorer !== null && this.#mayRestore(tool);
      return mayRestore ? this.#restorer.restore(text, '', false) : text;
    }
    return this.#restorerFor(position, isEditable)?.restore(text) ?? text;
  }

  #lanes(rules: readonly GuardRule[]): Lane[] {
    const { direction } = this.#subject;
    const lanes: Lane[] = [];
    for (const rule of rules) {
      const tally = this.#ports.evidence.tally(rule, direction);
      for (const detector of rule.guard.detectors) lanes.push({ rule, detector, tally, cursor: 0 });
    }
    return lanes;
  }

  #maskOf(action: GuardAction, category: string, value: string): string {
    const { pseudonyms } = this.#ports;
    const isReversible = action === 'pseudonymise' && this.#subject.direction === 'request';
    const surrogate = isReversible ? pseudonyms?.surrogateFor(category, value) : null;
    return surrogate ?? maskOf(category);
  }

  /** Which rules read a position, worked out once a call. */
  #plan(position: Position): Plan {
    this.#plans ??= new Map();
    const known = this.#plans.get(position);
    if (known !== undefined) return known;
    const context = new PassageContext(this.#subject, position);
    const ports = this.#ports;
    const plan: Plan = {
      ...this.#rules.at(position),
      port: {
        scan: ({ tally, detector, cursor: from }, text, isEnd) =>
          scanRule(tally, { detector, text, from, isEnd }, context, ports),
        found: ({ tally }, action, category) => {
          ports.evidence.found(tally, { action, category, position });
        },
        mask: (action, category, value) => this.#maskOf(action, category, value),
      },
    };
    this.#plans.set(position, plan);
    return plan;
  }
}

/** A tenant's own rule can only take a tool away: every rule that masks must name it. */
const restoresFor =
  (rules: readonly GuardRule[]) =>
  (tool: string): boolean =>
    rules.length > 0 &&
    rules.every(({ restoreTools }) => restoreTools.some((pattern) => matchesGlob(pattern, tool)));

const RESTORED: ReadonlySet<Position> = new Set(['assistant', 'reasoning']);

interface Plan extends RulesAt {
  readonly port: WindowPort;
}

/** What a guard is told. Its signal is made when one asks for it. */
class PassageContext implements GuardContext {
  readonly tenant: string;
  readonly model: string;
  readonly position: Position;
  readonly request: readonly Passage[];
  readonly #cancellation: Cancellation;

  constructor(subject: GuardSubject, position: Position) {
    const { tenant, model, cancellation, answers } = subject;
    this.tenant = tenant;
    this.model = model;
    this.position = position;
    this.request = answers?.call.content.passages ?? [];
    this.#cancellation = cancellation;
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }
}

export interface Whole {
  readonly text: string;
  readonly stop: Stop | null;
}
