/**
 * Words that say what a number beside them is, in English, German, French, Spanish, Italian,
 * Portuguese, Dutch and Polish. They are looked for in a short stretch to the left of the value, in
 * small letters.
 */

/** A stream keeps 64 characters; the rest is for the letters of the value itself. */
const CONTEXT_CHARS_MAX = 56;

const words = (list: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\d])(?:${list.trim().replaceAll(/\s*\|\s*/gu, '|')})(?![\\p{L}])`, 'u');

export const CONTEXT = {
  phone:
    words(`phone|phones|telephone|tel|mobile|cell|cellphone|call|calls|called|calling|text|texting|fax|contact|reach|reached|dial|hotline|whatsapp|sms|ring|
    telefon|telefonnummer|handy|handynummer|mobil|rufnummer|anrufen|téléphone|portable|appeler|teléfono|móvil|celular|llamar|llame|
    telefono|cellulare|chiamare|chiama|telefone|telemóvel|ligar|telefoonnummer|mobiel|bellen|telefonu|komórka|komórkowy|zadzwoń|zadzwonić|numer`),
  ssn: words(
    `ssn|ssns|social security|social security number|social|soc sec|social sec|sss|social insurance`,
  ),
  itin: words(`itin|taxpayer|tax id|tin|individual taxpayer identification number`),
  nhs: words(`nhs|national health service|health service number`),
  taxId:
    words(`tax|tax id|tin|tax number|steuer-id|steuerid|steueridentifikationsnummer|steuernummer|idnr|identifikationsnummer|nif|nie|dni|cif|contribuinte|contribuente|
    codice fiscale|bsn|burgerservicenummer|sofinummer|pesel|nip|rijksregisternummer|registre national|numéro national|niss|insz|personnummer|personnr|samordningsnummer|
    henkilötunnus|hetu|cpr|cpr-nr|cpr-nummer|fødselsnummer|personnumer|ppsn|pps|rodné číslo|rč|cnp|egn|егн|svnr|sozialversicherungsnummer|ahv|avs|nir|sécurité sociale|
    numéro de sécurité sociale|national id|national identity|national identification|identity number|identity card|id number|personal number|id card|id no|
    carta d'identità|cédula|documento|personalausweis|numer pesel|dowód|identificatienummer|nif nº`),
  passport: words(
    `passport|passport no|passport number|reisepass|passnummer|reisepassnummer|passeport|pasaporte|passaporto|passaporte|paspoort|paspoortnummer|paszport|paszportu`,
  ),
  licence:
    words(`driver's license|drivers license|driver license|driver's licence|driving licence|driving license|driver licence|dl|license number|licence number|license no|dl number|dln|
    führerschein|führerscheinnummer|permis de conduire|permiso de conducir|carnet de conducir|patente|patente di guida|carta de condução|cnh|rijbewijs|rijbewijsnummer|prawo jazdy|prawa jazdy`),
  birth:
    words(`born|birth|birthdate|birthday|birth date|date of birth|dob|d\\.o\\.b\\.?|geboren|geboren am|geburtsdatum|geburtstag|né|née|né le|née le|date de naissance|naissance|
    nacido|nacida|nacimiento|fecha de nacimiento|nato|nata|data di nascita|nascita|nascido|nascida|nascimento|data de nascimento|geboortedatum|urodzony|urodzona|urodzenia|ur`),
  medical:
    words(`mrn|medical record|medical record number|medical record no|patient id|patient no|patient number|patient identifier|patient|chart number|chart no|hospital number|
    patientennummer|patienten-id|fallnummer|krankenakte|numéro de patient|dossier médical|número de paciente|historia clínica|numero paziente|cartella clinica|
    número do paciente|prontuário|patiëntnummer|numer pacjenta`),
  plan: words(`health plan|health insurance|insurance|insurance id|insurance number|member id|member number|member no|memberid|subscriber id|subscriber number|policy number|policy no|group number|
    beneficiary|beneficiary number|medicare|medicaid|mbi|hicn|krankenversicherungsnummer|versichertennummer|krankenkasse|carte vitale|numéro d'assuré|tarjeta sanitaria|
    número de asegurado|tessera sanitaria|cartão de saúde|número de utente|polisnummer|verzekerdennummer|numer ubezpieczenia`),
  account:
    words(`account|account no|account number|acct|acct no|a/c|bank account|checking|savings|sort code|konto|kontonummer|numéro de compte|compte|cuenta|número de cuenta|conto|
    numero di conto|conta|número da conta|rekening|rekeningnummer|konta|rachunek|numer konta|numer rachunku|bankleitzahl|blz`),
  routing: words(`routing|routing number|routing no|rtn|aba|aba number|transit`),
  version: words(`version|ver|v|release|build|firmware|revision|section|chapter`),
} as const;

export type ContextName = keyof typeof CONTEXT;

/** Whether one of the words stands left of `start`, on the same side of a paragraph's end. */
export function hasContext(
  text: string,
  start: number,
  name: ContextName,
  chars = CONTEXT_CHARS_MAX,
): boolean {
  const left = text.slice(Math.max(0, start - chars), start);
  const paragraph = left.lastIndexOf('\n\n');
  return CONTEXT[name].test((paragraph === -1 ? left : left.slice(paragraph)).toLowerCase());
}
