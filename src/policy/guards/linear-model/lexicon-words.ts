/**
 * The words of each class, in some twenty languages; `` ends a beginning that any ending may follow.
 * Adding a language is adding words here and training again. The order of the classes is part of the
 * trained weights: a new class goes to the end.
 */
export const LEXICON: Readonly<Record<string, string>> = {
  override: `ignor* disregard* forget forgets forgot overrid* overrul* bypass* circumvent* supersed* neglect* discard* dismiss* overlook* overwrit* invalidat* nullif* revok* cancel* void abandon* scrap
    ignorier* vergiss missacht* uberschreib* umgeh* oubli* ignorez passe* contourn* olvid* ignora* descart* omite* omitir anula* dimentic* scorda* tralasc* esquec* esquec* desconsider* desprez* vergeet negeer* negeren
    zignoruj* ignoruj* zapomnij* pomin* zapomen* glem glom ignorera bortse игнорир* проигнорир* забуд* отмени* обойд* ігнор* забудь unut* yoksay gormezden abaikan lupakan bo qua bỏ quên تجاهل انس تجاوز अनदेखा भूल भूलो 忽略 无视 無視 忘记 忘記 忽視 不要理会 忘れて 忘れろ 무시 잊어 잊고 ละเว้น เพิกเฉย ลืม`,
  prior: `previous* prior preceding earlier above foregoing aforementioned before existing original* initial past former old up-to-now so-far
    vorherig* vorig* bisherig* obig* fruher* oben precedent* precedente* anterior* previas previos precedenti precedente sopra antes voorgaande eerdere bovenstaande vorige
    poprzedni* wczesniejsz* powyzsz* predchozi* tidligere ovenstaende tidigare foregaende предыдущ* прежн* предшеств* выше попередн* onceki yukaridaki sebelumnya di-atas truoc السابق السابقة السابقه اعلاه पिछले पिछली पहले ऊपर 之前 先前 以前 上述 上面 以上 前面 前の これまで 이전 앞서 위의 앞의 ก่อนหน้า ข้างต้น`,
  instruction: `instruct* directive* command* guideline* guidance rule rules order orders directions restriction* constraint* polic* guardrail* protocol* programming
    anweisung* instruktion* befehl* regel* vorgabe* richtlinie* consigne* directive* regle* regole istruzion* instrucc* indicacion* instruco* instruc* diretriz* regras reglas ordenes ordens comandi comandos opdracht* instructies
    instrukcj* polecen* zasad* pokyn* instrukce pravidla anvisning* regler instruktioner инструкц* указани* правил* команд* інструкц* вказівк* talimat* kural* komut* instruksi perintah aturan chi-thi huong quy تعليمات التعليمات تعليماتك اوامر الاوامر قواعد القواعد निर्देश निर्देशों नियम नियमों आदेश 指令 指示 说明 規則 规则 命令 ルール 지시 명령 규칙 지침 คำสั่ง คำแนะนำ กฎ`,
  reveal: `reveal* show print* display* output outputs repeat* leak* disclos* expos* recite* dump* echo divulg* regurgitat* reproduc* spell transcrib* verbatim summari* list enumerat* paste
    zeig* gib wiederhol* verrat* offenbar* nenne montr* affich* revel* repet* repit* muestr* mostr* divulg* ripet* mostra* rivela* stampa imprim* toon herhaal onthul*
    pokaz* ujawnij* powtorz* wyswietl* ukaz* odhal* zopakuj* vis afslor* visa upprepa avsloja покажи* раскро* повтори* выведи* напечатай розкрий goster* acikla* tekrarla* yazdir ungkap* tampilkan ulangi اعرض اكشف كرر اظهر दिखाओ दिखाएं बताओ बताएं दोहराओ दोहराएं 显示 顯示 透露 泄露 重复 重複 输出 輸出 告诉 打印 表示 見せて 教えて 繰り返 出力 보여 공개 반복 출력 알려 แสดง เปิดเผย ทวน`,
  hidden: `system secret* hidden internal confidential developer* private* pre-prompt undisclosed classified
    geheim* intern* versteckt* verborgen* systeme secrete* cache* cachee* sistema secret* ocult* intern* nascost* segret* riservat* systeem verborgen geheime
    tajn* ukryt* systemow* system* skryt* skjulte hemlig* dolda систем* секретн* скрыт* тайн* внутренн* системн* gizli sistem rahasia tersembunyi he-thong bi-mat النظام السرية السريه الخفية سري सिस्टम गुप्त छिपे 系统 系統 秘密 隐藏 隱藏 内部 システム 隠された 秘密の 시스템 비밀 숨겨진 ระบบ ลับ ซ่อน`,
  prompt: `prompt* preprompt* preamble context configuration conversation initialization initialisation systemprompt metaprompt
    eingabeaufforderung systemprompt* aufforderung konfiguration invite configuracion configuracao contesto configurazione prompta promptu промпт* промт* подсказк* prompten موجه الموجه प्रॉम्प्ट 提示词 提示詞 提示 プロンプト 프롬프트 พรอมต์`,
  persona: `pretend* roleplay* role-play* role imagine* simulat* persona* character* impersonat* behave* act acting acts embody become transform* emulat* alter-ego
    tu spiel* verhalte stell rolle agis agir joue* imagin* personnage actua* finge* comporta* papel personaje fingi* immagina* interpreta* ruolo atue finja personagem speel rol gedraag
    udawaj wciel* rola zachowuj predstirej spil rolle latsas spela притвор* представь роль вообрази* действуй уяви davran rol canlandir berpura bertindak peran dong-vai تظاهر تصرف دور تخيل भूमिका अभिनय कल्पना 扮演 假装 假裝 角色 想象 模拟 演じて 役割 ふりをして 역할 연기 상상 แสร้ง สวมบทบาท`,
  unrestricted: `unrestrict* unfilter* uncensor* jailbreak* jailbroken unlimited amoral immoral unethical unhinged unbound unchain* limitless freed liberat* lawless ruthless evil dan dude stan aim devmode godmode anarchy rebel* unmoderat* lawbreaking omnipotent uninhibited no-limits
    unzensiert uneingeschrankt unbegrenzt grenzenlos hemmungslos bose libere* illimite* irrestric* ilimitad* censura sin-restricciones senza-limiti illimitat* malvag* mau onbeperkt ongefilterd
    nieograniczon* nieocenzurowan* neomezen* ubegraenset obegransad неогранич* нецензурир* безгранич* sinirsiz sansursuz kisitlamasiz tanpa-batas bebas قيود بلا مقيد बिना असीमित 无限制 無限制 不受限制 没有限制 无审查 制限なし 無制限 フィルターなし 제한없는 무제한 검열 ไร้ข้อจำกัด`,
  ethics: `ethic* moral* safety legal* illegal* unlawful* law laws lawful openai anthropic censor* filter* harmful inappropriate offensive consequences taboo compliance disclaimer* warning* limitation* boundaries restraints restricted
    ethik* ethisch* gesetz* sicherheit* einschrankung* filtern ethique* legalement securite limites etic* etich* legal* segurid* seguranc* sicurezz* restriccion* restricao restricoes restrizion* limiti ethisch beperkingen
    etyczn* ograniczen* bezpieczen* eticke omezeni etiske begraensninger begransningar этич* этик* мораль* закон* ограничен* безопасн* обмежен* etik ahlak* sinirlama* guvenlik batasan etika keamanan gioi-han اخلاق* قيود القيود नैतिक प्रतिबंध सीमाओं 道德 伦理 倫理 法律 限制 制限 規制 제한 윤리 도덕 จริยธรรม ข้อจำกัด`,
  negation: `no not never without dont don't cannot can't won't wont nothing none nor doesn't isn't free
    nicht keine kein niemals ohne nie pas jamais sans aucun aucune sin ningun ninguna nunca jamas non senza nessun* mai nao sem nenhum* niet geen nooit zonder
    nie bez zaden nigdy ne bez zadne ikke uden inte utan не без нет никак* никогда немає hicbir asla olmadan tidak tanpa jangan khong بدون لا ليس नहीं मत बिना 不要 没有 沒有 不受 別 なし しない ない 없이 없는 말고 않 ไม่ อย่า`,
  assistant: `ai assistant* chatgpt gpt* llm llms language-model chatbot* bot bots agent agents claude gemini copilot llama model models mistral bard a.i openai's
    ki assistent* sprachmodell ia asistente* assistente* modelo modele modello asystent* assistenten sztuczna ии ассистент* модель помощник нейросеть asistan* yapay asisten مساعد المساعد ذكاء सहायक एआई 人工智能 助手 模型 アシスタント モデル 인공지능 어시스턴트 모델 ผู้ช่วย`,
  must: `must always immediately urgent* important required mandatory critical need needs should shall obligat* strictly essential attention first instantly now asap priority
    muss musst sofort wichtig* dringend immer unbedingt jetzt devez dois toujours immediatement important* urgence debes siempre inmediatamente importante ahora devi sempre subito immediatamente adesso deve sempre imediatamente agora moet altijd onmiddellijk belangrijk nu
    musisz zawsze natychmiast wazne teraz musis vzdy okamzite nyni skal altid maste alltid genast должен всегда немедленно срочно важно теперь сейчас mutlaka hemen simdi onemli harus selalu segera sekarang phai يجب دائما فورا الان مهم अभी हमेशा तुरंत महत्वपूर्ण 必须 必須 立即 总是 現在 现在 重要 今すぐ 常に 必ず 지금 항상 즉시 반드시 ต้อง ทันที ตอนนี้`,
  send: `send* forward* email* e-mail* transfer* upload* post submit* exfiltrat* transmit* deliver* mail message* bcc cc wire pay paying payment remit* share shares curl post
    sende* schick* weiterleit* uberweis* hochlad* envoy* transfer* envie* envia* enviar reenvia* invia* inoltra* trasferi* mande encaminhe stuur verzend* doorstur*
    wyslij* przeslij* odesli* posli* skicka* sende отправ* перешли* перевед* вышли надішли gonder* ilet* kirim* teruskan gui ارسل حول भेजो भेजें 发送 發送 转发 轉發 转账 送信 送って 転送 보내 전송 전달 ส่ง โอน`,
  operate: `delete* remove* execut* run runs download* install* open visit* click* buy purchas* order* grant* invite* change* updat* book schedul* reserv* call invok* use fetch* retriev* read search* creat* add set modif* replac* insert* append* access* navigat* browse disable* enabl* unlock* shut turn move copy
    losch* fuhr* offne* klick* kauf* besuch* installier* supprim* execut* clique* achet* ouvr* visit* elimin* borra* ejecut* haz clic* abre* compr* visita* cancella* esegui* apri clicca* apague* exclua execute abra acesse verwijder* voer klik* koop bezoek*
    usun* uruchom* kliknij* otworz* smaz* spust* otevri slet kor klik ta-bort удали* выполни* открой* нажми* купи* запусти* перейди видали sil calistir ac tikla hapus jalankan buka klik xoa احذف نفذ افتح اضغط हटाओ चलाओ खोलो 删除 刪除 执行 執行 打开 点击 點擊 运行 購買 購入 削除 実行 開いて クリック 삭제 실행 열어 클릭 ลบ เปิด คลิก`,
  valuable: `password* passwd passphrase* credential* api-key apikey api_key token* secret* ssn credit card cards bank* account* personal pii sensitive key keys financial medical private-key wallet* bitcoin cookies session login history records transaction* balance contact* address
    passwort* kennwort zugangsdaten konto mot passe identifiants compte contrasen* clave cuenta credencial* senha* conta chiave credenzial* wachtwoord* rekening
    haslo hasla konto heslo kodeord losenord парол* пароль учетн* счет ключ sifre* parola hesap kata-sandi sandi akun mat-khau كلمة المرور حساب पासवर्ड खाता 密码 密碼 口令 账户 パスワード 暗証 비밀번호 계정 รหัสผ่าน บัญชี`,
  user: `user users user's human customer customers person owner
    benutzer* nutzer* utilisateur* usuario* utent* usuari* gebruiker* uzytkownik* uzivatel* bruger* anvandar* пользовател* користувач* kullanici pengguna المستخدم उपयोगकर्ता 用户 使用者 ユーザー 사용자 ผู้ใช้`,
  new: `new updated real actual instead following next different changed true latest current revised fresh only
    neue neuen neues stattdessen folgende* eigentlich* nouvel* nouveau* suivant* plutot nuev* siguiente* verdader* nuov* seguent* invece nov* novas seguinte* nieuwe volgende
    nowe nowy nastepujac* nove nasledujic* nye folgende nya foljande нов* следующ* вместо настоящ* yeni asagidaki baru berikut thay الجديدة جديد التالية नया नए निम्नलिखित 新的 新しい 以下 下面 接下来 새로운 다음 ใหม่ ต่อไปนี้`,
  task: `task* goal* objective* mission* job request* question* query purpose assignment duty responsibilit*
    aufgabe* ziel auftrag tache* objectif mission tarea* objetivo* compit* obiettivo tarefa* taak doel zadani* ukol opgave uppgift задач* задани* цель gorev* amac tugas tujuan nhiem المهمة مهمة कार्य काम 任务 任務 目标 タスク 仕事 작업 임무 งาน`,
  conceal: `silently secretly quietly covertly discreetly invisib* conceal* hide hiding unnoticed mention* notify* inform* alert* background stealth* confirm* confirmation approval permission asking
    heimlich leise verschweig* erwahn* discretement secretement mentionn* secretamente discret* mencion* silenziosamente segretamente menziona* stilletjes vermeld*
    potajemnie wspomin* tajne nezminuj тайно незаметно скрытно упомина* sessizce gizlice diam بصمت سرا تذكر चुपचाप 偷偷 悄悄 秘密地 不要提 こっそり 密かに 몰래 조용히 แอบ`,
  respond: `respond* answer* repl* say says comply complies complied obey* follow* adher* abid* accept* speak* talk* write* generat* begin* start* provide* give tell describe explain translat* output
    antwort* sag sage beantwort* befolg* reponds repond* dis ecris suis obeis responde* respuest* di escribe sigue contesta* obedec* rispond* scrivi obbedisci responda diga escreva obedeca antwoord* zeg schrijf
    odpowiad* odpowiedz powiedz napisz odpovez rekni svar skriv ответ* отвеч* скажи напиши следуй відповід* cevap* soyle yaz uy jawab* katakan tulis tra-loi اجب قل اكتب जवाब कहो लिखो 回答 回复 說 说 写 遵循 答えて 言って 書いて 従って 대답 말해 써 따라 ตอบ พูด เขียน`,
  mode: `mode modes debug* admin* root sudo enabl* activat* unlock* maintenance god superuser privilege* authoriz* authoris* permission* diagnostic* test testing simulation engaged
    modus aktivier* freischalt* entwicklermodus mode activ* activad* modalita attiva* modo ativ* desbloque* tryb wlacz rezim tilstand lage режим включ* активир* mod etkin* mode aktifkan che-do وضع الوضع تفعيل मोड सक्रिय 模式 启用 启动 解锁 モード 有効 모드 활성화 โหมด`,
  fiction: `hypothetical* fiction* story stories novel game scenario* movie scene screenplay poem script dialogue fantasy universe world villain research educational purposes thesis theater academic
    geschichte roman spiel film szenario histoire jeu scenario fictif* historia juego ficticio* cuento storia gioco hist* jogo ficc* verhaal spel
    opowiadan* gra fikcyjn* pribeh hra historie spil сказк* истори* рассказ* игра вымышлен* гипотетич* hikaye oyun kurgu cerita permainan قصة لعبة कहानी खेल 故事 小说 小說 游戏 遊戲 虚构 假设 物語 小説 ゲーム 架空 이야기 소설 게임 가상 นิยาย เรื่อง เกม`,
  boundary: `end ended stop begin reset terminate* over finished completed conclude* restart* clear wipe* erase* separator
    ende stopp beginn neustart fin arrete* debut termin* fine inizio basta comece pare einde stop koniec start konec slut конец стоп начал* сброс son dur basla selesai mulai berhenti نهاية ابدأ توقف समाप्त शुरू 结束 開始 开始 停止 重置 終了 開始して 끝 시작 중지 จบ เริ่ม หยุด`,
  encoding: `base64 rot13 decode* encode* cipher* hex hexadecimal reverse* backwards encrypt* decrypt* morse obfuscat* leetspeak leet binary acrostic caesar translat* emoji emojis pig unicode ascii
    entschlussel* ubersetz* verschlussel* decod* codifi* traduc* tradu* rozszyfruj odkoduj расшифруй декодир* переведи coz cevir terjemahkan ترجم فك 解码 解碼 翻译 翻譯 解読 翻訳 해독 번역 ถอดรหัส แปล`,
  marker: `im_start im_end inst sys endoftext system_prompt assistant_response user_query endofprompt begin_of_text start_header_id eot_id`,
  address: `http https www`,
  you: `you your yours yourself you're you'll youre u
    du dich dir dein* deine* ihr euch sie vous votre vos toi ton tes te tus tu usted ustedes voce voces seu seus tuo tuoi tue lei je jij jouw uw
    ty twoj* twoje jestes jsi tvoje din dit dig ты вы твои твой ваши ваш тебя вас тебе ти твої sen senin sana siz kamu anda kau ban انت لك تم तुम आप तुम्हारे आपके 你 你的 您 您的 あなた 君 お前 당신 너 너의 คุณ`,
  polite: `please kindly pls plz bitte s'il svp por-favor favor prego gentilmente alstublieft prosze prosim venligst snalla пожалуйста будь ласка lutfen tolong mohon من-فضلك فضلك कृपया 请 請 ください お願い 제발 부탁 กรุณา โปรด`,
  refuse: `refus* declin* apolog* sorry reject* unable deny denies warn* lecture* disclaim* hesitat* object resist* complain* judg* moraliz*
    weiger* ablehn* entschuldig* refuser excus* rechaz* negar* niega* rifiut* recus* weiger odmaw* odmit* nagter vagra отказ* отказыв* извин* reddet* menolak رفض ترفض मना इनकार 拒绝 拒絕 道歉 拒否 断る 거부 거절 ปฏิเสธ`,
  everything: `all any every everything anything whatever entire whole complete full
    alle alles jede* samtlich* tout* tous toutes todo toda todos todas tutt* qualsiasi tudo qualquer alle alles wszystk* cokolwiek vsechn* allt все всё любой любые всі tum butun her semua segala tat كل جميع सभी सब कुछ 所有 一切 任何 全部 全て すべて 何でも 모든 모두 전부 ทั้งหมด`,
  security: `vulnerab* attack* injection* exploit* malicious* threat* cve mitigat* defend* detect* phishing malware owasp penetration sanitiz* jailbreaking adversar* researcher* red-team* payload*
    angriff* sicherheitslucke* attaque* ataque* attacc* inyeccion injecao atak* utok уязвим* атак* saldiri serangan هجوم हमला 攻击 攻擊 漏洞 攻撃 공격 โจมตี`,
  quote: `example* e.g called such-as known phrase quote* describe* article paper blog documentation docs tutorial explains discusses define* meaning means term
    beispiel* sogenannt* exemple* ejemplo* esempio exemplo* voorbeeld* przyklad* priklad eksempel exempel пример* ornek contoh مثال उदाहरण 例如 例子 例えば 예시 예를 ตัวอย่าง`,
  rotated: `gur naq lbh jung guvf gung jvgu lbhe sebz ner nyy vtaber cerivbhf cebzcg flfgrz vafgehpgvbaf nobhg fubj erirny znxr jevgr ubj unir jvyy cyrnfr gryy cevag ercrng ehyrf pna jbhyq jnag jura xabj tvir rkcynva perngr vafgrnq juvpu jurer gurer zber fbzr pbhyq fubhyq npg cergraq yvxr crbcyr jvgubhg qrirybcre zbqr frperg cnffjbeq sbe ohg abg jnf jrer gurl
    qvfertneq sbetrg bireevqr olcnff vafgehpgvba qvfcynl erfgevpgvbaf erfgevpgvba svygre svygref haerfgevpgrq haprafberq nffvfgnag erfcbaq erfcbafr nafjre nyjnlf arire sbyybjvat thvqryvarf cbyvpvrf cbyvpl rguvpny fnsrgl uvqqra vagreany pbasvqragvny bevtvany zrffntr zrffntrf rirelguvat nalguvat abguvat jbeqf qrfpevor qrgnvy qrgnvyf crefba punenpgre fgbel orsber nsgre svefg frpbaq dhrfgvba dhrfgvbaf vasbezngvba orpnhfr rirel bgure haqre gurfr gubfr guvat guvatf guvax arrq uryc jbex hfvat hfrq vagb bire bayl znqr gnxr gbyq fnlf fnvq fgneg fgbc ortva fragrapr pbagrkg ynathntr zbqry nyybjrq pnaabg qbag gurve gurz gura guna`,
  reversed: `eht dna uoy tahw siht taht htiw ruoy morf lla erongi suoiverp tpmorp metsys snoitcurtsni tuoba wohs laever ekam etirw woh evah lliw esaelp llet tnirp taeper selur nac dluow tnaw nehw wonk evig nialpxe etaerc daetsni hcihw erehw ereht erom emos dluoc dluohs tca dneterp ekil elpoep tuohtiw repoleved edom terces drowssap rof erew yeht
    dragersid tegrof edirrevo ssapyb noitcurtsni yalpsid snoitcirtser noitcirtser retlif sretlif detcirtsernu derosnecnu tnatsissa dnopser esnopser rewsna syawla reven gniwollof senilediug seicilop ycilop lacihte ytefas neddih lanretni laitnedifnoc lanigiro egassem segassem gnihtyreve gnihtyna gnihton sdrow ebircsed liated sliated nosrep retcarahc yrots erofeb retfa tsrif dnoces noitseuq snoitseuq noitamrofni esuaceb yreve rehto rednu eseht esoht gniht sgniht kniht deen pleh krow gnisu desu otni revo ylno edam ekat dlot syas dias trats pots nigeb ecnetnes txetnoc egaugnal ledom dewolla tonnac tnod rieht meht neht naht`,
};
