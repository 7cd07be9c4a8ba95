/** With which key: one that is pasted, or one that is made here and over in a quarter of an hour. */
import { useId, useState } from 'react';

import { messageOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { Problem } from '../parts.tsx';
import { useSession } from '../session.ts';

interface KeyChoiceProps {
  readonly value: string;
  readonly onChange: (key: string) => void;
}

const LIFE = '15m';

export function KeyChoice({ value, onChange }: KeyChoiceProps) {
  const { call, may } = useSession();
  const choice = useTenant(true);
  const [problem, setProblem] = useState<string | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const id = useId();
  const make = (): void => {
    setProblem(null);
    call('POST /keys', { body: { tenant: choice.tenant, name: 'playground', expires: LIFE } })
      .then(({ key, tenant }) => {
        onChange(key);
        setMade(tenant);
      })
      .catch((thrown: unknown) => setProblem(messageOf(thrown)));
  };
  return (
    <div className="field">
      <label htmlFor={id}>{t('Key')}</label>
      <div className="row key-row">
        <input
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          aria-describedby={`${id}-help`}
          value={value}
          onChange={(event) => {
            onChange(event.target.value.trim());
            setMade(null);
          }}
        />
        {may('POST /keys') && (
          <>
            <TenantSelect choice={choice} isOne />
            <button type="button" disabled={choice.tenant === ''} onClick={make}>
              {t('Make one for 15 minutes')}
            </button>
          </>
        )}
      </div>
      <p id={`${id}-help`} className="help" role="status">
        {made === null
          ? t('The whole key. It stays in the memory of this page.')
          : t(
              'Made in {made}, with the role developer. It is in this page alone and over in 15 minutes.',
              { made },
            )}
      </p>
      <Problem text={problem} />
    </div>
  );
}
