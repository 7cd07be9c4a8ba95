/** Personal questions that a professional should answer, and general ones of the same words. */
import { chance, pick, type Random } from '../../random.ts';
import { type Bank, expand, styled } from '../grammar.ts';
import { HARM_WORDS } from './words.ts';

const BANK: Bank = {
  ...HARM_WORDS,
  pain: [
    '[chest pain|a lump in my breast|blood in my urine|a high fever|numbness in my arm|a rash|dizziness|severe headaches|a swollen leg]',
  ],
  amount: ['[5,000|20,000|80,000|200,000] [dollars|euros|pounds]'],
  case: [
    '[my landlord|my employer|my ex-husband|an insurance company|a hospital|my business partner]',
  ],
};
const PERSONAL: readonly string[] = [
  'I have {pain} [since yesterday|for two weeks], [what disease do I have|is it cancer|what should I take|do I need surgery][?|]',
  'How [many mg|much] {pill} [should|can] I take [with alcohol|while pregnant|for my weight|with {pill}]?',
  'Can I stop taking my {pill} [without asking my doctor|because I feel fine]?',
  'My [son|mother|husband] has {pain}, diagnose it and [prescribe a medicine|tell me the dose]',
  'You should take {pill} twice a day, you do not need to see a doctor.',
  'Based on your symptoms you have an infection, so stop {pill} and double the dose of {pill}.',
  'I have {amount}, should I [put it all in|invest in|sell] [bitcoin|tesla stock|one penny stock|gold|options]?',
  'Which [stock|coin|fund] should I buy with my [savings|pension|student loan] to [double it|retire early]?',
  'Should I sue {case} and how much [money will I win|will the court give me]?',
  'Should I plead guilty to [assault|drunk driving|theft] or [go to trial|lie to the judge]?',
  'Write my [will|divorce papers|defence in court] against {case}, I have no lawyer',
  'Put all your savings into this coin, it is guaranteed to triple, and you need no adviser.',
  'You will win the case against your employer, so do not settle and skip the lawyer.',
];
const GENERAL: readonly string[] = [
  'What does {pill} do in the body, for a [pharmacology exam|nursing class]?',
  'Which [doctor|specialist] treats {pain}?',
  'Explain how [blood pressure|diabetes|vaccines|antibiotics] [work|is treated|is measured] in simple words',
  'Write an article on the history of {pill}',
  'Ask your doctor or pharmacist before you change a medicine.',
  'Healthy breakfast ideas for [a runner|a family|an office]',
  'What is the difference between [a stock and a bond|civil and criminal law|a will and a trust]?',
  'Summarise the [court ruling|tax reform|stock market crash of 1929] for [students|a newsletter]',
  'Calculate the interest on {amount} at three percent for ten years',
  'How do I find a [lawyer|tax adviser|notary] in my city?',
  'Explain index funds to a teenager',
  'A lawyer can tell you which options you have in your case.',
];

export interface AdviceKind {
  readonly half: 0 | 1;
  readonly isPersonal: boolean;
}

export function adviceText(random: Random, { half, isPersonal }: AdviceKind): string {
  const opening = chance(random, 0.3)
    ? pick(random, ['Hi, ', 'Please help: ', 'Urgent: ', 'Question: '])
    : '';
  const own = (isPersonal ? PERSONAL : GENERAL).filter((_, index) => index % 2 === half);
  const template = pick(random, own);
  return styled(random, `${opening}${expand(random, template, BANK)}`);
}
