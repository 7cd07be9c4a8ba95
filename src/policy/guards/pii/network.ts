/** Addresses of machines and money: IP, MAC, URL, wallets. */
import { isBase58Check, isBech32 } from './checksums.ts';
import { hasContext } from './context.ts';
import { type Recogniser, whole } from './recogniser.ts';

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d{2}|[1-9]?\\d)';

/** Not this machine, not a mask, and not the version of something. */
const isAddress = (value: string): boolean => !/^(?:127|0|255)\./u.test(value);

/** Eight groups of hexadecimal, of which `::` stands for one or more. */
export function isIpv6(value: string): boolean {
  const halves = value.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[\da-f]{1,4}$/iu.test(group))) return false;
  if (halves.length === 1) return groups.length === 8;
  return groups.length >= 2 && groups.length <= 7 && /\d/u.test(value);
}

export const IPV6_CHARS_MAX = 39;
/** From the first character of the address; it is not the end of something longer. */
export const IPV6 = /[\da-f:]{4,39}(?![\da-f:])/iuy;
export const MAC = /(?:[\da-f]{2}:){5}[\da-f]{2}(?![\da-f:])/iuy;

export const NETWORK_RECOGNISERS: readonly Recogniser[] = [
  {
    entity: 'ip',
    begins: 'digit',
    digitsMin: 4,
    may: ({ text, start }) => /^\d{1,3}\.\d/u.test(text.slice(start, start + 5)),
    shape: whole(`(?:${OCTET}\\.){3}${OCTET}(?!\\.\\d)`),
    accepts: (value, { text, start }) =>
      isAddress(value) && !hasContext(text, start, 'version', 12) && text[start - 1] !== 'v',
  },
  {
    entity: 'mac',
    begins: 'either',
    digitsMin: 1,
    may: ({ text, start }) => text[start + 2] === '-' && text[start + 5] === '-',
    shape: whole('(?:[\\dA-Fa-f]{2}-){5}[\\dA-Fa-f]{2}'),
    accepts: (value) => /[A-Fa-f]/u.test(value),
  },
  {
    entity: 'wallet',
    begins: 'either',
    digitsMin: 2,
    shape: whole('[13LMDT][1-9A-HJ-NP-Za-km-z]{25,34}'),
    accepts: isBase58Check,
  },
  {
    entity: 'wallet',
    begins: 'letter',
    digitsMin: 2,
    shape: whole('(?:bc1|ltc1)[02-9ac-hj-np-z]{38,59}'),
    accepts: isBech32,
  },
  {
    entity: 'wallet',
    begins: 'digit',
    digitsMin: 1,
    may: ({ text, start }) => text[start + 1] === 'x',
    shape: whole('0x[\\da-fA-F]{40}'),
    accepts: () => true,
  },
];
