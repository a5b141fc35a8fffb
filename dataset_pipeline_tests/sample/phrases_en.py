# ruff: noqa: E501 - prose is easier to read unbroken
"""What customers and agents of Saqta Home say in English."""

from dataset_pipeline_tests.sample.phrases import Phrasebook, Topic, lines

BILLING = Topic(
    subjects=lines("""
        Charged twice for {order}
        Wrong amount on my {month} bill
        Question about invoice for {order}
        Payment taken but subscription not active
        Refund of {amount} still missing
        VAT on my invoice
        Promo code was ignored
    """),
    situations=lines("""
        I was charged {amount} twice on {date} for order {order}.
        My bank statement shows {amount} from Saqta Home on {date}, and I have no idea what it is for.
        The {month} invoice says {amount} although my plan is {plan} and used to cost less.
        I paid for {plan} on {date} and the app still tells me that there is no active subscription.
        The refund for order {order} was promised within {days} days and nothing has arrived on my account.
        A promo code for the {product} was accepted in the basket but the full {amount} was taken at the end.
        Since I moved to {plan} there are two subscriptions on my bill, the old one and the new one.
        The payment page froze when I was buying a {product}, I pressed the button again and now both payments are pending.
        My company needs a proper invoice with VAT for order {order}, the PDF in the account shows only the total.
        The trial of {plan} was meant to be free until {date}, yet {amount} left my card a week earlier.
        You have raised the price of {plan} without telling me, I noticed it only on the {month} statement.
        I returned one {product} out of two, but the refund covers delivery only and not the device itself.
        The instalment plan for the {product} shows a missed payment although {amount} was paid on {date}.
        Every time I try to pay for {order} the payment is declined, and the bank says that nothing is blocked on their side.
        I used a gift card for part of {order} and the rest was charged as if the gift card did not exist.
        The invoice for {order} is in euro, I ordered in tenge and my bank took a conversion fee.
        There is a late fee of {amount} on my account for {plan} even though automatic payment is on.
        Someone from your chat offered me a loyalty discount on {plan} in {month} and it never showed up on the bill.
        The receipt for my {product} lists a protection package of {amount} that I did not choose.
        I changed my card on {date} and the next payment for {plan} still went to the old one.
    """),
    details=lines("""
        The second charge appeared about {minutes} minutes after the first one.
        In the account I see a single payment, so one of them is not even listed.
        My bank confirmed that the money has left and is not just reserved.
        It is the third month in a row that the sum is different.
        The confirmation mail that I got states a lower price.
        I attached the statement to my previous mail, but nobody opened it.
        The order itself is marked as paid and shipped.
        I pay from a business account and have to close the month by Friday.
        Nothing in the price list on your site explains this number.
        The card is the same one that I have used for years.
        When I open payment history the page shows an empty table.
        The difference is not huge, yet it adds up over a year.
        I have the confirmation number of the transfer if that helps.
        My wife also has an account, perhaps the two got mixed up.
        According to the app the next payment is due on {date}.
        It happened right after I added a {product} to the account.
    """),
    asks=lines("""
        Please return the extra payment to the same card.
        Can you explain what this amount consists of?
        Could you send me a corrected invoice?
        I want the difference credited to my next bill.
        Please check it and tell me when the money comes back.
        Can somebody from accounting look at this today?
        Please switch on the subscription that I have already paid for.
        I would like a written breakdown of every item.
        Tell me which of the two payments is the real one.
        Please remove this fee, I did nothing wrong.
        What do you need from me to close this?
        How long does a correction like this normally take?
        Please make sure that it does not happen again in {month}.
        Should I dispute the charge with my bank or will you sort it out?
    """),
    followups=lines("""
        I looked again this morning and the {amount} is still there.
        The bank says that the refund was never initiated on your side.
        The corrected invoice has the right sum now, but the company name is missing.
        What you describe is the old tariff, mine was changed to {plan} on {date}.
        Only half of it came back, the remaining {amount} has not.
        The link to the invoice opens an error page.
        The last four digits you mention belong to a card that I closed in {month}.
        Yes, I do want it credited to the next bill instead of a transfer.
        The payment for {order} has gone through now, but the promo code was not applied.
        I cannot find the payment history you mention, the menu has no such item.
        There was one more charge on {date}, so it is three by now.
        My accountant needs the document dated {date}, not today.
        I agree with the breakdown except for the line about the {product}.
    """),
    answers=lines("""
        I checked the payments for {order} and can see that one of them was taken in error.
        The amount consists of {plan} for a full month and the remaining days of the old plan.
        The refund was sent from our side on {date}, banks usually need {days} working days to show it.
        I have corrected the invoice, the new document is in your account under Payments.
        The second payment is only a reservation and will be released by your bank automatically.
        The discount was not applied because the code had expired, but I have credited the difference as a gesture.
        Your subscription is active now, the payment had been stuck on the side of the payment provider.
        I have removed the late fee and asked our billing team to look into why it was raised.
        The price of {plan} changed this year; you should have received a notice, and I am sorry that you did not.
        I have passed your case to accounting with all the details that you gave.
    """),
    steps=lines("""
        You will get a confirmation as soon as the money leaves our account.
        Please keep the receipt until the sum shows on your statement.
        If it has not arrived after {days} working days, answer to this message and we trace it with the bank.
        You can download every invoice in the app under Profile, Payments, Documents.
        Please check that only one card is saved in your account.
        No further action is needed from you.
        The next bill will show the credit as a separate line.
        To avoid double payments, wait for the confirmation page before you press the button again.
    """),
)

DELIVERY = Topic(
    subjects=lines("""
        Where is order {order}?
        Parcel {tracking} has not moved
        Delivered but nothing here
        Change delivery address for {order}
        Courier did not come
        Part of my order is missing
    """),
    situations=lines("""
        Order {order} was supposed to arrive on {date} and there is still no sign of it.
        Tracking {tracking} has shown the same status for {days} days now.
        The courier marked my {product} as delivered, but nobody handed me anything.
        I took a day off for the delivery of {order} and the driver never rang.
        Only the {product} came, the rest of {order} is missing from the box.
        I made a mistake in the delivery address of {order} and noticed it right after paying.
        The pick-up point in {city} says that it has no parcel with number {tracking}.
        My parcel with the {product} has been sitting at customs since {date}.
        The box arrived soaked and the {product} inside rattles.
        You moved the delivery date of {order} for the second time.
        We are leaving {city} for {days} days and I would like {order} to come later.
        The site promised next day delivery in {city}, today is day {days}.
        I received somebody else's order, there is a {product} in it that I never bought.
        The courier asked for {amount} in cash at the door although {order} is paid in full.
        A neighbour took my parcel without my consent and now the {product} is nowhere.
        The delivery slot I chose was the evening one, the driver called at {hour} and left.
        I ordered the {product} together with a mounting kit and they seem to travel in two different parcels.
    """),
    details=lines("""
        The carrier's hotline keeps sending me back to you.
        According to the map the parcel went from {city} back to the warehouse.
        I was at home all day, and the intercom works.
        There was no note, no call and no message.
        The label on the box has a different order number.
        I need the {product} before the builders close the wall in the {room}.
        The status changed to handed over at {hour}, which is simply not true.
        It is a present and the birthday is in {days} days.
        I took photos of the packaging right away.
        The first parcel from you took three days, so I am surprised.
        The building has a concierge who signs for everything, and he has seen nothing.
        The house number is correct, but the entrance is from the yard.
        Nobody warned me about extra costs.
    """),
    asks=lines("""
        Where is it now and when will it come?
        Please find out from the courier where he left it.
        Can you send the missing part separately?
        Please change the address before it leaves the warehouse.
        I want a new delivery date that you can really keep.
        Could it go to a pick-up point instead?
        Please send a replacement or give the money back.
        Can you hold the parcel until {date}?
        Is there any way to speed this up?
        What should I do with the wrong parcel?
        Please give me the direct contact of the carrier.
        Will you cover the cost of the second trip?
    """),
    followups=lines("""
        It is {date} and the courier has not come again.
        The tracking page now says returned to sender, why?
        The pick-up point has moved, the one you named closed in {month}.
        Tuesday does not work for us, any day after {date} is fine.
        The missing {product} came today, but the cable is not in the box.
        The entrance code has not changed, he simply did not use it.
        I spoke to the neighbour and he has not signed for anything.
        The photo that the courier took shows a different door.
        Please leave it with the concierge then, I agree.
        They want {amount} for storage now, and I am not going to pay it.
        The number {tracking} that you gave me is not known to the carrier.
    """),
    answers=lines("""
        I contacted the carrier about {tracking} and they are looking for the parcel in their {city} depot.
        Your order {order} left our warehouse on {date} and is due within {days} days.
        I have changed the delivery address, the parcel had not been handed over yet.
        The missing {product} will be sent separately today, free of charge.
        The driver's record shows an attempt at {hour}, and I have filed a complaint because nobody called you.
        The parcel is being held until {date}, as you asked.
        The customs declaration was incomplete, we have sent the missing paper to the broker.
        We treat the parcel as lost and are sending you a new {product}.
        Please refuse to pay anything at the door, the order is paid in full.
        I have redirected the parcel to the pick-up point closest to you.
    """),
    steps=lines("""
        You will receive a message with a new time slot.
        Please keep the packaging and take a few photos.
        The tracking page is updated once a day, in the evening.
        If nothing changes by {date}, write to us and we send a replacement.
        The courier will collect the wrong parcel, no label is needed.
        The driver will call you half an hour before arrival.
        Please check the contents in the presence of the courier.
    """),
)

RETURNS = Topic(
    subjects=lines("""
        Return of {product}
        Exchange for order {order}
        Faulty {product}, want to send it back
        No return label received
        Return refused?
    """),
    situations=lines("""
        I would like to send back the {product} from order {order}, it does not fit our door.
        The {product} that I bought on {date} died after {days} days.
        My return of {order} reached your warehouse on {date} and I have heard nothing since.
        I asked for a return label for the {product} and the mail never came.
        Your shop in {city} refused to take the {product} back because the box is open.
        I got the {product} in black and had ordered white, I want to exchange it.
        The {product} was a gift, I do not need it and have no receipt.
        I sent back two items from {order} and only one of them is registered.
        The return form does not accept order {order}, it says that the period is over.
        The replacement {product} that you sent has exactly the same fault as the first one.
        I want to return the {product} because it cannot talk to the hub that I already own.
        The courier who was to pick up my return did not appear on {date}.
        The refurbished {product} came with scratches all over the front.
        I am thinking of returning the whole set, the motion sensors see the cat and nothing else.
    """),
    details=lines("""
        It has been used for one evening only.
        All films and accessories are in place.
        I still have {days} days until the return period ends.
        The box got thrown away, but the device looks new.
        I pressed reset {n} times and the light stays red.
        The tracking number of the return is {tracking}.
        The seller in the shop would not even look at the device.
        In the description on your site it says that it fits any door.
        I paid {amount} for shipping it to you.
        The exchange would be for the larger model.
        Nobody in {city} could tell me where to drop it off.
    """),
    asks=lines("""
        How do I start the return?
        Please send me the label again.
        Can I swap it for another one without paying twice?
        Has the parcel been checked by now?
        Will you pick it up or do I have to carry it to the post office?
        Please exchange it under warranty.
        Do I need the original packaging?
        I would rather have a repair than a new one, is that possible?
        Who pays for the shipping in this case?
        Please confirm in writing that the return is accepted.
    """),
    followups=lines("""
        The label has arrived, but it is for a {product} and not for mine.
        The post office wants a customs form for the return, is that right?
        I dropped it off on {date}, the receipt says {tracking}.
        The warehouse says that a cable is missing, I put everything in the box.
        I would prefer the exchange after all, not the money.
        Your courier wanted the original box and left without the parcel.
        The form accepts the number now, but asks for a reason that is not in the list.
        I can bring it to the shop in {city} if that is faster.
        The new one works, what shall I do with the old {product}?
    """),
    answers=lines("""
        You can return the {product} within 14 days, also when the box has been opened.
        I have created a return for {order} and sent the label to your registered address.
        Your parcel was received on {date} and is being checked by our technicians.
        As the device failed so early we exchange it under warranty, without any cost for you.
        The return period has ended, but a warranty repair is possible until next year.
        I have booked a courier to collect the {product} from your door.
        The second item has been found and added to your return.
        For a gift we can issue a voucher instead of a payment to the card.
    """),
    steps=lines("""
        Please put the printed label on the outside of the box.
        Remove the batteries and delete the device from the app before you pack it.
        The check takes up to {days} working days.
        We inform you as soon as the exchange device is on its way.
        Any solid box will do, the original one is not required.
        Please add a short note about the fault.
    """),
)

ACCOUNT = Topic(
    subjects=lines("""
        Cannot log in
        No code by SMS
        Account locked
        Lost access after changing phone
        Remove an old user from my home
    """),
    situations=lines("""
        I cannot get into my account since {date}, the app says that the password is wrong.
        The confirmation code never reaches my phone.
        After I changed my phone the app wants a code from the authenticator that I no longer have.
        My account was locked after {n} attempts and the waiting time has been over for hours.
        I do not remember which mail address I used when I set up the {product}.
        The link for a new password opens a blank page.
        The previous owner of the flat still has access to the {product} in our {room}.
        My husband set everything up and left the family account, now nobody is the owner.
        I see a sign-in from {city} that was certainly not me.
        The app logs me out every {minutes} minutes.
        I merged two accounts and the {product} has vanished from both.
        I want to change the mail address of my account, but the old mailbox does not exist any more.
        The invitation that I sent to my mother says that it has expired although it was sent today.
        My employee left the company and I need to take over the account with {n} devices on it.
    """),
    details=lines("""
        The same password works on the web page, only not in the app.
        I asked for a new link {n} times, and each of them was dead on arrival.
        Spam folder is empty as well.
        The phone number in my profile is the old one.
        I have the box of the hub with the sticker on it.
        It worked fine until the last update of the app.
        My mobile operator says that messages from short numbers are not blocked.
        The lock on the front door depends on this account, so it is urgent.
        On the tablet I am still signed in, but it asks for a password before every change.
    """),
    asks=lines("""
        How can I get back in?
        Please unlock the account.
        Can you reset the second factor for me?
        Please remove the old user from our home.
        Can you send the code to my mail instead?
        How do I prove that I am the owner?
        Please sign out every device and let me choose a new password.
        Can the ownership be moved to me?
    """),
    followups=lines("""
        The code came at last, but it had expired before I could type it.
        I am in now, yet all automations are gone.
        The form wants the serial number and the sticker is unreadable.
        I tried it in a private window as you said, the page stays white.
        The stranger from {city} is still listed under active devices.
        I have sent the photo of the box, what is next?
        It accepts the new password on the phone and rejects it on the tablet.
        My old number cannot receive anything, I told you so in the first message.
        The owner's rights are mine now, but I cannot remove him.
    """),
    answers=lines("""
        I have unlocked your account and ended all open sessions.
        The messages were held back by the operator, I have switched your account to codes by mail.
        To hand over the account we need proof that the {product} is yours.
        I have reset the second factor, the app will ask you to set it up again.
        The previous user has been removed and can no longer see your devices.
        The sign-in from {city} came from an old session, it has been closed.
        Your devices belong to the second account, I have moved them over.
        The expired links come from a cached page, a fresh one has just been sent.
    """),
    steps=lines("""
        Please choose a new password that you use nowhere else.
        A photo of the label on the device and of the receipt is enough.
        The link is valid for {minutes} minutes.
        Delete the app, install it again and sign in once.
        Afterwards check the list of users under Home, Members.
        We will never ask you for your password.
    """),
)

TECHNICAL = Topic(
    subjects=lines("""
        {product} offline
        {product} does not pair
        Problem after firmware {version}
        False alarms at night
        App crashes
    """),
    situations=lines("""
        The {product} in the {room} goes offline every day around {hour}.
        Since firmware {version} my {product} no longer reacts to the app.
        I cannot pair the {product} with the hub, it stops at ninety percent.
        The {product} sends an alarm {n} times a night and nobody is there.
        The picture of the camera in the {room} freezes after {minutes} minutes.
        The battery of the {product} lasted {days} days instead of a year.
        The app closes itself as soon as I open the {room}.
        The automation that should switch off the heating in the {room} runs an hour late.
        After a power cut the {product} blinks orange and does nothing.
        The {product} shows {n} degrees more than any thermometer in the {room}.
        The siren went off at {hour} and could not be silenced from the app.
        Push messages from the {product} come {minutes} minutes late.
        The update to {version} has been at the same percentage for hours.
        My new router has only one network for both bands and the {product} refuses to join.
        Voice control understands everything except the {product} in the {room}.
        Recordings from {date} are missing although the {product} was online.
    """),
    details=lines("""
        The router is two metres away.
        All the other devices work without trouble.
        The log in the app says timeout and nothing else.
        It started right after version {version} was installed.
        The light on the front is solid red for {n} seconds and then goes out.
        I have the same model in the {room} and that one is fine.
        The signal strength is shown as good.
        We have thick walls, but it worked for a year.
        The hub is connected by cable.
        It happens on the phone of my wife as well, so it is not mine.
        I live in an old house in {city} with shaky power.
    """),
    asks=lines("""
        What else can I try?
        Is this a known problem with {version}?
        Can I go back to the previous firmware?
        Please have a look at the logs of my hub.
        Is the device broken or is it a setting?
        How do I stop the false alarms?
        Please tell me how to reset it without losing the settings.
        Would a second hub help?
    """),
    followups=lines("""
        I did the reset, and it came back for {minutes} minutes and dropped again.
        Channel 6 made no difference.
        The version shown in the app is {version} and there is nothing newer.
        With the fresh batteries it still reports eleven percent.
        The log has been sent from the app at {hour}.
        It works when I carry it into the {room}, so distance does matter.
        The alarm stopped, but now it does not see real people either.
        After removing and adding it again the name cannot be changed.
        The second band is off as you asked, same picture.
    """),
    answers=lines("""
        We know about this fault in firmware {version}, a correction is being rolled out this week.
        The log shows that the {product} loses the connection when the router changes its channel.
        The {product} needs a 2.4 GHz network, on a shared name please switch the 5 GHz band off while pairing.
        The sensor is set to the highest sensitivity, that explains the alarms.
        The readings suggest a bad battery, I am sending you a new one.
        The automation uses the time zone of the hub, and it was set to a wrong one.
        Your hub had no free memory for new devices, I have cleaned it remotely.
        The recordings of that day were kept on the memory card and not in the cloud.
    """),
    steps=lines("""
        Hold the button for {n} seconds until the light turns white.
        Put the hub at least one metre away from the router.
        Install the update over cable if you can.
        Please send the log from the app, Settings, Help, Send report.
        Lower the sensitivity to medium and watch it for two nights.
        Use lithium batteries, the alkaline ones drop quickly in the cold.
        If the fault remains we exchange the device.
    """),
)

CANCELLATION = Topic(
    subjects=lines("""
        Cancel {plan}
        Please stop my order {order}
        Close my account
        Contract end
    """),
    situations=lines("""
        I want to cancel {plan} from the first of {month}.
        Please cancel order {order}, I found the {product} elsewhere.
        I cancelled {plan} on {date} and the app still shows it as active.
        We are moving out of {city} and no longer need {plan}.
        The button for ending {plan} does nothing when I press it.
        I would like to close my account and have all recordings deleted.
        My father passed away and his {plan} has to be ended.
        Order {order} has not been shipped for {days} days, so I do not want it any more.
        I signed up for {plan} by accident when I set up the {product}.
        Your offer to pause {plan} is kind, but I have decided to leave.
    """),
    details=lines("""
        I have not used it since {month}.
        The contract says one month's notice and I am giving it now.
        Other family members will keep their own devices.
        It is simply too expensive for one camera.
        The devices can stay in the account without the cloud.
        I do not want a discount or another call.
        I am switching to a system that works without a cloud.
    """),
    asks=lines("""
        Please confirm the cancellation in writing.
        What is the last day on which it will work?
        Will the recordings be deleted at once?
        Please make sure that nothing is charged after that.
        Is there a fee for leaving early?
        Can it be stopped before it is packed?
    """),
    followups=lines("""
        No, I do not want to pause it, I want to end it.
        The confirmation names {plan}, mine is a different one.
        Please stop the calls from your sales team as well.
        I have downloaded my recordings, you can delete everything.
        The end date should be {date} and not the end of {month}.
        The order is on its way now although I cancelled it in time.
    """),
    answers=lines("""
        {plan} will end on {date} and will not be renewed.
        I have stopped order {order} before it left the warehouse.
        The cancellation of {date} is registered, the app needs a day to show it.
        There is no fee, the contract ends with the period that you have paid for.
        I am sorry for your loss; the subscription ends today and nothing more is due.
        Your account will be closed in {days} days, until then you can change your mind.
    """),
    steps=lines("""
        You can use all functions until then.
        Please download the recordings that you want to keep.
        Local functions of the {product} go on working without a subscription.
        A confirmation is on its way to your mailbox.
    """),
)

PRODUCT = Topic(
    subjects=lines("""
        Does {product} work without a hub?
        Question before buying
        Compatibility of {product}
    """),
    situations=lines("""
        Does the {product} work outdoors in a winter like ours, with minus thirty in {city}?
        I am choosing between the {product} and the older model and cannot see the difference.
        Can the {product} be used without any subscription?
        We are renovating the {room} and I wonder if the {product} needs a neutral wire.
        How many devices can be connected to one hub?
        Does the {product} speak Matter or only your own protocol?
        I run a small hotel in {city} and think about {n} sets of the {product}.
        Is the {product} loud, would it be all right in a nursery?
        Will the {product} reach from the {room} to the garage, about {minutes} metres?
    """),
    details=lines("""
        The page in the shop says nothing about it.
        We have a concrete house with thick walls.
        The electrician is asking me before he closes the wall.
        My current hub is from the first series.
        I would buy several at once.
        A friend has one and could not tell me either.
    """),
    asks=lines("""
        Which one would you recommend?
        Is there a data sheet that I could read?
        When will it be back in stock?
        Do you offer a price for several pieces?
        What would I need in addition?
        Does the warranty cover that kind of use?
    """),
    followups=lines("""
        And if I put it under a roof, would that be enough?
        So one hub for the whole house, or one for each floor?
        Is the white one the same device inside?
        What about the voltage abroad, we have a summer house near {city}?
        Could I borrow one for {days} days to try it?
    """),
    answers=lines("""
        The {product} is approved from minus twenty to plus fifty degrees.
        One hub serves up to sixty-four devices, in a concrete house we advise one for each floor.
        The {product} works without a subscription, only the cloud archive needs one.
        The {product} does not need a neutral wire.
        Matter support comes with firmware {version} and is free of charge.
        For more than ten pieces our business desk will make you an offer.
    """),
    steps=lines("""
        The data sheet is on the product page under Downloads.
        You can try it at home for 14 days.
        It should be back in stock by {date}.
        An adapter for other sockets is sold separately.
    """),
)

OTHER = Topic(
    subjects=lines("""
        Feedback about your shop in {city}
        Cooperation
        Where can I recycle the {product}?
        Praise for a technician
        Data request
    """),
    situations=lines("""
        The technician who came to us in {city} on {date} was patient and kind, please tell him so.
        I write a blog on smart homes and would like to test the {product}.
        Where in {city} can I leave an old {product} for recycling?
        Your newsletter comes {n} times a week although I chose once a month.
        I would like to know which data about me you keep.
        Our school in {city} collects prizes for a raffle, could you support it?
        The Kazakh translation of the app calls the {room} something quite funny.
        I applied for the job in your {city} warehouse on {date} and have had no answer.
        Your advertisement in {city} shows a child on a ladder with no one near, this is not a good example.
        Is your shop in {city} open on the holidays?
        The music on your hotline is so loud that I have to hold the phone away.
        I left my gloves in your shop in {city} on {date}.
        A man at the door said that he was from Saqta Home and wanted to check the {product}, is he one of yours?
        I have an idea for the app, the {room} should have its own colour.
    """),
    details=lines("""
        It took me a while to find the right place to write.
        There is nothing about it on your site.
        I have been a customer for {n} years.
        Several neighbours in our chat say the same.
        I do not expect anything in return.
        It is not urgent.
        The lady at the hotline did not know either.
    """),
    asks=lines("""
        Who can I talk to about this?
        I would be glad to hear from you.
        Please pass it on.
        Could you put me in touch with the right person?
        What would you advise?
        Let me know if you need more details.
    """),
    followups=lines("""
        Thank you, I have written to the address and nobody answers there.
        I am happy to send a few pictures.
        The shop in {city} says that it knows nothing of recycling.
        Then please take my number off all lists.
        Any day after {date} suits me for a call.
    """),
    answers=lines("""
        Thank you for the kind words, I have passed them on to the technician and his team.
        Old devices can be left in any of our shops, in {city} there is a box at the entrance.
        I have set your newsletter to once a month.
        Your request about personal data went to our privacy team, the answer takes up to {days} days.
        Our technicians never come without an appointment, please do not let him in.
        We found the item, it is waiting for you at the counter.
        Your idea is now on the list of our app team.
    """),
    steps=lines("""
        A colleague from the right team will contact you.
        The opening hours on the map are up to date.
        Please call us at once if he comes back.
        Have a nice day.
    """),
)

ENGLISH = Phrasebook(
    language="en",
    topics={
        "billing": BILLING,
        "delivery": DELIVERY,
        "returns": RETURNS,
        "account_access": ACCOUNT,
        "technical_issue": TECHNICAL,
        "cancellation": CANCELLATION,
        "product_question": PRODUCT,
        "other": OTHER,
    },
    openings=lines("""
        Hello,
        Hi,
        Good morning,
        Good evening,
        Dear support team,
        Hello Saqta team,
        To whom it may concern,
        Hi there,
        Salem,
        Hey,
        Sorry to bother you again.
        I am writing for the second time.
        Short question from {city}.
        I am writing on behalf of my mother, who does not use mail.
    """),
    attempts=lines("""
        I have already restarted everything, phone included.
        I called the hotline {n} times and waited {minutes} minutes each time.
        The chat bot only offers me articles that I have read.
        I looked through the help pages and did not find an answer.
        A colleague of yours promised to call back on {date} and did not.
        I tried it on the laptop and on the phone, same result.
        Your shop in {city} sent me here.
        I wrote to you on {date} and got an automatic reply only.
        My son, who knows about such things, could not help either.
        I have checked it twice with the manual in my hand.
        The hotline told me to write a mail, so here I am.
        I asked in the chat yesterday and the conversation was cut off after {minutes} minutes.
    """),
    moods=lines("""
        This is getting really annoying.
        I am a patient person, but this is too much.
        To be fair, your support was good so far.
        I am a bit worried, to be honest.
        I like the product, just not this.
        I expected more from a company like yours.
        It is probably something small that I overlook.
        Perhaps I misunderstand something.
        I would not write if it were not important to us.
        With two small children at home I have no time for this.
        If this goes on I will look for another provider.
        No hurry, but I would like to understand it.
        I do not know what else to do.
        It has cost me half a day already.
    """),
    closings=lines("""
        Thanks in advance.
        Thank you.
        Best regards
        Many thanks for your help.
        Kind regards
        Looking forward to your answer.
        Cheers
        I am available after {hour} on weekdays.
        Please answer by mail, I cannot take calls at work.
    """),
    acknowledgements=lines("""
        Thank you for the quick answer.
        Thanks, but that does not solve it.
        I see.
        All right, I have done that.
        Sorry for the late reply.
        Yes, exactly.
        No, that is not what I meant.
        I followed your steps one by one.
        Fine so far.
        Hm, strange.
        I got your message of {date}.
        OK, I understand the rule now.
    """),
    nudges=lines("""
        What happens next?
        How long shall I wait?
        Can you check once more?
        Please do not close the ticket yet.
        Could someone call me about it?
        Is there a supervisor I could talk to?
        I can wait until {date}, not longer.
        Do you need anything else from me?
        I hope that we can settle it this week.
        Please keep me posted.
        Then we are nearly there.
    """),
    agent_openings=lines("""
        Hello, thank you for writing to us.
        Good afternoon, I am sorry for the trouble.
        Thank you for your patience.
        Hello, thanks for the details.
        I understand that this is annoying, and I am sorry.
        Good morning, I have looked into your request.
        Thank you for getting back to us.
        Hi, let me help you with this.
    """),
    agent_closings=lines("""
        Saqta Home support
        Please let us know if anything is unclear.
        Kind regards, your Saqta Home team
        I will keep your request open until it is solved.
        Have a good day.
        Is there anything else that I can do for you?
    """),
    products=lines("""
        Hub 2
        Cam Mini
        Cam Outdoor
        door sensor
        smart lock L1
        leak sensor
        video doorbell
        thermostat T3
        smart plug
        air monitor
        motion sensor
        indoor siren
        window sensor set
        bulb starter kit
        radiator valve
        gate opener
    """),
    rooms=lines("""
        kitchen
        hallway
        bedroom
        nursery
        garage
        living room
        basement
        bathroom
        office
        winter garden
    """),
    plans=lines("""
        Care Basic
        Care Plus
        the Family plan
        Cloud 30
        Cloud 7
        the Business plan
        Guard 24
    """),
    months=lines("""
        January
        February
        March
        April
        May
        June
        July
        August
        September
        October
        November
        December
    """),
    day_month="{day} {month}",
    typos=(
        ("received", "recieved"),
        ("address", "adress"),
        ("which", "wich"),
        ("because", "becuase"),
        ("delivery", "delivry"),
        ("the ", "teh "),
        ("account", "acount"),
        ("subscription", "subscribtion"),
        ("payment", "paymnet"),
        ("I have", "i have"),
        ("cannot", "can't"),
        ("does not", "doesnt"),
        ("please", "pls"),
        ("Please", "Pls"),
        ("you ", "u "),
        ("separately", "seperately"),
    ),
)
