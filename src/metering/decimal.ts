/**
 * Decimal numbers as text, moved into integers without a double in between: `1.5e-07` and
 * `0.00000015` are the same 150,000 pico. What is finer than the unit is rounded up, so that no
 * price is less than it was written.
 */

const DECIMAL =
  /^(?<whole>[0-9]{1,32})(?:\.(?<part>[0-9]{1,64}))?(?:[eE](?<power>[+-]?[0-9]{1,3}))?$/u;

/** `text` times ten to the `places`, rounded up; null for what is no such number, or above `max`. */
export function scaledUp(text: string, places: number, max: number): number | null {
  const groups = DECIMAL.exec(text)?.groups;
  if (groups === undefined) return null;
  const { whole = '', part = '', power = '0' } = groups;
  const digits = BigInt(whole + part);
  const shift = places + Number(power) - part.length;
  const scaled =
    shift >= 0 ? digits * 10n ** BigInt(shift) : dividedUp(digits, 10n ** BigInt(-shift));
  return scaled > BigInt(max) ? null : Number(scaled);
}

export const dividedUp = (amount: bigint, by: bigint): bigint => (amount + by - 1n) / by;

/** The other way: `units` of ten to the minus `places`, as the shortest text. */
export function decimalText(units: number, places: number): string {
  const digits = String(units).padStart(places + 1, '0');
  const part = digits.slice(digits.length - places).replace(/0+$/u, '');
  const whole = digits.slice(0, digits.length - places);
  return part === '' ? whole : `${whole}.${part}`;
}
