/** Where the time of a call went, as bars on one scale: the gateway apart from the provider. */
import { t } from '../messages/message.ts';
import { msText } from './units.ts';

interface TimeBarsProps {
  readonly totalMs: number | null;
  readonly firstMs: number | null;
  readonly upstreamMs: number | null;
  readonly gatewayUs: number | null;
}

export function TimeBars({ totalMs, firstMs, upstreamMs, gatewayUs }: TimeBarsProps) {
  const gatewayMs = gatewayUs === null ? null : gatewayUs / 1_000;
  const bars = [
    { name: t('All of it'), ms: totalMs, series: 5 },
    { name: t('The provider'), ms: upstreamMs, series: 0 },
    { name: t('The gateway'), ms: gatewayMs, series: 1 },
    { name: t('To the first byte'), ms: firstMs, series: 2 },
  ].filter(({ ms }) => ms !== null);
  // What rounds to nothing is still told apart from what is not there.
  const most = Math.max(1, ...bars.map(({ ms }) => ms ?? 0));
  return (
    <dl className="bars">
      {bars.map(({ name, ms, series }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span className="bar-track" aria-hidden>
              <span
                className={`bar-fill swatch series-${series}`}
                style={{ width: `${Math.max(0.5, (100 * (ms ?? 0)) / most)}%` }}
              />
            </span>
            <span className="bar-text">{msText(ms)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
