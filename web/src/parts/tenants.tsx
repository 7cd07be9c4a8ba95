/** Which tenant a page is about. The choice is in the address of the page. */
import { useCallback } from 'react';

import { t } from '../messages/message.ts';
import { useSession } from '../session.ts';
import { choose, type Place, usePlace } from '../shell/router.tsx';
import { useLoaded } from '../use-loaded.ts';
import type { List } from './use-list.ts';

const TENANTS = '200';

export interface TenantChoice {
  readonly tenants: readonly string[];
  /** Empty: all of them. */
  readonly tenant: string;
  readonly problem: string | null;
  /** False until it is known which tenants there are, where none is named. */
  readonly isKnown: boolean;
  readonly reload: () => void;
}

const chosenIn = ({ query }: Place): string => query.get('tenant') ?? '';

/** With `isOne` there is always one: the first, until another is chosen. */
export function useTenant(isOne = false): TenantChoice {
  const { call, rights } = useSession();
  const read = useCallback(
    (signal: AbortSignal) => call('GET /tenants', { query: { limit: TENANTS }, signal }),
    [call],
  );
  const { value, problem, reload } = useLoaded(read);
  const asked = chosenIn(usePlace());
  const tenants = value?.items.map(({ id }) => id) ?? [];
  const first = isOne ? (rights.tenant ?? tenants[0] ?? '') : '';
  const tenant = asked === '' ? first : asked;
  return { tenants, tenant, problem, isKnown: value !== null || tenant !== '', reload };
}

/** A list of one tenant: until it is known which, there is none, and that is not the same as an empty one. */
export const ofTenant = <Row,>(list: List<Row>, choice: TenantChoice): List<Row> =>
  choice.isKnown
    ? list
    : {
        ...list,
        rows: null,
        problem: choice.problem,
        isLoading: choice.problem === null,
        reload: choice.reload,
      };

interface TenantSelectProps {
  readonly choice: TenantChoice;
  readonly isOne?: boolean;
}

export function TenantSelect({ choice: { tenants, tenant }, isOne = false }: TenantSelectProps) {
  const { page, query } = usePlace();
  const { rights } = useSession();
  if (rights.tenant !== null) return null;
  // More tenants than a list holds can still be in the address.
  const shown = tenant === '' || tenants.includes(tenant) ? tenants : [tenant, ...tenants];
  return (
    <label className="inline">
      {t('Tenant')}
      <select
        value={tenant}
        onChange={(event) =>
          choose(page, { ...Object.fromEntries(query), tenant: event.target.value })
        }
      >
        {!isOne && <option value="">{t('All')}</option>}
        {shown.map((id) => (
          <option key={id}>{id}</option>
        ))}
      </select>
    </label>
  );
}
