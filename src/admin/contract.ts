/**
 * What the admin API says, as types: the dashboard imports these and nothing else of the server.
 * The schemas of the routes are checked against them, so the two cannot drift. One file, longer than
 * others, because it is the one that the dashboard may import; there is nothing in it but shapes.
 */
/** `provisioner` is for tokens of identity providers: it may do SCIM and nothing else. */
export type AdminRole =
  | 'viewer'
  | 'operator'
  | 'security-auditor'
  | 'tenant-admin'
  | 'platform-admin'
  | 'provisioner';
export type ManagedBy = 'file' | 'store';
export type Lifecycle = 'active' | 'suspended';

/** One page of a list; `next` is the `after` of the page that follows, null on the last. */
export interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** RFC 9457. `detail` is constant text; `errors` name fields and never repeat values. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId: string;
  readonly field?: string | undefined;
  readonly errors?: readonly FieldProblem[] | undefined;
}

export interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}

/** Dollars for a million tokens, and where they are from: `configuration`, `file-…`, `catalogue-…`. */
export interface PriceView {
  readonly inputPerMTok: number;
  readonly outputPerMTok: number;
  readonly version: string;
}

export interface ModelView {
  readonly id: string;
  readonly deployments: readonly {
    readonly provider: string;
    readonly model: string;
    readonly weight: number;
    /** What a call there costs; null: nobody knows. */
    readonly price: PriceView | null;
  }[];
  /** What the configuration itself says. */
  readonly price: { readonly inputPerMTok: number; readonly outputPerMTok: number } | null;
}

/** What the store keeps carries its version; what the file declares has none (`null`). */
export interface TenantView {
  readonly id: string;
  readonly name: string | null;
  readonly status: Lifecycle;
  readonly managedBy: ManagedBy;
  /** How long a key works at most: `90d`; null: as long as it says. */
  readonly keyLifetimeMax: string | null;
  /** Tokens that are bound to no certificate and no key do not count. */
  readonly boundTokens: boolean;
  /** Which role a provisioned group gives, by the name of the group. */
  readonly groupRoles: Readonly<Record<string, string>>;
  readonly createdAt: string | null;
  readonly version: number | null;
}

export interface TeamView {
  readonly id: string;
  readonly tenant: string;
  readonly name: string | null;
  readonly createdAt: string;
  readonly version: number;
}

export interface UserView {
  readonly id: string;
  /** What keys, tokens and bindings carry: the id, but for users that were provisioned. */
  readonly user: string;
  readonly tenant: string;
  readonly team: string | null;
  readonly name: string | null;
  /** Suspended where an administrator here or the identity provider says so. */
  readonly status: Lifecycle;
  /** What the identity provider says, by SCIM; null: it did not make the user. */
  readonly provisioned: 'active' | 'inactive' | 'removed' | null;
  readonly createdAt: string;
  readonly version: number;
}

export interface RuleView {
  readonly actions: readonly string[];
  readonly models: readonly string[];
  /** Left out: all. */
  readonly tools?: readonly string[] | undefined;
  /** Guards that must read what it allows. */
  readonly guards?: readonly string[] | undefined;
  /** A condition in CEL; left out: always. */
  readonly when?: string | undefined;
}

export interface RoleView {
  readonly tenant: string;
  readonly name: string;
  readonly allow: readonly RuleView[];
  /** What it denies, no role allows. */
  readonly deny: readonly RuleView[];
  readonly managedBy: ManagedBy;
  readonly version: number | null;
}

export interface BindingView {
  readonly id: string;
  readonly tenant: string;
  readonly role: string;
  readonly users: readonly string[];
  readonly serviceAccounts: readonly string[];
  readonly teams: readonly string[];
  readonly keys: readonly string[];
  /** Values by names of claims. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
  /** `scim`: of a provisioned group. */
  readonly managedBy: ManagedBy | 'scim';
  readonly version: number | null;
}

/** What a key is cut down to. Null: not by this. */
export interface KeyScopeView {
  readonly actions: readonly string[] | null;
  readonly models: readonly string[] | null;
  readonly tools: readonly string[] | null;
  readonly networks: readonly string[] | null;
  readonly hours: readonly string[] | null;
  readonly when: string | null;
}

export interface KeyView {
  readonly id: string;
  readonly mode: 'live' | 'test';
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  /** The name of the service account that it belongs to. */
  readonly serviceAccount: string | null;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly parent: string | null;
  readonly scope: KeyScopeView | null;
  readonly isHoney: boolean;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly quarantinedAt: string | null;
  /** To within half a minute; null: never. */
  readonly lastUsedAt: string | null;
  readonly secrets: readonly { readonly last4: string; readonly expiresAt: string | null }[];
  readonly version: number;
}

/** The one answer that holds the key itself. */
export interface KeyOnce extends KeyView {
  readonly key: string;
}

/** A part of the configuration; `value` as the file would say it, without its secrets. */
export interface SettingView {
  readonly section:
    | 'providers'
    | 'models'
    | 'guards'
    | 'limits'
    | 'budgets'
    | 'alerts'
    | 'issuers'
    | 'endUsers'
    | 'introspection'
    | 'sinks';
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly managedBy: ManagedBy;
  readonly createdAt: string | null;
  readonly version: number | null;
}

export interface ConfigDifferenceView {
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly from?: unknown;
  readonly to?: unknown;
}

/** A secret that a tenant has brought; the secret itself is in no answer. */
export interface ProviderSecretView {
  readonly tenant: string;
  readonly provider: string;
  /** Where it may be sent. */
  readonly origin: string;
  readonly createdAt: string;
  readonly setAt: string;
  /** Counts how often it was set or sealed anew. */
  readonly secretVersion: number;
  readonly version: number;
}

/** Under which keys secrets are kept. */
export interface SecretsStatusView {
  /** The root key that wraps now; null: it cannot be asked. */
  readonly root: string | null;
  /** Nothing is left to be wrapped anew. */
  readonly isCurrent: boolean;
  readonly keys: readonly {
    /** Null: of the platform. */
    readonly tenant: string | null;
    readonly number: number;
    readonly root: string;
    readonly isNewest: boolean;
    readonly createdAt: string;
    readonly secrets: number;
  }[];
}

export interface RewrapView {
  readonly keys: number;
  readonly secrets: number;
  readonly unreadable: readonly string[];
  readonly isComplete: boolean;
}

/** A tool call that waits for a person. */
export interface ApprovalView {
  readonly id: string;
  readonly tenant: string;
  readonly owner: string | null;
  readonly model: string;
  readonly tool: string;
  readonly arguments: string;
  readonly reasons: readonly { readonly guard: string; readonly category: string }[];
  readonly askedAt: string;
  readonly endsAt: string;
}

/** What a tool was when its owner first declared it. */
export interface ToolPinView {
  readonly id: string;
  readonly tenant: string;
  readonly owner: string | null;
  readonly tool: string;
  readonly digest: string;
  readonly pinnedAt: string;
  readonly changedDigest: string | null;
  readonly changedAt: string | null;
  readonly version: number;
}

export interface AdminTokenView {
  readonly id: string;
  readonly role: AdminRole;
  readonly tenant: string | null;
  readonly isOneTime: boolean;
  readonly madeBy: string | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly usedAt: string | null;
  readonly revokedAt: string | null;
  readonly version: number;
}

/** The one answer that holds the token itself. */
export interface AdminTokenOnce extends AdminTokenView {
  readonly token: string;
}

export interface SessionView {
  readonly token: string;
  readonly id: string;
  readonly role: AdminRole;
  readonly expiresAt: string;
}

export interface AdminAlertTest {
  readonly target: string;
  readonly isDelivered: boolean;
  /** Null: no answer came. */
  readonly status: number | null;
  /** What went wrong, in constant words; null where nothing did. */
  readonly problem: string | null;
  readonly ms: number;
}

/** What would be decided about a call, and why. */
export interface ExplanationView {
  readonly decision: 'allow' | 'deny';
  readonly reason: string | null;
  readonly rule: string | null;
  readonly deniedTools: readonly string[];
  readonly roles: readonly {
    readonly role: string;
    readonly from: 'proof' | 'binding' | 'scope' | 'parent';
    readonly isKnown: boolean;
  }[];
  readonly rules: readonly {
    readonly rule: string;
    readonly kind: 'allow' | 'deny';
    readonly outcome: string;
    readonly when: string | null;
  }[];
}

export interface CaseResultView {
  readonly name: string;
  readonly isAsExpected: boolean;
  readonly expected: 'allow' | 'deny';
  readonly expectedRule: string | null;
  readonly decision: 'allow' | 'deny';
  readonly reason: string | null;
  readonly rule: string | null;
}

export interface ReloadView {
  readonly policyVersion: string;
}

/** A person who signs in with a password of this gateway. */
export interface AccountView {
  readonly id: string;
  readonly login: string;
  readonly name: string | null;
  readonly role: AdminRole;
  readonly tenant: string | null;
  readonly status: 'active' | 'disabled';
  readonly hasSecondFactor: boolean;
  readonly passwordSetAt: string;
  readonly temporaryUntil: string | null;
  readonly createdAt: string;
  readonly version: number;
}

/** The one answer that holds the temporary password. */
export interface AccountOnce extends AccountView {
  readonly temporaryPassword: string;
}

export interface PersonSessionView {
  readonly id: string;
  readonly login: string;
  readonly account: string | null;
  readonly role: AdminRole;
  readonly tenant: string | null;
  readonly proof: 'password' | 'password+totp' | 'password+recovery' | 'oidc';
  readonly createdAt: string;
  readonly seenAt: string;
  readonly endsAt: string;
}

/** The caller's own session. */
export interface MeView {
  readonly session: PersonSessionView;
  readonly csrfToken: string;
  readonly isIncomplete: boolean;
  readonly mustChangePassword: boolean;
  readonly hasSecondFactor: boolean;
  readonly idleSeconds: number;
}

/** How people can sign in here. */
export interface SignInView {
  readonly password: boolean;
  readonly oidc: { readonly name: string } | null;
}
