# Команды ppelab check recording и check headset: годится ли звук, что с ним не так, что делать.

help-check-recording = проверить готовые записи: слышно ли речь, нет ли обрывов, щелчков, искажений
help-recording-files = файл записи: WAV, FLAC, OGG, MP3
help-sound-report = записать страницу с картинкой и отмеченными дефектами (HTML, одним файлом)

sound-decimal-point = ,
sound-seconds = { $seconds } с
sound-milliseconds = { $ms } мс
sound-db = { $db } дБ
sound-summary = { $length }, { $rate } Гц, каналов: { $channels }{ $kind ->
    [none] {""}
   *[other] , { $kind }
  }; речь { $speech }, шум { $noise }, речь громче шума на { $snr }
sound-verdict-pass = ГОДИТСЯ
sound-verdict-warn = ГОДИТСЯ С ЗАМЕЧАНИЯМИ
sound-verdict-fail = НЕ ГОДИТСЯ
sound-found = { $what }{ $count ->
    [1] : { $places }
   *[other] : { NUMBER($count) ->
      [one] { $count } раз
      [few] { $count } раза
     *[many] { $count } раз
    } — { $places }
  }
sound-found-whole = { $what }: вся запись
sound-places-more = { $places } и ещё мест: { $more }

recording-judged = { $file }: { $verdict }
recording-error-standard-input = из стандартного ввода записи не читаются; укажите файл (файл с именем «-» пишется ./-)
recording-error-no-name = имя файла пусто (не задана переменная?); укажите файл записи
recording-error-unreadable = файл не читается: { $why }; проверьте имя, права и носитель
recording-error-folder = это папка; укажите файлы в ней, например ПАПКА/*.flac
recording-error-not-a-file = это не обычный файл; укажите файл записи
recording-error-empty-file = файл пуст; найдите копию записи на станции
recording-error-not-audio = это не звуковой файл; проверьте, тот ли это файл
recording-error-damaged = файл повреждён ({ $why }); найдите копию записи на станции
recording-error-no-sound = в файле нет звука: запись не велась, или программа не успела её закончить; найдите копию на станции
recording-error-rate = частота { $rate } Гц, проверяются записи от { $low } до { $high } Гц; проверьте, тот ли это файл
recording-error-channels = каналов { $channels }, проверяются записи, где их не больше { $most }; проверьте, тот ли это файл
recording-error-truncated = файл обрывается: есть только { $percent } % записи, первые { $seconds } с; найдите копию записи на станции
recording-error-eight-bits = в файле 8 бит на отсчёт: шум и обрывы могут быть от этого, а не от гарнитуры (шум квантования); станция пишет 16 бит, найдите на ней исходную запись
recording-error-not-numbers = в файле есть отсчёты, которые не являются числами; запись делала неисправная программа
problem-output-is-a-recording = это сама запись; укажите другое имя для отчёта

# -- страница
sound-page-overline = Стенд ППЭ · проверка звука
sound-page-recordings = Проверка записей: { NUMBER($count) ->
    [one] { $count } файл
    [few] { $count } файла
   *[many] { $count } файлов
  }
sound-page-steps = Ход проверки
sound-page-advice = Что делать
sound-page-picture = Картинка записи: громкость и частоты по времени; отмечено дефектов: { $count }. То же словами — в таблице ниже.
sound-page-wave = Сигнал
sound-page-channel-wave = Канал { $channel }
sound-page-wave-label = Сигнал по времени
sound-page-spectrum = Частоты, Гц
sound-page-spectrum-label = Спектрограмма: частоты от 40 Гц вверх, чем светлее, тем громче
sound-page-lane-label = { $what }: отмечено мест: { $count }
sound-page-time = Время
sound-page-legend = Красное — из-за этого запись не годится, жёлтое — замечание. Внутренняя полоса сигнала — его средняя сила, внешняя — пики.
sound-page-findings = Что найдено
sound-page-no-findings = Дефектов не найдено.
sound-page-outcome = Годится
sound-page-what = Дефект
sound-page-where = Начало, мин:с
sound-page-lasts = Длится
sound-page-count = Раз
sound-page-channel = Канал
sound-page-whole = вся запись
sound-page-close-ups = Вблизи
sound-page-close-up = с { $at }, { $lasts }{ $enlarged ->
    [1] {""}
   *[other] , увеличено ×{ $enlarged }
  }
sound-page-close-up-label = { $what }: сигнал вблизи, { $where }
sound-page-response = Частотная характеристика: наушник — микрофон
sound-page-level = Уровень, дБ
sound-page-hertz = Гц
sound-page-footer = Страница ничего не загружает из сети. Как измеряется каждое свойство и почему пределы таковы — в docs/reference/audio-check.md.

# -- проверка гарнитуры
help-check-headset = проверить гарнитуру: уровень, запись, измерение, прослушивание
help-headset-url = адрес гарнитуры, например portaudio:имя; без него — единственная подключённая
help-headset-seconds = сколько секунд записывать (10)
help-headset-sweep = проверить и наушники: приложить микрофон к левому наушнику, прозвучит сигнал
help-headset-save = сохранить записанное в файл (.flac или .wav)
check-headset-title = Проверка гарнитуры
check-headset-good = ИТОГ: гарнитура исправна
check-headset-warned = ИТОГ: гарнитура работает, но есть замечания
check-headset-bad = ИТОГ: гарнитура не готова
check-step-headset = Гарнитура
check-step-record = Запись
check-step-sound = Качество
check-step-play = Прослушивание
check-step-sweep = Наушник и микрофон
headset-speak = Говорите обычным голосом { $seconds ->
    [one] { $seconds } секунду
    [few] { $seconds } секунды
   *[many] { $seconds } секунд
  }.
headset-level = [{ $bar }] { $level }, осталось { $left } с
headset-listen = Слушайте запись.
headset-heard = Слышно ясно? [Д/н]{" "}
headset-heard-yes = д да yes
headset-heard-no = н нет n no
headset-unclear = Ответ «{ $answer }» не понят. Введите «{ $yes }» или «{ $no }» русскими буквами; пустая строка — «{ $yes }».
headset-hold = Приложите микрофон вплотную к левому наушнику (L), держите и молчите. Прозвучит сигнал от низких звуков к высоким.
headset-ready = Готовы — нажмите Enter.{" "}
headset-saved = Запись сохранена: { $file }
told-headset = { $name }, { $rate } Гц
told-headset-several = подключено несколько ({ $count }), назовите, какую
told-headset-one-of = { $name }: { $url }
told-recorded = { $seconds ->
    [one] { $seconds } секунда
    [few] { $seconds } секунды
   *[many] { $seconds } секунд
  }
told-recorded-lost = звук терялся по пути, раз: { $count }
told-sound-good = замечаний нет
told-played = воспроизведено
told-not-heard = в наушниках слышно плохо
told-not-answered = на вопрос, слышно ли ясно, ответа нет
told-sweep = сигнал услышан через { $delay } мс, искажения { $thd } %
told-sweep-unheard = микрофон сигнала не слышит
told-sweep-not = эта гарнитура не умеет играть и записывать сразу
detail-no-headset = это не гарнитура
advice-headset-none = подключите гарнитуру к порту USB или к гнёздам звука и повторите
advice-headset-choose = назовите одну: ppelab check headset АДРЕС
advice-recorded-lost = закройте лишние программы, смените порт USB; не помогло — возьмите другой компьютер
advice-not-heard = прибавьте громкость, проверьте штекер наушников; не помогло — возьмите резервную гарнитуру
advice-not-answered = повторите проверку и ответьте на вопрос
advice-sweep-unheard = приложите микрофон вплотную к левому наушнику (L), прибавьте громкость и повторите; не помогло — возьмите резервную гарнитуру
problem-save-format = запись сохраняется в файл { $known }; укажите такое окончание имени
problem-headset-address = «{ $input }» — не адрес гарнитуры; он вида portaudio:ИМЯ, адреса подключённых показывает ppelab devices
problem-headset-address-token = это адрес токена, а нужна гарнитура (portaudio:ИМЯ); токен проверяет ppelab check token
