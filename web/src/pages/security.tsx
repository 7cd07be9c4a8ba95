/** What guards found, over time and one by one; what people say of it; and who was refused most. */
import { useMemo } from 'react';

import { t } from '../messages/message.ts';
import { ProblemBar } from '../parts.tsx';
import { rateText } from '../series/amounts.ts';
import { GraphPanel } from '../series/graph-panel.tsx';
import { count, per } from '../series/lines.ts';
import { SeriesTools, useSeriesChoice } from '../series/series-tools.tsx';
import { useSeries } from '../series/use-series.ts';
import { choose, usePlace } from '../shell/router.tsx';
import { useSession } from '../session.ts';
import { FindingSums } from './finding-sums.tsx';
import { Findings } from './findings.tsx';
import { Offenders } from './offenders.tsx';
import { Shadow } from './shadow.tsx';
import { ToolFindings } from './tool-findings.tsx';

const DIMENSIONS = {
  category: t('category'),
  guard: t('guard'),
  action: t('action'),
  position: t('position'),
  model: t('model'),
  key: t('key'),
  tenant: t('tenant'),
} as const;

const isDimension = (text: string): text is keyof typeof DIMENSIONS =>
  Object.hasOwn(DIMENSIONS, text);

export default function Security() {
  const { may } = useSession();
  const { page, query } = usePlace();
  const choice = useSeriesChoice();
  const { range, zone } = choice;
  const { tenant } = choice.tenantChoice;
  const asked = query.get('by') ?? '';
  const by = isDimension(asked) ? asked : 'category';
  const found = useSeries({ range, tenant, kind: 'findings', by });
  const stepSeconds = found.value?.stepSeconds ?? 10;
  const graph = useMemo(
    () => ({
      title: t('Findings a minute, by {by}', { by: DIMENSIONS[by] }),
      write: rateText,
      lines: [{ name: '', pick: per(60, stepSeconds, count('count')) }],
    }),
    [by, stepSeconds],
  );
  return (
    <>
      <SeriesTools choice={choice} isCompared={false}>
        <label className="inline">
          {t('Grouped by')}
          <select
            value={by}
            onChange={(event) =>
              choose(page, { ...Object.fromEntries(query), by: event.target.value })
            }
          >
            {Object.entries(DIMENSIONS).map(([name, title]) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </label>
      </SeriesTools>
      {found.problem !== null && <ProblemBar problem={found.problem} retry={found.reload} />}
      <div className="graphs">
        <GraphPanel
          graph={graph}
          view={found.value}
          problem={found.problem}
          zone={zone}
          isByGroup
        />
        <FindingSums title={t('By {by}', { by: DIMENSIONS[by] })} read={found} />
      </div>
      <Shadow range={range} tenant={tenant} />
      <ToolFindings range={range} tenant={tenant} />
      <Findings tenant={tenant} />
      {may('GET /offenders') && <Offenders range={range} tenant={tenant} />}
    </>
  );
}
