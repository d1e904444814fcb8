# Команда ppelab: справка, ход дня, итог.

# -- справка
help-usage = Вызов:{ " " }
help-arguments = Аргументы
help-options = Ключи
help-commands = Команды
help-command = КОМАНДА
help-file = ФАЙЛ
help-folder = ПАПКА
help-path = ПУТЬ
help-name = ИМЯ
help-text = ТЕКСТ
help-name-or-file = ИМЯ|ФАЙЛ
help-path-value = ПУТЬ=ЗНАЧЕНИЕ
help-help = показать эту справку
help-version = показать номер версии
help-lang = язык: ru или en (иначе — из переменной PPELAB_LANG, иначе ru)
help-ppelab = Стенд ППЭ: целый день экзамена с неисправностями, в точности повторимый.
help-examples = Примеры:
    ppelab scenarios list
    ppelab run printer-jam --journal день.jsonl --report день.html
    ppelab run printer-jam --seed 7 --set point.rooms.0.participants=10
    ppelab journal show день.jsonl --about printer-0002
help-run = провести день по сценарию и показать итог
help-run-scenario = имя сценария из библиотеки или файл YAML
help-seed = случай: целое число от 0 (обычно 1); то же число — тот же день
help-set = изменить поле сценария; можно повторять
help-pace = ход времени: 0 — как можно быстрее, 1 — как на часах, 60 — минута за секунду
help-journal-file = записать журнал (JSON, по событию в строке)
help-report-file = записать отчёт (HTML, одним файлом)
help-verify = прогнать ещё дважды в других условиях и сравнить журналы
help-json = вывести итог в виде JSON
help-scenarios = сценарии: список, показ, проверка, схема
help-scenarios-list = перечислить сценарии библиотеки
help-scenarios-show = рассказать сценарий словами
help-scenarios-check = проверить файлы сценариев
help-scenarios-schema = вывести JSON Schema языка сценариев
help-check-files = файл сценария
help-journal = журнал словами; сравнение журналов; печатные формы
help-devices = показать подключённые устройства, их состояние и что с ними делать
help-check = проверить устройство
help-serve = виртуальное устройство для любых программ, пока не остановят
help-ctl = сделать что-то с виртуальным устройством: вынуть, сломать, оборвать связь, посмотреть состояние
help-journal-show = показать журнал словами
help-journal-diff = назвать первое событие, в котором журналы расходятся
help-journal-forms = сделать печатные формы к флеш-накопителям с записями (PDF)
help-forms-out = папка, куда записать формы
help-journal-to-read = файл журнала
help-event = только события с этим именем, например kit_rejected; можно повторять
help-about = только записи, где есть этот текст, например printer-0002

# -- ошибки в командной строке
usage-error = { $prog }: { $message } (справка: { $prog } --help)
usage-needs-value = у { $option } нет значения
usage-choice = { $option }: значения { $value } нет; возможны: { $known }
usage-takes-no-value = { $option }: лишнее значение { $value }
usage-required = не указано: { $names }
usage-unknown = лишнее или неизвестное: { $names }
usage-argument = { $option }: { $why }
usage-other = командная строка непонятна ({ $why })
usage-seed = нужно целое число от 0 до { $most }, стоит «{ $value }»
usage-pace = нужно 0 или число от 0.01 до 1000000, стоит «{ $value }»
usage-whole = нужно целое число от { $low } до { $high }, стоит «{ $value }»
usage-real-pace = нужно число от 0.01 до 1000000, стоит «{ $value }»
not-written = Вывод не записан: { $why }. Освободите место и повторите.
output-closed = Вывод не показан: он закрыт (>&-). Не закрывайте его и повторите.
interrupted = Прервано.

# -- файлы, которые пишет команда
problem-cannot-write = файл не записать: { $why }; укажите другое место
problem-output-standard = в стандартный вывод файл не пишется; укажите имя файла (файл с именем «-» пишется ./-)
problem-output-is-a-directory = это папка; укажите имя файла
problem-output-no-name = имя файла пусто (не задана переменная?); укажите имя
problem-output-no-folder = папки { $folder } нет; создайте её или укажите другую
problem-output-not-a-file = это не обычный файл; укажите другое имя
problem-output-is-the-scenario = это файл самого сценария; укажите другое имя
problem-output-twice = журнал и отчёт не могут быть одним файлом; укажите разные имена
problem-output-among-recordings = в папке записей лежат только записи; укажите другое место
problem-verify-failed = повторный прогон не удался: { $why }
journal-written = Журнал записан: { $file }
recordings-written = Записи ответов (FLAC) лежат в папке { $folder }
recordings-none = Записей ответов нет: папка { $folder } пуста
journal-kept = День не окончен. Журнал сохранён неполным: { $file }
journal-kept-beside = День не окончен. Прежний журнал не тронут, неполный сохранён рядом: { $file }
recordings-kept = Записи ответов, которые успели сделать, лежат в папке { $folder }
report-written = Отчёт записан: { $file }

# -- время и место
clock-eve = { $clock } кануна
clock-next-day = { $clock } (+1 день)
duration-seconds = { $seconds } с
duration-minutes = { $minutes } мин { $seconds } с
duration-hours = { $hours } ч { $minutes } мин
place-hq = Штаб
place-room = ауд. { $room }

# -- итог
summary-title = { $title } (случай { $seed }, правила { $edition })
summary-held = ИТОГ: всё выполнено{ $open ->
    [0] {""}
   *[other] ; не устранено происшествий: { $open }
  }
summary-not-held = ИТОГ: выполнено не всё{ $open ->
    [0] {""}
   *[other] ; не устранено происшествий: { $open }
  }
summary-hash = SHA-256 журнала: { $sha256 }

moments-title = Ключевые моменты
moment-prepared = Техническая подготовка завершена
moment-controlled = Контроль готовности завершён
moment-materials = Материалы доставлены
moment-stations = Станции запущены
moment-key = Ключ доступа скачан
moment-password = Пароли доступа выданы
moment-activated = Ключ активирован в аудиториях
moment-printing = Начало печати
moment-exam-began = Начало экзамена
moment-began-status = Статус «Экзамены успешно начались»
moment-waiting-status = Статус «Ожидание участников»
moment-not-held-status = Статус «Экзамен не состоялся»
moment-exam-ended = Конец экзамена
moment-uploaded = Пакеты переданы
moment-sent-status = Статус «Бланки переданы в РЦОИ»
moment-finished-status = Статус «Экзамен завершен»
moment-journals = Журналы переданы
moment-missing = не было
norm-between = { $low }–{ $high }
norm-from = с { $low }
norm-until = до { $high }
kept = вовремя
not-kept = НЕ ВОВРЕМЯ

incidents-none = Происшествий не было
faults-not-struck = Неисправности сценария, которые не наступили: не случилось того, чего они ждут:
incidents-title = Происшествия: { $count }, не устранено: { $open }
incident-line = { $number }. { $clock }  { $device } ({ $place }): { $kind }
incident-resolved = {"      "}устранено в { $clock } (через { $duration }): { $how }
incident-unresolved = {"      "}НЕ УСТРАНЕНО, закрыто в { $clock } (через { $duration }): { $how }
incident-advice = {"      "}что делать: { $advice }

findings-title = Что должно выполняться
held = да
not-held = НЕТ
finding-day-ends = день доведён до конца
finding-accounting-balances = все листы и записи учтены
finding-regulation-holds = правила соблюдены
finding-incidents-resolved = все происшествия устранены
finding-everybody-served = каждый участник получил своё
expect-event = событие { $event }: { $count ->
    [any] хотя бы одно
   *[other] ровно { $count }
  }
expect-by = { $said }, не позднее { $clock }
detail-violations = { $count ->
    [one] { $count } нарушение
    [few] { $count } нарушения
   *[many] { $count } нарушений
  }, перечислены ниже
detail-incidents = { $count ->
    [one] не устранено { $count } происшествие
    [few] не устранены { $count } происшествия
   *[many] не устранено { $count } происшествий
  }, перечислены выше
detail-room = ауд. { $room }: { $why }; { $count ->
    [one] остался { $count } участник
    [few] остались { $count } участника
   *[many] остались { $count } участников
  }
detail-found = на деле: { $found }

violations-none = Нарушений правил нет
violations-title = Нарушения правил: { $count }

accounts-title = Учёт листов и записей
accounts-sheets = {"  "}Листы: напечатано = выдано + испорчено + осталось + пробные
accounts-kits = {"  "}Комплекты и бланки
accounts-recordings = {"  "}Записи ответов
accounts-exported = {"    "}записано на станциях { $recorded }, выгружено { $exported }
accounts-balance = {"  "}Всё сходится
accounts-do-not-balance = {"  "}НЕ СХОДИТСЯ
column-room = ауд.
column-handed-out = выдано
column-spoiled = испорчено
column-left = осталось
column-test = пробные
column-by-hand = всего вручную
column-counters = по счётчикам
column-printed = напечатано
column-rejected = забраковано
column-forms = бланков собрано
column-scanned = отсканировано
column-unread = не читается
column-participants = участников
column-due = по ведомости
column-found = найдено
column-unserved = без ответа
column-total = всего

# -- учёт: что не сошлось
imbalance-kit-printed-twice = комплект { $kit } напечатан дважды
imbalance-kit-never-printed = комплект { $kit } выдан, но не напечатан
imbalance-kit-rejected = комплект { $kit } выдан, хотя забракован
imbalance-kits = хороших комплектов { $printed } по станции; вручную выдано { $handed_out }, осталось { $left }
imbalance-sheets = листов { $counters } по счётчикам, { $by_hand } вручную
imbalance-not-counted = комплекты печатали, но листы не пересчитали
imbalance-forms = бланков собрано { $due }, отсканировано { $scanned }, не читается { $missing }
imbalance-participants = начали экзамен { $began }, ответили { $answered }, о неполучивших своё сообщено: { $unserved }
imbalance-recordings = записей по ведомости { $due }, найдено { $found }
imbalance-handed-out = выдано комплектов { $noted } по ведомости, { $handed_out } вручную
imbalance-answers = ответов записано { $recorded }, найдено на станциях { $found }
imbalance-works = работ отсканировано { $scanned }, выгружено { $exported }
imbalance-exported = ответов записано { $recorded }, выгружено { $exported }

# -- проверка повторимости
verify-running = Проверка: ещё два прогона в других условиях…
verify-run = { $name ->
    [own] этот прогон
   *[other] прогон { $name }
  }
verify-same = Проверка: журналы трёх прогонов совпали байт в байт
verify-differs = Проверка: ЖУРНАЛЫ РАЗЛИЧАЮТСЯ

# -- сценарии
scenario-rules = Правила: { $rules }
scenario-edition = Редакция правил: { $edition }
scenario-exam = Экзамен: { $kind }, { $subject }, { $date }
exam-written = письменный
exam-oral = устный
scenario-point = ППЭ { $region }-{ $code }
scenario-rooms = {"  "}{ $count ->
    [one] { $count } аудитория
    [few] { $count } аудитории
   *[many] { $count } аудиторий
  }{ $kind ->
    [preparation] { " " }подготовки
    [conduct] { " " }проведения
   *[exam] { "" }
  }: по { $participants } чел., отсутствуют { $absent }; { $devices }
scenario-reserves = {"  "}Резерв: станций { $stations }, станций записи { $recorders }, принтеров { $printers }, сканеров { $scanners }, гарнитур { $headsets }, накопителей { $flashes }, комплектов { $kits }
scenario-staff = {"  "}Работники: технических специалистов { $technicians }, членов ГЭК { $members }
scenario-faults = Неисправности:
scenario-no-faults = Неисправностей нет
scenario-expectations = Что должно выполняться:
scenario-correct = { $file }: ошибок нет
fault-line = { $target }: { $kind } — { $when }; { $until }
trigger-at = в { $clock }
trigger-after = когда счёт дойдёт: { $what } № { $count }
trigger-rate = с вероятностью { $percent } % на каждом шаге: { $what }
ending-lasts = длится { $duration }
ending-repaired = до ремонта
ending-alone = только само
ending-never = не устраняется

# -- журнал
journal-nothing-found = Таких записей нет
diff-same = Журналы совпадают: записей { $count }, SHA-256 { $sha256 }
diff-first = Журналы расходятся с записи { $n }:
diff-ended = журнал уже кончился
diff-field = {"    "}{ $name }: { $left } | { $right }
diff-spelling = {"    "}смысл тот же, запись разная

help-recordings = новая папка, где станции хранят записи ответов (FLAC)
help-device = настоящее устройство: token=pkcs11:… для следующего члена ГЭК, headset=portaudio:… для следующего места; можно повторять
help-family-url = СЕМЕЙСТВО=АДРЕС
