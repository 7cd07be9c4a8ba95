/** A secret of a configuration as egress uses it: in the clear from the file, or sealed in the store. */
import type { Bound } from '#custody/bound.ts';
import type { Custody } from '#custody/custody.ts';
import { referredSealed } from '#custody/sealed.ts';
import { SealedSecret } from '#custody/sealed-secret.ts';
import { type KeptSecret, Secret } from '#domain/secret.ts';

/** Who holds it is said by where the configuration has it, never by the secret itself. */
export function secretOf(
  custody: Custody,
  text: string,
  held: Pick<Bound, 'owner' | 'purpose'>,
  origin: string,
): Secret | KeptSecret {
  const sealed = referredSealed(text);
  if (sealed === null) return new Secret(text, origin);
  return new SealedSecret(custody, { ...held, tenant: null, origins: [origin] }, sealed);
}
