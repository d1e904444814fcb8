# Что не так с файлом или ключом команды: problem-<код>. Место (файл, строка, поле) пишет problem-at-*.

problem-at-file = { $file }
problem-at-line = { $file }, строка { $line }
problem-at-field = { $file }, { $field }
problem-at-line-field = { $file }, строка { $line }, { $field }
problem-other = значение не подходит ({ $why }); исправьте его

# -- чтение файлов
problem-no-such-scenario = нет ни сценария, ни файла с таким именем; сценарии библиотеки: { $library }
problem-not-a-file = это не обычный файл; запишите журнал в файл и укажите его
problem-is-a-directory = это папка; укажите файл
problem-not-utf8 = файл не в кодировке UTF-8 (байт { $byte }); сохраните его в UTF-8
problem-cannot-read = файл не читается: { $why }; проверьте имя, права и носитель
problem-broken-yaml = ошибка в записи YAML: { $why }; проверьте отступы, кавычки и скобки
problem-not-a-scenario = это не сценарий; нужны поля title, about, exam, point
problem-key-twice = ключ записан дважды, первый раз в строке { $first }; оставьте один
problem-file-too-big = файл слишком велик, сценарий не бывает больше { $most } МБ; проверьте, тот ли это файл
problem-nested-too-deep = слишком большая вложенность; у сценария не больше { $most } уровней
problem-too-many-values = слишком много значений (с повторами по ссылкам больше { $most }); уберите ссылки «*»
problem-bad-value = значение YAML нельзя прочесть; запишите его обычным текстом или целым числом

# -- ключ --set
problem-set-without-value = нужно «путь=значение», например point.rooms.0.participants=12
problem-set-leads-nowhere = по этому пути ничего нет (шаг «{ $step }»); шаги пути — через точку, номера — с нуля

# -- журнал
problem-bad-journal-line = это не запись журнала ({ $why }); возьмите целый файл журнала
problem-journal-torn = последняя строка обрывается (отключилось питание?); до неё журнал цел
problem-journal-line-missing = пропущены записи: ожидалась { $expected }, стоит { $found }; возьмите целый файл
problem-journal-without-day = в журнале нет начала дня; возьмите журнал целого дня, записанный ключом --journal
problem-journal-empty = журнал пуст; возьмите файл, записанный ключом --journal
problem-journal-line-too-long = строка длиннее { $most } байт: это не журнал; возьмите файл, записанный ключом --journal
problem-journal-bad-name = имя флеш-накопителя «{ $name }» не годится для имени файла; журнал изменён — возьмите исходный
problem-journal-name-too-long = в журнале есть имя, которое не помещается на лист; журнал изменён — возьмите исходный
problem-journal-unfinished = журнал не окончен (нет записи о конце дня), и экспорта аудиозаписей в нём ещё нет: форм не сделать; возьмите журнал целого дня
problem-forms-of-another-day = в папке уже лежат формы, которых в этом журнале нет: { $names }; укажите другую папку, чтобы не смешать дни

# -- тип и границы поля
problem-extra-forbidden = такого поля нет; уберите его или исправьте имя
problem-missing = поле обязательно; добавьте его
problem-int-type = нужно целое число, стоит «{ $input }»; исправьте
problem-int-parsing = нужно целое число, стоит «{ $input }»; исправьте
problem-int-from-float = нужно целое число, стоит «{ $input }»; исправьте
problem-int-parsing-size = число слишком велико; исправьте
problem-string-type = нужен текст, стоит «{ $input }»; возьмите значение в кавычки
problem-bool-type = нужно true или false, стоит «{ $input }»; исправьте
problem-scalar-type = нужен текст, целое число или true/false, стоит «{ $input }»; исправьте
problem-tuple-type = нужен список, стоит «{ $input }»; поставьте перед каждым значением «- »
problem-dict-type = нужны поля вида «имя: значение», стоит «{ $input }»; исправьте
problem-model-type = нужны поля вида «имя: значение», стоит «{ $input }»; исправьте
problem-enum = значения «{ $input }» нет; возможны: { $expected }
problem-literal-error = значения «{ $input }» нет; возможны: { $expected }
problem-greater-than-equal = нужно не меньше { $ge }, стоит { $input }; исправьте
problem-less-than-equal = нужно не больше { $le }, стоит { $input }; исправьте
problem-string-pattern-mismatch = «{ $input }» не того вида; нужно, например, { $pattern }
problem-string-too-short = текст пуст; впишите его
problem-too-short = список пуст; впишите хотя бы одно значение
problem-date-parsing = нужна дата вида 2024-05-28, стоит «{ $input }»; исправьте
problem-date-type = нужна дата вида 2024-05-28, стоит «{ $input }»; исправьте
problem-date-from-datetime-parsing = нужна дата вида 2024-05-28, стоит «{ $input }»; исправьте
problem-date-from-datetime-inexact = нужна дата без времени, вида 2024-05-28, стоит «{ $input }»; исправьте
problem-value-error = значение не подходит ({ $why }); исправьте его
problem-not-a-duration = «{ $input }» — не длительность; пишите 90s, 15 min или 3h 55min
problem-less-than-a-second = «{ $input }» — слишком мало: нужна секунда или больше, например "1s"
problem-not-a-clock-time = «{ $input }» — не время суток; пишите в кавычках: "09:30", накануне: "-16:00"

# -- сценарий в целом
problem-unknown-edition = такой редакции правил нет; есть: { $known }
problem-room-kind-of-other-exam = аудитория вида { $kind } не подходит к экзамену вида { $exam }; исправьте kind
problem-room-without-station = в аудитории нет станции; добавьте { $kind ->
    [conduct] seats (рабочие места со станциями записи)
   *[other] station (станцию организатора)
  }
problem-computers-not-seats = номеров компьютеров должно быть столько же, сколько мест: { $count }
problem-too-many-for-seats = участников больше, чем успеют ответить (не больше { $most }); добавьте места
problem-more-absent-than-seated = отсутствующих больше, чем рассажено ({ $seated }); исправьте
problem-one-name-for-many-rooms = одно имя на аудитории числом { $count }; уберите name или опишите их по одной
problem-one-number-for-many-rooms = один номер компьютера на аудитории числом { $count }; уберите его
problem-no-conduct-room = для устного экзамена нужна аудитория проведения (kind: conduct); добавьте её
problem-oral-counts-differ = в подготовке участников { $preparation }, в проведении { $conduct }; числа должны совпадать
problem-unknown-profile = профиля «{ $profile }» нет; есть: { $known }
problem-computer-number-twice = номер компьютера { $number } занят; номер должен быть один на весь ППЭ
problem-room-twice = аудитория { $room } описана дважды; дайте другой номер
problem-reserve-seat-twice = резервное место { $seat } занято; номер должен быть один на весь ППЭ
problem-more-forms-than-sheets = бланков больше, чем листов в комплекте ({ $sheets }); исправьте
problem-unknown-target = устройства «{ $target }» в этом ППЭ нет; похожие: { $near }
problem-unknown-fault = у «{ $target }» не бывает неисправности «{ $kind }»; бывают: { $known }
problem-unknown-param = у этой неисправности нет параметра «{ $param }»; есть: { $known }
problem-param-out-of-bounds = допустимо от { $least } до { $most }; исправьте
problem-unknown-occurrence = «{ $target }» не считает «{ $what }»; можно: { $known }
problem-one-trigger = нужно ровно одно из at, after, rate, указано { $given }; исправьте
problem-certificate-of-nobody = члена ГЭК № { $member } нет, их { $members }; исправьте
problem-certificate-twice = сертификат члена ГЭК № { $member } описан дважды; оставьте один
problem-certificate-without-dates = укажите since, until или обе даты
problem-certificate-ends-before = раньше, чем since ({ $since }); исправьте
problem-token-cannot = токен «{ $profile }» сам не подписывает и не открывает ключи; возьмите другой профиль, например rutoken-ecp-3
problem-more-paper-than-trays = в лотки этого принтера столько листов не помещается, самое большее { $holds }
problem-lasts-and-never = lasts и ends: never противоречат друг другу; оставьте одно
problem-alone-without-lasts = ends: alone без lasts никогда не кончится; добавьте lasts
problem-that-or-event = нужно ровно одно из that и event; исправьте
problem-unknown-event = такого события нет; есть: { $known }
problem-journal-unknown-field = у события нет поля «{ $field }»: журнал из другой версии программы или изменён
problem-event-field-type = в поле «{ $field }» не бывает значения «{ $value }»; укажите значение его типа
problem-fault-before-beginning = часы прогона начинают идти в { $beginning } (минус означает канун); укажите время позже
problem-unknown-event-field = у этого события нет поля «{ $field }»; есть: { $known }

# -- причины, по которым файл не открылся
reason-no-rights = нет прав
reason-no-such-file = нет такого файла или папки
reason-not-a-folder = часть пути — не папка
reason-is-a-folder = это папка
reason-is-a-file = это файл, а нужна папка
reason-no-space = на диске нет места
reason-read-only = носитель защищён от записи
reason-name-too-long = слишком длинное имя
reason-io = ошибка носителя
reason-too-big = превышен допустимый размер файла
reason-links = ссылки файлов ходят по кругу
reason-not-sound = это не звуковой файл
reason-flac-lost = поток FLAC обрывается или испорчен
reason-sound-header = заголовок звукового файла обрывается или испорчен
reason-sound-malformed = звуковой файл испорчен внутри

# -- что не так в записи YAML
reason-control-character = недопустимый знак
reason-bad-character = знак, с которого значение начинаться не может (часто это табуляция)
reason-colon = лишнее двоеточие
reason-no-colon = нет двоеточия
reason-open-quote = не закрыта кавычка или скобка
reason-open-bracket = не закрыта скобка или нет запятой
reason-indent = неверный отступ или незакрытая кавычка выше
reason-no-anchor = ссылка «*» ни на что не указывает
reason-two-documents = после строки «---» начинается второй документ
reason-escape = непонятный знак после «\»

# -- устройства: что случилось и что делать
device-device-error = Устройство отказало. Проверьте его и повторите; не помогло — возьмите резервное.
device-not-found = Устройство не найдено. Проверьте имя, кабель и питание.
device-gone = Устройство отключилось. Подключите его снова.
device-busy = Устройство занято. Дождитесь конца другой работы или закройте другую программу.
device-timeout = Устройство не ответило вовремя. Проверьте, включено ли оно; перезапустите его.
device-dead = Устройство вышло из строя. Возьмите резервное.
device-access-denied = Нет прав на устройство. Дайте пользователю права и войдите заново.
device-not-supported = Устройство этого не умеет. Выберите другое действие или другое устройство.
device-bad-reply = Устройство ответило непонятно. Перезапустите его; повторится — сообщите на горячую линию.
device-driver-missing = Не установлена библиотека драйвера. Установите дополнение, названное в скобках.
device-unknown-scheme = Нет драйвера для такого адреса. Проверьте начало адреса.
device-printer-error = Принтер отказал. Проверьте его и повторите; не помогло — возьмите резервный.
device-printer-attention = Принтер ждёт вмешательства. Сделайте то, что просит его экран.
device-paper-jam = Бумага застряла в принтере. Откройте крышку, извлеките лист, закройте крышку.
device-misfeed = Принтер не захватил лист. Распушите бумагу и положите её снова.
device-out-of-paper = В лотке нет бумаги. Положите бумагу.
device-toner-empty = Тонер закончился. Замените картридж.
device-cover-open = Открыта крышка принтера. Закройте крышку.
device-printer-offline = Принтер не отвечает. Проверьте питание и кабель, выключите и включите его.
device-job-aborted = Задание печати прервано. Напечатайте недостающее снова.
device-scanner-error = Сканер отказал. Проверьте его и повторите; не помогло — возьмите резервный.
device-feeder-jam = Лист застрял в сканере. Откройте крышку, извлеките лист; целый лист сканируйте снова.
device-feeder-empty = В сканере нет листов. Положите листы лицом, как указано на устройстве.
device-double-feed = Сканер захватил два листа сразу. Распушите последние листы и продолжайте с них.
device-scanner-cover-open = Открыта крышка сканера. Закройте крышку.
device-token-error = Токен отказал. Извлеките и вставьте его; не помогло — возьмите токен другого члена ГЭК.
device-token-not-present = Токен не вставлен. Вставьте токен.
device-several-tokens = Вставлено несколько токенов. Извлеките лишние или назовите нужный по номеру: pkcs11:serial=…
device-token-removed = Токен извлечён. Вставьте его и повторите действие.
device-pin-incorrect = Пароль токена неверен. Введите его снова с конверта; не тратьте последнюю попытку.
device-pin-locked = Токен заблокирован неверными паролями. Возьмите токен другого члена ГЭК.
device-certificate-expired = Срок сертификата токена истёк. Возьмите токен другого члена ГЭК; этому нужен новый сертификат.
device-certificate-early = Сертификат токена ещё не действует. Проверьте дату на компьютере; она верна — возьмите токен другого члена ГЭК.
device-last-try = Осталась последняя попытка ввода пароля токена, она не потрачена. Сверьте пароль с конвертом и войдите вручную: ppelab check token --last-try.
device-not-logged-in = В токен не выполнен вход. Введите пароль токена.
device-key-not-found = На токене нет такого ключа. Проверьте, чей это токен.
device-wrong-token = Этот токен данные не открывает. Возьмите токен члена ГЭК, назначенного на экзамен.
device-module-missing = Не найден модуль PKCS#11 токена. Установите драйверы Рутокен.
device-pin-rejected = Токен не принимает такой пароль. Придумайте пароль той длины, которой требует токен.
device-audio-error = Звуковое устройство отказало. Проверьте его и повторите; не помогло — возьмите резервное.
device-sound-spoiled = Звук с микрофона пропадает. Возьмите резервную гарнитуру и сделайте тестовую запись: ответ продолжится следующей частью.
device-headset-unplugged = Гарнитура не подключена. Подключите её или резервную и сделайте тестовую запись.
device-headset-stopped = Гарнитура подключена, но звук прекратился. Выньте и вставьте её или возьмите резервную, затем сделайте тестовую запись.
device-headset-silent = От микрофона идут одни нули. Проверьте выключатель на проводе и вилку, затем сделайте тестовую запись.
device-headset-muted = Микрофон выключен в настройках звука. Включите его там и сделайте тестовую запись.
device-sound-server-gone = Служба звука компьютера остановилась. Повторите через несколько секунд, она запускается сама; не помогло — перезапустите компьютер.
device-format-unsupported = Устройство не умеет такой формат звука. Возьмите другую гарнитуру.
device-computer-failed = Компьютер станции остановился. Перезапустите его; не помогло — резервная станция.
device-disk-failed = Диск станции переполнен или неисправен. Продолжайте на резервной станции; этот компьютер не выключайте и не чистите: записи с него экспортируют.
device-channel-down = Портал по этому каналу недоступен. Перейдите на другой канал, этот ремонтируйте.
device-storage-error = Флеш-накопитель отказал. Возьмите резервный.
device-flash-unreadable = Флеш-накопитель не читается. Возьмите резервный.
device-flash-lost = Флеш-накопителя нет на месте. Возьмите резервный.
device-flash-full = Флеш-накопитель заполнен. Удалите лишнее или возьмите резервный.
device-file-missing = Файла нет на флеш-накопителе. Запишите файл снова и принесите накопитель.
device-file-too-large = Файл больше любого файла такого рода. Проверьте, тот ли файл на флеш-накопителе, и запишите его снова.
problem-device-form = укажите в виде token=АДРЕС или headset=АДРЕС, например token=pkcs11:serial=0012
problem-device-family = пока в прогон берутся настоящие устройства видов token и headset, а не «{ $family }»
problem-token-twice = этот адрес указан дважды; у каждого члена ГЭК свой токен
device-not-for-the-day = в день экзамена ({ $date }) токен не примут. { $why } Прогон продолжается без него; другую дату задаёт --set exam.date=ГГГГ-ММ-ДД
problem-device-same-token = это тот же токен (№ { $serial }), что указан раньше; у каждого члена ГЭК свой
problem-device-cannot = токен нельзя использовать: { $why }
problem-headset-same = это та же гарнитура, что { $other }; у каждого места своя
problem-headset-twice = этот адрес указан дважды; у каждого места своя гарнитура
problem-headset-cannot = гарнитуру нельзя использовать: { $why } Что подключено, показывает ppelab devices.
problem-headsets-none = в этом сценарии нет гарнитур: это не устный экзамен
problem-more-headsets-than-places = гарнитур больше, чем в сценарии ({ $places }); уберите лишние
problem-more-tokens-than-members = токенов больше, чем членов ГЭК в сценарии ({ $members }); уберите лишние
problem-folder-not-empty = папка не пуста; укажите новую, чтобы записи ни с чем не смешались
problem-verify-with-recordings = прогон, который хранит записи, нельзя проверить в новых процессах; уберите один из ключей
problem-verify-with-devices = прогон с настоящими устройствами нельзя проверить в новых процессах; уберите один из ключей
