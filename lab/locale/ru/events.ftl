# Журнал словами: event-<событие>; короткие слова кодов: word-<код>; неисправности, действия, роли.

# -- рамка дня
event-day-began = День начат: «{ $title }», { $exam_kind ->
    [oral] устный экзамен
   *[written] письменный экзамен
  } { $subject }, { $exam_date }; ППЭ { $region }-{ $point }; { NUMBER($rooms) ->
    [one] { $rooms } аудитория
    [few] { $rooms } аудитории
   *[many] { $rooms } аудиторий
  }, { NUMBER($participants) ->
    [one] { $participants } участник
    [few] { $participants } участника
   *[many] { $participants } участников
  }
event-day-ended = День окончен{ $aborted ->
    [none] { "" }
   *[other] { " " }досрочно: { $aborted }
  }
event-status-sent = Передан статус «{ $status }»
event-materials-delivered = Материалы доставлены в Штаб: { $person }
event-participants-admitted = Ауд. { $room }: рассажены, пришли { $present }, отсутствуют { $absent }
event-exam-began = Ауд. { $room }: экзамен начался, участников { $participants }
event-exam-ended = Ауд. { $room }: экзамен окончен, участников { $participants }
event-room-empty = Ауд. { $room }: никто не явился
event-room-failed = Ауд. { $room }: работа не выполнена ({ $why }), без комплекта или ответа остались { $unserved }

# -- станции
event-station-prepared = { $station }: станция подготовлена, компьютер { $computer }, акт { $act ->
    [yes] передан
   *[no] не передан
  }
event-act-sent = { $station }: акт готовности передан, компьютер { $computer }{ $on_exam_day ->
    [yes] , в день экзамена
   *[no] { "" }
  }
event-station-started = { $station }: станция запущена{ $resumed ->
    [yes] , прежнее состояние восстановлено
   *[no] { "" }
  }
event-package-loaded = { $station }: интернет-пакет загружен
event-print-checked = { $station }: пробная печать на { $printer } { $good ->
    [yes] удалась
   *[no] не удалась
  }
event-key-loaded = { $station }: { $key_kind ->
    [main] ключ доступа
   *[reserve] резервный ключ
  } загружен
event-key-activated = { $station }: { $key_kind ->
    [main] ключ доступа
   *[reserve] резервный ключ
  } активирован, { $person } с токеном { $token }
event-password-applied = { $station }: материалы открыты паролем горячей линии
event-activation-failed = { $station }: попытка с токеном { $token } не удалась ({ $person }): { $error }
event-station-replaced = Ауд. { $room }: станция { $old } заменена на { $new }, компьютер { $computer }
event-device-replaced = { $station }: устройство { $old } заменено на { $new }
event-protocol-printed = { $station }: протокол напечатан; комплектов { $printed }, забраковано { $rejected }
event-journal-saved = { $station }: журнал сохранён на { $flash }
event-station-finished = { $station }: экзамен на станции завершён

# -- Штаб и портал
event-key-downloaded = { $key_kind ->
    [main] Ключ доступа
   *[reserve] Резервный ключ
  } скачан через { $channel }: { $person }
event-hot-line-called = Обращение на горячую линию ({ $place }): { $about }; звонит { $person }
event-password-issued = Ауд. { $room }: выданы пароли доступа, { $count } шт.
event-reserve-key-requested = Ауд. { $room }: запрошен резервный ключ, компьютер { $computer }, комплектов { $kits }
event-reserve-key-refused = Ауд. { $room }: в резервном ключе отказано, компьютер { $computer }: { $why }
event-package-uploaded = Ауд. { $room }: пакет { $package } передан через { $channel }
event-package-confirmed = Пакет { $package } подтверждён РЦОИ
event-package-rejected = Пакет { $package } отклонён: { $why }
event-journal-sent = { $station }: журнал передан

# -- печать
event-printing-began = Ауд. { $room }: печать начата на { $station }, нужно комплектов { $kits }
event-kit-printed = Ауд. { $room }: напечатан комплект { $kit }, { NUMBER($sheets) ->
    [one] { $sheets } лист
    [few] { $sheets } листа
   *[many] { $sheets } листов
  }
event-kit-rejected = Ауд. { $room }: забракован комплект { $kit } ({ $why }), вышло листов: { $sheets }
event-printing-ended = Ауд. { $room }: печать окончена, хороших комплектов { $printed }, забраковано { $rejected }
event-kit-handed-out = Ауд. { $room }: комплект { $kit } выдан участнику { $participant }
event-paper-counted = Ауд. { $room }: листы пересчитаны: выдано { $handed_out_sheets }, испорчено { $spoiled_sheets }, осталось { $left_sheets }, пробных { $test_sheets }; счётчик { $counter_sheets }

# -- сканирование
event-forms-collected = Ауд. { $room }: бланки собраны, работ { $works }, листов { $sheets }
event-forms-scanned = Ауд. { $room }: бланки отсканированы, листов { $sheets }, повторно { $rescanned }, не читается { $missing }
event-export-failed = Ауд. { $room }: пакет не выгружен, работы остались на { $station }: { $works }
event-package-exported = Ауд. { $room }: пакет { $package } записан на флеш-накопитель, работ { $works }

# -- запись ответов
event-recording-tested = { $station }, { $headset }: тестовая запись { $good ->
    [yes] хорошая
   *[no] плохая: { $reasons }
  }
event-group-seated = Ауд. { $room }: вошла группа { $group }, участников { $participants }
event-answer-began = Ауд. { $room }, место { $seat }: запись ответа начата, участник { $participant }, часть { $part }
event-answer-interrupted = Ауд. { $room }, место { $seat }: запись ответа прервана ({ $error }), участник { $participant }
event-answer-recorded = Ауд. { $room }, место { $seat }: ответ записан, участник { $participant }{ $good ->
    [yes] { "" }
   *[no] ; качество плохое: { $reasons }
  }{ $unheard ->
    [0] { "" }
   *[other] ; частей без проверки качества: { $unheard }
  }
event-answer-listened = { $station }: участник { $participant } прослушал ответ{ $content ->
    [yes] { "" }
   *[no] { " " }и недоволен
  }
event-audio-exported = { $station }, место { $seat }: записи выгружены на флеш-накопитель, { $recordings } шт.
event-answer-file-exported = { $station }, место { $seat }: файл { $file } на накопителе { $flash }, { $size_bytes } Б, ответ { $recording }, часть { $part }{ $damaged ->
    [yes] ; повреждён
   *[no] { "" }
  }
event-medium-forms-printed = Ауд. { $room }: к накопителю { $flash } напечатаны сопроводительный бланк и протокол создания аудионосителя: пакетов { $packages }, работ { $works }, файлов { $files }
event-display-checked = { $station }, место { $seat }: КИМ на экране отображается хорошо
event-passport-saved = { $station }: паспорт станции записи сохранён на { $flash }
event-recordings-counted = Ауд. { $room }: записей по ведомости { $expected }, найдено { $found }

# -- происшествия
event-incident-opened = Происшествие { $incident }: { $device } ({ $place }) — { $kind }
event-incident-closed = Происшествие { $incident } { $resolved ->
    [yes] устранено
   *[no] НЕ УСТРАНЕНО
  }: { $device } ({ $place }) — { $how }

# -- неисправности и люди
event-fault-began = Неисправность: { $device } — { $kind }
event-fault-ended = Неисправность снята: { $device } — { $kind } ({ $how })
event-fault-idle = Неисправность не наступила: { $device } — { $kind } ({ $why })
event-worked = { $person } ({ $place }): { $action }{ $device ->
    [none] { "" }
   *[other] , { $device }
  }{ $done ->
    [yes] { "" }
   *[no] { " " }— не вышло
  }{ $note ->
    [none] { "" }
   *[other] { " " }({ $note })
  }
event-nobody-able = Некому выполнить ({ $place }): { $action }, { $role } — { $reason }

# -- короткие слова: ошибки устройств
word-device-error = устройство отказало
word-not-found = устройство не найдено
word-gone = устройство отключилось
word-busy = устройство занято
word-timeout = устройство не ответило вовремя
word-dead = устройство вышло из строя
word-access-denied = нет прав на устройство
word-not-supported = устройство этого не умеет
word-bad-reply = непонятный ответ устройства
word-driver-missing = не установлен драйвер
word-unknown-scheme = нет драйвера для адреса
word-printer-error = принтер отказал
word-printer-attention = принтер ждёт вмешательства
word-paper-jam = замятие бумаги
word-misfeed = принтер не захватил лист
word-out-of-paper = закончилась бумага
word-toner-empty = закончился тонер
word-cover-open = открыта крышка принтера
word-printer-offline = принтер не отвечает
word-job-aborted = задание печати прервано
word-scanner-error = сканер отказал
word-feeder-jam = лист застрял в сканере
word-feeder-empty = в сканере нет листов
word-double-feed = захвачены два листа сразу
word-scanner-cover-open = открыта крышка сканера
word-token-error = токен отказал
word-token-not-present = токен не вставлен
word-several-tokens = вставлено несколько токенов
word-token-removed = токен извлечён
word-pin-incorrect = неверный пароль токена
word-pin-locked = токен заблокирован
word-certificate-expired = истёк срок сертификата токена
word-certificate-early = сертификат токена ещё не действует
word-module-missing = нет модуля токена
word-pin-rejected = пароль токена не принят
word-not-logged-in = в токен не выполнен вход
word-key-not-found = на токене нет ключа
word-wrong-token = токен не открывает данные
word-audio-error = звуковое устройство отказало
word-sound-spoiled = звук с микрофона пропадает
word-headset-unplugged = гарнитура не подключена
word-headset-stopped = звук гарнитуры прекратился
word-headset-silent = микрофон даёт одни нули
word-headset-muted = микрофон выключен в настройках
word-sound-server-gone = остановилась служба звука
word-format-unsupported = формат звука не поддерживается
word-computer-failed = компьютер станции остановился
word-disk-failed = диск станции не пишет или не читает
word-no-link = связи с порталом нет ни по одному каналу
word-not-all-sent = переданы не все пакеты
word-journal-missing = журнал станции не сохранён
word-not-rescued = спасти записи не удалось
word-not-confirmed = РЦОИ не подтвердил пакет
word-channel-slow = канал слишком медленный
word-answer-not-recorded = ответ не удалось записать
word-token-put-aside = токен отложен
word-channel-down = нет связи с порталом по этому каналу
word-storage-error = флеш-накопитель отказал
word-flash-unreadable = флеш-накопитель не читается
word-flash-lost = флеш-накопителя нет на месте
word-flash-full = флеш-накопитель заполнен
word-file-missing = файла нет на флеш-накопителе
word-file-too-large = файл больше любого файла такого рода

# -- короткие слова: происшествия
word-no-token = нет ни одного годного токена
word-forms-missing = прочитаны не все бланки
word-doubtful-scan = сомнительное сканирование
word-bad-print = плохая печать
word-kits-used-up = закончились комплекты для печати
word-page-not-printed = страница не напечатана
word-reopening-failed = материалы не открылись после перезапуска
word-bad-sound = плохой звук
word-bad-answer = плохая запись ответа
word-complaint = участник недоволен записью
word-answer-recorded-twice = ответ записан дважды
word-recordings-differ = число записей не сходится с ведомостью
word-package-rejected = пакет отклонён

# -- короткие слова: чем кончилось
word-repaired = исправлено на месте
word-passed = прошло само
word-replaced = устройство заменено
word-restarted = станция перезапущена
word-repeated = удалось повторно
word-glass-cleaned = стекло протёрто
word-cartridge-replaced = картридж заменён
word-token-of-another-member = токен другого члена ГЭК
word-reserve-printer = взят резервный принтер
word-reserve-scanner = взят резервный сканер
word-reserve-headset = взята резервная гарнитура
word-reserve-station = работает резервная станция
word-reserve-flash = взят резервный флеш-накопитель
word-reserve-key = получен резервный ключ
word-journal-rescued = журнал снят с диска
word-recordings-rescued = записи сняты с диска
word-appeal-on-procedure = апелляция о нарушении порядка
word-told-to-hot-line = передано на горячую линию
word-exported-with-deviations = экспорт с отклонениями
word-not-repairable = на месте не исправить
word-no-reserve = резерва нет
word-no-reserve-printer = резервного принтера нет
word-no-reserve-scanner = резервного сканера нет
word-no-reserve-headset = резервной гарнитуры нет
word-no-reserve-station = резервной станции нет
word-no-reserve-flash = резервного флеш-накопителя нет
word-no-reserve-kits = резервных комплектов нет
word-no-other-member = другого члена ГЭК с токеном нет
word-next-reserve = взята следующая резервная станция
word-reserve-unusable = резервная станция не запускается
word-act-on-exam-day = акт передают в день экзамена
word-paper-not-counted = листы не пересчитаны
word-answers-not-counted = ответы по ведомости не пересчитаны
word-given-up = попытки прекращены
word-open-at-end = не закрыто до конца дня

# -- короткие слова: почему
word-interrupted = печать прервал сбой станции
word-not-activated = станция не активирована
word-no-kits = комплектов не хватило
word-answers-missing = записаны не все ответы
word-rejected-by-rcoi = отклонён РЦОИ
word-in-force = уже действует
word-nobody-there = никого нет на месте
word-token-lost = токена нет
word-flatbed = лист положен на стекло
word-password = нужен пароль доступа
word-not-over-by-next-noon = день не окончился до полудня следующего дня

# -- короткие слова: отказы станций и портала
word-computer-not-in-key = номера компьютера нет в ключе
word-wrong-room = ключ для другой аудитории
word-wrong-region = материалы другого региона
word-wrong-point = материалы другого ППЭ
word-wrong-exam-date = материалы другой даты
word-wrong-subject = материалы другого предмета
word-wrong-password = пароль доступа неверен
word-password-of-another-room = пароль другой аудитории
word-token-not-among-recipients = ключ не для этого токена
word-key-of-another-package = ключ от другого пакета
word-unknown-entry = непонятная запись в хранилище станции
word-unreadable = файл повреждён
word-not-ours = это не файл экзаменационных материалов
word-truncated = файл обрывается, скопирован не целиком
word-trailing-garbage = за концом файла лишние данные
word-damaged = содержимое файла повреждено
word-format-unknown = формат файла новее этой программы
word-test-package = тестовый пакет вместо пакета экзамена
word-no-test-package = пакет экзамена вместо тестового
word-wrong-kind = файл другого вида
word-wrong-name = имя файла не соответствует содержимому
word-label-exchanged = реквизиты файла не от этого содержимого
word-signer-unknown = файл подписан неизвестным ключом
word-signature-unsupported = такая подпись не проверяется
word-signature-wrong = подпись файла неверна
word-wrong-content-key = пакет открывается другим ключом
word-not-for-this-recipient = пакет зашифрован не для этого получателя
word-older-key = загружен более новый ключ
word-older-package = загружен более новый пакет
word-exam-finished = экзамен на станции завершён
word-key-not-activated = ключ не активирован
word-kit-under-way = комплект ещё печатается
word-no-kit-under-way = комплект не печатается
word-job-canceled = задание печати отменено
word-kit-not-printed = комплект не напечатан
word-no-scanner = у станции нет сканера
word-bad-work-code = код работы не годится для имени файла
word-answer-under-way = ответ уже записывается
word-recording-ends = запись в аудитории заканчивается
word-retake-by-decision = запись не удалась; пересдача по решению председателя ГЭК, акт ППЭ-22
word-no-such-answer = такого ответа нет
word-recording-damaged = запись на диске повреждена
word-answer-complete = ответ уже записан
word-export-not-authorised = экспорт не подтверждён токеном
word-no-package = пакет не загружен
word-no-key = ключ не загружен
word-act-of-main-station-on-exam-day = в день экзамена принимают акты только резервных станций
word-acts-missing = переданы не все акты
word-member-not-assigned = член ГЭК не назначен на этот экзамен
word-key-not-yet-published = ключ ещё не опубликован
word-unknown-room = портал не знает этой аудитории
word-station-without-act = у станции нет акта
word-reserve-key-already-issued = резервный ключ уже выдан
word-reserve-kits-used-up = резервные комплекты исчерпаны
word-no-request-registered = заявка не зарегистрирована
word-password-not-before-09-45 = пароль выдают с 09:45
word-key-was-had = ключ уже получен, пароль не нужен
word-package-sent-before = пакет уже передавался
word-package-unknown = портал не знает этого пакета

# -- короткие слова: работы без устройства
word-deliver-materials = доставка материалов
word-briefing = инструктаж участников
word-escort-group = сопровождение группы
word-enter-password = ввод пароля доступа
word-rescue-journal = снятие журнала с диска
word-check-display = проверка отображения КИМ
word-print-media-forms = печать сопроводительного бланка и протокола
word-rescue-recordings = снятие записей с диска

# -- неисправности кратко
fault-jam = застревание листа
fault-misfeed = лист не захвачен
fault-out-of-paper = нет бумаги
fault-toner-low = мало тонера
fault-toner-empty = нет тонера
fault-cover-open = открыта крышка
fault-streak = полосы на листах
fault-offline = нет связи с устройством
fault-power-cut = нет питания
fault-slow = медленная работа
fault-dead = выход из строя
fault-double-feed = захват двух листов
fault-dirty-glass = грязное стекло
fault-skew = перекос листов
fault-removed = токен извлечён
fault-locked = токен заблокирован
fault-foreign = чужой ключ на токене
fault-hang = зависание
fault-port-dead = неисправен разъём USB
fault-unplugged = гарнитура отключена
fault-silent = микрофон выключен
fault-quiet = тихий микрофон
fault-noise = шум
fault-hum = гул сети
fault-clipping = перегрузка
fault-dropouts = пропуски звука
fault-clicks = щелчки
fault-choppy = «кваканье»
fault-other-voices = посторонние голоса
fault-echo = эхо
fault-dc-offset = смещение нуля
fault-crash = сбой программы
fault-broken = поломка компьютера
fault-down = нет связи
fault-drops = обрывы связи
fault-unreadable = накопитель не читается
fault-lost = накопитель утерян
fault-full = накопитель заполнен
fault-absent = человека нет на месте
fault-complains = претензия к записи
fault-mistypes = ошибки при вводе пароля
fault-miscounts = ошибка в подсчёте ответов

# -- неисправности подробно, для справки по сценариям
meaning-printer-jam = Лист, который печатается, или следующий застревает и рвётся.
meaning-printer-misfeed = Принтер не захватывает листы; ни один не пропадает.
meaning-printer-out-of-paper = Лотки пусты, хотя этого никто не ждал.
meaning-printer-toner-low = Тонера осталось не больше этого; возможны бледные листы.
meaning-printer-toner-empty = Тонер закончился.
meaning-printer-cover-open = Открыта крышка; лист, который печатается, рвётся.
meaning-printer-streak = Барабан оставляет полосы на каждом листе.
meaning-printer-offline = Отключён кабель данных; начатое допечатывается.
meaning-printer-power-cut = Нет питания; задания пропадают, лист застревает.
meaning-printer-slow = Каждый лист печатается дольше.
meaning-printer-dead = Принтер сломан и больше не отвечает.
meaning-scanner-jam = Лист, который сканируется, или следующий застревает; damaged=1 рвёт его.
meaning-scanner-double-feed = Два листа захвачены как один.
meaning-scanner-dirty-glass = Грязь даёт линию на каждом листе, часть листов не читается.
meaning-scanner-skew = Листы захватываются с перекосом.
meaning-scanner-cover-open = Открыта крышка; лист, который сканируется, застревает.
meaning-scanner-offline = Отключён кабель; лист, который сканируется, застревает.
meaning-scanner-slow = Каждый лист сканируется дольше.
meaning-scanner-dead = Сканер сломан и больше не отвечает.
meaning-token-removed = Токен извлечён или выпал; если не устраняется — утерян.
meaning-token-locked = Попытки ввода пароля исчерпаны; разблокирует только администратор.
meaning-token-dead = Токен светится, но не отвечает.
meaning-token-foreign = На токене не тот ключ, для которого закрыты данные.
meaning-token-slow = Каждое действие длится дольше.
meaning-token-hang = Действия не кончаются, пока неисправность не пройдёт.
meaning-port-port-dead = В разъёме USB нет контакта: вставленный токен не виден.
meaning-headset-unplugged = Вилка гарнитуры выпала.
meaning-headset-dead = Гарнитура сломана.
meaning-headset-silent = Микрофон выключен: тишина без всякой ошибки.
meaning-headset-quiet = Микрофон слишком слабый или далеко.
meaning-headset-noise = Громкий шум этого уровня.
meaning-headset-hum = Гул сети этого уровня.
meaning-headset-clipping = Усиление так велико, что звук срезается.
meaning-headset-dropouts = Отрезки тишины.
meaning-headset-clicks = Щелчки с этим пиковым уровнем.
meaning-headset-choppy = «Кваканье»: отрезки звука звучат повторно вместо новых.
meaning-headset-other-voices = Посторонние голоса; из-за них усиление падает на столько.
meaning-headset-echo = Звук наушников возвращается в микрофон: на столько позже и слабее.
meaning-headset-dc-offset = Нуль преобразователя смещён на столько.
meaning-computer-crash = Остановилась система или программа станции; помогает перезапуск.
meaning-computer-power-cut = Нет питания; кончается само или перезапуском.
meaning-computer-broken = Сломано оборудование: помогает только резервная станция.
meaning-channel-down = Портал недоступен.
meaning-channel-slow = Передача длится дольше.
meaning-channel-drops = Каждая передача обрывается на этой доле.
meaning-flash-unreadable = Накопитель нельзя ни прочесть, ни записать.
meaning-flash-lost = Накопителя нет на месте.
meaning-flash-full = Свободно не больше этого.
meaning-flash-slow = Чтение и запись длятся дольше.
meaning-participant-complains = Участник недоволен качеством записи своего ответа.
meaning-person-absent = Человека нет на месте.
meaning-person-mistypes = Человек столько раз вводит неверный пароль.
meaning-person-miscounts = Человек насчитывает в ведомости на столько ответов меньше.
meaning-person-slow = Человек всё делает дольше.

# -- что считает устройство (after, rate)
occurrence-listen = прослушивание
occurrence-page = лист
occurrence-job = задание печати
occurrence-login = ввод пароля
occurrence-sign = подпись
occurrence-unwrap = открытие ключа
occurrence-open = обращение к разъёму
occurrence-record = запись
occurrence-play = прослушивание
occurrence-block = отрезок записи
occurrence-run = действие станции
occurrence-transfer = передача
occurrence-write = запись файла
occurrence-read = чтение файла
occurrence-request = поручение

# -- что делают люди
action-clear-jam = извлечь застрявший лист
action-refeed-paper = положить бумагу снова
action-add-paper = добавить бумагу
action-replace-cartridge = заменить картридж
action-close-cover = закрыть крышку
action-reconnect = проверить питание и кабель
action-inspect-print = проверить качество печати
action-hand-out = раздать комплекты
action-put-aside = отложить испорченные листы
action-count-paper = пересчитать листы
action-count-answers = пересчитать ответы по ведомости
action-collect-forms = собрать бланки
action-load-feeder = положить бланки в сканер
action-clear-feeder = освободить сканер
action-clean-scanner = протереть стекло сканера
action-insert-token = вставить токен
action-remove-token = извлечь токен
action-plug-in = подключить гарнитуру
action-start-speaking = говорить в микрофон
action-stop-speaking = закончить говорить
action-listen = прослушать запись
action-start-station = запустить станцию
action-repair-station = починить станцию
action-replace-device = заменить устройство
action-carry-flash = отнести флеш-накопитель
action-replace-flash = заменить флеш-накопитель
action-repair-channel = восстановить связь
action-call-hot-line = позвонить на горячую линию
action-work = выполнить работу

role-technician = технический специалист
role-organizer = организатор
role-commission-member = член ГЭК
role-head = руководитель ППЭ
role-participant = участник
