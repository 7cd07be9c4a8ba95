/** Which fields of stored settings are secrets, what each is bound to, and what may be one. */
import type { Bound } from '#custody/bound.ts';
import { SECRET_BYTES_MAX } from '#custody/sealed.ts';
import { isLocal } from '#providers/provider.ts';
import { createProvider } from '#providers/registry.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import type { JsonObject, JsonValue } from '#stdx/json.ts';

import { webhookSecretBytes } from './alerts-section.ts';
import { isWeakSecret } from './cross-checks.ts';
import { providerSection, type ProviderSection } from './providers-section.ts';
import type { Setting, SettingSection } from './settings.ts';

const FIELDS: Readonly<Record<SettingSection, readonly string[]>> = {
  providers: ['apiKey'],
  models: [],
  issuers: [],
  endUsers: [],
  introspection: ['clientSecret'],
  guards: ['apiKey'],
  limits: [],
  budgets: [],
  alerts: ['secret', 'previousSecret'],
  sinks: ['apiKey', 'token', 'secret', 'previousSecret', 'secretAccessKey'],
};

export const secretFields = (section: SettingSection): readonly string[] => FIELDS[section];

const OWNERS = {
  providers: 'provider',
  guards: 'guard',
  alerts: 'alert',
  introspection: 'token-server',
  sinks: 'sink',
} as const;

const owns = (section: SettingSection): section is keyof typeof OWNERS => section in OWNERS;

/** Null: it cannot be said where it may go, because the entry is not right. */
export function settingBound({ section, name, value }: Setting, field: string): Bound | null {
  if (!owns(section)) return null;
  const origin = originOf(section, value);
  if (origin === null) return null;
  const own = section === 'introspection' ? tokenServerOwner(value['clientId']) : null;
  const owner = own ?? (`${OWNERS[section]}/${name}` as const);
  return { tenant: null, owner, purpose: field, origins: [origin] };
}

/**
 * In force an entry of `auth.introspection` has no name: its secret is that of a client, and whoever
 * names another client enters another secret.
 */
export const tokenServerOwner = (clientId: JsonValue | undefined): `token-server/${string}` =>
  `token-server/${encodeURIComponent(typeof clientId === 'string' ? clientId : '')}`;

function originOf(section: keyof typeof OWNERS, value: JsonObject): string | null {
  if (section === 'introspection') return originAt(value['endpoint']);
  if (section !== 'providers') return originAt(value['url']);
  const { apiKey: _, ...others } = value;
  const parsed = providerSection.safeParse(others);
  return parsed.success ? providerOrigin(parsed.data) : null;
}

/** Also of one that leaves its address to the default of its type. */
export function providerOrigin(section: ProviderSection): string | null {
  try {
    const provider = createProvider(section);
    return isLocal(provider) ? null : originAt(provider.baseUrl);
  } catch (thrown) {
    if (thrown instanceof ConfigProblem) return null;
    throw thrown;
  }
}

function originAt(url: JsonValue | undefined): string | null {
  const origin = typeof url === 'string' ? URL.parse(url)?.origin : undefined;
  return origin === undefined || origin === 'null' ? null : origin;
}

/** What a header takes; a line break would end the header and begin another. */
const HEADER_TEXT = /^[\x21-\x7e]+$/u;

/** What is wrong with a secret that somebody enters; null: nothing. It is never quoted. */
export function secretFlaw(field: string, text: string): string | null {
  if (text.includes('${')) return 'there are no substitutions here: write the secret itself';
  if (field === 'secret' || field === 'previousSecret') {
    return webhookSecretBytes(text) === null
      ? 'write `whsec_` and the base64 of 24 to 64 random bytes; `openssl rand -base64 32` draws them'
      : null;
  }
  if (!HEADER_TEXT.test(text) || text.length > SECRET_BYTES_MAX) {
    return 'a secret has visible ASCII characters only, and no spaces';
  }
  return isWeakSecret(text) ? 'this is a default, an example or too short to be a secret' : null;
}
