/** What the admin API says of changes of the configuration. */

export interface ConfigChangeView {
  readonly id: string;
  readonly state: 'proposed' | 'applied';
  readonly entries: readonly {
    readonly section: string;
    readonly name: string;
    /** Null: it was not there, or is taken out. A secret is shown as `[secret]`. */
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly value: Readonly<Record<string, unknown>> | null;
  }[];
  readonly note: string | null;
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly appliedBy: string | null;
  readonly appliedAt: string | null;
  readonly undoes: string | null;
}

/** What of the last day a change is about. */
export interface AffectedView {
  readonly section: string;
  readonly name: string;
  readonly what: 'calls' | 'attempts' | 'calls with findings' | 'refused calls';
  readonly count: number;
  /** Of so many calls in all. */
  readonly of: number;
}

/** What an entry of the configuration may say. */
export interface ConfigFieldView {
  readonly key: string;
  /** In words; what is written as it stands is between backticks. */
  readonly type: string;
  /** What holds where it is left out, between backticks; `required`, or empty. */
  readonly fallback: string;
  readonly about: string;
  /** Values of `type` that have it; empty: every entry has. */
  readonly of: readonly string[];
}
