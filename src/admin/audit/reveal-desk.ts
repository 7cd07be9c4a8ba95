/**
 * Leave to see what was said: asked for with a reason, where the tenant wants it agreed to by another
 * person, over after a while. In memory: a restart ends every leave. Bounded; the oldest goes first.
 */
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';

const LEAVES_MAX = 1_000;
const ID_CHARS = 16;
/** What nobody agreed to in a day is asked for again. */
const WAITING_MS = 86_400_000;

export interface Leave {
  readonly id: string;
  readonly tenant: string;
  /** Who asked, as the log names them. */
  readonly asker: string;
  /** Whose hand asked: a token of theirs is no other person. */
  readonly party: string;
  readonly reason: string;
  readonly minutes: number;
  readonly askedMs: number;
  /** Null: nobody has agreed, and somebody has to. */
  readonly agreedBy: string | null;
  readonly endsMs: number;
}

export type Agreement = 'agreed' | 'own' | 'unknown';

export class RevealDesk {
  readonly #clock: Clock;
  readonly #leaves = new Map<string, Leave>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ask(
    asked: Pick<Leave, 'tenant' | 'asker' | 'party' | 'reason' | 'minutes'>,
    needsSecond: boolean,
  ): Leave {
    const nowMs = this.#clock.nowMs();
    const endsMs = nowMs + (needsSecond ? WAITING_MS : asked.minutes * 60_000);
    const agreedBy = needsSecond ? null : asked.asker;
    const leave = { ...asked, id: randomBase62(ID_CHARS), askedMs: nowMs, agreedBy, endsMs };
    this.#leaves.set(leave.id, leave);
    for (const oldest of this.#leaves.keys()) {
      if (this.#leaves.size <= LEAVES_MAX) break;
      this.#leaves.delete(oldest);
    }
    return leave;
  }

  /** The time begins when somebody agrees. Nobody agrees to what they have asked for. */
  agree(id: string, who: string, party: string): Agreement {
    const leave = this.find(id);
    if (leave === null || leave.agreedBy !== null) return 'unknown';
    if (leave.party === party) return 'own';
    const endsMs = this.#clock.nowMs() + leave.minutes * 60_000;
    this.#leaves.set(id, { ...leave, agreedBy: who, endsMs });
    return 'agreed';
  }

  /** Null: there is none, or it is over. */
  find(id: string): Leave | null {
    const leave = this.#leaves.get(id);
    if (leave === undefined) return null;
    if (this.#clock.nowMs() < leave.endsMs) return leave;
    this.#leaves.delete(id);
    return null;
  }

  /** In the order in which they were asked for. */
  all(): readonly Leave[] {
    return [...this.#leaves.keys()].flatMap((id) => this.find(id) ?? []);
  }
}
