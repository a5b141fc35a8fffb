"""The sentences around personal data and around its look-alikes; `@@` is the value's place.

"agent" carriers are what support writes back; they exist for the entities that agents repeat.
"""

CARRIERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "PERSON": (
            "My name is @@.",
            "The order is in the name of @@.",
            "Please ask for @@.",
            "This is @@ writing.",
        ),
        "PHONE": (
            "You can reach me at @@.",
            "My number is @@.",
            "Call me on @@ please.",
            "Tel. @@",
        ),
        "EMAIL": (
            "My mail is @@.",
            "Please answer to @@.",
            "The account is registered to @@.",
            "Write to @@ as well.",
        ),
        "ADDRESS": (
            "I live at @@.",
            "The delivery address is @@.",
            "Please send it to @@.",
            "The courier should come to @@.",
        ),
        "BIRTH_DATE": (
            "I was born on @@.",
            "My date of birth is @@, if you need it.",
            "Date of birth: @@.",
        ),
        "CREDIT_CARD": (
            "The card is @@.",
            "I paid with card @@.",
            "Card number @@, in case you need it.",
        ),
        "IBAN": ("Please transfer it to @@.", "My IBAN is @@.", "The account for the refund: @@."),
        "IIN": ("My IIN is @@.", "IIN @@.", "The contract was made with IIN @@."),
        "PASSPORT": (
            "My passport number is @@.",
            "Passport @@, for the courier.",
            "As proof, my passport: @@.",
        ),
        "CONTRACT": ("The contract is @@.", "Contract number @@.", "It concerns contract @@."),
        "SERIAL": ("The sticker says @@.", "The device is @@.", "On the back I read @@."),
        "IP_ADDRESS": (
            "My hub has the address @@.",
            "The log shows @@.",
            "The sign-in came from @@.",
        ),
        "API_KEY": (
            "My integration uses the key @@.",
            "The token is @@, it worked until now.",
            "Here is the key: @@",
        ),
        "PASSWORD": (
            "My password is @@.",
            "I always log in with the password @@.",
            "The password was @@, please check it yourself.",
        ),
    },
    "ru": {
        "PERSON": ("Меня зовут @@.", "Получатель: @@.", "Пишет вам @@.", "Заказ оформлен так: @@."),
        "PHONE": ("Мой телефон @@.", "Звоните @@.", "Номер для связи: @@.", "Тел. @@"),
        "EMAIL": ("Моя почта @@.", "Ответьте на @@.", "Аккаунт на почту @@."),
        "ADDRESS": ("Мой адрес: @@.", "Адрес доставки: @@.", "Привезите сюда: @@."),
        "BIRTH_DATE": ("Дата рождения @@.", "Я родилась @@.", "День рождения @@, если нужно."),
        "CREDIT_CARD": ("Карта @@.", "Платил картой @@.", "Номер карты @@, если нужен."),
        "IBAN": ("Переведите на счёт @@.", "Мой IBAN @@.", "Счёт для возврата: @@."),
        "IIN": ("Мой ИИН @@.", "ИИН @@.", "В договоре ИИН @@."),
        "PASSPORT": ("Паспорт @@.", "Номер паспорта @@.", "Для курьера: паспорт @@."),
        "CONTRACT": ("Договор @@.", "Номер договора @@.", "Речь о договоре @@."),
        "SERIAL": ("На наклейке @@.", "Устройство @@.", "Сзади написано @@."),
        "IP_ADDRESS": ("Адрес хаба @@.", "В журнале стоит @@.", "Вход был с @@."),
        "API_KEY": ("Интеграция работает с ключом @@.", "Вот ключ: @@"),
        "PASSWORD": ("Мой пароль @@.", "Захожу с паролем @@."),
    },
    "kk": {
        "PERSON": ("Менің атым @@.", "Алушы: @@.", "Жазып отырған @@."),
        "PHONE": ("Телефоным @@.", "Байланыс нөмірі: @@.", "Мына нөмірге шалыңыз: @@."),
        "EMAIL": ("Поштам @@.", "Жауапты @@ жіберіңіз."),
        "ADDRESS": ("Мекенжайым: @@.", "Осында әкеліңіз: @@."),
        "BIRTH_DATE": ("Туған күнім @@.", "Туған күні: @@."),
        "CREDIT_CARD": ("Картам @@.", "Карта нөмірі @@."),
        "IBAN": ("Шотым @@.", "Ақшаны мына шотқа салыңыз: @@."),
        "IIN": ("ЖСН @@.", "Менің ЖСН @@."),
        "PASSPORT": ("Паспорт нөмірі @@.", "Төлқұжатым @@."),
        "CONTRACT": ("Шарт нөмірі @@.", "Шарт: @@."),
        "SERIAL": ("Жапсырмада @@ деп тұр.", "Құрылғы @@."),
        "IP_ADDRESS": ("Хабтың мекенжайы @@.", "Журналда @@ тұр."),
        "API_KEY": ("Кілт: @@",),
        "PASSWORD": ("Құпиясөзім @@.",),
    },
}

AGENT_CARRIERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "PERSON": ("Dear @@,", "The request is registered for @@."),
        "PHONE": ("We will call you on @@.", "Your number in our system is @@."),
        "EMAIL": ("The letter was sent to @@.", "I see @@ as your mail."),
        "ADDRESS": ("We have @@ as your address.", "The courier will come to @@."),
        "IBAN": ("The transfer goes to @@.",),
        "CONTRACT": ("I found your contract @@.",),
        "SERIAL": ("The device @@ is under warranty.",),
    },
    "ru": {
        "PERSON": ("Заявка оформлена так: @@.", "Получатель в заявке: @@."),
        "PHONE": ("Позвоним вам на @@.",),
        "EMAIL": ("Письмо отправлено на @@.",),
        "ADDRESS": ("Ваш адрес у нас: @@.",),
        "IBAN": ("Перевод уйдёт на счёт @@.",),
        "CONTRACT": ("Нашёл ваш договор @@.",),
        "SERIAL": ("Устройство @@ на гарантии.",),
    },
    "kk": {
        "PERSON": ("Құрметті @@,",),
        "PHONE": ("Сізге @@ нөміріне хабарласамыз.",),
        "EMAIL": ("Хат @@ поштасына кетті.",),
        "ADDRESS": ("Мекенжайыңыз: @@.",),
        "CONTRACT": ("Шартыңыз табылды: @@.",),
        "SERIAL": ("@@ құрылғысы кепілдікте.",),
    },
}

DECOY_CARRIERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "IIN:tracking": (
            "The parcel number is @@.",
            "The consignment is @@ on the carrier's page.",
        ),
        "CREDIT_CARD:bonus": ("My bonus club number is @@.", "The gift voucher reads @@."),
        "IP_ADDRESS:firmware": ("It runs firmware @@.", "The app says version @@."),
        "PHONE:total": (
            "The total of the order is @@ tenge.",
            "In sum I have paid @@ tenge this year.",
        ),
        "SERIAL:product": ("The model is @@.", "In the shop it is listed as @@."),
        "BIRTH_DATE:purchase": ("I bought it on @@.", "The warranty started on @@."),
    },
    "ru": {
        "IIN:tracking": ("Номер отправления @@.", "Накладная @@."),
        "CREDIT_CARD:bonus": ("Номер бонусного клуба @@.", "На подарочном купоне @@."),
        "IP_ADDRESS:firmware": ("Прошивка @@.", "Версия приложения @@."),
        "PHONE:total": ("Итого по заказу @@ тенге.", "За год заплатил @@ тенге."),
        "SERIAL:product": ("Модель @@.", "В каталоге это @@."),
        "BIRTH_DATE:purchase": ("Куплено @@.", "Гарантия началась @@."),
    },
    "kk": {
        "IIN:tracking": ("Жөнелтілім нөмірі @@.",),
        "CREDIT_CARD:bonus": ("Бонус картасы @@.",),
        "IP_ADDRESS:firmware": ("Нұсқасы @@.",),
        "PHONE:total": ("Барлығы @@ теңге.",),
        "SERIAL:product": ("Моделі @@.",),
        "BIRTH_DATE:purchase": ("@@ сатып алғанмын.",),
    },
}
