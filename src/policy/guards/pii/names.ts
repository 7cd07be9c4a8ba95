/**
 * Guesses names of persons and places: a common first name with a capital word after it, a title
 * with a name, a well-known place. It misses most names and takes some words for one, which is why
 * its findings only alert.
 */
import type { Detector, Finding } from '../guard.ts';
import type { EntityName } from './entities.ts';

const FIRST_NAMES = new Set(
  `James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Edward Ronald Timothy Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Frank Alexander Raymond Patrick Jack Dennis Jerry
Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Nancy Lisa Betty Margaret Sandra Ashley Kimberly Emily Donna Michelle Carol Amanda Dorothy Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Kathleen Amy Angela Shirley Anna Ruth Brenda Pamela Nicole Katherine Samantha Christine Emma Catherine Debra Virginia Rachel Carolyn Janet Maria Heather Diane Julie Joyce Olivia Sophie Alice
Hans Peter Klaus Wolfgang Jürgen Dieter Manfred Uwe Günter Stefan Andreas Markus Matthias Sebastian Ursula Monika Petra Sabine Renate Heike Claudia Susanne Birgit Lukas Leon Felix Jonas
Jean Pierre Michel Philippe Alain Nicolas Christophe Marie Nathalie Isabelle Sylvie Françoise Camille Chloé Léa Antoine Julien
José Antonio Manuel Francisco Juan Javier Carlos Miguel Pedro Luis Carmen Dolores Pilar Josefa Lucía Sofía Pablo Diego
Giuseppe Giovanni Mario Luigi Angelo Vincenzo Salvatore Marco Francesca Giulia Chiara Alessandro Lorenzo
João Rui Tiago Inês Catarina Jan Piet Kees Willem Johan Anneke Sanne Daan Piotr Krzysztof Andrzej Tomasz Paweł Katarzyna Małgorzata Agnieszka
Mohammed Ahmed Ali Fatima Aisha Omar Hassan Wei Ming Li Hiroshi Yuki Kenji Priya Rahul Amit Raj Sunita Ivan Dmitri Olga Natalia Svetlana`.split(
    /\s+/u,
  ),
);
const PLACES = new Set(
  `London Paris Berlin Madrid Rome Roma Lisbon Lisboa Amsterdam Warsaw Warszawa Vienna Wien Brussels Munich München Hamburg Köln Frankfurt Stuttgart Barcelona Valencia Sevilla Milan Milano Torino Napoli Lyon Marseille Toulouse Porto Rotterdam Utrecht Kraków Gdańsk Zürich Geneva Dublin Edinburgh Manchester Birmingham Glasgow Chicago Boston Seattle Houston Dallas Denver Atlanta Miami Philadelphia Toronto Vancouver Montreal Sydney Melbourne Tokyo Beijing Shanghai Mumbai Delhi
Germany Deutschland France Spain España Italy Italia Portugal Netherlands Nederland Poland Polska Austria Switzerland Belgium Ireland Scotland England Canada Australia Japan China India Brazil Mexico`.split(
    /\s+/u,
  ),
);
const TITLE =
  /(?<![\p{L}])(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Mme|Mlle|Monsieur|Madame|Señor|Señora|Sr|Sra|Sig|Signora|Pan|Pani|Mevrouw|Meneer)\.?[ ]$/u;
const TITLE_CHARS_MAX = 14;
const WORD = /(?<![\p{L}\d_])\p{Lu}[\p{L}'’-]{1,24}(?![\p{L}\d_])/gu;
const FOLLOWING =
  /(?:[ ](?:\p{Lu}\.|van|von|de|der|den|di|da|del|la|le)){0,2}(?:[ ]\p{Lu}[\p{L}'’-]{1,24}){1,2}(?![\p{L}\d_])/uy;
/** A name and what may follow it is decided within this. */
const NAME_CHARS_MAX = 96;
const OPEN =
  /(?:[ ](?:\p{Lu}[\p{L}.'’-]{0,24}|van|von|der?|den|di|da|del|la|le)){0,4}[ ]?[\p{L}'’-]{0,4}$/uy;
const TAIL = /(?<![\p{L}\d_])\p{Lu}[\p{L}'’-]{0,25}$/u;

export function namesDetector(wanted: ReadonlySet<EntityName>): Detector {
  const scan: Detector['scan'] = (text, from, isEnd) => {
    const findings: Finding[] = [];
    let decidedTo = text.length;
    let covered = from;
    WORD.lastIndex = from;
    for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
      const start = match.index;
      const [word] = match;
      const category = categoryOf(text, start, word);
      if (category === null || !wanted.has(category) || start < covered) continue;
      const end = endOf(text, { start, after: start + word.length }, category, isEnd);
      if (end === 'open') {
        decidedTo = start;
        break;
      }
      if (end === null) continue;
      findings.push({ category, start, end, score: 0.5 });
      covered = end;
      WORD.lastIndex = end;
    }
    if (!isEnd) {
      const first = Math.max(covered, text.length - 27);
      const tail = TAIL.exec(text.slice(first));
      if (tail !== null) decidedTo = Math.min(decidedTo, first + tail.index);
    }
    return { findings, decidedTo: Math.max(decidedTo, covered) };
  };
  return { scan };
}

function categoryOf(text: string, start: number, word: string): EntityName | null {
  if (FIRST_NAMES.has(word)) return 'person';
  if (PLACES.has(word)) return 'location';
  return isTitled(text, start) ? 'person' : null;
}

const isTitled = (text: string, start: number): boolean =>
  TITLE.test(text.slice(Math.max(0, start - TITLE_CHARS_MAX), start));

function endOf(
  text: string,
  { start, after }: { start: number; after: number },
  category: EntityName,
  isEnd: boolean,
): number | 'open' | null {
  if (!isEnd && after === text.length) return 'open';
  if (category === 'location') return after;
  if (!isEnd && text.length - after < NAME_CHARS_MAX) {
    OPEN.lastIndex = after;
    if (OPEN.test(text)) return 'open';
  }
  FOLLOWING.lastIndex = after;
  if (FOLLOWING.test(text)) return FOLLOWING.lastIndex;
  return isTitled(text, start) ? after : null;
}
