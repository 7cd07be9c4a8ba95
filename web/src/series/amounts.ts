/** How amounts are written, in graphs and on cards. */
import { locale } from '../messages/message.ts';

export type Write = (amount: number) => string;

const plain = new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 });
const fine = new Intl.NumberFormat(locale(), { maximumSignificantDigits: 3 });
const short = new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: 1 });

export const countText: Write = (count) =>
  count < 10_000 ? plain.format(count) : short.format(count);
export const rateText: Write = (rate) =>
  rate === 0 ? '0' : rate < 10 ? fine.format(rate) : plain.format(rate);
export const shareText: Write = (share) => `${fine.format(share * 100)} %`;

/** Of microseconds. */
export const timeText: Write = (us) => {
  if (us < 1_000) return `${plain.format(us)} µs`;
  if (us < 1_000_000) return `${fine.format(us / 1_000)} ms`;
  return `${fine.format(us / 1_000_000)} s`;
};

/** Of nano-USD. */
export const moneyText: Write = (nano) => {
  const usd = nano / 1e9;
  if (usd === 0) return '$0';
  if (usd < 1) return `$${Number(usd.toPrecision(2))}`;
  return `$${usd < 1_000 ? usd.toFixed(2) : short.format(usd)}`;
};
