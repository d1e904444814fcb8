"""What is spoken: sentences in the style of the oral exam, other ones in each half of the corpus."""

from __future__ import annotations

from enum import StrEnum


class Half(StrEnum):
    """Limits are set on one half and reported on the other; no voice and no sentence is in both."""

    TUNE = "tune"
    REPORT = "report"


RUSSIAN = {
    Half.TUNE: (
        "Здравствуйте, я начинаю отвечать на первое задание.",
        "На этой фотографии изображена семья, которая завтракает на летней веранде.",
        "Мой город стоит на берегу широкой реки, и весной она разливается до самых садов.",
        "Я считаю, что читать бумажные книги удобнее, чем смотреть в экран.",
        "В прошлом году мы с классом ездили в заповедник и жили там целую неделю.",
        "Сколько стоит экскурсия, и есть ли скидка для школьников?",
        "Учёные шутят, что щука в пруду съедает шестьдесят карасей за лето.",
        "Во-первых, путешествие расширяет кругозор, во-вторых, учит самостоятельности.",
        "Дедушка рассказывал, как строили этот мост: зимой, в мороз, почти без техники.",
        "Если бы у меня было больше времени, я бы занялся музыкой.",
        "Погода испортилась, пошёл дождь, и мы спрятались под старым дубом.",
        "Это всё, что я хотел рассказать. Спасибо за внимание.",
        "Почему птицы улетают осенью на юг, а синицы и воробьи остаются зимовать?",
        "Пётр Петрович подал документы в приёмную комиссию в последний день.",
    ),
    Half.REPORT: (
        "Добрый день. Сегодня я хочу рассказать вам о своей будущей профессии.",
        "Общее у этих снимков то, что люди на них заняты любимым делом.",
        "Летом я помогаю бабушке в огороде: мы сажаем картофель, морковь и свёклу.",
        "Нужно ли брать с собой паспорт, и во сколько отправляется автобус?",
        "Музей открылся сто лет назад в бывшей усадьбе купца.",
        "С одной стороны, интернет помогает учиться, с другой — отвлекает от уроков.",
        "Шестнадцать школьников шли по шоссе, шурша шуршащими плащами.",
        "Больше всего мне запомнилась поездка на Байкал, особенно прозрачный лёд.",
        "Физика трудна, однако без неё не понять, почему летит ракета и светит звезда.",
        "Наша команда заняла второе место, хотя половина игроков болела.",
        "По вечерам за окном гудит пароход, и огни отражаются в чёрной воде.",
        "На этом я заканчиваю свой ответ.",
        "Какие книги вы посоветовали бы прочитать подростку и почему именно их?",
        "Брат выбрал первую фотографию, потому что она напоминает ему о детстве.",
    ),
}

ENGLISH = {
    Half.TUNE: (
        "Good morning. I would like to start with the first task.",
        "In this picture you can see two students who are working on a science project.",
        "The bridge was built more than a century ago and still carries heavy trains.",
        "What time does the museum open, and is there a discount for groups?",
        "I have chosen this photo because it reminds me of our trip to the sea.",
        "She sells fresh fish and sausages at the corner shop on Sixth Street.",
        "On the one hand, living in a big city is exciting; on the other hand, it is noisy.",
        "Scientists believe that whales use songs to talk to each other over long distances.",
        "My grandmother taught me how to bake bread when I was seven.",
        "Peter Piper put a purple paper boat on the pond.",
        "If I had to choose, I would rather spend my holidays in the mountains.",
        "That is all I wanted to say. Thank you for listening.",
    ),
    Half.REPORT: (
        "Hello, I am going to tell you about the place where I live.",
        "Both photographs show people outdoors, but the seasons are different.",
        "The first underground railway was opened in London in eighteen sixty three.",
        "How long does the course last, and do I need any special equipment?",
        "To my mind, school uniforms save time in the morning and money in the shop.",
        "Three thin thieves thought a thousand thoughts on Thursday.",
        "Last summer we sailed down the river and slept in tents on sandy islands.",
        "Bees are vital for farmers, because they carry pollen from flower to flower.",
        "My brother plays the cello in the town orchestra, and I turn the pages.",
        "Big black bears broke both boxes of biscuits before breakfast.",
        "However hard it was, nobody gave up until the very last minute of the game.",
        "In conclusion, I would say that reading makes our life richer.",
    ),
}
