"""What stands before a name: titles, greetings, closings, and words that announce one."""

import re

# Words before a name: any name follows; a known or capitalised pair follows.
TITLE = re.compile(
    r"(?i)(?:\b(?:mr|mrs|ms|miss|mx|dr|prof|sir|madam)\.?|\bг-н\w*|\bг-ж\w+|\bгоспод(?:ин|ина|ину)"
    r"|\bгоспож[аеиу]|\bгражданин\w*|\bгражданк\w+|\bтоварищ\w*|\bмырза|\bханым)[ \u00a0]+$"
)
ANNOUNCES = re.compile(
    r"(?i)(?:my name is|name'?s|i am called|signed by|in the name of|on behalf of"
    r"|spoke (?:with|to)|talked (?:with|to)|\bask for|attn\.?:?|\bcc:|\bfrom:|\bto:"
    r"|(?:my|our|her|his|the|with|to|by) (?:husband|wife|son|daughter|brother|sister|mother|father"
    r"|neighbou?r|friend|colleague|boss|manager|assistant|technician|installer|courier|driver"
    r"|partner|owner|agent|operator|landlord|tenant),?|\b(?:agent|operator|technician|account holder"
    r"|holder|customer|client|recipient|sender|contact|reporter|owner|signed|assignee|assigned to"
    r"|requested by|reported by|according to|full name|name|user|patient|employee|passenger"
    r"|beneficiary|payee|buyer|seller)(?::| is)?"
    r"|\bменя зовут|\bзовут|\bфио:?|ф\.и\.о\.:?|\bклиент\w*:?|\bполучател[ьюя]\w*:?|отправител\w+:?"
    r"|\bоператор\w*|\bмастер\w*|\bменеджер\w*|\bспециалист\w*|\bтехник\w*|\bкурьер\w*|\bсосед\w*"
    r"|\bабонент\w*:?|\bзаявител\w+:?|\bпокупател\w+:?|\bвладел\w+:?|\bзаказчик\w*:?|\bподпись:?"
    r"|\bна имя|\bпо словам|\bмуж\w*|\bжен[аеоуы]й?|\bсын\w*|\bдоч\w+|\bбрат\w*|\bсестр\w+"
    r"|\bколлег\w+|\bсотрудни\w+|\bконтакт\w*:?|\bпишет вам|\bоформлен\w* на|\bподписан\w*"
    r"|\bатым|\bесімім|\bаты-жөні:?|\bаты:|\bалушы:?|\bиесі:?|\bкөршім|\bмаман|\bшебер|\bоператор"
    r"|\bжұбайым|\bәкем|\bанам|\bағам|\bәпкем|\bжазып отырған|\bклиент:?)[ \u00a0]*[:—–-]?[ \u00a0]*$"
)
GREETING = re.compile(
    r"(?i)(?:^|[\s.,!?;:«\"(])(?:dear|hi|hello|hey|thanks?|thank you|good (?:morning|afternoon|evening|day)"
    r"|уважаем\w+|дорог(?:ой|ая)|привет|здравствуй(?:те)?|спасибо|благодарю|добрый (?:день|вечер)"
    r"|доброе утро|құрметті|сәлем|сәлеметсіз бе|рақмет|рахмет)[,!]? *$"
)
INTRODUCES = re.compile(r"(?i)(?:\bthis is|\bi am|\bi['’]m|\bэто|\bмен|\bбұл|\bпишет|\bя,?) +$")
SIGNS = re.compile(
    r"(?i)(?:regards|wishes|sincerely|yours|faithfully|thanks(?: a lot| again)?|thank you|cheers|best"
    r"|sent from my \w+|уважением|спасибо|наилучшими|пожеланиями|искренне ваш\w?|құрметпен|рақмет"
    r"|рахмет|ізгі тілекпен)[,.!]?(?:[ \t]*\r?\n\s*|, )(?:[-–—] ?)?$"
)
STREETS = frozenset(
    "street st road rd avenue ave lane drive boulevard square close court place way terrace"
    " ул улица улицы улице улицу проспект проспекта проспекте пр пер переулок бульвар шоссе"
    " площадь набережная мкр микрорайон көшесі көшесіне көшесінде даңғылы даңғылында ықшамауданы"
    " алаңы".split()
)
# The first letters of the last word of what stands before names: only there it is worth a look.
TITLE_HINTS = frozenset(
    "mr mrs ms miss mx dr prof sir mada г-н г-на г-ну г-жа г-жи г-же госп граж това мырз ханы".split()
)
ANNOUNCING_HINTS = frozenset(
    "is name name's call by of with to for attn cc from husb wife son daug brot sist moth fath neig"
    " frie coll boss mana assi tech inst cour driv part owne agen oper land tena hold cust clie"
    " reci send cont repo sign full user pati empl pass bene paye buye sell зову фио о клие полу"
    " отпр опер маст мене спец техн курь сосе абон заяв поку влад зака подп имя слов муж мужа мужу"
    " жена жены жене жену жено сын сына сыну дочь доче дочк брат сест колл сотр конт вам на"
    " атым есім аты-жөні жөні аты алуш иесі көрш мама шебе жұба әкем анам ағам әпке отыр".split()
)
GREETING_HINTS = frozenset(
    "dear hi hell hey than you morn afte even day уваж доро прив здра спас благ день вече утро"
    " құрм сәле бе рақм рахм".split()
)
INTRODUCING_HINTS = frozenset("is am i'm im это мен бұл пише я".split())
SIGNING_HINTS = frozenset(
    "rega wish sinc your fait than you lot agai chee best ipho andr ipad уваж спас наил поже ваш"
    " ваша құрм рақм рахм тіле".split()
)
JOINTS = frozenset("._-@/")
STARTS = frozenset('.!?…:;\n\r•"«([>*–—')
SECTION = frozenset(
    "plan section option type class level appendix part point zone model version hub step group"
    " category vitamin grade block вариант раздел пункт тип класс группа корпус блок".split()
)
LOWER_AFTER = re.compile(r"(?i)(?:my name is|меня зовут|менің атым|\bатым|\bесімім)[ \u00a0:]+$")
LOWER_HINTS = frozenset({"is", "зовут", "атым", "есімім"})
FUNCTION = frozenset(
    "a an and are as at back be but by can cannot for from had has have here i in is it me my no not"
    " of on or our she he so that the they this to up was we with you your very new just still also"
    " а без был в все вам вас да для до и из или как когда к мне мой мы на не но о об он она они от"
    " по с со так то у уже что это я вчера завтра сегодня из-за есть нет бе ба бар деген және мен"
    " үшін де да менің".split()
)
