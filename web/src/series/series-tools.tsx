/** What graphs are of: the tenant, the time, the zone, and whether the time before is drawn too. */
import type { ReactNode } from 'react';

import { t } from '../messages/message.ts';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { choose, usePlace } from '../shell/router.tsx';
import { isRange, ownZone, type RangeName, RANGES, zones } from './ranges.ts';

export interface SeriesChoice {
  readonly tenantChoice: ReturnType<typeof useTenant>;
  readonly range: RangeName;
  readonly zone: string;
  readonly isCompared: boolean;
}

export function useSeriesChoice(): SeriesChoice {
  const { query } = usePlace();
  const range = query.get('range');
  const zone = query.get('zone') ?? ownZone;
  return {
    tenantChoice: useTenant(),
    range: isRange(range) ? range : '1h',
    zone: zones.includes(zone) ? zone : ownZone,
    isCompared: query.get('compare') === 'before',
  };
}

interface SeriesToolsProps {
  readonly choice: SeriesChoice;
  /** Whether the time before can be asked for. */
  readonly isCompared?: boolean;
  readonly children?: ReactNode;
}

export function SeriesTools({ choice, isCompared = true, children }: SeriesToolsProps) {
  const { page, query } = usePlace();
  const set = (name: string, value: string): void =>
    choose(page, { ...Object.fromEntries(query), [name]: value });
  return (
    <div className="tools plain-tools">
      <TenantSelect choice={choice.tenantChoice} />
      <label className="inline">
        {t('Time')}
        <select value={choice.range} onChange={(event) => set('range', event.target.value)}>
          {Object.entries(RANGES).map(([name, { title }]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label className="inline">
        {t('Time zone')}
        <select value={choice.zone} onChange={(event) => set('zone', event.target.value)}>
          {zones.map((zone) => (
            <option key={zone} value={zone}>
              {zone}
            </option>
          ))}
        </select>
      </label>
      {isCompared && (
        <label className="inline">
          <input
            type="checkbox"
            checked={choice.isCompared}
            onChange={(event) => set('compare', event.target.checked ? 'before' : '')}
          />
          {t('Compare with the time before')}
        </label>
      )}
      {children}
    </div>
  );
}
