/**
 * An answer that comes as events: each is read, filtered by its channels, written in the dialect of
 * the caller, and sent as fast as the caller takes it.
 *
 * The events that end the stream are kept back and returned: nobody gets the last byte before the
 * record of the call is written. Tool arguments are held until their call is complete, because
 * agents act on complete calls and rules need them whole.
 *
 * Longer than a file should be: what is held back, by channel and by tool, is the state of one stream.
 */
import type { Denial } from '#domain/denial.ts';
import { Fault } from '#domain/fault.ts';
import type { Usage } from '#domain/money.ts';
import type { ChannelDelta, EventReading, StreamCodec } from '#dialects/dialect.ts';
import { type SseEvent, sseText } from '#dialects/sse-event.ts';
import { SseReader } from '#dialects/sse-reader.ts';
import { openTranslation, type Translation } from '#dialects/translate/translate.ts';
import { tokenWeightOf } from '#metering/estimate.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import type { GuardedText } from '#policy/guards/guarded-text.ts';
import type { Stop } from '#policy/guards/window.ts';

import { chargedUsage, countedUsage, withSearch } from './charged-usage.ts';
import { HeldJson } from './held-json.ts';
import type { Gateway, Outlet } from './ports.ts';
import { PassedTexts } from './passed-texts.ts';
import { ReplyDigest } from './reply-digest.ts';
import { readsOneWay } from './reads-one-way.ts';
import type { RelayInput } from './relay-whole.ts';
import { denialOfStop, filterContent } from './stages.ts';
import { UnseenThinking } from './unseen-thinking.ts';

/** A provider that opens more channels than this in one answer is not answering a question. */
const CHANNELS_MAX = 1_024;
/** The same, of those that have ended. */
const CLOSED_MAX = 65_536;
const KEEP_ALIVE_MS = 10_000;

export interface StreamEnd {
  /** Of the text that was written before `last`. */
  readonly chars: number;
  /** Written after the record: the dialect's own end, clean or blocked. */
  readonly last: string;
  readonly usage: Usage;
  readonly denial: Denial | null;
  readonly firstByteMs: number | null;
}

export class StreamRelay {
  readonly #input: RelayInput;
  readonly #gateway: Gateway;
  readonly #outlet: Outlet;
  readonly #codec: StreamCodec;
  readonly #translation: Translation | null;
  readonly #channels = new Map<string, GuardedText>();
  /** What has ended: text behind an end could be the rest of what was cleared without it. */
  readonly #closed = new Set<string>();
  /** Names of calls by their channels, kept when a channel closes; at most `CHANNELS_MAX`. */
  readonly #toolNames = new Map<string, string>();
  readonly #passed = new PassedTexts();
  readonly #digest = new ReplyDigest();
  readonly #unseen: UnseenThinking;
  #usage: Usage | null = null;
  #outputChars = 0;
  #outputWeight = 0;
  #sentChars = 0;
  #isEnded = false;
  #stop: Stop | null = null;
  #firstByteMs: number | null = null;
  #lastWriteMs = 0;

  constructor(input: RelayInput, gateway: Gateway, outlet: Outlet) {
    this.#input = input;
    this.#gateway = gateway;
    this.#outlet = outlet;
    const { call, reply, requestId, model } = input;
    this.#unseen = new UnseenThinking(input.thinker);
    this.#codec = gateway.dialects[reply.dialect].openStream(call);
    const createdS = Math.floor(gateway.clock.nowMs() / 1_000);
    const includeUsage = call.wantsStreamUsage;
    this.#translation =
      reply.dialect === call.dialect
        ? null
        : openTranslation(reply.dialect, call.dialect, {
            model,
            requestId,
            createdS,
            includeUsage,
          });
  }

  /**
   * Usage so far: the provider's word where it gave one, else what we counted. Before the end a
   * provider's word is of an earlier moment (Anthropic's first event says one token), so the larger
   * of the two counts.
   */
  get usage(): Usage {
    const counted = countedUsage(this.#input, this.#outputWeight);
    const told = chargedUsage(this.#usage, {
      counted: () => counted,
      hasText: () => this.#outputChars > 0,
    });
    const usage = withSearch(told, this.#input.call);
    if (this.#isEnded || usage.outputTokens >= counted.outputTokens) return usage;
    return { ...usage, outputTokens: counted.outputTokens, source: 'counted' };
  }

  /** The same where the stream is cut: what was not seen may be billed too. */
  get usageWhenCut(): Usage {
    const { usage } = this;
    if (this.#isEnded) return usage;
    const nowMs = this.#gateway.clock.monotonicMs();
    const outputTokens = this.#unseen.outputTokens(usage.outputTokens, nowMs);
    return outputTokens === usage.outputTokens
      ? usage
      : { ...usage, outputTokens, source: 'estimated' };
  }

  async run(): Promise<StreamEnd> {
    const keepAlive = setInterval(() => this.#keepAlive(), KEEP_ALIVE_MS);
    try {
      return await this.#events();
    } finally {
      clearInterval(keepAlive);
      this.#input.reply.body.cancel();
      this.#input.evidence.replyDigest = this.#digest.value();
      await this.#input.run.settled();
    }
  }

  async #events(): Promise<StreamEnd> {
    const { births } = this.#input;
    const reader = new SseReader();
    const { body } = this.#input.reply;
    for (let chunk = await body.next(); chunk !== null; chunk = await body.next()) {
      let out = '';
      const events = reader.push(chunk);
      if (events.length > 0) body.waits(false);
      for (const event of events) {
        const reading = this.#codec.read(event);
        if (births !== null && reading.wire !== null) await births.bind(births.fresh(reading.wire));
        const written = await this.#event(reading);
        const text = this.#textOf(written);
        if (this.#stop !== null) {
          await this.#write(out + text);
          return this.#blocked(this.#stop);
        }
        if (reading.isEnd) {
          this.#isEnded = true;
          await this.#write(out);
          return this.#end(text, null);
        }
        out += text;
      }
      await this.#write(out);
      const going = this.#mayGoOn();
      if (!(going instanceof Promise ? await going : going)) return this.#spent();
      if (events.length > 0) body.waits(true);
    }
    throw new Fault('provider-cut', 'the stream ended before its end');
  }

  #end(last: string, denial: Denial | null): StreamEnd {
    const usage = this.usageWhenCut;
    return { last, usage, denial, firstByteMs: this.#firstByteMs, chars: this.#sentChars };
  }

  /** What was sent is paid for; what would come is not. The answer ends as one that is too long. */
  #spent(): StreamEnd {
    return this.#end(this.#textOf(this.#codec.blocked(this.usage, 'length')), null);
  }

  #mayGoOn(): MaybePromise<boolean> {
    const { spend } = this.#input;
    return spend === null || spend.mayGoOn(this.usage, this.#outputChars);
  }

  #blocked(stop: Stop): StreamEnd {
    const denial = denialOfStop(stop);
    if (stop.kind !== 'unavailable')
      return this.#end(this.#textOf(this.#codec.blocked(this.usage)), denial);
    return this.#end('', denial);
  }

  #textOf(events: readonly SseEvent[]): string {
    const translation = this.#translation;
    if (translation === null) return events.map(sseText).join('');
    return events
      .flatMap((event) => translation.push(event))
      .map(sseText)
      .join('');
  }

  async #write(text: string): Promise<void> {
    if (text === '') return;
    this.#firstByteMs ??= this.#gateway.clock.monotonicMs();
    this.#lastWriteMs = this.#gateway.clock.monotonicMs();
    this.#sentChars += text.length;
    this.#input.tap?.answered(text);
    await this.#outlet.write(text);
  }

  #keepAlive(): void {
    const isQuiet = this.#gateway.clock.monotonicMs() - this.#lastWriteMs >= KEEP_ALIVE_MS;
    if (!isQuiet || this.#firstByteMs === null) return;
    // A caller that has gone is noticed by the next write of an event; this one only keeps alive.
    const { dialects } = this.#gateway;
    const { call } = this.#input;
    const codec =
      this.#translation === null ? this.#codec : dialects[call.dialect].openStream(call);
    this.#outlet.write(sseText(codec.keepAlive())).catch(() => {});
  }

  async #event(reading: EventReading): Promise<readonly SseEvent[]> {
    const { usage, deltas, isFailure, isHidden, sealedCount } = reading;
    if (usage !== null) this.#usage = usage;
    if (isFailure) throw new Fault('provider-failed', 'an error event in the stream');
    this.#unseen.saw(reading, this.#gateway.clock.monotonicMs());
    this.#input.trace?.answered(reading.wire);
    for (const { text } of deltas) {
      this.#outputChars += text.length;
      this.#outputWeight += tokenWeightOf(text);
    }
    const { run, evidence } = this.#input;
    evidence.passedUnread('sealed', sealedCount);
    const isIdle = run.isIdle;
    if (isIdle) {
      if (isHidden) return [];
      return this.#codec.write(
        reading,
        deltas.map(({ text }) => text),
        false,
      );
    }
    const isExact = readsOneWay(reading);
    for (const delta of deltas) this.#digest.add(delta);
    this.#openCalls(reading);
    if (this.#stop !== null) return [];
    const out = await this.#closeOthers(reading);
    const texts = await this.#filterDeltas(reading);
    const isEdited = this.#stop === null && ((await this.#filterRest(reading)) || !isExact);
    if (this.#stop !== null) return [...out, ...this.#upToStop(reading, texts)];
    return isHidden ? out : [...out, ...this.#codec.write(reading, texts, isEdited)];
  }

  /** What stands before a block. The event itself is not sent: the rest of it was not cleared. */
  #upToStop({ deltas }: EventReading, texts: readonly string[]): readonly SseEvent[] {
    return deltas.flatMap(({ channel }, index) => {
      const text = texts[index] ?? '';
      return text === '' ? [] : this.#codec.append(channel, text);
    });
  }

  /** Channels that end here without text of their own in this event: their tails come before it. */
  async #closeOthers({ deltas, closes }: EventReading): Promise<SseEvent[]> {
    const out: SseEvent[] = [];
    for (const channel of closes) {
      if (deltas.some((delta) => delta.channel === channel)) continue;
      const tail = await this.#close(channel);
      if (tail !== '') out.push(...this.#codec.append(channel, tail));
      if (this.#stop !== null) break;
    }
    return out;
  }

  async #close(channel: string): Promise<string> {
    const guarded = this.#channels.get(channel);
    if (guarded === undefined || this.#stop !== null) return '';
    this.#channels.delete(channel);
    if (this.#closed.size >= CLOSED_MAX) throw tooManyChannels();
    this.#closed.add(channel);
    const tail = await guarded.end();
    this.#stop = guarded.stop;
    return tail;
  }

  async #filterDeltas({ deltas, closes }: EventReading): Promise<string[]> {
    const texts: string[] = [];
    for (const delta of deltas) {
      if (this.#stop !== null) {
        texts.push('');
        continue;
      }
      const guarded = this.#channel(delta);
      const pushed = guarded.push(delta.text);
      let text = pushed instanceof Promise ? await pushed : pushed;
      this.#stop = guarded.stop;
      if (closes.includes(delta.channel)) text += await this.#close(delta.channel);
      texts.push(text);
    }
    return texts;
  }

  #channel({ channel, position, isSealed, isJson, tool }: ChannelDelta): GuardedText {
    const known = this.#channels.get(channel);
    if (known !== undefined) return known;
    if (this.#closed.has(channel)) {
      throw new Fault('provider-reply-invalid', 'text behind the end of its channel');
    }
    const { run } = this.#input;
    const isHeld = isJson || (position === 'tool-arguments' && run.judgesTools);
    const held = { tool: tool ?? '', isJson };
    return this.#opened(channel, isHeld ? new HeldJson(run, held) : run.open(position, !isSealed));
  }

  #opened(channel: string, guarded: GuardedText): GuardedText {
    if (this.#channels.size >= CHANNELS_MAX) throw tooManyChannels();
    this.#channels.set(channel, guarded);
    return guarded;
  }

  /** Calls that begin here. A name that may not be called stops the answer before it is sent. */
  #openCalls({ opens }: EventReading): void {
    const { run } = this.#input;
    // A call that says its name is another call, also where its server counts all of them as the first.
    for (const { channel } of opens) this.#closed.delete(channel);
    if (!run.judgesTools) return;
    for (const { channel, tool, isJson } of opens) {
      this.#stop ??= run.judgeName(tool);
      const before = this.#toolNames.get(channel);
      // Clients differ in which of two names they take, so there is no telling what would run.
      if (before !== undefined && before !== tool) {
        throw new Fault('provider-reply-invalid', 'a tool call with two names');
      }
      if (before === undefined && this.#toolNames.size >= CHANNELS_MAX) {
        throw new Fault('provider-reply-invalid', 'an answer with too many tool calls');
      }
      this.#toolNames.set(channel, tool);
      // What is there already keeps what it holds; what was closed begins anew.
      if (this.#channels.has(channel)) continue;
      this.#opened(channel, new HeldJson(run, { tool, isJson }));
    }
  }

  /** Every other string of the event. What passed once as it is need not be read again. */
  async #filterRest(reading: EventReading): Promise<boolean> {
    const content = reading.content();
    if (content === null) return false;
    if (content.toolCalls.length === 0 && this.#passed.knows(content)) return false;
    const type = reading.wire?.['type'];
    const place = typeof type === 'string' ? type : '';
    const { stop, isEdited } = await filterContent(content, this.#input.run, { place });
    this.#stop = stop;
    if (stop === null && !isEdited) this.#passed.remember(content);
    return isEdited;
  }
}

const tooManyChannels = (): Fault =>
  new Fault('provider-reply-invalid', 'an answer with too many channels');
