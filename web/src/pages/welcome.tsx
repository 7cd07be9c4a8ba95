/** The first steps with a new gateway, from the token that it printed to the proof of its first request. */
import { useCallback, useState } from 'react';

import { Skeleton } from '../parts/listing.tsx';
import { ProblemBar } from '../parts.tsx';
import { useSession } from '../session.ts';
import { AccountStep, useHasAccount } from '../welcome/account-step.tsx';
import { GuardStep, missingGuards } from '../welcome/guard-step.tsx';
import { KeyStep } from '../welcome/key-step.tsx';
import { ProviderStep } from '../welcome/provider-step.tsx';
import { RequestStep } from '../welcome/request-step.tsx';
import { stateOf, type StepName, STEPS } from '../welcome/turns.ts';
import { useSection } from '../welcome/use-section.ts';

export default function Welcome() {
  const { heldKey } = useSession();
  const [passed, setPassed] = useState<ReadonlySet<StepName>>(new Set());
  const account = useHasAccount();
  const providers = useSection('providers');
  const guards = useSection('guards');
  const pass = useCallback(
    (name: StepName) => setPassed((before) => new Set([...before, name])),
    [],
  );
  const onRequested = useCallback(() => pass('request'), [pass]);
  const problem = account.problem ?? providers.problem ?? guards.problem;
  const again = (): void => [account, providers, guards].forEach(({ reload }) => reload());
  if (problem !== null) return <ProblemBar problem={problem} retry={again} />;
  if (providers.value === null || guards.value === null || account.has === null)
    return <Skeleton />;
  const isDone: Readonly<Record<StepName, boolean>> = {
    account: account.has,
    provider: providers.value.some(({ type }) => type !== 'demo'),
    key: heldKey.current !== '',
    guards: missingGuards(guards.value).length === 0,
    request: false,
  };
  const done = new Set(STEPS.filter((name) => isDone[name] || passed.has(name)));
  const turn = (name: StepName) => ({
    number: STEPS.indexOf(name) + 1,
    state: stateOf(name, done),
    onSkip: () => pass(name),
  });
  return (
    <ol className="plain steps">
      <AccountStep
        {...turn('account')}
        onMade={() => {
          pass('account');
          account.reload();
        }}
      />
      <ProviderStep {...turn('provider')} providers={providers.value} onAdded={providers.reload} />
      <KeyStep {...turn('key')} onMade={() => pass('key')} />
      <GuardStep {...turn('guards')} guards={guards.value} onAdded={guards.reload} />
      <RequestStep {...turn('request')} onMade={onRequested} />
    </ol>
  );
}
