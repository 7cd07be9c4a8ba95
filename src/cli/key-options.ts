/** What a new key is to be, out of the options of `keys create`. */
import type { z } from 'zod';

import { keyLifeMsMax } from '#admin/declared.ts';
import {
  type FittedKey,
  fitKey,
  keysAbove,
  parentField,
  scopeField,
  type WantedKey,
} from '#admin/key-policy.ts';
import type { KeyPorts } from '#admin/key-service.ts';
import { namedServiceAccount } from '#admin/service-accounts.ts';
import type { Config } from '#config/config.ts';

import { CliExit, EXIT } from './context.ts';

/** What `keys create` was told. */
export interface CreateFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly tenant: string;
  readonly user?: string;
  readonly serviceAccount?: string;
  readonly team?: string;
  readonly role: readonly string[];
  readonly name?: string;
  readonly expires?: number;
  readonly test?: boolean;
  readonly parent?: string;
  readonly action: readonly string[];
  readonly model: readonly string[];
  readonly tool: readonly string[];
  readonly network: readonly string[];
  readonly hours: readonly string[];
  readonly when?: string;
  readonly honey?: boolean;
}

type Wanted = Pick<WantedKey, 'team' | 'user' | 'roles' | 'scope' | 'isHoney'> & {
  readonly parent: string | null;
};

export function wantedOf(flags: CreateFlags): Wanted {
  const { user = null, team = null, honey: isHoney = false, parent } = flags;
  const roles = flags.role.length > 0 ? [...new Set(flags.role)] : null;
  return {
    user,
    team,
    roles,
    isHoney,
    parent: parent === undefined ? null : checked(parentField, parent, 'parent'),
    scope: checked(scopeField, scopeFlags(flags), 'scope'),
  };
}

function scopeFlags({ action, model, tool, network, hours, when }: CreateFlags) {
  const lists = { actions: action, models: model, tools: tool, networks: network, hours };
  const given = Object.entries(lists).filter(([, values]) => values.length > 0);
  return { ...Object.fromEntries(given), ...(when !== undefined && { when }) };
}

/** The fields of the admin API, so that both say the same of the same mistake. */
function checked<T>(field: z.ZodType<T>, value: unknown, name: string): T {
  const parsed = field.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [name, ...(issue?.path ?? [])].join('.');
  throw new CliExit(EXIT.problem, `${path}: ${issue?.message ?? 'not valid'}`);
}

/** The key as it will be, by the rules of the admin API; or what is wrong with it. */
export async function fittedOf(
  { tenant, expires, serviceAccount: named }: CreateFlags,
  wanted: Wanted,
  { config, ports }: { readonly config: Config; readonly ports: KeyPorts },
): Promise<FittedKey & { readonly parent: string | null }> {
  const { storage, clock } = ports;
  const nowMs = clock.nowMs();
  const above = await keysAbove(storage.keys, wanted.parent, tenant);
  if (above === null) throw new CliExit(EXIT.problem, `the tenant "${tenant}" has no such parent`);
  const serviceAccount = await namedServiceAccount(storage, tenant, named ?? null);
  if (serviceAccount === undefined) {
    throw new CliExit(EXIT.problem, `the tenant "${tenant}" has no such service account`);
  }
  const lifeMsMax = await keyLifeMsMax(config, storage, tenant);
  const expiresMs = expires === undefined ? null : nowMs + expires;
  const fitted = fitKey({ ...wanted, serviceAccount, expiresMs }, { nowMs, above, lifeMsMax });
  if (fitted.ok) return { ...fitted.value, parent: wanted.parent };
  throw new CliExit(EXIT.problem, `${fitted.error.field}: ${fitted.error.problem}`);
}
