/** What a scenario looks at: that something is served, that something is refused, that it comes back. */
export type Aspect = 'served' | 'refused' | 'recovers';
export const ASPECTS: readonly Aspect[] = ['served', 'refused', 'recovers'];

export interface Check {
  readonly aspect: Aspect;
  /** What should be so, in words. */
  readonly claim: string;
  readonly holds: boolean;
  /** What was seen, where it should not be so. */
  readonly seen?: string;
}
