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
    r"|\bжұбайым|\bәкем|\bанам|\bағам|\bәпкем|\bжазып отырған|\bклиент:?)"
    r"[ \u00a0]*[:—–-]?[ \u00a0]*$"
)
GREETING = re.compile(
    r"(?i)(?:^|[\s.,!?;:«\"(])(?:dear|hi|hello|hey|thanks?|thank you"
    r"|good (?:morning|afternoon|evening|day)"
    r"|уважаем\w+|дорог(?:ой|ая)|привет|здравствуй(?:те)?|спасибо|благодарю|добрый (?:день|вечер)"
    r"|доброе утро|құрметті|сәлем|сәлеметсіз бе|рақмет|рахмет)[,!]? *$"
)
INTRODUCES = re.compile(r"(?i)(?:\bthis is|\bi am|\bi['’]m|\bэто|\bмен|\bбұл|\bпишет|\bя,?) +$")
SIGNS = re.compile(
    r"(?i)(?:regards|wishes|sincerely|yours|faithfully|thanks(?: a lot| again)?|thank you"
    r"|cheers|best"
    r"|sent from my \w+|уважением|спасибо|наилучшими|пожеланиями|искренне ваш\w?|құрметпен|рақмет"
    r"|рахмет|ізгі тілекпен)[,.!]?(?:[ \t]*\r?\n\s*|, )(?:[-–—] ?)?$"
)
STREETS = words("street_words")
# The first letters of the last word of what stands before names: only there it is worth a look.
TITLE_HINTS = words("hints_title")
ANNOUNCING_HINTS = words("hints_announcing")
GREETING_HINTS = words("hints_greeting")
INTRODUCING_HINTS = frozenset(["is", "am", "i'm", "im", "это", "мен", "бұл", "пише", "я"])
SIGNING_HINTS = words("hints_signing")
JOINTS = frozenset("._-@/")
STARTS = frozenset('.!?…:;\n\r•"«([>*–—')
SECTION = words("sections")
LOWER_AFTER = re.compile(r"(?i)(?:my name is|меня зовут|менің атым|\bатым|\bесімім)[ \u00a0:]+$")
LOWER_HINTS = frozenset({"is", "зовут", "атым", "есімім"})
FUNCTION = words("function_words")
