# The commands ppelab devices and ppelab check: what is connected, whether it works, what to do.

help-check-token = check a token: port, module, PIN, certificate, signature
help-token-url = address of the token, for example pkcs11:serial=…; without it the only one that is inserted
help-pin-source = take the PIN from a file, do not ask
help-last-try = enter the PIN even if it is the last try
help-url = ADDRESS

devices-none = No devices found.
devices-failed = { $scheme }: no list: { $why }
devices-address = {"    "}address: { $url }
devices-do = {"    "}what to do: { $advice }
family-token = token
family-printer = printer
family-scanner = scanner
family-audio = headset
word-last-try = one try of the PIN is left

# -- state of a device and what to do
state-ok = ready
state-pin-low = a wrong PIN was entered
state-pin-final-try = one try of the PIN is left
state-pin-locked = locked by wrong PINs
state-not-formatted = not formatted
state-nothing-plugged = no token is inserted
state-no-module = inserted, but there is no PKCS#11 module
state-no-pcsc = inserted, but the smart card service pcscd is not running
state-no-rights = inserted, but there is no right to use the smart card service
state-not-seen = inserted, but the module does not see it
state-slot-broken = inserted, but does not answer
state-module-broken = the PKCS#11 module fails
state-could-not-look = nobody could look at the USB port
state-headset-unplugged = not plugged in
state-headset-muted = microphone switched off in the sound settings
advice-headset-unplugged = plug the headset in; if it is, try another socket
advice-no-headset = plug a headset into a USB port or the sound sockets
advice-headset-muted = switch the microphone on in the sound settings
advice-pin-low = type the PIN carefully, letter by letter from the envelope; the right one gives all tries back
advice-pin-final-try = do not guess; compare the PIN with the envelope, or take another member's token
advice-pin-locked = take another member's token; only the administrator can unlock this one
advice-not-formatted = format the token in the Рутокен control panel or take another one
advice-nothing-plugged = insert the token into a USB port; if it is, try another port
advice-no-module = install the Рутокен drivers (package librtpkcs11ecp) or name the module in the address: ?module-path=…
advice-no-pcsc = install and start the service: apt-get install pcscd libccid; systemctl start pcscd.socket
advice-no-rights = log in at the computer itself, not over the network, or give the user the right in polkit (org.debian.pcsc-lite.access_card)
advice-not-seen = pull the token out and insert it; if that fails, another port, then install the drivers again
advice-slot-broken = pull this token out and insert it again; if that fails, take another member's token
advice-module-broken = install this module's drivers again; the other modules go on without it
state-no-bus = this computer has no USB port
state-no-server = nobody answers at this address of p11-kit
advice-no-bus = this computer (a virtual machine, a container?) has no USB bus; pass the token on to it or check at another computer
advice-no-server = start the server of tokens, for example ppelab serve token, or unset P11_KIT_SERVER_ADDRESS
advice-module-variable = correct or unset the variable PPELAB_PKCS11_MODULE: there is no PKCS#11 module
advice-nothing-found = insert a token; these modules were asked: { $modules }
advice-could-not-look = see whether the token is inserted; to check the port, install libusb-1.0-0 and pyusb

# -- check of a token
check-token-title = Check of a token
check-step-usb = USB port
check-step-module = PKCS#11 module
check-step-token = Token
check-step-pin = PIN
check-step-certificates = Certificates
check-step-login = Login
check-step-sign = Signature
check-step-unwrap = Access key
check-passed = yes
check-failed = NO
check-warned = note
check-skipped = —
check-line = { $mark }  { $step }: { $told }
check-line-timed = { $mark }  { $step }: { $told } ({ $ms } ms)
check-token-good = RESULT: the token works
check-token-warned = RESULT: the token works, with remarks
check-token-bad = RESULT: the token is not ready
check-do = What to do: { $advice }
check-ask-pin = PIN of the token ({ $label }):{" "}

told-usb-found = inserted: { $names }
told-usb-none = no Рутокен found
told-usb-no-pyusb = could not look: the library pyusb is missing
told-usb-no-libusb = could not look: the library libusb is missing
told-usb-no-bus = could not look: this computer has no USB bus
told-usb-failed = could not look: { $why }
told-module-found = { $paths }
told-token = { $label }, model { $model }, No. { $serial }, firmware { $firmware }
told-pin-ok = no tries are spent
told-pin-low = a wrong PIN was entered recently
told-pin-final-try = one try is left
told-pin-locked = locked
told-pin-low-before = a wrong PIN was entered before; the right one gave all tries back
told-pin-final-try-before = one try was left; the right PIN gave all back
told-pin-locked-before = was locked
told-certificates-none = the token holds no certificate
told-certificate = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: { $subject }, { $since } – { $until }
told-certificate-expired = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: { $subject }: expired on { $until }
told-certificate-early = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: { $subject }: not valid before { $since }
told-certificate-soon = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: { $subject }: expires on { $until }, { $days ->
    [one] { $days } day
   *[other] { $days } days
  } left
told-login = the PIN is right
told-login-refused = one try is left, the PIN was not entered
told-signed = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: { $mechanism }, verified
told-sign-wrong = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: { $mechanism }: the signature does not fit the certificate
told-sign-unknown = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: { $mechanism }, made; nothing here can verify it
told-sign-none = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: this module does not sign with such a key
told-unwrapped = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: opens
told-unwrap-wrong = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: it opened to another key
told-unwrap-not = { $kind ->
    [rsa] RSA
    [p256] P-256
    [gost] ГОСТ
   *[other] another kind
  }: such a key opens no access keys
told-error = { $error }
told-tries-left = tries left: { $tries }
detail-no-answer = { $step }: no answer in { $seconds } s{ $rest }
detail-no-file = there is no file { $path }
detail-looked-for = looked for { $paths }
detail-no-name = no module is known by the name { $name }, only { $known }; name another with module-path
detail-not-loaded = the file { $path } cannot be loaded: { $why }
detail-process-ended = the token's module has crashed{ $rest }
detail-no-process = the module's process cannot be started: { $why }
detail-for-another = the data was encrypted for another certificate
detail-damaged = the data is damaged: { $why }
detail-known = known: { $known }
detail-install = { $why }; install it: pip install "{ $package }"
detail-install-debian = { $why }; install it: apt-get install { $package }
detail-server-went-on = the sound server went on with { $name }
detail-server-variable = nobody answers at { $address }; the address is that of the variable PULSE_SERVER: if it is wrong, correct or unset it
detail-server-silent = nobody answers at { $address }
detail-stream-ended = the sound server ended the stream
detail-socket-empty = the socket is empty
detail-suspended = { $name } is suspended
detail-stream-over = the stream broke off
detail-takes-nothing = it takes no sound
detail-sound-process-silent = the sound driver's process does not answer
detail-sound-process-ended = the sound driver's process crashed
detail-no-token = this is no token
detail-valid = valid { $since } – { $until }
told-error-detail = { $error } ({ $detail })
told-not-reached = not checked

advice-certificates-none = this is no member's token, or nothing was written to it; take another one
advice-certificate-expired = get a new certificate; for the exam take another member's token
advice-certificate-early = check the date of the computer; if it is right, wait
advice-certificate-soon = order a new certificate
advice-login-refused = compare the PIN with the envelope; if you are sure, repeat with --last-try
advice-sign = take another member's token, give this one to the administrator

# -- errors of the command line
problem-no-terminal = there is no terminal to ask for the PIN; name a file with --pin-source or, in the address, pin-source=FILE
problem-pin-no-answer = no PIN was entered
problem-pin-empty = the PIN cannot be empty; no try was spent, repeat the command
problem-pin-not-utf8 = this is nothing that can be typed (not UTF-8); no try was spent
problem-pin-control = a control character (an arrow, Tab?) is in the PIN; no try was spent, repeat the command
problem-pin-spaces = a space stands before or after the PIN; no try was spent, repeat the command without it
problem-token-address-scheme = an address of a token begins with pkcs11:
problem-token-address-pin-value = a PIN does not belong in an address; name a file that holds it: pin-source=FILE
problem-token-address-unknown = the part “{ $name }” of the address is not known; there are { $known }
problem-token-address-no-value = “{ $name }” has no value
problem-token-address-twice = “{ $name }” is given twice
problem-token-address-both-modules = module-path and module-name cannot both be given
problem-token-address-object = “{ $name }” names an object on a token; only whole tokens are opened
problem-token-address-wrong-part = “{ $name }” stands in the wrong part: { $first } before the question mark, the others after
problem-token-address-empty = “{ $name }” is empty
problem-token-address-percent = “{ $name }”: two hexadecimal digits have to follow a percent sign
problem-token-address-character = “{ $name }”: “{ $char }” must be written as { $quoted }
problem-token-address-not-utf8 = the address is not UTF-8
problem-token-address-zero = “{ $name }” has a zero byte
problem-pin-source-command = the PIN cannot be read: commands are not run, name a file
problem-pin-source-elsewhere = the PIN cannot be read: the file must be on this computer
problem-pin-source-unread = the PIN cannot be read from { $path } ({ $why })
problem-pin-source-name = the PIN cannot be read: { $path } is no name of a file
problem-pin-source-lines = the PIN cannot be read: { $path } has to hold one line, the PIN
problem-pin-source-not-utf8 = the PIN cannot be read: { $path } is not UTF-8
problem-pin-source-control = the PIN was not taken: { $path } holds control characters
problem-pin-source-spaces = the PIN was not taken: { $path } has a space before or after the PIN, remove it
