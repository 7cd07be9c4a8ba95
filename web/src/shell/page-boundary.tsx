/** A page that breaks takes nothing else with it: the rest of the dashboard stays usable. */
import { Component, type ReactNode } from 'react';

import { t } from '../messages/message.ts';

interface PageBoundaryProps {
  readonly children: ReactNode;
}

interface State {
  readonly isBroken: boolean;
}

export class PageBoundary extends Component<PageBoundaryProps, State> {
  override state: State = { isBroken: false };

  static getDerivedStateFromError(): State {
    return { isBroken: true };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    return (
      <div role="alert" className="problem row">
        <span>{t('This page failed, or a newer dashboard was installed meanwhile.')}</span>
        <button type="button" onClick={() => window.location.reload()}>
          {t('Load it again')}
        </button>
      </div>
    );
  }
}
