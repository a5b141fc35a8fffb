# ruff: noqa: E501 - prose is easier to read unbroken
"""The knowledge base of Saqta Home: one block for each article.

A block opens with `== language | topic | title`; paragraphs are parted by an empty line.
"""

ARTICLES = """
== en | billing | How a monthly bill is put together
A bill has up to four lines: the plan, add-ons such as a second cloud archive, instalments for devices, and credits. Credits stand last and carry a minus sign.

When you change the plan in the middle of a month, the old plan is charged for the days used and the new one for the days left. That is why the first bill after a change looks odd.
== en | billing | Why a payment may appear twice
The bank first reserves the sum and books it a day or two later. Until the reservation is released both lines are visible, yet the money leaves the account once.

If both lines are still there after five working days, send us the dates and the sums. Please cover all digits of the card except the last four.
== en | billing | Paying in instalments
Devices above 60 000 tenge can be paid in three, six or twelve parts. The first part is due on the day of shipping.

A missed part is tried again after three days. Two missed parts in a row end the agreement, and the rest becomes due at once.
== en | billing | Invoices for companies
Add the company's name and tax number under Profile, Payments, Company before you order. The invoice is issued on the day of shipping and shows VAT as a line of its own.

An invoice that was issued without the company can be replaced within the same quarter.
== en | billing | Promo codes and gift cards
One promo code can be used for an order, and gift cards come on top. A code is checked when the payment starts, not when it is typed in, so it can expire while the basket is open.

If the payment is not completed, the gift card is free again after half an hour.
== en | billing | When a refund arrives
We send a refund within two working days after it was approved. Local cards show it in three to five working days, foreign ones in up to ten.

A refund always goes back the way the money came. For a closed card the bank passes it to the account behind the card.
== en | billing | Late fees and how to avoid them
A fee is added when a bill is open for more than ten days. Automatic payment avoids it, provided that the saved card is valid.

We cancel the first late fee of a year on request.
== en | delivery | Delivery times by region
Almaty and Astana: one to two days. Other regional centres: two to four. Villages: up to nine days, because the van goes once a week.

Parcels to Europe travel through a warehouse near Leipzig and take five to eight days; no customs charges are due there.
== en | delivery | What the tracking states mean
Packed: the parcel is closed and waits for the carrier. In transit: it has been scanned at least once by the carrier. At the depot: it is in your city.

A parcel without a new scan for five days is searched for automatically, you need not report it.
== en | delivery | Changing the address of an order
Until the state is Packed, the address can be changed in the app. After that the carrier's page offers a pick-up point or another day, but no other city.

Orders paid in instalments can only be sent to the address in the agreement.
== en | delivery | The parcel arrived damaged
Open it in front of the courier if you can, and write the damage into the protocol. If the courier has left, take pictures of all six sides of the box and of the device.

We need the pictures within 48 hours to make the carrier pay. Your exchange does not depend on the outcome.
== en | delivery | Marked as delivered, but not received
Look at the photo in the tracking page first: couriers must take one of the door. Ask the concierge and the neighbours named in the protocol.

If it stays lost, tell us within seven days. We ask the carrier for the position data of the van and send a new parcel when they do not match.
== en | delivery | Pick-up points and lockers
A parcel waits three days in a locker and seven in a pick-up point. The code is valid for one opening only.

Batteries above 100 watt-hours may not be put into lockers and are always handed over in person.
== en | returns | Fourteen days to change your mind
The period starts on the day after delivery. Trying the device at home is allowed, mounting it with screws is too, as long as the parts are complete.

Not accepted: cut cables, missing batteries of the gate opener, opened hygiene films of the baby sensor.
== en | returns | How to pack a return
Take the device out of the app, remove batteries and memory cards, and wrap it so that nothing rattles. The label belongs on the largest side.

Put the return number on a slip of paper inside: labels do get torn off.
== en | returns | Warranty, step by step
The warranty is two years, five for door locks. Describe the fault and add a short video, this often saves the trip to the workshop.

A device that fails within the first thirty days is exchanged without a check. Later ones are repaired within twelve working days.
== en | returns | Returning a gift
A gift can be returned without a receipt when its serial number was sold by us. You receive a voucher, the giver is not informed.
== en | returns | Returns from abroad
Print both copies of the customs form, tick "returned goods", and give the purchase price. Without the tick the carrier asks for duty a second time.

The costs are ours if the device is faulty and yours if it is not.
== en | account_access | Signing in on a new phone
Install the app on the new phone while the old one is at hand. Choose Move, then scan the picture on the old screen; all rights and automations come along.

Without the old phone use one of the ten recovery codes that were shown at set-up.
== en | account_access | No code arrives
Codes come from the sender SAQTA. Some operators filter short senders: text START to the same number, or choose a voice call instead.

After five requests in a row sending stops for an hour, and every new request prolongs it.
== en | account_access | Transfer of a home to somebody else
The owner opens Home, Members, Transfer and names the new owner, who has 48 hours to accept. Recordings are not transferred.

If the owner cannot be reached, a photo of the device label with a dated slip of paper and the receipt are accepted as proof.
== en | account_access | A sign-in that was not yours
Open Security, Active devices, and end what you do not recognise. Then change the password and switch on the second factor, in this order.

City names come from the network's registry and may be off by several hundred kilometres, so check the time first.
== en | technical_issue | Device goes offline at night
Many routers restart or change their channel at night. Set a fixed channel and switch automatic restarts off.

If the device returns by itself within a minute it is the router; if it needs a reset, send us the report of the hub.
== en | technical_issue | Pairing stops at ninety percent
At this point the device joins the home network. It knows 2.4 GHz only and networks with WPA2 or WPA3; a mixed mode with WPA1 makes it wait for ever.

Keep the phone in the same network until the light is white.
== en | technical_issue | False alarms of motion sensors
Heaters, curtains in the wind and low sun are the usual reasons. Mount the sensor at 2.2 metres in a corner and never opposite a window.

Pet mode ignores everything below 60 centimetres, with the exception of cats on shelves.
== en | technical_issue | Batteries in the cold
Alkaline cells lose half of their voltage reserve at minus ten. Use lithium cells outdoors and calibrate the level after each change.
== en | technical_issue | Going back to an older firmware
The hub keeps the previous version for thirty days: Settings, Updates, Previous version. Devices paired after the update have to be paired again.
== en | cancellation | Ending a plan
Plans end with the period that has been paid for. Choose Profile, Plan, End; the confirmation shows the last day.

Local functions, that is switching, alarms inside the home and schedules, go on working without a plan.
== en | cancellation | Stopping an order before it leaves
An order can be stopped until the state is Packed, and the money is released on the same day. Afterwards simply refuse the parcel at the door.
== en | product_question | Which hub for which home
Hub 2 serves 64 devices and reaches about 30 metres through two walls. For concrete houses plan one hub for each floor; hubs form one network by themselves.
== en | product_question | Do I need a neutral wire?
Wall switches of the second series work without one, dimmers do not. An electrician can tell within minutes whether your boxes have it: look for a blue wire.
== en | other | Recycling old devices
All shops take back old devices and batteries free of charge, ours and those of others. Delete the device from the app first, this also wipes the memory.
== en | other | How to recognise our technicians
Technicians come by appointment only and show a badge whose number you can check in the app. They never ask for passwords, cards or cash.
== ru | billing | Из чего складывается счёт
В счёте до четырёх строк: тариф, дополнительные услуги, рассрочка и скидки. Скидки стоят последними и со знаком минус.

Если тариф меняется в середине месяца, старый считается за прошедшие дни, новый за оставшиеся.
== ru | billing | Возврат денег: сроки
Мы отправляем возврат за два рабочих дня после одобрения. На карты местных банков он приходит за три-пять дней, на зарубежные до десяти.

Если карта закрыта, банк зачислит деньги на счёт, к которому она была привязана.
== ru | billing | Документы для организаций
Название и БИН организации добавьте до оформления заказа. Счёт-фактура выставляется в день отправки, НДС указан отдельной строкой.
== ru | delivery | Сроки доставки по регионам
Алматы и Астана: один-два дня, областные центры: до четырёх, сёла: до девяти, машина ходит раз в неделю.
== ru | delivery | Посылка отмечена как вручённая
Сначала посмотрите фотографию на странице отслеживания, затем спросите консьержа. Сообщите нам в течение семи дней, мы запросим координаты машины.
== ru | returns | Как упаковать возврат
Удалите устройство из приложения, выньте батарейки и карту памяти. Номер возврата положите внутрь на листке: наклейки иногда отрываются.
== ru | returns | Гарантия по шагам
Гарантия два года, на замки пять лет. Опишите поломку и приложите короткое видео. Всё, что сломалось за первые тридцать дней, меняем без проверки.
== ru | account_access | Вход с нового телефона
Пока старый телефон под рукой, выберите «Перенести» и отсканируйте картинку с его экрана. Без него нужен один из десяти запасных кодов.
== ru | technical_issue | Ложные тревоги датчиков
Чаще всего виноваты обогреватели, шторы на сквозняке и низкое солнце. Ставьте датчик на высоте 2,2 метра и не напротив окна.
== ru | other | Как узнать нашего мастера
Мастер приходит только по записи и показывает удостоверение, номер которого проверяется в приложении. Наличных он не берёт.
== kk | billing | Шот неден құралады
Шотта төрт жолға дейін болады: тариф, қосымша қызметтер, бөліп төлеу және жеңілдіктер. Ай ортасында тариф ауысса, ескісі өткен күндерге, жаңасы қалған күндерге есептеледі.
== kk | delivery | Өңірлер бойынша жеткізу мерзімі
Алматы мен Астана: бір-екі күн, облыс орталықтары: төрт күнге дейін, ауылдар: тоғыз күнге дейін, көлік аптасына бір рет шығады.
== kk | returns | Қайтаруды қалай буып-түю керек
Құрылғыны қолданбадан өшіріп, батареясын алыңыз. Қайтару нөмірін қағазға жазып, қораптың ішіне салыңыз: жапсырма кейде жыртылып қалады.
== kk | account_access | Код келмесе не істеу керек
Код SAQTA атынан келеді. Кейбір операторлар қысқа нөмірді бөгейді, онда қоңырау арқылы кодты таңдаңыз. Қатарынан бес рет сұралса, жіберу бір сағатқа тоқтайды.
== kk | technical_issue | Құрылғы түнде байланыстан шықса
Көп роутер түнде қайта қосылады не арнасын ауыстырады. Тұрақты арна таңдап, автоматты қайта қосуды өшіріңіз.
== kk | other | Ескі құрылғыны өткізу
Барлық дүкен ескі құрылғы мен батареяны тегін қабылдайды. Алдымен құрылғыны қолданбадан өшіріңіз, сонда жады да тазарады.
"""
