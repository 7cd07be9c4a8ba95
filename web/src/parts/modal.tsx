/** A native dialog: the browser keeps the focus in it, and Escape closes it. */
import { type ReactNode, useEffect, useId, useRef } from 'react';

import { t } from '../messages/message.ts';

interface ModalProps {
  readonly title: string;
  readonly isWide?: boolean;
  /** Only what is in it closes it: a slip of a finger would lose what is shown once. */
  readonly isFirm?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Modal({ title, isWide = false, isFirm = false, onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    if (shown?.open === false) shown.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={isWide ? 'modal wide' : 'modal'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!isFirm) onClose();
      }}
      onClose={(event) => {
        // Browsers let a second Escape through.
        if (isFirm && event.currentTarget.isConnected) event.currentTarget.showModal();
      }}
    >
      <header className="modal-head">
        <h2 id={id}>{title}</h2>
        {!isFirm && (
          <button type="button" className="ghost" aria-label={t('Close')} onClick={onClose}>
            ✕
          </button>
        )}
      </header>
      {children}
    </dialog>
  );
}
