# ppelab serve, ppelab ctl: virtual devices and how to control them.

# -- help
help-serve-token = a virtual Rutoken: any PKCS#11 program uses it through p11-kit-client.so
help-serve-profile = model: { $known }; may be repeated, one for each token
help-serve-tokens = how many tokens, each in a port of its own (normally 1)
help-serve-pin = user PIN (normally 12345678); it shows in the list of processes, so prefer --pin-file or the variable PPELAB_PIN
help-serve-pin-file = file with the user PIN
help-serve-admin-pin-file = file with the administrator's PIN (or the variable PPELAB_ADMIN_PIN; normally 87654321)
help-serve-owner = owner, “Иванова Анна, член ГЭК”; may be repeated, one for each token
help-serve-store = keep the tokens in this folder: keys, certificates, numbers, counters of PINs and contents outlast the server
help-serve-socket = path of the socket (normally in a temporary folder)
help-serve-valid-from = certificates are valid from this date, YYYY-MM-DD (normally since yesterday)
help-serve-valid-until = until this date (normally 15 months)
help-serve-pace = how many times faster than a real token (normally 1)
help-serve-headset = a virtual headset: microphone and earphones for any program, through PulseAudio
help-serve-headset-name = its name in the system: Latin letters, digits, "-", "_" (usually headset-1)
help-serve-headset-profile = model: { $known }
help-serve-headset-count = how many headsets (usually 1); the names get numbers
help-serve-say = what the microphone hears: voice (the model's own), silence, tone, sweep, counter, a WAV or FLAC file; any other text is read by espeak-ng
help-serve-level = how many decibels louder than ordinary speech, from -60 to 24 (usually 0)
help-serve-line = no microphone and no room: the sound reaches the computer as it is
help-serve-fault = a fault from the beginning, as hum or hum:level_dbfs=-30; may be repeated
help-serve-server = a sound server that runs: desktop (this desktop's) or its address; usually one of its own
help-say = SOUND
help-fault = KIND[:NUMBER=…]
help-address = ADDRESS
help-date = DATE
help-ctl-control = control socket, named in the line of readiness (control)
help-ctl-verb = what to do: state, watch, and for a token insert, remove, lock, unlock, dead, alive, slow, hang, foreign-key, wrong-owner, disarm, cut; for a headset plug-in, unplug, speak, hush, level, fault, lift, hold, let-go, mute, unmute, suspend, resume, kill-stream, played, kill-server, start-server
help-ctl-target = to which: token-1, headset-1 …; the only one need not be named
help-ctl-seconds = for so many seconds of the device, 1 to 86400 (normally until undone); remove: then it is put back
help-ctl-percent = slow: percent of the usual time (normally 500)
help-ctl-at = not now, but when the token begins: login, sign, unwrap
help-ctl-count = at which such call, from 1 (normally 1)
help-ctl-after = cut: after so many messages of a connection (normally now)
help-ctl-loses = cut: what is lost, request or answer (normally request)
help-words = WORD
help-ctl-words = headset: what to say (speak), kind of a fault (fault, lift), decibels (level)
help-ctl-voice = espeak-ng's voice for text (usually ru)
help-ctl-once = once instead of again and again
help-ctl-file = speak: a WAV or FLAC file to hear; played: the file to write what was played to
help-verb = VERB
help-target = DEVICE
help-call = CALL

# -- readiness
serve-token-ready = { $count ->
    [one] A virtual Rutoken is inserted, { $count } token:
   *[other] Virtual Rutokens are inserted, { $count } tokens:
}
serve-token-module = PKCS#11 module for programs: { $path }
serve-token-no-module = The module { $name } is not found: install the package { $package }; without it no program sees the token
serve-env = Paste into the terminal that you start programs from:
serve-control = Control: ppelab ctl { $control } state
serve-stop = Stop: Ctrl-C
serve-headset-ready = { $count ->
    [one] The virtual headset is plugged in:
   *[other] The virtual headsets are plugged in, { $count } of them:
}
serve-headset-hears = hears: { $what }
serve-headset-use = To check it: ppelab devices; ppelab check headset { $url }. For other programs: source { $source }, sink { $sink }

# -- errors
serve-extra-missing = the library { $name } is missing; install it: pip install 'ppe-lab[{ $extra }]'
serve-path-too-long = { $path }: too long for a socket; name a path of up to 107 bytes
serve-folder-too-long = { $path }: the temporary folder lies too deep for a socket; name another: TMPDIR=/tmp ppelab serve …
serve-cannot-start = cannot start: { $why }
serve-token-bad-owner = the name of an owner has characters that cannot be shown: { $owner }
serve-token-long-owner = the owner “{ $owner }”: the name before the comma has 1 to { $most } characters, what stands after it no more
serve-path-in-use = { $path }: another program serves this socket; stop it or name another path
serve-path-stale = { $path }: a socket was left here by a program of another user that is gone; remove it: rm { $path }
serve-path-not-a-socket = { $path }: there is a file already; name another path
serve-path-no-directory = { $path }: there is no such folder; make it or name another path
serve-path-no-rights = { $path }: no right to make a socket here; name another path
serve-path-other = { $path }: the socket cannot be made: { $detail }
serve-no-profile = there is no model { $name }; there are: { $known }
serve-token-count = there can be 1 to { $most } tokens, and no fewer than owners ({ $owners })
serve-token-no-owner = the name of an owner is empty
serve-store-in-use = the folder { $path } is in use: another server keeps its tokens there; stop that one or name another folder
serve-store-cannot = the folder { $path } cannot be used: { $why }
serve-store-damaged = { $file }, { $field }: the file is damaged ({ $why }); bring back a copy of it or name another folder
serve-store-has-tokens = there are tokens in the folder { $path } already, and no new ones are made there; leave out { $options } or name another folder
serve-store-lost = { $path } cannot be written ({ $why }): what changes from now on does not outlast this server
serve-pin-length = a PIN has 1 to 32 bytes
serve-pin-odd = nobody could type such a PIN: no control characters, no space before or after it, UTF-8 only
serve-period = certificates must end later than they begin
serve-date = needs a date like 2026-05-29, not “{ $value }”
serve-headset-name = the name "{ $name }" will not do: 1 to 32 Latin letters, digits, "-", "_"
serve-sound-missing = there is no program pulseaudio; install it: apt-get install { $package }
serve-sound-not-started = the sound server did not start: { $detail }
serve-sound-gone = the sound server does not answer ({ $detail }); check --server, or leave it out
serve-sound-taken = the name { $detail } is taken at the sound server; choose another
serve-sound-folder-too-long = { $detail }: the temporary folder is too deep for the socket of the sound server; name another: TMPDIR=/tmp ppelab serve …
serve-sound-refused = the sound server refused: { $detail }
say-nothing = nothing to say: the text is empty
say-no-param = { $kind }: there is no number { $param }; there are: { $known }
say-bad-param = { $param }={ $value }: a whole number from { $least } to { $most } is needed
say-flat-sweep = sweep: it begins and ends at the same { $hz } Hz
say-too-long = { $path }: the recording is longer than { $most } minutes
say-no-file = { $path }: cannot be read ({ $detail })
say-empty = { $path }: there is no sound in it
say-no-program = there is nobody to read the text: no program { $name }; install it: apt-get install { $package }
say-long-text = the text is longer than { $most } characters
say-not-spoken = espeak-ng did not read the text: { $detail }
ctl-no-server = { $path }: nobody answers ({ $detail }); the path is named in ppelab serve's line of readiness
ctl-not-ours = this is no control socket of ppelab
ctl-empty-word = an empty word (an unset variable?): name a device, or what to say
control-not-json = the request cannot be understood: a line of JSON with verb, target, options is needed
control-not-text = the request has bytes that are not UTF-8
control-unknown-option = { $verb }: there is no option { $option }; there are: { $known }
control-no-options = { $verb }: there is no option { $option }, it takes none
control-needs-option = { $option }: needs { $needs }, too
control-no-target = { $verb } concerns all devices at once: “{ $target }” is too much
control-unknown-verb = there is no verb { $verb }; there are: state, watch, { $known }
control-unknown-target = there is no device “{ $target }”; there are: { $known }
control-which-target = there are several devices, name one: { $known }
control-unknown-call = there is no call { $call }; there are: { $known }
control-bad-number = { $name }: needs a whole number from { $low } to { $high }
control-bad-loses = loses: needs request or answer, not “{ $value }”
control-token-lost = the token { $target } is lost: it cannot be inserted
control-no-words = { $verb }: superfluous: { $words }
control-one-word = { $verb }: one word is needed, not { $given }
control-unknown-fault = there is no fault { $kind }; there are: { $known }
control-unknown-param = { $kind }: there is no number { $param }; there are: { $known }
control-not-written = { $path }: cannot be written ({ $detail })
control-file-kind = { $path }: only files { $known } are written; give the name such an ending
control-headset-away = the headset { $target } is not at the sound server now: plug-in first
control-not-our-server = the sound server is not ours: it must not be killed
control-server-gone = the sound server does not answer ({ $detail }); start-server
control-server-refused = the sound server refused: { $detail }
control-server-taken = the name { $detail } is taken at the sound server by another program; free it
control-server-missing = there is no program { $detail }
control-server-not-started = the sound server did not start: { $detail }

# -- reasons that the operating system gives
reason-nobody-listens = nobody listens there
reason-hung-up = the other side hung up
reason-no-answer = no answer for too long
reason-not-a-stream = it is a socket of another kind
reason-too-many-files = too many open files
reason-no-memory = out of memory
