/**
 * The kind `Guard`: looks at text and says what it found. It decides nothing: the action belongs to
 * the rule that names the guard.
 *
 * A guard's detectors scan from a cursor and say how far their findings are final. The law that makes streams
 * exact: the findings, and where the cursor stops, depend on the text from `LEFT_CONTEXT_CHARS`
 * before the cursor, and not on how the text was cut. `guard.contract.ts` tests it for each member.
 */
import type { z } from 'zod';

import type { Passage, Position } from '#domain/passage.ts';
import type { ToolCall } from '#domain/tool-call.ts';
import type { ToolDefinition } from '#domain/tool-definition.ts';
import type { JsonValue } from '#stdx/json.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

/** How far left of its cursor a guard may look. A stream keeps this much of what it has sent. */
export const LEFT_CONTEXT_CHARS = 64;

/** How much text a guard may leave undecided. More is a broken guard, and the text is refused. */
export const UNDECIDED_CHARS_MAX = 65_536;

/** `pseudonymise` masks a value so that its caller gets it back; in replies it masks for good. */
export const guardActions = ['alert', 'redact', 'pseudonymise', 'block'] as const;
export type GuardAction = (typeof guardActions)[number];

export interface Finding {
  readonly category: string;
  /** UTF-16 offsets in the text that was scanned; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** 0..1: how sure the guard is. Deterministic detectors say 1. */
  readonly score: number;
  /** Sure enough to be recorded and not to be acted on: whatever the rule's action is, it alerts. */
  readonly isWeak?: boolean;
  /**
   * The finding goes on while single characters match this. It is certain before its end is known,
   * so a stream need not hold a long run back, and a run beyond any cap is redacted, not leaked.
   */
  readonly runsOn?: RegExp;
}

export interface Scan {
  /** In order of `start`, none before the cursor, all before `decidedTo`. */
  readonly findings: readonly Finding[];
  /** No finding will ever start between the cursor and here but those given. */
  readonly decidedTo: number;
  /** 0..1: the highest score of the text, findings or not. For measuring; nothing acts on it. */
  readonly score?: number;
}

export interface GuardContext {
  readonly tenant: string;
  readonly model: string;
  readonly position: Position;
  /** Of an answer: every passage of the call that it answers, before any mask. */
  readonly request: readonly Passage[];
  /** Of the call. */
  readonly signal: AbortSignal;
  /** The verdict has fallen without this guard: whoever works on works for nobody. */
  readonly isLate?: boolean;
}

export interface Detector {
  /** Answers at once however long a text is: it is given long ones in pieces. */
  readonly takesTurns?: boolean;
  /** `isEnd`: no more text follows, so everything must be decided. */
  scan(text: string, from: number, isEnd: boolean, context: GuardContext): MaybePromise<Scan>;
}

/** What a detector of tool calls may look at. */
export type ToolContext = Pick<GuardContext, 'tenant' | 'model' | 'request'>;

export interface ToolFinding {
  readonly category: string;
  /** What `redact` takes out of the arguments; without it `redact` blocks. */
  readonly value?: string;
}

/** Judges calls of tools in an answer, each when it is whole: before that nobody can act on it. */
export interface ToolDetector {
  judge(call: ToolCall, context: ToolContext): MaybePromise<readonly ToolFinding[]>;
}

/** What a detector of tool definitions may look at. */
export interface DefinitionContext {
  readonly tenant: string;
  /** Whose call it is: a user or a key; null where the proof names neither. */
  readonly owner: string | null;
}

export interface DefinitionFinding {
  readonly category: string;
  /** Told when the finding stops nothing: what was let pass once is known from then on. */
  readonly accept?: () => MaybePromise<void>;
}

/** Judges the tools that a call declares, before anything of the call is sent. */
export interface DefinitionDetector {
  judge(
    tools: readonly ToolDefinition[],
    context: DefinitionContext,
  ): MaybePromise<readonly DefinitionFinding[]>;
}

export interface Guard {
  readonly type: string;
  /** Each has its own cursor: one that decides by lines does not cut the lines of another. */
  readonly detectors: readonly Detector[];
  readonly tools?: ToolDetector;
  readonly definitions?: DefinitionDetector;
  /** Nothing that it finds is acted on, so it never holds a byte back. */
  readonly onlyAlerts?: boolean;
  /** Where the operator gave each category its own action. */
  actionOf?(category: string): GuardAction | undefined;
}

/** A way to one service, and to nothing else. */
export interface GuardHttp {
  /** Questions about one text: together they have the time that the rule gives. */
  open(signal: AbortSignal): GuardTalk;
}

export interface GuardTalk {
  /** Posts JSON and gives the JSON of a 2xx answer. Rejects for everything else, and when it is late. */
  post(path: string, body: string): Promise<JsonValue>;
}

export interface GuardHttpOptions {
  readonly url: string;
  readonly apiKey: string | null;
  readonly allowPrivateAddress: boolean;
  readonly connectionsMax: number;
}

export interface PinOwner {
  readonly tenant: string;
  /** `''`: all callers of the tenant together. */
  readonly owner: string;
}

export interface DigestedTool {
  readonly name: string;
  /** SHA-256 of the definition, base64url. */
  readonly digest: string;
}

/** `unpinned`: there is no room to remember it. */
export type PinState = 'same' | 'changed' | 'unpinned';

/** What was declared under a name the first time, remembered beyond the process. */
export interface ToolPins {
  /** One state a tool, in order. A name that is new is remembered, durably, and is `same`. */
  hold(owner: PinOwner, tools: readonly DigestedTool[]): MaybePromise<readonly PinState[]>;
  /** From now on this is what the name means. */
  accept(owner: PinOwner, tool: DigestedTool): MaybePromise<void>;
}

/** A model in a thread of its own. */
export interface Classifier {
  /** Questions about one text: together they have the time that the rule gives. */
  open(signal: AbortSignal): ClassifierTalk;
}

export interface ClassifierTalk {
  /** A score an output, the highest of its windows. Rejects when it is late, full or broken. */
  classify(text: string): Promise<readonly number[]>;
}

export interface ClassifierOptions {
  readonly model: string;
  readonly tokenizer: string;
  /** Where the packages are that run it; null: where they usually are. */
  readonly runtime: string | null;
  readonly sha256: { readonly model: string | null; readonly tokenizer: string | null };
  readonly outputs: number;
  /** Null: the first output of the model. */
  readonly output: string | null;
  readonly activation: 'softmax' | 'sigmoid' | 'none';
  readonly tokensMax: number;
  readonly overlapTokens: number;
  readonly threads: number;
  readonly heapMbMax: number;
  readonly queueMax: number;
}

/** What a guard may use of the world: nothing, unless it asks here. */
export interface GuardWorld {
  http(options: GuardHttpOptions): GuardHttp;
  readonly pins: ToolPins;
  /** May throw `ConfigProblem`: what runs it is not there. */
  classifier(options: ClassifierOptions): Classifier;
}

/** The world of a configuration that is only checked: whoever asks there gets no answer. */
export const NO_WORLD: GuardWorld = {
  pins: { hold: (_, tools) => tools.map(() => 'same' as const), accept: () => undefined },
  http: () => ({ open: () => ({ post: () => Promise.reject(new Error('no way out here')) }) }),
  classifier: () => ({
    open: () => ({ classify: () => Promise.reject(new Error('no thread here')) }),
  }),
};

export interface GuardType<Config extends z.ZodType = z.ZodType> {
  readonly type: string;
  readonly description: string;
  readonly config: Config;
  /** Keys of its configuration that are paths; relative ones start from the folder of the file. */
  readonly paths?: readonly string[];
  /** Where it looks unless the operator says otherwise; left out: everywhere. */
  readonly positions?: readonly Position[];
  /** Wrong too often to be among the guards that run where nobody has chosen any. */
  readonly isOptIn?: boolean;
  create(config: z.output<Config>, world?: GuardWorld): Guard;
}

/** Declares a member: its name, its schema, its constructor. `create` may throw `ConfigProblem`. */
export const defineGuard = <Config extends z.ZodType>(
  member: GuardType<Config>,
): GuardType<Config> => member;

const NOTHING: readonly Finding[] = [];
export const clean = (decidedTo: number): Scan => ({ findings: NOTHING, decidedTo });
