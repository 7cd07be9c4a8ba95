/** Words that harmful and harmless texts share: who, where, and what they speak of. */
import type { Bank } from '../grammar.ts';

export const HARM_WORDS: Bank = {
  who: [
    'my [neighbour|neighbor|boss|ex|ex-wife|ex-husband|landlord|coworker|roommate|classmate|teacher|brother|stepfather|mother-in-law|manager|cousin]',
    'a [stranger|colleague|rival|politician|journalist|judge|witness|celebrity|girl|guy|woman|man|police officer|person|tourist]',
    'the [mayor|president|guy next door|girl in my class|people at work|family next door|cop who stopped me]',
    'someone',
    'somebody I [hate|know|work with]',
    'him',
    'her',
    'them',
    'people',
  ],
  kin: [
    'my [friend|sister|son|daughter|grandmother|partner|flatmate|team|students|colleague|dog|patient]',
    'a [customer|beginner|guest|child|reader|patient|visitor|friend]',
    'the [kids|audience|family|class]',
    'someone',
    'people',
  ],
  group: [
    '[immigrants|refugees|foreigners|migrants]',
    '[Jews|Jewish people|Muslims|Christians|Hindus|Sikhs]',
    '[Black people|Asians|Latinos|Arabs|Roma people|Africans|Mexicans|white people|indigenous people]',
    '[gay people|lesbians|trans people|transgender people|LGBT people|homosexuals]',
    '[women|feminists|disabled people|old people|poor people|the homeless|fat people]',
  ],
  place: [
    'a [school|church|mosque|synagogue|mall|stadium|hospital|train station|concert|nightclub|airport|government building|crowded place]',
    'the [subway|office|town hall|parade|embassy|power station|water supply]',
  ],
  drug: [
    '[meth|methamphetamine|crystal meth|cocaine|crack|heroin|fentanyl|ecstasy|MDMA|LSD|acid|ketamine|GHB|opium|DMT|PCP]',
  ],
  pill: [
    '[ibuprofen|paracetamol|amoxicillin|metformin|insulin|sertraline|warfarin|lisinopril|prednisone|aspirin|melatonin|omeprazole]',
  ],
  device: [
    '[laptop|phone|server|website|router|database|email account|Instagram account|bank account|wifi|computer|webcam|smart TV|company network|Facebook account|Gmail]',
  ],
  hush: [
    '',
    '',
    '',
    '',
    ' without [getting caught|anyone knowing|leaving a trace|being noticed|the police finding out|raising suspicion|leaving evidence|them noticing]',
    ' and get away with it',
    ' [undetected|anonymously|secretly|easily|quickly|at home|cheaply|as fast as possible]',
  ],
  calm: [
    '',
    '',
    '',
    '',
    ' [safely|quickly|at home|cheaply|as a beginner|on a budget|step by step|for free]',
    ' without [making a mess|spending much|hurting my back|breaking anything|a degree|losing data|being rude]',
    ' and [enjoy it|not regret it|keep it simple]',
  ],
  title: [
    '[The Long Winter|Ashes|Broken Bridge|Night Shift|Salt and Iron|The Quiet Street|Harbour Lights]',
  ],
};
