/** A secret that the gateway will not say again, until its reader says that it is kept. */
import { useId, useRef, useState } from 'react';

import { t } from './messages/message.ts';

interface ShownOnceProps {
  readonly label: string;
  readonly secret: string;
  readonly onDone: () => void;
}

export function ShownOnce({ label, secret, onDone }: ShownOnceProps) {
  const [isCopied, setIsCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const copy = (): void => {
    // Pages without TLS have no clipboard; there and when it refuses, the text is selected.
    const clipboard = (navigator as Partial<Navigator>).clipboard;
    if (clipboard === undefined) field.current?.select();
    else {
      clipboard
        .writeText(secret)
        .then(() => setIsCopied(true))
        .catch(() => field.current?.select());
    }
  };
  return (
    <div role="status" className="once">
      <label htmlFor={id}>{label}</label>
      <div className="row">
        <input
          id={id}
          ref={field}
          readOnly
          value={secret}
          onFocus={(event) => event.target.select()}
        />
        <button type="button" onClick={copy}>
          {isCopied ? t('Copied') : t('Copy')}
        </button>
        <button type="button" onClick={onDone}>
          {t('I have it')}
        </button>
      </div>
    </div>
  );
}
