/** A provider takes calls and never answers. */
import type { Scenario } from '../scenario.ts';
import { BACK_MS, providerScene } from './provider-away.ts';

export const providerHung: Scenario = {
  name: 'provider-hung',
  dependency: 'Provider',
  failure: 'hangs',
  needs: [],
  async run(lab) {
    const { first, meanwhile, atBoth, isBack } = await providerScene(
      lab,
      ', timeouts: { connect: 200ms, firstByte: 200ms }',
    );
    first.isMute = true;
    const failed = await meanwhile();
    lab.check(
      'refused',
      'calls that no other provider can take: 504 at the limit, then 503 at once',
      failed.every((status) => status === 504 || status === 503),
      failed,
    );
    lab.same('served', 'calls that another provider can take', [await atBoth(), [200]]);
    first.isMute = false;
    lab.check('recovers', `within ${BACK_MS / 1_000} s, by a probe`, await isBack());
  },
};
