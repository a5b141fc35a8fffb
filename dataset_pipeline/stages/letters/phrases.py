"""The words by which the parts of a mail are known, in English, Russian and Kazakh.

Rust regexes for one line each, unless said otherwise. Precision comes first: what a customer may
say about a mail ("is this confidential?", "I am out of office, deliver on Monday") is no part.
"""

# Word boundaries that Rust's fast engine knows for letters that are not ASCII.
_BEFORE = r"(?:^|[^\p{L}\p{N}_])"
_AFTER = r"(?:$|[^\p{L}\p{N}_])"

# ------------------------------------------------------------------------- quoted history
MARKED = r"^>"
# A mark and a word: "> 3 weeks" may be what a customer wrote.
MARKED_WORD = r"^>{1,2}\s*[\p{L}\[«\"“]"
# What a customer is about to show; a mail program names an address or a time.
ANNOUNCES = r"^[^>@\d]*:$"
# Who wrote when, as mail programs put it above what they quote.
WROTE = (
    r"(?i)^(?:>\s*)*(?:on .*wrote ?:|.* wrote on .*:|"
    r"(?:.*[^\p{L}])?(?:на)?писал(?:\(-?а\)|а|и)? ?:|"
    r".*\d.*[^\p{L}]пишет ?:|.*\d.*[^\p{L}](?:жазды|жазған) ?:|.*\d{1,2}:\d{2}.*<\S+@\S+> ?:)$"
)
WROTE_BEGINS = r"(?i)^(?:on .*\d{4}|.*\d{4}.*\d{1,2}:\d{2})"
WROTE_ENDS = r"(?i)(?:wrote|писал(?:\(-?а\)|а)?|пишет|жазды|>) ?:$"
ADDRESSED = r"<\S+@\S+>"
# "On 3 March 2025 at 10:15 your agent wrote:" is no mail program's line: no address, but somebody.
SOMEBODY = (
    rf"(?i){_BEFORE}(?:i|we|you|your|he|she|they|my|our|agent|operator|technician|colleague|"
    rf"я|мы|вы|он|она|они|ваш\p{{L}}*|наш\p{{L}}*|мой|моя|оператор|мастер|менеджер|"
    rf"мен|біз|сіз|сіздің|менің|біздің){_AFTER}"
)
BY_A_PROGRAM = r"\d{1,2}:\d{2}.*(?:@|(?:19|20)\d{2}(?:\D|$))|(?:@|(?:19|20)\d{2}\D).*\d{1,2}:\d{2}"
ORIGINAL = (
    r"(?i)^[-_=*]{2,} ?(?:original (?:message|appointment|e-?mail)|reply message|"
    r"исходное (?:сообщение|письмо)|(?:первоначальное|оригинальное) (?:сообщение|письмо)|"
    r"бастапқы (?:хабарлама|хат)) ?[-_=*]{2,}$"
)
# What is forwarded is what the sender wants read.
FORWARDED = (
    r"(?i)^(?:[-_=*]{2,} ?(?:forwarded (?:message|by)|переслан|пересыла|қайта жіберілген)|"
    r"begin forwarded message|начало переадресованного|начало переслан)"
)
HEADERS = {
    "from": r"(?i)^\*?(?:from|от(?: кого)?|кімнен) ?:\*? ?\S",
    "sent": r"(?i)^\*?(?:sent|date|отправлено|дата|жіберілді|күні) ?:\*? ?.*\d",
    "to": r"(?i)^\*?(?:to|cc|bcc|reply-to|кому|копия|кімге|көшірме) ?:\*? ?\S",
    "subject": r"(?i)^\*?(?:subject|тема|тақырыбы|тақырып) ?:",
}
RULED = r"^[_=\-*]{5,}$"

# ----------------------------------------------------------------------------- disclaimers
DISCLAIMER_BEGINS = (
    r"(?i)^[*\[(\s]*(?:confidentiality (?:notice|note)|disclaimer|legal notice|important notice|"
    r"notice:|(?:this|the contents of this) (?:e-?mail|message|communication|transmission)|"
    r"the (?:information|contents?) (?:contained |transmitted )?(?:in|of|by|with) this|"
    r"(?:это|данное|настоящее)(?: электронное)? (?:сообщение|письмо)|"
    r"(?:информация|сведения),? (?:содержащ|в (?:этом|данном|настоящем))|"
    r"(?:содержание|содержимое) (?:этого|данного|настоящего) (?:сообщения|письма)|"
    r"уведомление о конфиденциальности|"
    r"(?:бұл|осы) (?:электрондық )?(?:хат|хабарлама))"
)
# Several of these make a disclaimer of a paragraph.
DISCLAIMER_CUES = (
    r"(?i)\bconfidential|\bprivileged",
    r"(?i)\bintended (?:only|solely|for)|intended recipient|addressee",
    r"(?i)received (?:this|it).{0,40}(?:in error|by mistake)|are not the",
    r"(?i)notify (?:the sender|us)|delete (?:it|this|the)",
    r"(?i)(?:copying|distribution|disclosure|dissemination|use).{0,80}prohibited",
    r"(?i)конфиденциальн|коммерческ\w+ тайн",
    r"(?i)предназнач|адресат|которому (?:она|оно) адресован",
    r"(?i)по ошибке|ошибочно",
    r"(?i)(?:уведомите|сообщите|известите).{0,60}отправител|удалите",
    r"(?i)(?:копирование|распространение|использование|разглашение).{0,120}(?:запрещ|не допуск)",
    r"(?i)құпия",
    r"(?i)арналған|алушы",
    r"(?i)қателесіп|қате(?:мен)? ал",
    r"(?i)хабарла|жойыңыз|тыйым",
)
BY_A_PERSON = (
    rf"(?i)\?|{_BEFORE}(?:i|i'm|i’m|my|me|я|мне|меня|мой|моя|моё|мои|моего|моей|"
    rf"мен|менің|маған){_AFTER}"
)
# What a customer asks for, whatever was sent by mistake.
BUT_ASKING = (
    r"(?i)\b(?:order|ticket|invoice|case) ?(?:no\.?|number|#|№)? ?\d|\brefund\b|\breplacement\b|"
    r"заказ|верните|возврат"
)
TREES = (
    r"(?i)^\S{0,3} ?(?:please )?consider the environment before printing|"
    r"^\S{0,3} ?(?:пожалуйста, )?подумайте об (?:экологии|окружающей среде).*печат"
)

# -------------------------------------------------------------------------- auto-responses
# A heading, which alone may be what a customer writes of.
AUTOMATIC_HEADING = (
    r"(?i)\A\[?(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office"
    r"(?: auto-?reply)?|автоответ(?:чик)?|автоматический ответ|автоматты жауап) ?(?:[:\]–—]|- |\n)"
)
# Of a whole text, from its beginning; or of its last sentence, but for "do not reply".
_AUTOMATIC = (
    r"(?:this is an automat(?:ed|ic|ically generated) (?:reply|response|message|e-?mail)|"
    r"(?:это|данное) (?:письмо |сообщение )?(?:автоматическ\w+ (?:ответ|сообщение|письмо|"
    r"уведомление)|(?:сформировано|отправлено|создано) автоматически)|"
    r"бұл автоматты (?:жауап|хабарлама))"
)
AUTOMATIC = rf"(?i)\A{_AUTOMATIC}"
AUTOMATIC_BELOW = (
    rf"(?i)(?:[.!]\s|\n){_AUTOMATIC}[^.!?\n]*[.!]?"
    r"(?:\s[^.!?\n]*(?:not reply|не отвечайте)[^.!?\n]*[.!]?)?\s*\z"
)
# What was asked for is under way: what stands below such a heading.
ACKNOWLEDGED = (
    r"(?i)thank(?:s| you) for (?:your|contacting|writing|reaching)|(?:received|registered) your|"
    r"(?:has|have) been (?:received|registered)|(?:do not|don't|don’t) reply|"
    r"спасибо за|благодарим|получен|получили|принят|зарегистрир|не отвечайте|нет на месте|"
    r"отвечу|ответим|қабылдан|тіркел|жауап бер|хабарласқаныңыз"
)
AWAY = (
    r"(?i)\b(?:i am|i'm|i’m|i will be|currently)\b.{0,30}\b(?:out of (?:the )?office|"
    r"on (?:\w+ )?(?:leave|vacation|holiday)|away from (?:the office|my desk|my e-?mail)|"
    r"on a business trip)|"
    r"(?:\bя\b|нахожусь|сейчас|буду).{0,30}\b(?:в отпуске|в командировке|на больничном|"
    r"вне офиса)|меня не будет|отсутствую (?:в офисе|на рабочем месте)|"
    r"демалыста ?мын|іссапарда ?мын"
)
# Without one of these words nobody is away: what a cheap look at all texts can find.
AWAY_WORDS = (
    r"(?i)out of (?:the )?office|on (?:\w+ )?(?:leave|vacation|holiday)|away from (?:the|my) |"
    r"business trip|в отпуске|в командировке|на больничном|вне офиса|меня не будет|отсутствую |"
    r"демалыста|іссапарда"
)
AWAY_CUES = (
    r"(?i)will (?:get back|respond|reply) to you|"
    r"\b(?:i|we) (?:will|shall|'ll)\b.{0,40}\b(?:reply|respond|answer|get back)|"
    r"limited access|no access to (?:my )?e-?mail|"
    r"(?:urgent|immediate|emergenc)\w*.{0,80}\b(?:contact|call|e-?mail|write|reach)|"
    r"(?:срочн|неотложн)\w*.{0,60}(?:обращ|звон|пиш|связ)|"
    r"отвечу.{0,40}(?:возвращ|после|как только)|"
    r"доступ\w* к (?:\w+ )?почт\w+.{0,20}огранич|огранич\w+ доступ|"
    r"шұғыл.{0,60}(?:хабарлас|қоңырау)|оралғаннан кейін жауап"
)

# What is broken is no absence: nobody writes an auto-response about it.
TROUBLE = (
    r"(?i)\berrors?\b|\bbroken\b|\b(?:not|n't|n’t) (?:work|open|load|start|turn)|"
    r"\b(?:fails?|failed|crash\p{L}*|leaks?|leaking|expired)\b|ошибк|"
    r"не (?:работа|открыва|включа|запуска|отключа|груз)|сломал|теч[её]т|істемейді|ашылмайды|қате"
)
# Who is away and speaks of these asks for something.
AWAY_BUT_ASKING = (
    r"(?i)\?|please (?:deliver|send|bring|cancel|move|leave|refund|change|ship)|"
    r"\bmy (?:order|parcel|package|delivery|account|wife|husband|neighbou?r|mother|father|son|"
    r"daughter)\b|\b(?:deliver|parcel|courier)|"
    r"заказ|достав|посылк|курьер|перенес|верните|привез|придержите|\b(?:жен[аеуы]|муж|сосед)"
)

# ------------------------------------------------------------------------------ signatures
_NAME_AFTER = r"""(?:[,.!:;]?$|, ?[\p{Lu}«"“+\d].{0,70}$|(?: \p{Lu}[\p{L}.'’-]*){1,4}[.,]?$)"""
CLOSING = (
    r"^(?:(?i:(?:(?:many )?thanks (?:and|&) |with )?(?:my )?(?:very )?"
    r"(?:best|kind|kindest|warm|warmest)? ?(?:regards|wishes)|all the best|"
    r"(?:yours )?(?:sincerely|truly|faithfully|respectfully)(?: yours)?|"
    r"с ув\.?|с уважением(?: и (?:благодарностью|наилучшими пожеланиями))?|"
    r"с наилучшими пожеланиями|с (?:глубоким )?почтением|с благодарностью|искренне ваша?|"
    r"(?:ізгі )?құрметпен|ізгі (?:тілекпен|ниетпен)|сәлеммен)"
    + _NAME_AFTER
    + r"|(?i:best|cheers|br),(?:$| ?\p{Lu}[\p{L}.'’-]*$))"
)
_DEVICES = (
    r"i-?phone|i-?pad|айфона|mobile(?: (?:phone|device))?|(?:cell ?)?phone|smartphone|tablet|"
    r"device|android|samsung|galaxy|huawei|honor|xiaomi|redmi|pixel|nokia|blackberry|windows|"
    r"outlook|verizon|t-mobile|yahoo|proton(?: ?mail)?|gmail|mail(?:\.ru)?|aol|"
    r"телефона|смартфона|планшета|устройства|яндекс(?:\.| )?почты|почты|мобильного"
)
FOOTER = (
    rf"^(?:(?i:(?:sent (?:from|via|with|using)(?: my)?|get|"
    rf"отправлено (?:с|со|из|через)(?: мо(?:его|ей))?(?: мобильн(?:ого|ой))?(?: приложения)?) "
    rf"(?:{_DEVICES}))(?: (?:\p{{Lu}}\S*|\d\S*|for|from|mail|app|"
    rf"(?i:iOS|i?phone|ipad|smartphone|device|почты))){{0,5}}(?: ?<https?://[^\s>]+>)?"
    rf"|(?i:(?:менің )?(?:iphone|ipad|samsung|android|телефон)\S*(?: \S+)? жіберілді))[.!]?$"
)
# Courtesy that may be the customer's own word: a part only above a name.
COURTESY = (
    r"^(?i:(?:many )?thanks(?: (?:again|in advance|so much|a lot))?|thank you(?: (?:in advance|"
    r"very much))?|thx|have a (?:nice|great|good) (?:day|weekend)|(?:заранее |большое )?спасибо"
    r"(?: заранее)?|(?:заранее )?благодарю|всего (?:доброго|хорошего|наилучшего)|хорошего дня|"
    r"(?:алдын ала )?ра[қх]мет|сау болыңыз)[,.!]?$"
)
NAME = r"^\p{Lu}[\p{L}'’-]*\.?(?: \p{Lu}[\p{L}'’-]*\.?){0,3},?$"
DASHES = r"^--$"
RULES = r"^(?:--|—|–|[-_=*~]{2,})$"
CONTACT = (
    r"(?i)\S@\S+\.\p{L}|https?://|www\.|\+?\d(?:[ ()./-]?\d){6,}|"
    r"^(?:tel|phone|mobile|mob|fax|e-?mail|whatsapp|telegram|тел|моб|факс|почта)(?:[^\p{L}]|$)"
)
BEGINS_LIKE_A_NAME = r"""^[\p{Lu}\d«"“(+|*]"""
# A job or an address in small letters; "the manager promised" is a sentence.
JOB_OR_PLACE = (
    r"^(?:(?:главный|ведущий|старший|коммерческий|генеральный|технический|исполнительный|"
    r"финансовый) )?(?:менеджер|директор|бухгалтер|специалист|инженер|юрист|администратор|"
    r"секретарь|начальник|руководитель|заместитель|помощник|консультант|экономист|логист)"
    r"(?:,.*| (?:по|отдела|отделения|службы|департамента|филиала|склада|офиса|проектов)(?: .*)?)?$|"
    r"^(?:г|ул|пр|просп|мкр|пер|д|оф|каб)\. ?[\p{Lu}\d]|"
    r"^(?:(?:senior|junior|lead|chief|head|deputy|assistant|general|sales|project|product) )?"
    r"(?:manager|director|accountant|engineer|specialist|administrator|officer|consultant|analyst)"
    r"(?:,.*| (?:of|for) .*)?$"
)
# Words of sentences: no line of a name, a job, a company or an address has them.
SENTENCE = (
    rf"(?i)[?!]$|{_BEFORE}(?:i|i'm|i’m|i've|my|me|we|you|your|please|is|are|was|were|have|has|had|can|could|"
    r"will|would|not|don't|when|what|why|how|where|it|its|this|that|there|need|want|also|but|if|"
    r"still|waiting|asap|я|мне|меня|мой|моя|моё|мои|вы|вас|вам|ваш\w*|мы|нас|нам|пожалуйста|не|нет|"
    r"когда|что|чтобы|как|почему|где|куда|это|этот|жду|ждём|прошу|просим|нужн\w*|можно|хочу|есть|"
    r"был\w*|уже|ещё|также|если|но|верните|пришлите|ответьте|позвоните|перезвоните|напишите|"
    r"сделайте|отмените|мен|сіз|маған|керек|қашан|неге|қалай|жоқ|күтемін|өтінемін)"
    rf"{_AFTER}"
)
# What a customer adds below a name and means to be read.
OWN = (
    r"(?i)^(?:p\.? ?p?\.?s(?:[^\p{L}]|$)|з\.? ?ы\.|upd(?:[^\p{L}]|$))|"
    rf"{_BEFORE}(?:order|contract|invoice|ticket|case|serial|account|tracking){_AFTER}|"
    r"(?:заказ|договор|сч[её]т|обращени|заявк|серийн|лицев|трек|тапсырыс|шарт|өтінім)|"
    rf"{_BEFORE}(?:s/?n|imei){_AFTER}|№"
)
