# ppelab serve, ppelab ctl: виртуальные устройства и управление ими.

# -- справка
help-serve-token = виртуальный Рутокен: любая программа PKCS#11 работает с ним через p11-kit-client.so
help-serve-profile = модель: { $known }; можно повторить, по одной на токен
help-serve-tokens = сколько токенов, у каждого свой разъём (обычно 1)
help-serve-pin = PIN-код пользователя (обычно 12345678); виден в списке процессов, лучше --pin-file или переменная PPELAB_PIN
help-serve-pin-file = файл с PIN-кодом пользователя
help-serve-admin-pin-file = файл с PIN-кодом администратора (или переменная PPELAB_ADMIN_PIN; обычно 87654321)
help-serve-owner = владелец, «Иванова Анна, член ГЭК»; можно повторить, по одному на токен
help-serve-store = хранить токены в этой папке: ключи, сертификаты, номера, счётчики паролей и содержимое переживут остановку
help-serve-socket = путь сокета (обычно во временной папке)
help-serve-valid-from = сертификаты действуют с этой даты, ГГГГ-ММ-ДД (обычно со вчера)
help-serve-valid-until = до этой даты (обычно 15 месяцев)
help-serve-pace = во сколько раз токен быстрее настоящего (обычно 1)
help-serve-headset = виртуальная гарнитура: микрофон и наушники для любых программ, через PulseAudio
help-serve-headset-name = имя в системе: латинские буквы, цифры, «-», «_» (обычно headset-1)
help-serve-headset-profile = модель: { $known }
help-serve-headset-count = сколько гарнитур (обычно 1); имена получат номера
help-serve-say = что слышит микрофон: voice (голос модели), silence, tone, sweep, counter, файл WAV или FLAC, любой другой текст прочтёт espeak-ng
help-serve-level = на сколько децибел громче обычной речи, от -60 до 24 (обычно 0)
help-serve-line = без микрофона и комнаты: звук приходит в компьютер таким, как есть
help-serve-fault = неисправность с самого начала, например hum или hum:level_dbfs=-30; можно повторить
help-serve-server = работающий звуковой сервер: desktop (этого рабочего стола) или его адрес; обычно свой, отдельный
help-say = ЗВУК
help-fault = ВИД[:ЧИСЛО=…]
help-address = АДРЕС
help-date = ДАТА
help-ctl-control = сокет управления, назван в строке готовности (control)
help-ctl-verb = что сделать: state, watch, а для токена insert, remove, lock, unlock, dead, alive, slow, hang, foreign-key, wrong-owner, disarm, cut; для гарнитуры plug-in, unplug, speak, hush, level, fault, lift, hold, let-go, mute, unmute, suspend, resume, kill-stream, played, kill-server, start-server
help-ctl-target = с каким: token-1, headset-1 …; единственный можно не называть
help-ctl-seconds = на столько секунд устройства, от 1 до 86400 (обычно до отмены); remove: потом вставить обратно
help-ctl-percent = slow: во сколько процентов от обычного времени (обычно 500)
help-ctl-at = не сейчас, а когда токен начнёт: login, sign, unwrap
help-ctl-count = который по счёту такой вызов (обычно 1)
help-ctl-after = cut: после стольких сообщений соединения (обычно сейчас)
help-ctl-loses = cut: что пропадёт, request или answer (обычно request)
help-words = СЛОВО
help-ctl-words = гарнитура: что сказать (speak), вид неисправности (fault, lift), децибелы (level)
help-ctl-voice = голос espeak-ng для текста (обычно ru)
help-ctl-once = один раз, а не снова и снова
help-ctl-file = speak: файл WAV или FLAC со звуком; played: файл, куда записать сыгранное
help-verb = ДЕЙСТВИЕ
help-target = УСТРОЙСТВО
help-call = ВЫЗОВ

# -- готовность
serve-token-ready = { $count ->
    [one] Виртуальный Рутокен вставлен, { $count } токен:
    [few] Виртуальные Рутокены вставлены, { $count } токена:
   *[many] Виртуальные Рутокены вставлены, { $count } токенов:
}
serve-token-module = Библиотека PKCS#11 для программ: { $path }
serve-token-no-module = Не найдена библиотека { $name }: установите пакет { $package }, без неё программы не увидят токен
serve-env = Вставьте в терминал, из которого запускаете программы:
serve-control = Управление: ppelab ctl { $control } state
serve-stop = Остановить: Ctrl-C
serve-headset-ready = { $count ->
    [one] Виртуальная гарнитура подключена:
    [few] Виртуальные гарнитуры подключены, { $count } штуки:
   *[many] Виртуальные гарнитуры подключены, { $count } штук:
}
serve-headset-hears = слышит: { $what }
serve-headset-use = Проверка: ppelab devices; ppelab check headset { $url }. Для других программ: источник { $source }, приёмник { $sink }

# -- ошибки
serve-extra-missing = нет библиотеки { $name }; установите: pip install 'ppe-lab[{ $extra }]'
serve-path-too-long = { $path }: слишком длинный путь для сокета; назовите короче, до 107 байт
serve-folder-too-long = { $path }: временная папка лежит слишком глубоко для сокета; назовите другую: TMPDIR=/tmp ppelab serve …
serve-cannot-start = не начать работу: { $why }
serve-token-bad-owner = в имени владельца есть знаки, которых не показать: { $owner }
serve-token-long-owner = владелец «{ $owner }»: имя до запятой занимает от 1 до { $most } символов, после запятой — не больше
serve-path-in-use = { $path }: этот сокет уже обслуживает другая программа; остановите её или назовите другой путь
serve-path-stale = { $path }: здесь остался сокет программы другого пользователя, которой уже нет; удалите его: rm { $path }
serve-path-not-a-socket = { $path }: здесь уже есть файл; назовите другой путь
serve-path-no-directory = { $path }: нет такой папки; создайте её или назовите другой путь
serve-path-no-rights = { $path }: нет прав создать здесь сокет; назовите другой путь
serve-path-other = { $path }: сокет не создать: { $detail }
serve-no-profile = нет модели { $name }; есть: { $known }
serve-token-count = токенов может быть от 1 до { $most }, и не меньше, чем владельцев ({ $owners })
serve-token-no-owner = имя владельца пусто
serve-store-in-use = папка { $path } занята: в ней хранит токены другой сервер; остановите его или назовите другую папку
serve-store-cannot = папку { $path } нельзя использовать: { $why }
serve-store-damaged = { $file }, { $field }: файл повреждён ({ $why }); верните его копию или назовите другую папку
serve-store-has-tokens = в папке { $path } токены уже есть, новые там не делаются; уберите { $options } или назовите другую папку
serve-store-lost = { $path } не записывается ({ $why }): то, что изменится дальше, остановки не переживёт
serve-pin-length = PIN-код должен занимать от 1 до 32 байт
serve-pin-odd = такой PIN-код не ввести: без управляющих символов, без пробела до и после, только UTF-8
serve-period = сертификаты должны кончаться позже, чем начинаются
serve-date = нужна дата вида 2026-05-29, а не «{ $value }»
serve-headset-name = имя «{ $name }» не годится: от 1 до 32 знаков, латинские буквы, цифры, «-», «_»
serve-sound-missing = нет программы pulseaudio; установите: apt-get install { $package }
serve-sound-not-started = звуковой сервер не запустился: { $detail }
serve-sound-gone = звуковой сервер не отвечает ({ $detail }); проверьте --server или уберите его
serve-sound-taken = имя { $detail } на звуковом сервере занято; возьмите другое
serve-sound-folder-too-long = { $detail }: временная папка лежит слишком глубоко для сокета звукового сервера; назовите другую: TMPDIR=/tmp ppelab serve …
serve-sound-refused = звуковой сервер отказал: { $detail }
say-nothing = сказать нечего: текст пуст
say-no-param = { $kind }: нет числа { $param }; есть: { $known }
say-bad-param = { $param }={ $value }: нужно целое число от { $least } до { $most }
say-flat-sweep = sweep: начало и конец одинаковы, { $hz } Гц
say-too-long = { $path }: запись длиннее { $most } минут
say-no-file = { $path }: не прочитать ({ $detail })
say-empty = { $path }: в записи нет звука
say-no-program = текст прочесть нечем: нет программы { $name }; установите: apt-get install { $package }
say-long-text = текст длиннее { $most } знаков
say-not-spoken = espeak-ng не прочёл текст: { $detail }
ctl-no-server = { $path }: никто не отвечает ({ $detail }); путь назван в строке готовности ppelab serve
ctl-not-ours = это не сокет управления ppelab
ctl-empty-word = пустое слово (не задана переменная?): назовите устройство или то, что сказать
control-not-json = запрос не понять: нужна строка JSON с полями verb, target, options
control-not-text = в запросе есть байты, которые не UTF-8
control-unknown-option = { $verb }: ключа { $option } нет; есть: { $known }
control-no-options = { $verb }: ключа { $option } нет, ключи здесь не нужны
control-needs-option = { $option }: нужен ещё { $needs }
control-no-target = { $verb } касается всех устройств сразу, «{ $target }» здесь лишнее
control-unknown-verb = нет действия { $verb }; есть: state, watch, { $known }
control-unknown-target = нет устройства «{ $target }»; есть: { $known }
control-which-target = устройств несколько, назовите, с каким: { $known }
control-unknown-call = нет вызова { $call }; есть: { $known }
control-bad-number = { $name }: нужно целое число от { $low } до { $high }
control-bad-loses = loses: нужно request или answer, а не «{ $value }»
control-token-lost = токен { $target } потерян: вставить его нельзя
control-no-words = { $verb }: лишнее: { $words }
control-one-word = { $verb }: нужно одно слово, а не { $given }
control-unknown-fault = нет неисправности { $kind }; есть: { $known }
control-unknown-param = { $kind }: нет числа { $param }; есть: { $known }
control-not-written = { $path }: не записать ({ $detail })
control-file-kind = { $path }: пишутся только файлы { $known }; укажите такое окончание имени
control-headset-away = гарнитуры { $target } сейчас нет на звуковом сервере: сначала plug-in
control-not-our-server = звуковой сервер не наш: убивать его нельзя
control-server-gone = звуковой сервер не отвечает ({ $detail }); start-server
control-server-refused = звуковой сервер отказал: { $detail }
control-server-taken = имя { $detail } на звуковом сервере занято другой программой; освободите его
control-server-missing = нет программы { $detail }
control-server-not-started = звуковой сервер не запустился: { $detail }

# -- причины, которые называет операционная система
reason-nobody-listens = там никто не слушает
reason-hung-up = собеседник оборвал связь
reason-no-answer = ответа нет слишком долго
reason-not-a-stream = это сокет другого рода
reason-too-many-files = открыто слишком много файлов
reason-no-memory = не хватает памяти
