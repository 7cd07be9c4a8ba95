/** What applications call with. It is shown once, and held in this page for the first request. */
import { t } from '../messages/message.ts';
import { useDesk } from '../parts/desk.tsx';
import { filled, tenantField, valueOf, type Values } from '../parts/fields.ts';
import { useTenant } from '../parts/tenants.tsx';
import { useSession } from '../session.ts';
import { QuickForm } from './quick-form.tsx';
import { Step } from './step.tsx';
import type { Turn } from './turns.ts';

interface KeyStepProps extends Turn {
  readonly onMade: () => void;
}

export function KeyStep({ number, state, onMade }: KeyStepProps) {
  const { call, heldKey } = useSession();
  const desk = useDesk();
  const { tenants } = useTenant();
  const make = async (values: Values): Promise<void> => {
    const body = {
      tenant: valueOf(values, 'tenant'),
      ...filled('name', valueOf(values, 'name')),
      ...filled('user', valueOf(values, 'user')),
    };
    const { key } = await call('POST /keys', { body });
    heldKey.current = key;
    desk.once({
      label: t('Your first key. Copy it now: it is shown this once and kept nowhere.'),
      secret: key,
    });
    onMade();
  };
  return (
    <Step
      number={number}
      title={t('A key')}
      state={state}
      summary={
        state === 'done'
          ? t('Made, and held in this page until you sign out.')
          : t(
              'A key belongs to a tenant, and may name a user: limits, budgets and records are theirs.',
            )
      }
    >
      <QuickForm
        fields={[
          tenantField(tenants, tenants[0]),
          { name: 'name', label: t('What for'), value: t('my first application') },
          { name: 'user', label: t('Whose'), help: t('A user of your making, such as ann.') },
        ]}
        verb={t('Make the key')}
        submit={make}
      />
    </Step>
  );
}
