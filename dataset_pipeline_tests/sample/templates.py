# ruff: noqa: E501 - prose is easier to read unbroken
"""Forms and notices that people paste into a request; `@@` is the place where two of them differ."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """A text with one place to fill: with a `number`, a `date` or a `name`."""

    language: str
    intent: str
    differs_by: str
    text: str


TEMPLATES: dict[str, Template] = {
    "payment_failed_en": Template(
        "en",
        "billing",
        "number",
        "Automatic message from the payment terminal. The recurring payment with reference @@ could not be completed because the issuing bank did not answer in time. The customer was told to try again within three working days, otherwise the subscription will be suspended until the sum is settled.",
    ),
    "locker_en": Template(
        "en",
        "delivery",
        "date",
        "Notice from the parcel locker: the parcel was put into the locker on @@ and has not been collected. The customer did not react to two reminders. Please decide whether the storage period shall be extended or whether the parcel goes back to the warehouse at the customer's expense.",
    ),
    "return_form_en": Template(
        "en",
        "returns",
        "number",
        "Form: return of goods. Return number @@. Reason chosen from the list: item not as described. Condition chosen from the list: opened, complete, no traces of use. The customer wishes a refund to the original means of payment and has confirmed that the rules for returns were read.",
    ),
    "technician_en": Template(
        "en",
        "technical_issue",
        "name",
        "Report of the visiting technician. The customer @@ was met at home at the agreed time. The hub was moved away from the router, the firmware was brought up to date and all sensors were paired again. The customer saw a test alarm and signed the protocol. A follow-up visit is not planned.",
    ),
    "payment_failed_ru": Template(
        "ru",
        "billing",
        "number",
        "Автоматическое сообщение платёжного терминала. Регулярный платёж с номером @@ не завершён, банк не ответил вовремя. Клиенту предложено повторить оплату в течение трёх рабочих дней, иначе подписка будет приостановлена до поступления денег.",
    ),
    "handover_ru": Template(
        "ru",
        "delivery",
        "name",
        "Акт передачи отправления. Получатель @@ осмотрел коробку в присутствии курьера, внешних повреждений нет, плёнка цела. Получатель просит приложить акт к обращению и пересчитать стоимость доставки, потому что курьер приехал на день позже обещанного срока.",
    ),
    "locker_kk": Template(
        "kk",
        "delivery",
        "date",
        "Пошта жәшігінің хабарламасы: сәлемдеме жәшікке @@ күні салынды, бірақ әлі алынған жоқ. Тұтынушы екі ескертуге жауап бермеді. Сақтау мерзімін ұзарту керек пе, әлде сәлемдеме қоймаға қайтарыла ма, шешім қабылдауды сұраймыз.",
    ),
}
