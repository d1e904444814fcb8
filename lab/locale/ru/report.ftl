# Отчёт о дне: все тексты начинаются с report-.

report-overline = Отчёт о дне экзамена
report-skip = К картине дня
report-footer = Отчёт составлен по журналу и только по нему. Тот же сценарий с тем же зерном даёт тот же журнал, байт в байт. Данные испытательные, не настоящего экзамена.

# -- итог
report-verdict-held = День выдержан
report-verdict-failed = День не выдержан
report-verdict-count = { NUMBER($all) ->
    [one] Из { $all } ожидания выполнено { $held }.
   *[other] Из { $all } ожиданий выполнено { $held }.
  }
report-aborted = День прерван: { $why }.
report-incomplete = Журнал обрывается: конца дня в нём нет.

report-tile-begin = Экзамен начался
report-tile-none = не начался
report-tile-kits = Получили комплекты
report-tile-answers = Записано ответов
report-tile-of = { $part } из { $whole }
report-tile-incidents = Происшествия
report-tile-incidents-value = { $count ->
    [0] не было
   *[other] { $unresolved ->
        [0] { $count }, все устранены
       *[other] { $count }, не устранено { $unresolved }
      }
  }
report-tile-violations = Нарушения правил
report-tile-violations-value = { $count ->
    [0] нет
   *[other] { $count }
  }
report-tile-accounts = Учёт
report-tile-end = День окончен

report-fact-exam = Экзамен
report-fact-date = Дата
report-fact-point = Пункт
report-fact-size = Состав
report-fact-edition = Редакция правил
report-fact-rules = Показывает правила
report-fact-run = Сценарий
report-fact-journal = Журнал
report-exam-written = письменный
report-exam-oral = устный («Говорение»)
report-point = ППЭ { $point }, регион { $region }
report-size-rooms = { NUMBER($rooms) ->
    [one] { $rooms } аудитория
    [few] { $rooms } аудитории
   *[many] { $rooms } аудиторий
  }
report-size-technicians = { NUMBER($technicians) ->
    [one] { $technicians } технический специалист
    [few] { $technicians } технических специалиста
   *[many] { $technicians } технических специалистов
  }
report-size-members = { NUMBER($members) ->
    [one] { $members } член ГЭК
    [few] { $members } члена ГЭК
   *[many] { $members } членов ГЭК
  }
report-seed = зерно { $seed }
report-journal-lines = { NUMBER($count) ->
    [one] { $count } запись
    [few] { $count } записи
   *[many] { $count } записей
  }

# -- картина
report-picture = Картина дня
report-picture-note = Слева направо — время; тихие часы свёрнуты (штриховка, зигзаг на оси), насыщенные растянуты. Вертикальные линии — сроки по правилам.
report-picture-note-screen = Номера в кружках ведут к происшествиям. Аудитория раскрывается щелчком по её имени: там устройства и организаторы.
report-picture-eve = Происшествия кануна, на картине их нет: №
report-axis = Ось времени и сроки по правилам
report-zoom = Масштаб
report-open-all = Раскрыть все
report-close-all = Свернуть все
report-folded = свёрнуто { $span }
report-hq = Штаб
report-room = Ауд. { $room }
report-reserve = Резерв
report-people = Работники
report-other-devices = Токены и прочее
report-lane-portal = Портал
report-seat = место { $seat }
report-seat-reserve = { $station }, место { $seat }
report-group = группа { $group }
report-group-size = { NUMBER($people) ->
    [one] { $people } участник
    [few] { $people } участника
   *[many] { $people } участников
  }

report-legend = Обозначения
report-legend-stations = Станции
report-legend-people = Работа людей
report-legend-trouble = Неполадки
report-legend-signs = Знаки
report-legend-fault = неисправность
report-legend-repair = ремонт, замена
report-legend-resolved = происшествие устранено
report-legend-unresolved = происшествие НЕ устранено
report-legend-failed = не вышло

report-phase-ready = запущена
report-phase-key = ключ загружен
report-phase-open = ключ активирован
report-phase-printing = печать
report-phase-handing = раздача
report-phase-exam = экзамен
report-phase-collecting = сбор бланков
report-phase-scanning = сканирование
report-phase-export = экспорт
report-phase-closing = завершение
report-phase-down = не работает
report-phase-out = заменена
report-phase-answer = запись ответа
report-bar-answer = Ответ участника { $participant }: { $period }
report-bar-answer-bad = Ответ участника { $participant }, качество плохое: { $period }
report-bar-answer-cut = Ответ участника { $participant } прерван: { $period }

report-work-token = токен
report-work-flash = флеш-накопитель
report-work-paper = бумага и печать
report-work-repair = ремонт, замена
report-work-other = прочее
report-not-done = не вышло

report-sign-key = ключ, пароль
report-sign-kit = комплект напечатан
report-sign-reject = брак, отказ
report-sign-good = проверка удалась, подтверждено
report-sign-bad = проверка не удалась
report-sign-swap = замена
report-sign-finish = станция завершила экзамен
report-sign-up = пакет передан
report-sign-flag = статус
report-sign-call = горячая линия, заявка

report-mark-kit = { $time } напечатан комплект { $kit }
report-mark-rejected = { $time } забракован комплект { $kit }: { $why }; вышло листов: { $sheets }
report-mark-activated = { $time } ключ активирован: { $person }
report-mark-password = { $time } материалы открыты паролем доступа
report-mark-not-activated = { $time } ключ не активирован ({ $person }): { $why }
report-mark-print-good = { $time } пробная печать удалась
report-mark-print-bad = { $time } пробная печать не удалась
report-mark-replaced = { $time } замена: { $old } → { $new }
report-mark-finished = { $time } экзамен на станции завершён
report-mark-test-good = { $time } тестовая запись хорошая: голос { $level } дБ, шум { $noise } дБ
report-mark-test-bad = { $time } тестовая запись плохая ({ $why }): голос { $level } дБ, шум { $noise } дБ
report-mark-complaint = { $time } участник { $participant } недоволен записью
report-trouble = Происшествие { $number }: { $what }, { $time }

# -- имена
report-name-station = станция { $n }
report-name-reserve-station = резервная станция { $n }
report-name-recorder = станция записи { $n }
report-name-reserve-recorder = рез. станция записи { $n }
report-name-computer = компьютер { $n }
report-name-printer = принтер { $n }
report-name-scanner = сканер { $n }
report-name-headset = гарнитура { $n }
report-name-port = разъём USB { $n }
report-name-token = токен { $n }
report-name-flash = флеш-накопитель { $n }
report-name-channel-main = основной канал
report-name-channel-reserve = резервный канал
report-name-technician = техспециалист { $n }
report-name-member = член ГЭК { $n }
report-name-organizer = организатор { $n }
report-name-head = руководитель ППЭ
report-name-portal = портал
report-name-hq = Штаб

# -- время
report-eve-time = { $time } (канун)
report-period = { $begin } – { $end } ({ $span })
report-span-hours = { $hours } ч { $minutes } мин
report-span-minutes = { $minutes } мин { $seconds } с
report-span-whole-minutes = { $minutes } мин
report-span-seconds = { $seconds } с
report-from = с { $time }
report-until = до { $time }
report-margin-kept = запас { $span }
report-margin-broken = нарушено на { $span }
report-margin-exact = точно в срок

# -- сроки на картине
report-guide-time-from = с { $time } { $what }
report-guide-time-until = до { $time } { $what }
report-guide-time-at = { $time } { $what }
report-guide-materials-by-0730 = материалы
report-guide-stations-hour-before = станции
report-guide-key-from-0930 = ключ
report-guide-key-by-1000 = ключ
report-guide-hot-line-from-0935 = горячая линия
report-guide-password-from-0945 = пароль
report-guide-print-from-1000 = печать
report-guide-exam-from-1000 = экзамен
report-guide-exam-by-1100 = начать экзамен
report-guide-waiting-from-1030 = ожидание участников
report-guide-not-held-from-1200 = не состоялся
report-guide-packages-by-1730 = бланки
report-guide-journals-by-1900 = журналы

# -- таблицы
report-incidents = Происшествия
report-incidents-none = Происшествий не было.
report-resolved = устранено
report-unresolved = НЕ УСТРАНЕНО
report-still-open = в журнале не закрыто
report-faults = Заданные неисправности
report-fault-how-repaired = исправлена
report-fault-how-passed = прошла сама
report-fault-how-replaced = устройство заменено
report-fault-how-lasts = осталась до конца дня
report-fault-idle = не наступила: { $why }
report-fault-never-came = не наступила: условие не выполнилось
report-moments = Ключевые моменты и сроки
report-moment-admitted = Участники рассажены
report-moment-printed = Печать окончена во всех аудиториях
report-moment-first-exam = Экзамен начался в первой аудитории
report-moment-last-exam = Экзамен начался в последней аудитории
report-moment-exams-over = Экзамен окончен в последней аудитории
report-moment-scanned = Бланки отсканированы
report-moment-confirmed = РЦОИ подтвердил последний пакет
report-moment-day-over = Конец дня
report-expectations = Ожидания и правила
report-finding-day-ends = День дошёл до конца
report-finding-accounting-balances = Учёт сходится: ничего не потеряно и нет лишнего
report-finding-everybody-served = Никто из участников не остался без комплекта или ответа
report-finding-incidents-resolved = Все происшествия устранены
report-finding-regulation-holds = Правила соблюдены
report-finding-event = Названное событие произошло
report-finding-event-of = Событие: { $what }
report-finding-times = раз: { $count }
report-finding-held = выполнено
report-finding-failed = НЕ ВЫПОЛНЕНО
report-violations = Нарушения правил
report-violations-none = Нарушений правил нет.
report-accounts = Учёт по аудиториям
report-accounts-note = Отпечатано = выдано + испорчено + осталось. Три независимых свидетеля: слово станции, ручной счёт организаторов, счётчики принтеров.
report-accounts-none = В этот день не печатали и не записывали.
report-paper = Бумага
report-recordings = Записи ответов
report-recordings-point = Всего по пункту: записано ответов { $recorded }, выгружено { $exported }.
report-balances = сходится
report-balances-not = НЕ СХОДИТСЯ
report-total = Всего
report-forms-missing = не читается { $count }
report-journal = Журнал
report-journal-open = { NUMBER($count) ->
    [one] Показать { $count } запись журнала словами
    [few] Показать { $count } записи журнала словами
   *[many] Показать { $count } записей журнала словами
  }
report-filter = Показать записи, где есть:
report-filtered = показано {"{"}n{"}"}

report-col-number = №
report-col-time = Время
report-col-what = Что случилось
report-col-where = Где
report-col-device = Устройство
report-col-how = Чем кончилось
report-col-closed = Когда
report-col-lasted = Длилось
report-col-fault = Неисправность
report-col-began = Началась
report-col-ended = Чем и когда кончилась
report-col-noticed = Происшествие
report-col-moment = Момент
report-col-regulated = По правилам
report-col-actual = На деле
report-col-margin = Запас
report-col-source = Источник
report-col-expectation = Ожидание
report-col-result = Итог
report-col-found = Что найдено
report-col-rule = Правило
report-col-subject = Кого касается
report-col-room = Ауд.
report-col-kits = Комплекты (по станции)
report-col-sheets = Листы
report-col-forms = Бланки, листов
report-col-printed = отпечатано
report-col-handed = выдано
report-col-spoiled = испорчено
report-col-left = осталось
report-col-counter = по счётчикам
report-col-by-hand = вручную
report-col-test = пробных
report-col-collected = собрано
report-col-scanned = отсканировано
report-col-participants = участников
report-col-due = по ведомости
report-col-unserved = без ответа
report-col-stored = на станциях
report-col-event = Событие
