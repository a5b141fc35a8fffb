"""What stands before a name: titles, greetings, closings, and words that announce one."""

import re

from dataset_pipeline.stages.personal.gazetteers import words

# Words before a name: any name follows; a known or capitalised pair follows.
TITLE = re.compile(
    r"(?i)(?:\b(?:mr|mrs|ms|miss|mx|dr|prof|sir|madam)\.?|\bг-н\w*|\bг-ж\w+|\bгоспод(?:ин|ина|ину)"
    r"|\bгоспож[аеиу]|\bгражданин\w*|\bгражданк\w+|\bтоварищ\w*|\bмырза|\bханым)[ \u00a0]+$"
)
ANNOUNCES = re.compile(
    r"(?i)(?:my name is|name'?s|i am called|signed by|in the name of|on behalf of"
    r"|spoke (?:with|to)|talked (?:with|to)|\bask for|attn\.?:?|\bcc:|\bfrom:|\bto:"
    r"|\b(?:agreed|approved|arranged|assigned|booked|call|called|chat|closed|collected|delivered"
    r"|discussed|e-?mail|escalated|forwarded|fwd|given|handed|handled|helped|installed|left|letter"
    r"|meeting|message|note|opened|paid|picked up|promised|received|reply|requested|reset|sent"
    r"|served|signed|speaking|spoken|taken|told|visit|visited|written)(?: \w+)?"
    r" (?:by|with|from|over to)"
    r"|\b(?:note|message|letter|e-?mail|mail|call|visit|booked|signed|parcel|appointment) for"
    r"|\b(?:assigned|escalated|forwarded|given|handed|left|letter|message|reply|visit|written) to"
    r"|\b(?:owner|name|account|contract|holder|booking) (?:changed|moved|transferred) (?:from|to)"
    r"|\b(?:he|she|man|woman|guy|lady|who|person|somebody|someone)(?: \w+)?"
    r" (?:is|was|were)? ?(?:called|named)"
    r"|\b(?:caller|tenant|guest|visitor|lady|gentleman|guy|man|woman|secretary|witness|applicant"
    r"|resident|member|student|subscriber|electrician|plumber|engineer|mechanic|supervisor"
    r"|director|clerk|receptionist|dispatcher|contact person|person in charge|responsible|daughter"
    r"|son|mum|mom|dad|uncle|aunt|cousin|nephew|niece|fianc[eé]e?|flatmate|husband|wife|brother"
    r"|sister|colleague|neighbou?r|technician|driver|owner|manager|agent)"
    r"(?:'s name)?(?: is| was| now|, an?|,| \(|:)?"
    r"|\bnames?(?: \w+){0,4}?(?: is| are|:)?|\bwho(?:'s| is| was)"
    r"|(?:my|our|her|his|the|with|to|by) (?:husband|wife|son|daughter|brother|sister|mother|father"
    r"|neighbou?r|friend|colleague|boss|manager|assistant|technician|installer|courier|driver"
    r"|partner|owner|agent|operator|landlord|tenant),?|\b(?:agent|operator|technician"
    r"|account holder"
    r"|holder|customer|client|recipient|sender|contact|reporter|owner|signed|assignee|assigned to"
    r"|requested by|reported by|according to|full name|name|user|patient|employee|passenger"
    r"|beneficiary|payee|buyer|seller)(?::| is)?"
    r"|\bменя зовут|\bзовут|\bфио:?|ф\.и\.о\.:?|\bклиент\w*:?|\bполучател[ьюя]\w*:?|отправител\w+:?"
    r"|\bоператор\w*|\bмастер\w*|\bменеджер\w*|\bспециалист\w*|\bтехник\w*|\bкурьер\w*|\bсосед\w*"
    r"|\bабонент\w*:?|\bзаявител\w+:?|\bпокупател\w+:?|\bвладел\w+:?|\bзаказчик\w*:?|\bподпись:?"
    r"|\bна имя|\bпо словам|\bмуж\w*|\bжен[аеоуы]й?|\bсын\w*|\bдоч\w+|\bбрат\w*|\bсестр\w+"
    r"|\bколлег\w+|\bсотрудни\w+|\bконтакт\w*:?|\bпишет вам|\bоформлен\w* на|\bподписан\w*"
    r"|\bатым|\bесімім|\bаты-жөні:?|\bаты:|\bалушы:?|\bиесі:?|\bкөршім|\bмаман|\bшебер|\bоператор"
    r"|\bжұбайым|\bұлым|\bқызым|\bінім|\bсіңлім|\bкөрші|\bменеджер|\bкурьер|\bкуә:?|\bқолы:?"
    r"|\bапам|\bатам|\bәжем|\bкүйеуім|\bәйелім|\bдосым|\bбауырым|\bқарындасым|\bжиенім"
    r"|\bнағашым|\bжауапты:?|\bбұл мен,?|\bәкем|\bанам|\bағам|\bәпкем|\bжазып отырған|\bклиент:?)"
    r"[ \u00a0]*[:—–-]?[ \u00a0]*$"
)
GREETING = re.compile(
    r"(?i)(?:^|[\s.,!?;:«\"(])(?:dear|hi|hello|hey|thanks?|thank you"
    r"|good (?:morning|afternoon|evening|day)"
    r"|уважаем\w+|дорог(?:ой|ая)|привет|здравствуй(?:те)?|спасибо|благодарю|добрый (?:день|вечер)"
    r"|доброе утро|құрметті|сәлем|сәлеметсіз бе|рақмет|рахмет)[,!]? *$"
)
INTRODUCES = re.compile(
    r"(?i)(?:\bthis is|\bit['’]?s|\bi am|\bi['’]?m|\bi,|\bэто|\bмен,?|\bбұл|\bпишет|\bя,?) +$"
)
# What one does to persons, before a name in lower case.
DOES_TO = re.compile(
    r"(?i)\b(?:call|phone|contact|e-?mail|message|text|ask|tell|inform|notify|remind|meet|invite|thank"
    r"|позвоните|позвони|передайте|напишите|спросите|сообщите) $"
)
# Behind a name that was introduced.
GOES_ON = re.compile(
    r"[.,;!?\n)]|$| (?:and|from|at|with|calling|speaking|writing|here|again|из|с|опять|снова|ғой"
    r"|тағы)\b"
)
SIGNS = re.compile(
    r"(?i)(?:regards|wishes|sincerely|yours|faithfully|thanks(?: a lot| again)?|thank you"
    r"|cheers|best"
    r"|sent from my \w+|уважением|спасибо|наилучшими|пожеланиями|искренне ваш\w?|құрметпен|рақмет"
    r"|рахмет|ізгі тілекпен)[,.!]?(?:[ \t]*\r?\n\s*|, )(?:[-–—] ?)?$"
)
# Behind a name: what only persons do, and how persons are addressed.
FOLLOWS = re.compile(
    r"(?i),? (?:(?:has |had |have )?(?:who|says?|said|wrote|writes|rang|rings|asked|asks|wants"
    r"|wanted|paid|signed|refuse[sd]?|promised|told|confirmed|phoned|complain(?:s|ed)|replied"
    r"|answered|agreed|insists|claims|thinks|lives|opened|called|here|speaking)\b"
    r"|(?:сказа|проси|звони|позвони|написа|пише|оплати|заплати|подписа|обеща|забра|ждёт|ждет"
    r"|приходи|ответи|жалуе|уверя|ведёт|ведет|сда)"
    r"|(?:апай|ағай|мырза|ханым|айтты|сұра|жазды|төле|қабылда|деген|тапсыр|хабарлас))"
    r"|:?\r?\n ?>|,? (?:wrote|писал|написал)\w*:"
)
# What a name that is a common word, too, does not do unless it is a name: "June says".
SPEAKS = re.compile(
    r"(?i) (?:(?:has |had )?(?:says?|said|wrote|writes|asked|asks|promised|told|phoned|replied"
    r"|answered|agreed|insists|claims|thinks|rang)\b|(?:сказа|проси|звони|позвони|написа|пишет|обеща"
    r"|ответи|жалуе|уверя)|(?:апай|ағай|мырза|ханым|айтты|сұра|жазды|деді))"
)
PLACES = re.compile(r"(?i)(?:^|[^\w])(?:in|at|from|of|on|to|the|last|next|since|until|в|из|на) $")
LABEL = re.compile(
    r"(?i)\b(?:contact|person|owner|manager|technician|engineer|driver|customer|client|witness"
    r"|buyer|seller|caller|visitor|responsible|контакт|мастер|ответственн|свидетел|жауапты|маман)"
    r"[^.!?\n:]{0,24}: ?$"
)
# "Reviewer: ", "Approved by: ": whoever does it is a person, if it is no thing that does it.
_ROLE = re.compile(r"(?:^|[\n|;,]|[-*•] )[ \t]*(?:[^\W\d_]+ ){0,3}(?P<role>[^\W\d_]{2,}): ?$")
_AGENT = re.compile(
    r"(?i)by|cc|bcc|from|to|(?:[^\W\d_]{3,}(?:er|or|ee|ist|ian|man|woman|person)|[^\W\d_]{3,}"
    r"(?<!m)[ae]nt)s?|[^\W\d_]{3,}(?:тель|тор|тер|щик|ник|лец)[иья]?|[^\W\d_]{3,}(?:ший|шы|ші)"
)
_THINGS = words("things")
FILLED = re.compile(r"\.?(?:[,;|\r\n]|$| [(|]|\. )")
FOLLOWERS = words("followers")
HONORIFIC = re.compile(r"(?i) (?:апай|ағай|мырза|ханым|апа|аға)|,? here\b[,.!]?(?: |$)")
ALSO = re.compile(
    r"(?:,|;| \||/)? ?(?:(?:and|&|und|и|мен|to|/) )?"
    r"|(?: \([^()\n]{1,40}\))?[,;]?\r?\n(?:[-*•–] |[0-9]+[.)] )"
)
STREETS = words("street_words")
# The first letters of the last word of what stands before names: only there it is worth a look.
TITLE_HINTS = words("hints_title")
ANNOUNCING_HINTS = words("hints_announcing")
GREETING_HINTS = words("hints_greeting")
INTRODUCING_HINTS = frozenset(
    ["is", "am", "i", "i'm", "im", "its", "it's", "это", "мен", "бұл", "пише", "я"]
)
SIGNING_HINTS = words("hints_signing")
JOINTS = frozenset("._-@/")
STARTS = frozenset('.!?…:;\n\r•"«([>*–—')
SECTION = words("sections")
LOWER_AFTER = re.compile(r"(?i)(?:my name is|меня зовут|менің атым|\bатым|\bесімім)[ \u00a0:]+$")
LOWER_HINTS = frozenset({"is", "зовут", "атым", "есімім"})
FUNCTION = words("function_words")


def is_role(before: str) -> bool:
    """Whether a text ends in a label that asks for a person."""
    found = _ROLE.search(before)
    role = found["role"].lower() if found else ""
    return _AGENT.fullmatch(role) is not None and role.removesuffix("s") not in _THINGS
