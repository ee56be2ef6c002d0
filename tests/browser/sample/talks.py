"""Ordinary talks: in several states, languages and kinds, over SMS and WhatsApp, old and new."""

import json

from tests.browser.sample.play import Operator, Phone, Play

LONG = (
    "Good morning. I ordered two lamps in March, one for the hall and one for the kitchen, and "
    "only the first of them arrived, which I wrote to you about in April already. "
) * 8
# What passers-by say: number, minutes ago, words.
PASSERS_BY = (
    ("+14155550141", 31, "Hello, are you open on Sunday?"),
    ("+447700900432", 47, "menu"),
    ("+14155550143", 68, "Thanks!"),
    ("+493023125018", 95, "Guten Tag, ist noch ein Termin frei?"),
    ("+33639981107", 140, "Bonjour, je voudrais prendre rendez-vous"),
    ("+14155550146", 205, "Is the blue one back in stock?"),
    ("+61491570157", 260, "G'day, what does a visit cost?"),
    ("+14155550148", 330, "ok"),
    ("+447700900519", 415, "Can I bring a friend?"),
    ("+14155550150", 600, "Where do I park?"),
    ("+14155550151", 820, "Got it, see you then"),
    ("+819012345678", 1180, "予約したいのですが"),
    ("+14155550153", 1500, "Do you have gift cards?"),
    ("+447700900871", 2100, "Sorry, wrong number"),
    ("+14155550155", 2900, "Perfect"),
    ("+14155550156", 4400, "What are your opening hours?"),
)


def play_talks(play: Play, first: Operator, second: Operator) -> None:
    """Everything that goes well."""
    for number, minutes, words in PASSERS_BY:
        play.ago(minutes=minutes)
        phone = Phone(play, number)
        phone.says(words)
        first.reads(phone)
    _languages(play, first)
    _bookings(play, second)
    _files(play, first)
    _lamps(play, first)
    _refund(play, second)


def change_of_address(play: Play, operator: Operator) -> Phone:
    """The talk that the pictures show, held for 30 minutes, with two older ones behind it."""
    ada = Phone(play, "+14155550132", "Ada")
    play.ago(days=36)
    ada.says("hi")
    ada.says("Just looking around, thanks")
    play.ago(days=19)
    ada.says("hello")
    ada.says("1")
    ada.says("Ada Lovelace")
    ada.says("ada@example.com")
    ada.says("2030-06-24")
    ada.says("1")
    play.ago(minutes=6)
    ada.says("hi")
    ada.says("2")
    ada.says("It's order 48213. Is it still possible to change the address?")
    ada.says("1")
    operator.writes(ada, "Yes, it leaves tomorrow. What is the new address?", takeover_minutes=30)
    ada.says("12 Garden Row, second floor. The bell does not work, please knock 🚪")
    return ada


def _languages(play: Play, operator: Operator) -> None:
    arabic = Phone(play, "+14165550188", "أمل", "whatsapp")
    play.ago(minutes=26)
    arabic.says("مرحبا، أريد حجز موعد")
    arabic.taps("Book a visit", "join")
    arabic.says("شكراً جزيلاً لكم على المساعدة")
    hebrew = Phone(play, "+14165550190", "נועה")
    play.ago(minutes=39)
    hebrew.says("שלום, מתי אתם פתוחים? 🙂")
    operator.reads(hebrew)
    emoji = Phone(play, "+447700900461", "🌻", "whatsapp")
    play.ago(minutes=52)
    emoji.says("👩🏽‍🚀🎉👨‍👩‍👧‍👦 ❤️‍🔥 🏳️‍🌈")
    long = Phone(play, "+61491570006", "A customer with a rather long name, and more of it")
    play.ago(minutes=74)
    long.says(LONG)


def _bookings(play: Play, operator: Operator) -> None:
    begun = Phone(play, "+14155550161", "Grace", "whatsapp")
    play.ago(minutes=3)
    begun.says("Hi there")
    begun.taps("Book a visit", "join")
    begun.says("Grace Hopper")
    asked = Phone(play, "+447700900267")
    play.ago(minutes=17)
    for words in ("book", "Sam", "sam@example.com", "2030-02-30", "2030-03-01"):
        asked.says(words)
    operator.reads(asked)
    silent = Phone(play, "+493023125077")
    play.ago(minutes=110)
    for words in ("book a visit", "Kim"):
        silent.says(words)
    play.passes(minutes=31)
    operator.reads(silent)


def _files(play: Play, operator: Operator) -> None:
    photo = Phone(play, "+14155550163", "Lin", "whatsapp")
    play.ago(hours=3)
    photo.says("hello")
    photo.taps("Get support", "human")
    photo.sends("https://media.example.com/lamp.jpg", "image/jpeg", "This is how it arrived")
    place = Phone(play, "+447700900318", "Jo", "whatsapp")
    play.ago(hours=5)
    place.says("Can you come here?")
    place.shares(51.4779, -0.0015, "Royal Observatory")
    operator.reads(place)
    papers = Phone(play, "+14155550165", channel="whatsapp")
    play.ago(hours=7)
    papers.sends("https://media.example.com/invoice.pdf", "application/pdf")
    papers.sends("https://media.example.com/me.vcf", "text/vcard")
    papers.sends("https://media.example.com/voice.ogg", "audio/ogg")
    operator.reads(papers)
    nameless = Phone(play, "whatsapp:US.13491208655302741918", "Pat", "whatsapp")
    play.ago(hours=9)
    nameless.says("I have no number to show, only a name")
    operator.reads(nameless)


def _lamps(play: Play, operator: Operator) -> None:
    """From an ad, with a form that was filled in, a reaction, a reply and a kind of tomorrow."""
    buyer = Phone(play, "+447700900655", "Mina", "whatsapp")
    play.ago(minutes=58)
    buyer.says(
        "Hi, is the green one left?",
        ReferralSourceType="ad",
        ReferralHeadline="Desk lamps, half price",
        ReferralBody="This week only, in three colors.",
        ReferralSourceUrl="https://example.com/lamps",
    )
    answers = {"color": "green", "size": "M", "gift_wrap": True}
    reply = {"type": "nfm_reply", "nfm_reply": {"response_json": json.dumps(answers)}}
    buyer.says("", MessageType="interactive", InteractiveData=json.dumps(reply))
    last = buyer.last_received
    buyer.says("👍", MessageType="reaction", OriginalRepliedMessageSid=last)
    buyer.says("I mean this one", Forwarded="true", OriginalRepliedMessageSid=last)
    buyer.says("", MessageType="order", CatalogId="C-7")
    operator.reads(buyer)


def _refund(play: Play, operator: Operator) -> None:
    """A conversation that an operator keeps until they give it back."""
    angry = Phone(play, "+493023125055")
    play.ago(minutes=14)
    angry.says("Agent please")
    angry.says("The second lamp is broken too")
    operator.holds(angry)
    operator.writes(angry, "That is on us. One moment, please.")
    play.ago(minutes=4)
    operator.writes(angry, "We refunded it this morning, sorry again!")
    angry.gets("read")
