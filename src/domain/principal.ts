/** Who calls, proven. */
export interface Principal {
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  readonly keyId: string | null;
  /** Roles that came with the proof itself (a key's own roles, a token's claim). */
  readonly roles: readonly string[];
  readonly claims: Readonly<Record<string, string | readonly string[]>>;
  readonly provenBy: 'api-key' | 'jwt' | 'introspection' | 'mtls';
}
