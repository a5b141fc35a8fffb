"""Invented people and streets. Names are common ones, combined by chance."""

# language -> (men, women)
GIVEN = {
    "en": (
        (
            "Daniyar",
            "Timur",
            "Oliver",
            "Jonas",
            "Marcus",
            "Yerlan",
            "Callum",
            "Stefan",
            "Arman",
            "Peter",
        ),
        (
            "Aigerim",
            "Saule",
            "Hannah",
            "Greta",
            "Emily",
            "Dinara",
            "Zarina",
            "Claire",
            "Madina",
            "Lucy",
        ),
    ),
    "ru": (
        ("Тимур", "Алексей", "Данияр", "Сергей", "Ерлан", "Павел", "Руслан", "Игорь"),
        ("Айгерим", "Ольга", "Динара", "Наталья", "Сауле", "Марина", "Зарина", "Вера"),
    ),
    "kk": (
        ("Нұрлан", "Әлихан", "Бауыржан", "Ерғали", "Қайрат", "Дәурен"),
        ("Гүлнәр", "Әсел", "Айнұр", "Жұлдыз", "Қарлығаш", "Меруерт"),
    ),
}
FAMILIES = {
    "en": (
        (
            "Akhmetov",
            "Whitfield",
            "Brenner",
            "Sadykov",
            "Hargreave",
            "Lindqvist",
            "Omarov",
            "Castell",
        ),
        (
            "Akhmetova",
            "Whitfield",
            "Brenner",
            "Sadykova",
            "Hargreave",
            "Lindqvist",
            "Omarova",
            "Castell",
        ),
    ),
    "ru": (
        ("Ахметов", "Соколов", "Садыков", "Орлов", "Омаров", "Литвин", "Ким"),
        ("Ахметова", "Соколова", "Садыкова", "Орлова", "Омарова", "Литвин", "Ким"),
    ),
    "kk": (
        ("Сәрсенов", "Жұмабек", "Қасымұлы", "Төлеген", "Әбдірахман"),
        ("Сәрсенова", "Жұмабек", "Қасымқызы", "Төлегенова", "Әбдірахман"),
    ),
}
LATIN_HANDLES = (
    "aigerim", "timur", "hannah", "brenner", "omarov", "lucy", "castell", "dinara", "jonas",
    "whitfield", "saule", "marcus", "yerlan", "greta", "sadykova", "oliver", "zarina", "stefan",
)  # fmt: skip
KZ_STREETS = {
    "en": ("Abay", "Zhandosov", "Tole Bi", "Kabanbay Batyr", "Satpaev", "Auezov", "Dostyk"),
    "ru": ("Жандосова", "Толе би", "Кабанбай батыра", "Сатпаева", "Ауэзова", "Абая"),
    "kk": ("Абай", "Төле би", "Қабанбай батыр", "Сәтбаев", "Әуезов", "Жандосов"),
}
