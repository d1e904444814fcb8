# The commands ppelab check recording and check headset: is the sound fit for use, what is wrong, what to do.

help-check-recording = check recordings that exist: is speech audible, are there gaps, clicks, distortion
help-recording-files = file of a recording: WAV, FLAC, OGG, MP3
help-sound-report = write a page with a picture and the faults marked (HTML, one file)

sound-decimal-point = .
sound-seconds = { $seconds } s
sound-milliseconds = { $ms } ms
sound-db = { $db } dB
sound-summary = { $length }, { $rate } Hz, channels: { $channels }{ $kind ->
    [none] {""}
   *[other] , { $kind }
  }; speech { $speech }, noise { $noise }, speech above noise by { $snr }
sound-verdict-pass = FIT FOR USE
sound-verdict-warn = FIT FOR USE, WITH REMARKS
sound-verdict-fail = NOT FIT FOR USE
sound-found = { $what }{ $count ->
    [1] : { $places }
   *[other] : { NUMBER($count) ->
      [one] { $count } time
     *[other] { $count } times
    } — { $places }
  }
sound-found-whole = { $what }: the whole recording
sound-places-more = { $places } and { $more } more places

recording-judged = { $file }: { $verdict }
recording-error-standard-input = recordings are not read from standard input; name a file (one called "-" is written ./-)
recording-error-no-name = the name of the file is empty (an unset variable?); give that of a recording
recording-error-unreadable = the file cannot be read: { $why }; check its name, your rights and the drive
recording-error-folder = this is a folder; name the files in it, for example FOLDER/*.flac
recording-error-not-a-file = this is no regular file; name the file of a recording
recording-error-empty-file = the file is empty; find the copy of the recording on the station
recording-error-not-audio = this is no sound file; check whether it is the right one
recording-error-damaged = the file is damaged ({ $why }); find the copy of the recording on the station
recording-error-no-sound = there is no sound in the file: nothing was recorded, or the program did not end it; find the copy on the station
recording-error-rate = the rate is { $rate } Hz; recordings of { $low } to { $high } Hz are judged; check whether it is the right file
recording-error-channels = there are { $channels } channels; recordings of at most { $most } are judged; check whether it is the right file
recording-error-truncated = the file breaks off: only { $percent } % of the recording are there, the first { $seconds } s; find the copy on the station
recording-error-eight-bits = the file has 8 bits a sample: noise and dropouts may come of that and not of the headset (quantisation noise); stations record 16 bits, look there for the original
recording-error-not-numbers = there are samples in the file that are no numbers; the program that recorded it is faulty
problem-output-is-a-recording = this is the recording itself; give the report another name

# -- the page
sound-page-overline = Exam point lab · sound check
sound-page-recordings = Check of recordings: { NUMBER($count) ->
    [one] { $count } file
   *[other] { $count } files
  }
sound-page-steps = The check, step by step
sound-page-advice = What to do
sound-page-picture = Picture of the recording: loudness and frequencies over time; faults marked: { $count }. The table below says the same in words.
sound-page-wave = Signal
sound-page-channel-wave = Channel { $channel }
sound-page-wave-label = The signal over time
sound-page-spectrum = Frequency, Hz
sound-page-spectrum-label = Spectrogram: frequencies from 40 Hz upwards, the lighter the louder
sound-page-lane-label = { $what }: places marked: { $count }
sound-page-time = Time
sound-page-legend = Red: not fit for use because of this; amber: a remark. The inner band of the signal is its mean strength, the outer one its peaks.
sound-page-findings = What was found
sound-page-no-findings = No faults were found.
sound-page-outcome = Fit
sound-page-what = Fault
sound-page-where = Begins, min:s
sound-page-lasts = Lasts
sound-page-count = Times
sound-page-channel = Channel
sound-page-whole = the whole
sound-page-close-ups = Close up
sound-page-close-up = from { $at }, { $lasts }{ $enlarged ->
    [1] {""}
   *[other] , enlarged ×{ $enlarged }
  }
sound-page-close-up-label = { $what }: the signal close up, { $where }
sound-page-response = Frequency response: earphone to microphone
sound-page-level = Level, dB
sound-page-hertz = Hz
sound-page-footer = The page loads nothing from a network. How each property is measured and why the limits are where they are: docs/reference/audio-check.md.

# -- check of a headset
help-check-headset = check a headset: level, recording, measurement, playing back
help-headset-url = address of the headset, for example portaudio:name; without it the only one there is
help-headset-seconds = how many seconds to record (10)
help-headset-sweep = check the earphones, too: hold the microphone to the left earpiece, a signal is played
help-headset-save = keep what was recorded in a file (.flac or .wav)
check-headset-title = Check of a headset
check-headset-good = RESULT: the headset works
check-headset-warned = RESULT: the headset works, with remarks
check-headset-bad = RESULT: the headset is not ready
check-step-headset = Headset
check-step-record = Recording
check-step-sound = Quality
check-step-play = Playing back
check-step-sweep = Earpiece to microphone
headset-speak = Speak in your usual voice for { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
  }.
headset-level = [{ $bar }] { $level }, { $left } s left
headset-listen = Listen to the recording.
headset-heard = Did you hear it clearly? [Y/n]{" "}
headset-heard-yes = y yes
headset-heard-no = n no
headset-unclear = The answer “{ $answer }” is not understood. Type “{ $yes }” or “{ $no }” in Latin letters; an empty line means “{ $yes }”.
headset-hold = Hold the microphone close to the left earpiece (L) and be silent. A signal from low to high will be played.
headset-ready = Press Enter when ready.{" "}
headset-saved = Recording kept: { $file }
told-headset = { $name }, { $rate } Hz
told-headset-several = several are plugged in ({ $count }): name one
told-headset-one-of = { $name }: { $url }
told-recorded = { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
  }
told-recorded-lost = sound was lost on its way, times: { $count }
told-sound-good = nothing to remark
told-played = played
told-not-heard = not heard well in the earphones
told-not-answered = nobody said whether it was heard clearly
told-sweep = the signal was heard after { $delay } ms, distortion { $thd } %
told-sweep-unheard = the microphone does not hear the signal
told-sweep-not = this headset cannot play and record at once
detail-no-headset = this is no headset
advice-headset-none = plug a headset into a USB port or the sound sockets and try again
advice-headset-choose = name one: ppelab check headset ADDRESS
advice-recorded-lost = close other programs, try another USB port; if that fails, take another computer
advice-not-heard = turn the volume up, check the plug of the earphones; if that fails, take the reserve headset
advice-not-answered = repeat the check and answer the question
advice-sweep-unheard = hold the microphone close to the left earpiece (L), turn the volume up and try again; if that fails, take the reserve headset
problem-save-format = a recording is kept in a file { $known }; give the name such an ending
problem-headset-address = “{ $input }” is no address of a headset: that is portaudio:NAME, and ppelab devices shows those of what is plugged in
problem-headset-address-token = this is the address of a token, not of a headset (portaudio:NAME); ppelab check token checks tokens
