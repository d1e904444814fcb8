# Команды ppelab devices и ppelab check: что подключено, исправно ли, что делать.

help-check-token = проверить токен: порт, модуль, пароль, сертификат, подпись
help-token-url = адрес токена, например pkcs11:serial=…; без него — единственный вставленный
help-pin-source = взять пароль токена из файла, не спрашивая
help-last-try = ввести пароль, даже если осталась последняя попытка
help-url = АДРЕС

devices-none = Устройств не найдено.
devices-failed = { $scheme }: список не получен: { $why }
devices-address = {"    "}адрес: { $url }
devices-do = {"    "}что делать: { $advice }
family-token = токен
family-printer = принтер
family-scanner = сканер
family-audio = гарнитура
word-last-try = осталась одна попытка ввода пароля токена

# -- состояние устройства и что делать
state-ok = готов
state-pin-low = введён неверный пароль
state-pin-final-try = осталась одна попытка ввода пароля
state-pin-locked = заблокирован неверными паролями
state-not-formatted = не отформатирован
state-nothing-plugged = токен не вставлен
state-no-module = вставлен, но нет модуля PKCS#11
state-no-pcsc = вставлен, но не работает служба смарт-карт pcscd
state-no-rights = вставлен, но нет прав на службу смарт-карт
state-not-seen = вставлен, но модуль его не видит
state-slot-broken = вставлен, но не отвечает
state-module-broken = модуль PKCS#11 отказал
state-could-not-look = порт USB посмотреть не удалось
state-headset-unplugged = не подключена
state-headset-muted = микрофон выключен в настройках звука
advice-headset-unplugged = вставьте вилку гарнитуры в гнездо; вставлена — попробуйте другое гнездо
advice-no-headset = подключите гарнитуру к порту USB или к гнёздам звука
advice-headset-muted = включите микрофон в настройках звука
advice-pin-low = вводите пароль внимательно, по буквам с конверта; верный пароль вернёт все попытки
advice-pin-final-try = не вводите пароль наугад; сверьте его с конвертом или возьмите токен другого члена ГЭК
advice-pin-locked = возьмите токен другого члена ГЭК; этот разблокирует только администратор
advice-not-formatted = отформатируйте токен в Панели управления Рутокен или возьмите другой
advice-nothing-plugged = вставьте токен в порт USB; вставлен — попробуйте другой порт
advice-no-module = установите драйверы Рутокен (пакет librtpkcs11ecp) или назовите модуль в адресе: ?module-path=…
advice-no-pcsc = установите и запустите службу: apt-get install pcscd libccid; systemctl start pcscd.socket
advice-no-rights = войдите на самом компьютере, а не по сети, или дайте пользователю право в polkit (org.debian.pcsc-lite.access_card)
advice-not-seen = извлеките и вставьте токен; не помогло — другой порт, затем переустановка драйверов
advice-slot-broken = извлеките и вставьте этот токен; не помогло — возьмите токен другого члена ГЭК
advice-module-broken = переустановите драйверы этого модуля; остальные модули работают и без него
state-no-bus = порта USB на этом компьютере нет
state-no-server = по этому адресу p11-kit токенов никто не отвечает
advice-no-bus = на этом компьютере (виртуальная машина, контейнер?) нет шины USB; передайте ей токен или проверяйте на другом компьютере
advice-no-server = запустите сервер токенов, например ppelab serve token, или уберите переменную P11_KIT_SERVER_ADDRESS
advice-module-variable = исправьте или уберите переменную PPELAB_PKCS11_MODULE: там нет модуля PKCS#11
advice-nothing-found = вставьте токен; опрошены модули: { $modules }
advice-could-not-look = проверьте, вставлен ли токен; для проверки порта установите libusb-1.0-0 и pyusb

# -- проверка токена
check-token-title = Проверка токена
check-step-usb = Порт USB
check-step-module = Модуль PKCS#11
check-step-token = Токен
check-step-pin = Пароль
check-step-certificates = Сертификаты
check-step-login = Вход
check-step-sign = Подпись
check-step-unwrap = Ключ доступа
check-passed = да
check-failed = НЕТ
check-warned = внимание
check-skipped = —
check-line = { $mark }  { $step }: { $told }
check-line-timed = { $mark }  { $step }: { $told } ({ $ms } мс)
check-token-good = ИТОГ: токен исправен
check-token-warned = ИТОГ: токен работает, но есть замечания
check-token-bad = ИТОГ: токен не готов
check-do = Что делать: { $advice }
check-ask-pin = Пароль токена ({ $label }):{" "}

told-usb-found = вставлен: { $names }
told-usb-none = Рутокен не найден
told-usb-no-pyusb = посмотреть не удалось: нет библиотеки pyusb
told-usb-no-libusb = посмотреть не удалось: нет библиотеки libusb
told-usb-no-bus = посмотреть не удалось: на этом компьютере нет шины USB
told-usb-failed = посмотреть не удалось: { $why }
told-module-found = { $paths }
told-token = { $label }, модель { $model }, № { $serial }, прошивка { $firmware }
told-pin-ok = попытки не потрачены
told-pin-low = недавно вводили неверный пароль
told-pin-final-try = осталась одна попытка
told-pin-locked = заблокирован
told-pin-low-before = перед этим вводили неверный пароль; верный вернул все попытки
told-pin-final-try-before = оставалась одна попытка; верный пароль вернул все
told-pin-locked-before = был заблокирован
told-certificates-none = на токене нет сертификата
told-certificate = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: { $subject }, { $since } – { $until }
told-certificate-expired = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: { $subject }: срок истёк { $until }
told-certificate-early = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: { $subject }: начнёт действовать { $since }
told-certificate-soon = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: { $subject }: срок истекает { $until }, осталось { $days ->
    [one] { $days } день
    [few] { $days } дня
   *[many] { $days } дней
  }
told-login = пароль верен
told-login-refused = осталась одна попытка, пароль не вводился
told-signed = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: { $mechanism }, проверена
told-sign-wrong = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: { $mechanism }: подпись не сходится с сертификатом
told-sign-unknown = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: { $mechanism }, сделана; проверить её здесь нечем
told-sign-none = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: этот модуль таким ключом не подписывает
told-unwrapped = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: открывается
told-unwrap-wrong = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: открылся не тот ключ
told-unwrap-not = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] другой ключ
  }: таким ключом ключи доступа не открываются
told-error = { $error }
told-tries-left = осталось попыток: { $tries }
detail-no-answer = { $step ->
    [sign] подпись
    [login] вход
    [logout] выход
    [certificates] сертификаты
    [status] состояние
    [list] список токенов
    [look] сведения о токене
    [load] запуск модуля
    [open] открытие токена
    [decrypt] ключ доступа
    [derive] ключ доступа
    [setpin] смена пароля
   *[other] { $step }
  }: нет ответа за { $seconds } с{ $rest }
detail-no-file = нет файла { $path }
detail-looked-for = искали: { $paths }
detail-no-name = модуль с именем { $name } неизвестен, известны: { $known }; другой назовите ключом module-path
detail-not-loaded = файл { $path } не загружается: { $why }
detail-process-ended = модуль токена аварийно завершился{ $rest }
detail-no-process = не запускается процесс модуля: { $why }
detail-for-another = данные зашифрованы для другого сертификата
detail-damaged = данные повреждены: { $why }
detail-known = известны: { $known }
detail-install = { $why }; установите: pip install "{ $package }"
detail-install-debian = { $why }; установите: apt-get install { $package }
detail-server-went-on = служба звука переключилась на { $name }
detail-server-variable = по адресу { $address } никто не отвечает; адрес задан переменной PULSE_SERVER, неверен — исправьте или уберите её
detail-server-silent = по адресу { $address } никто не отвечает
detail-stream-ended = служба звука закрыла поток
detail-socket-empty = гнездо пустое
detail-suspended = { $name } приостановлен
detail-stream-over = поток звука прервался
detail-takes-nothing = звук не принимается
detail-sound-process-silent = процесс драйвера звука не отвечает
detail-sound-process-ended = процесс драйвера звука аварийно завершился
detail-no-token = это не токен
detail-valid = срок: { $since } – { $until }
told-error-detail = { $error } ({ $detail })
told-not-reached = не проверено

advice-certificates-none = это не токен члена ГЭК или он не записан; возьмите другой
advice-certificate-expired = получите новый сертификат; на экзамен возьмите токен другого члена ГЭК
advice-certificate-early = проверьте дату на компьютере; она верна — дождитесь начала срока
advice-certificate-soon = закажите новый сертификат
advice-login-refused = сверьте пароль с конвертом; уверены — повторите с ключом --last-try
advice-sign = возьмите токен другого члена ГЭК, этот отдайте администратору

# -- ошибки в командной строке
problem-no-terminal = пароль токена негде спросить; укажите файл ключом --pin-source или в адресе: pin-source=ФАЙЛ
problem-pin-no-answer = пароль не введён
problem-pin-empty = пароль не может быть пустым; попытка не потрачена, повторите команду
problem-pin-not-utf8 = введено не то, что можно набрать буквами и цифрами (не UTF-8); попытка не потрачена
problem-pin-control = в пароле управляющий символ (стрелка, Tab?); попытка не потрачена, повторите команду
problem-pin-spaces = до или после пароля пробел; попытка не потрачена, повторите команду без него
problem-token-address-scheme = адрес токена начинается с pkcs11:
problem-token-address-pin-value = пароль в адресе не пишут; укажите файл с ним: pin-source=ФАЙЛ
problem-token-address-unknown = неизвестная часть адреса «{ $name }»; бывают { $known }
problem-token-address-no-value = у «{ $name }» нет значения
problem-token-address-twice = «{ $name }» указано дважды
problem-token-address-both-modules = module-path и module-name вместе не указывают
problem-token-address-object = «{ $name }» называет объект на токене; открываются только токены целиком
problem-token-address-wrong-part = «{ $name }» стоит не там: до знака вопроса — { $first }, остальное после него
problem-token-address-empty = «{ $name }» пусто
problem-token-address-percent = «{ $name }»: после знака % нужны две шестнадцатеричные цифры
problem-token-address-character = «{ $name }»: знак «{ $char }» пишется { $quoted }
problem-token-address-not-utf8 = адрес записан не в UTF-8
problem-token-address-zero = «{ $name }»: нулевой байт
problem-pin-source-command = пароль токена не прочесть: команды не выполняются, укажите файл
problem-pin-source-elsewhere = пароль токена не прочесть: файл должен быть на этом компьютере
problem-pin-source-unread = пароль токена не прочесть из { $path } ({ $why })
problem-pin-source-name = пароль токена не прочесть: { $path } — не имя файла
problem-pin-source-lines = пароль токена не прочесть: в { $path } должна быть одна строка, сам пароль
problem-pin-source-not-utf8 = пароль токена не прочесть: { $path } не в UTF-8
problem-pin-source-control = пароль токена не взят: в { $path } управляющие символы
problem-pin-source-spaces = пароль токена не взят: в { $path } пробел до или после пароля, уберите его
