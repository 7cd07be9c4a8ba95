/** Copies a text that stands on the page. Where the browser has no clipboard, the text is selected. */
import { type RefObject, useState } from 'react';

import { t } from '../messages/message.ts';

interface CopyButtonProps {
  readonly text: string;
  /** Where the text stands. */
  readonly shown: RefObject<HTMLElement | null>;
}

export function CopyButton({ text, shown }: CopyButtonProps) {
  const [copied, setCopied] = useState<string | null>(null);
  const select = (): void => {
    if (shown.current !== null) window.getSelection()?.selectAllChildren(shown.current);
  };
  const copy = (): void => {
    // Pages without TLS have none, but for those of this machine.
    const clipboard = (navigator as Partial<Navigator>).clipboard;
    if (clipboard === undefined) select();
    else {
      clipboard
        .writeText(text)
        .then(() => setCopied(text))
        .catch(select);
    }
  };
  return (
    <button type="button" onClick={copy}>
      {copied === text ? t('Copied') : t('Copy')}
    </button>
  );
}
