/** What is in force, section by section; what the file manages is edited there, the rest here. */
import { t } from '../messages/message.ts';
import { useSession } from '../session.ts';
import { choose, usePlace } from '../shell/router.tsx';
import { ConfigChanges } from './config-changes.tsx';
import { ConfigSection } from './config-section.tsx';
import { ConfigTree } from './config-tree.tsx';
import { SECTIONS } from './sections.ts';

/** Beside the sections: what was changed, and what is proposed. */
const CHANGES = 'changes';

export default function Configuration() {
  const { page, query } = usePlace();
  const { may } = useSession();
  const asked = query.get('section') ?? '';
  const section = SECTIONS.find((one) => one === asked) ?? null;
  const isHistory = asked === CHANGES;
  return (
    <>
      <div className="tabs" role="group" aria-label={t('Sections')}>
        <Tab
          isOn={section === null && !isHistory}
          title={t('in force')}
          onChoose={() => choose(page, {})}
        />
        {SECTIONS.map((one) => (
          <Tab
            key={one}
            isOn={one === section}
            title={one}
            onChoose={() => choose(page, { section: one })}
          />
        ))}
        <Tab
          isOn={isHistory}
          title={t('changes')}
          onChoose={() => choose(page, { section: CHANGES })}
        />
      </div>
      {isHistory && <ConfigChanges />}
      {section === null && !isHistory && <ConfigTree />}
      {section !== null && <ConfigSection key={section} section={section} />}
      {section !== null && !may('POST /config/apply') && (
        <p className="quiet">{t('Your role reads the configuration; it does not change it.')}</p>
      )}
    </>
  );
}

interface TabProps {
  readonly isOn: boolean;
  readonly title: string;
  readonly onChoose: () => void;
}

function Tab({ isOn, title, onChoose }: TabProps) {
  return (
    <button type="button" className="tab" aria-pressed={isOn} onClick={onChoose}>
      {title}
    </button>
  );
}
