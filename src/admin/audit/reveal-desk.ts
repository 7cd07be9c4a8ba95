/**
 * Leave to see what was said: asked for with a reason, where the tenant wants it agreed to by another
 * person, over after a while. In memory: a restart ends every leave. Bounded, and first by tenant: whoever
 * asks without end pushes out no leave of others.
 */
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';

const LEAVES_MAX = 10_000;
const LEAVES_PER_TENANT_MAX = 100;
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

export const newLeaveId = (): string => randomBase62(ID_CHARS);

type Asked = Pick<Leave, 'tenant' | 'asker' | 'party' | 'reason' | 'minutes'>;

export class RevealDesk {
  readonly #clock: Clock;
  readonly #leaves = new Map<string, Leave>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `id`: a fresh one, which the log has been told of. */
  ask(asked: Asked & Partial<Pick<Leave, 'id'>>, needsSecond: boolean): Leave {
    const nowMs = this.#clock.nowMs();
    const endsMs = nowMs + (needsSecond ? WAITING_MS : asked.minutes * 60_000);
    const agreedBy = needsSecond ? null : asked.asker;
    const leave = { id: newLeaveId(), ...asked, askedMs: nowMs, agreedBy, endsMs };
    this.#leaves.set(leave.id, leave);
    const own = this.all().filter(({ tenant }) => tenant === leave.tenant);
    for (const { id } of own.slice(0, -LEAVES_PER_TENANT_MAX)) this.#leaves.delete(id);
    const [oldest] = this.#leaves.keys();
    if (oldest !== undefined && this.#leaves.size > LEAVES_MAX) this.#leaves.delete(oldest);
    return leave;
  }

  /** What would be said to them. Nobody agrees to what they have asked for. */
  mayAgree(id: string, party: string): Agreement {
    const leave = this.find(id);
    if (leave === null || leave.agreedBy !== null) return 'unknown';
    return leave.party === party ? 'own' : 'agreed';
  }

  /** The time begins when somebody agrees. */
  agree(id: string, who: string, party: string): Agreement {
    const leave = this.find(id);
    const said = this.mayAgree(id, party);
    if (leave === null || said !== 'agreed') return said;
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
