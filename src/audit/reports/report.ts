/** What an auditor is given: tables, with what they are about. Rendered as HTML or CSV, or as it is. */
export const reportNames = ['access', 'changes', 'findings', 'denied', 'integrity'] as const;
export type ReportName = (typeof reportNames)[number];

export type Cell = string | number | null;

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** There is more than is shown: the bound was reached. */
  readonly isCut: boolean;
}

export interface Report {
  readonly name: ReportName;
  readonly title: string;
  /** What it shows, and what it does not. */
  readonly about: string;
  /** ISO 8601; null: from the beginning, to now. Reports of how things are have neither. */
  readonly from: string | null;
  readonly to: string | null;
  /** Null: of the whole gateway. */
  readonly tenant: string | null;
  readonly madeAt: string;
  readonly tables: readonly ReportTable[];
}
