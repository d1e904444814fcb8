# ppelab serve, ppelab ctl: виртуальные устройства и управление ими.

# -- справка
help-serve = виртуальное устройство для любых программ, пока не остановят
help-serve-token = виртуальный Рутокен: любая программа PKCS#11 работает с ним через p11-kit-client.so
help-serve-profile = модель: { $known }; можно повторить, по одной на токен
help-serve-tokens = сколько токенов, у каждого свой разъём (обычно 1)
help-serve-pin = PIN-код пользователя (обычно 12345678); виден в списке процессов, лучше --pin-file или переменная PPELAB_PIN
help-serve-pin-file = файл с PIN-кодом пользователя
help-serve-admin-pin-file = файл с PIN-кодом администратора (или переменная PPELAB_ADMIN_PIN; обычно 87654321)
help-serve-owner = владелец, «Иванова Анна, член ГЭК»; можно повторить, по одному на токен
help-folder = ПАПКА
help-serve-store = хранить токены в этой папке: ключи, сертификаты, номера, счётчики паролей и содержимое переживут остановку
help-serve-socket = путь сокета (обычно во временной папке)
help-serve-valid-from = сертификаты действуют с этой даты, ГГГГ-ММ-ДД (обычно со вчера)
help-serve-valid-until = до этой даты (обычно 15 месяцев)
help-serve-pace = во сколько раз токен быстрее настоящего (обычно 1)
help-date = ДАТА
help-ctl = сделать что-то с виртуальным устройством: вынуть, сломать, оборвать связь, посмотреть состояние
help-ctl-control = сокет управления, назван в строке готовности (control)
help-ctl-verb = что сделать: state, watch, а для токена insert, remove, lock, unlock, dead, alive, slow, hang, foreign-key, wrong-owner, disarm, cut
help-ctl-target = с каким: token-1 …; единственный можно не называть
help-ctl-seconds = на столько секунд устройства, от 1 до 86400 (обычно до отмены); remove: потом вставить обратно
help-ctl-percent = slow: во сколько процентов от обычного времени (обычно 500)
help-ctl-at = не сейчас, а когда токен начнёт: login, sign, unwrap
help-ctl-count = который по счёту такой вызов (обычно 1)
help-ctl-after = cut: после стольких сообщений соединения (обычно сейчас)
help-ctl-loses = cut: что пропадёт, request или answer (обычно request)
help-verb = ДЕЙСТВИЕ
help-target = УСТРОЙСТВО
help-path = ПУТЬ
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
ctl-no-server = { $path }: никто не отвечает ({ $detail }); путь назван в строке готовности ppelab serve
ctl-not-ours = это не сокет управления ppelab
control-not-json = запрос не понять: нужна строка JSON с полями verb, target, options
control-not-text = в запросе есть байты, которые не UTF-8
control-unknown-option = { $verb }: ключа { $option } нет; есть: { $known }
control-no-options = { $verb }: ключа { $option } нет, ключи здесь не нужны
control-needs-option = { $option }: нужен ещё { $needs }
control-no-target = { $verb } касается всех устройств сразу, «{ $target }» здесь лишнее
control-unknown-verb = нет действия { $verb }; есть: state, watch, { $known }
control-unknown-target = нет устройства «{ $target }»; есть: { $known }
control-unknown-call = нет вызова { $call }; есть: { $known }
control-bad-number = { $name }: нужно целое число от { $low } до { $high }
control-bad-loses = loses: нужно request или answer, а не «{ $value }»
control-token-lost = токен { $target } потерян: вставить его нельзя

# -- причины, которые называет операционная система
reason-nobody-listens = там никто не слушает
reason-hung-up = собеседник оборвал связь
reason-no-answer = ответа нет слишком долго
reason-not-a-stream = это сокет другого рода
reason-too-many-files = открыто слишком много файлов
reason-no-memory = не хватает памяти
