/** What the admin API tells of saved views. */
export interface SavedViewView {
  readonly id: string;
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
  readonly savedAt: string;
}
