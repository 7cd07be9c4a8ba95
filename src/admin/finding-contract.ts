/** What the admin API says of findings, and of what people have said of them. */

export interface JudgementView {
  readonly verdict: 'right' | 'wrong' | 'unclear' | null;
  readonly note: string | null;
  readonly assignee: string | null;
  readonly by: string;
  readonly at: string;
  readonly version: number;
}

export interface FindingView {
  readonly writer: string;
  readonly seq: number;
  readonly at: string;
  readonly requestId: string | null;
  readonly tenant: string | null;
  readonly key: string | null;
  readonly model: string | null;
  readonly guard: string;
  readonly category: string | null;
  readonly action: string;
  /** Null: nobody has said anything of it. */
  readonly judgement: JudgementView | null;
}

/** Who was refused most. */
export interface OffenderView {
  /** A key, a user or an address; null: there was none. */
  readonly name: string | null;
  readonly count: number;
  /** By why, the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly firstAt: string;
  readonly lastAt: string;
}
