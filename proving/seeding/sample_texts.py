"""Names and phrases that look like those of real contacts, the same for the same seed.

Words come as often as in real talk: the second half as often as the first, the third a third.
"""

from random import Random

_COMMON = """
the to you and i a is it for my order please thanks can we hello not yes of on have when
delivery today help me with this that what time address package hi still your be tomorrow in
no at was but do number how ok are know need back again send call refund where day good new
from return they price all will there out been could would like just get any one up if so
morning arrived broken size change wrong account card pay paid
"""
_ELSEWHERE = """
hola gracias pedido mañana dónde está bonjour merci commande livraison été naïve grüße straße
größe danke bestellung привет спасибо заказ доставка завтра где γεια ευχαριστώ παραγγελία שלום
תודה הזמנה مرحبا شكرا طلب توصيل नमस्ते धन्यवाद आदेश
こんにちは ありがとう 注文 配達 你好 谢谢 订单 안녕하세요 감사합니다 주문
สวัสดี ขอบคุณ 👍 🙏 😀 👩\u200d👩\u200d👧
"""
_SYLLABLES = """
ba de fi go lu ma ne pi ro su ta ve wi xo zu kra ble sti on ar
"""
_GIVEN = """
Ana Ben Carla Dmitri Élodie Fatima Günther Hana Ioana José Kwame Lea Mei Nnamdi Olga Priya
Quinn Rosa Søren Tomás Uma Vera Wei Ximena Yusuf Zoë Андрей Ольга Мария Γιώργος Ελένη דוד רחל
محمد فاطمة अर्जुन प्रिया 花子 太郎 小明 美玲 지훈 서연 สมชาย
"""
_FAMILY = """
Ahmed Brown Costa Dubois Evans Fischer García Hansen Ivanova Jones Kim Lopez Müller Nowak
O'Brien Petrov Quispe Rossi Silva Tanaka Ueda Virtanen Wang Yılmaz Ōkubo Иванов Παπαδόπουλος
כהן الخطيب शर्मा 山田 王 김
"""
_ODD_NAMES = ("💐 Flowers", "<b>Bold</b>", "=SUM(A1)", "\u202eesrever", "🚀")
_VOCABULARY = 5_000
_PHRASES = 20_000
_NAMES = 4_000


def phrases(seed: int) -> list[str]:
    """Pieces of text of three to nine words."""
    random = Random(seed)  # noqa: S311 (nothing secret)
    words = _vocabulary(random)
    return [
        " ".join(words[int(len(words) ** random.random()) - 1] for _ in range(random.randint(3, 9)))
        for _ in range(_PHRASES)
    ]


def names(seed: int) -> list[str]:
    """What contacts call themselves; one in four tells nothing."""
    random = Random(seed)  # noqa: S311 (nothing secret)
    return [_name(random) for _ in range(_NAMES)]


def _vocabulary(random: Random) -> list[str]:
    """Words, the most frequent first."""
    syllables = _SYLLABLES.split()
    rare = {"".join(random.choices(syllables, k=random.randint(2, 4))) for _ in range(_VOCABULARY)}
    known = [*_COMMON.split(), *_ELSEWHERE.split()]
    return known + sorted(rare - set(known), key=lambda _: random.random())


def _name(random: Random) -> str:
    luck = random.random()
    if luck < 0.25:
        return ""
    if luck < 0.252:
        return random.choice(_ODD_NAMES)
    if luck < 0.45:
        return random.choice(_GIVEN.split())
    return f"{random.choice(_GIVEN.split())} {random.choice(_FAMILY.split())}"
