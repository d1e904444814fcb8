# The journal in words: event-<event>; short words for codes: word-<code>; faults, actions, roles.

# -- the frame of the day
event-day-began = The day began: “{ $title }”, { $exam_kind ->
    [oral] oral exam
   *[written] written exam
  } { $subject }, { $exam_date }; point { $region }-{ $point }; { NUMBER($rooms) ->
    [one] { $rooms } room
   *[other] { $rooms } rooms
  }, { NUMBER($participants) ->
    [one] { $participants } participant
   *[other] { $participants } participants
  }
event-day-ended = The day ended{ $aborted ->
    [none] { "" }
   *[other] { " " }early: { $aborted }
  }
event-status-sent = Status sent: “{ $status }”
event-materials-delivered = Materials delivered to the headquarters: { $person }
event-participants-admitted = Room { $room }: seated, { $present } present, { $absent } absent
event-exam-began = Room { $room }: the exam began, participants: { $participants }
event-exam-ended = Room { $room }: the exam ended, participants: { $participants }
event-room-empty = Room { $room }: nobody came
event-room-failed = Room { $room }: the work was not done ({ $why }), without a kit or an answer: { $unserved }

# -- stations
event-station-prepared = { $station }: station prepared, computer { $computer }, act { $act ->
    [yes] sent
   *[no] not sent
  }
event-act-sent = { $station }: act of readiness sent, computer { $computer }{ $on_exam_day ->
    [yes] , on the exam day
   *[no] { "" }
  }
event-station-started = { $station }: station started{ $resumed ->
    [yes] , earlier state restored
   *[no] { "" }
  }
event-package-loaded = { $station }: internet package loaded
event-print-checked = { $station }: test print on { $printer } { $good ->
    [yes] succeeded
   *[no] failed
  }
event-key-loaded = { $station }: { $key_kind ->
    [main] access key
   *[reserve] reserve key
  } loaded
event-key-activated = { $station }: { $key_kind ->
    [main] access key
   *[reserve] reserve key
  } activated, { $person } with token { $token }
event-password-applied = { $station }: materials opened with a password of the hot line
event-activation-failed = { $station }: an attempt with token { $token } failed ({ $person }): { $error }
event-station-replaced = Room { $room }: station { $old } replaced by { $new }, computer { $computer }
event-device-replaced = { $station }: device { $old } replaced by { $new }
event-protocol-printed = { $station }: protocol printed; kits { $printed }, rejected { $rejected }
event-journal-saved = { $station }: journal saved on { $flash }
event-station-finished = { $station }: the exam is finished on the station

# -- headquarters and portal
event-key-downloaded = { $key_kind ->
    [main] Access key
   *[reserve] Reserve key
  } downloaded through { $channel }: { $person }
event-hot-line-called = The hot line was called ({ $place }): { $about }; by { $person }
event-password-issued = Room { $room }: access passwords issued: { $count }
event-reserve-key-requested = Room { $room }: reserve key requested, computer { $computer }, kits { $kits }
event-reserve-key-refused = Room { $room }: reserve key refused, computer { $computer }: { $why }
event-package-uploaded = Room { $room }: package { $package } sent through { $channel }
event-package-confirmed = Package { $package } confirmed by the РЦОИ
event-package-rejected = Package { $package } rejected: { $why }
event-journal-sent = { $station }: journal sent

# -- printing
event-printing-began = Room { $room }: printing began on { $station }, kits needed: { $kits }
event-kit-printed = Room { $room }: kit { $kit } printed, { NUMBER($sheets) ->
    [one] { $sheets } sheet
   *[other] { $sheets } sheets
  }
event-kit-rejected = Room { $room }: kit { $kit } rejected ({ $why }), sheets out: { $sheets }
event-printing-ended = Room { $room }: printing ended, good kits { $printed }, rejected { $rejected }
event-kit-handed-out = Room { $room }: kit { $kit } handed out to { $participant }
event-paper-counted = Room { $room }: sheets counted: handed out { $handed_out_sheets }, spoiled { $spoiled_sheets }, left { $left_sheets }, test { $test_sheets }; counter { $counter_sheets }

# -- scanning
event-forms-collected = Room { $room }: forms collected, works { $works }, sheets { $sheets }
event-forms-scanned = Room { $room }: forms scanned, sheets { $sheets }, again { $rescanned }, not readable { $missing }
event-export-failed = Room { $room }: no package could be exported, works left on { $station }: { $works }
event-package-exported = Room { $room }: package { $package } written to a flash drive, works { $works }

# -- recording
event-recording-tested = { $station }, { $headset }: test recording { $good ->
    [yes] good
   *[no] bad: { $reasons }
  }
event-group-seated = Room { $room }: group { $group } came in, participants: { $participants }
event-answer-began = Room { $room }, seat { $seat }: recording of the answer began, participant { $participant }, part { $part }
event-answer-interrupted = Room { $room }, seat { $seat }: recording interrupted ({ $error }), participant { $participant }
event-answer-recorded = Room { $room }, seat { $seat }: answer recorded, participant { $participant }{ $good ->
    [yes] { "" }
   *[no] ; bad quality: { $reasons }
  }{ $unheard ->
    [0] { "" }
   *[other] ; parts not judged: { $unheard }
  }
event-answer-listened = { $station }: participant { $participant } listened to the answer{ $content ->
    [yes] { "" }
   *[no] { " " }and complains
  }
event-audio-exported = { $station }, seat { $seat }: recordings written to a flash drive: { $recordings }
event-answer-file-exported = { $station }, seat { $seat }: file { $file } on drive { $flash }, { $size_bytes } B, answer { $recording }, part { $part }{ $damaged ->
    [yes] ; damaged
   *[no] { "" }
  }
event-medium-forms-printed = Room { $room }: cover form and protocol of the audio medium printed for drive { $flash }: packages { $packages }, works { $works }, files { $files }
event-display-checked = { $station }, seat { $seat }: the КИМ is shown well on the screen
event-passport-saved = { $station }: the passport of the recording station is saved on { $flash }
event-recordings-counted = Room { $room }: recordings by the list { $expected }, found { $found }

# -- incidents
event-incident-opened = Incident { $incident }: { $device } ({ $place }) — { $kind }
event-incident-closed = Incident { $incident } { $resolved ->
    [yes] resolved
   *[no] NOT RESOLVED
  }: { $device } ({ $place }) — { $how }

# -- faults and people
event-fault-began = Fault: { $device } — { $kind }
event-fault-ended = Fault over: { $device } — { $kind } ({ $how })
event-fault-idle = Fault did not strike: { $device } — { $kind } ({ $why })
event-worked = { $person } ({ $place }): { $action }{ $device ->
    [none] { "" }
   *[other] , { $device }
  }{ $done ->
    [yes] { "" }
   *[no] { " " }— in vain
  }{ $note ->
    [none] { "" }
   *[other] { " " }({ $note })
  }
event-nobody-able = Nobody can do it ({ $place }): { $action }, { $role } — { $reason }

# -- short words: errors of devices
word-device-error = the device failed
word-not-found = the device is not found
word-gone = the device is disconnected
word-busy = the device is busy
word-timeout = the device did not answer in time
word-dead = the device is broken
word-access-denied = no right to use the device
word-not-supported = the device cannot do this
word-bad-reply = the device answered nonsense
word-driver-missing = the driver is not installed
word-unknown-scheme = no driver for the address
word-printer-error = the printer failed
word-printer-attention = the printer needs attention
word-paper-jam = paper jam
word-misfeed = the printer did not pick a sheet
word-out-of-paper = out of paper
word-toner-empty = the toner is used up
word-cover-open = a cover of the printer is open
word-printer-offline = the printer does not answer
word-job-aborted = the print job was aborted
word-scanner-error = the scanner failed
word-feeder-jam = a sheet is stuck in the scanner
word-feeder-empty = no sheets in the scanner
word-double-feed = two sheets fed at once
word-scanner-cover-open = the scanner's cover is open
word-token-error = the token failed
word-token-not-present = no token is inserted
word-several-tokens = several tokens are inserted
word-token-removed = the token was pulled out
word-pin-incorrect = wrong PIN of the token
word-pin-locked = the token is locked
word-certificate-expired = the token's certificate has expired
word-certificate-early = the token's certificate is not valid yet
word-module-missing = no module for the token
word-pin-rejected = the PIN was not accepted
word-not-logged-in = the token is not logged in
word-key-not-found = no key on the token
word-wrong-token = the token does not open the data
word-audio-error = the sound device failed
word-sound-spoiled = sound from the microphone is missing
word-headset-unplugged = the headset is not connected
word-headset-stopped = the headset's sound has stopped
word-headset-silent = the microphone sends only zeros
word-headset-muted = the microphone is switched off in the settings
word-sound-server-gone = the sound server has ended
word-format-unsupported = the sound format is not supported
word-computer-failed = the station's computer stopped
word-disk-failed = the station's disk cannot be written or read
word-no-link = no link to the portal by any channel
word-not-all-sent = not all packages are sent
word-journal-missing = the station's journal was not saved
word-not-rescued = the recordings could not be rescued
word-not-confirmed = the РЦОИ did not confirm the package
word-channel-slow = the channel is too slow
word-answer-not-recorded = the answer could not be recorded
word-token-put-aside = the token is put aside
word-channel-down = no link to the portal by this channel
word-storage-error = the flash drive failed
word-flash-unreadable = the flash drive cannot be read
word-flash-lost = the flash drive is missing
word-flash-full = the flash drive is full
word-file-missing = the file is not on the flash drive
word-file-too-large = the file is larger than any of its kind

# -- short words: incidents
word-no-token = no usable token at all
word-forms-missing = not all forms were read
word-doubtful-scan = doubtful scan
word-bad-print = bad print
word-kits-used-up = no kit is left to print
word-page-not-printed = a page was not printed
word-reopening-failed = the materials did not open after a restart
word-bad-sound = bad sound
word-bad-answer = badly recorded answer
word-complaint = the participant complains about the recording
word-answer-recorded-twice = an answer was recorded twice
word-recordings-differ = the number of recordings differs from the list
word-package-rejected = the package was rejected

# -- short words: what came of it
word-repaired = repaired on the spot
word-passed = passed by itself
word-replaced = device replaced
word-restarted = station restarted
word-repeated = worked at the second try
word-glass-cleaned = glass cleaned
word-cartridge-replaced = cartridge replaced
word-token-of-another-member = another member's token
word-reserve-printer = reserve printer in use
word-reserve-scanner = reserve scanner in use
word-reserve-headset = reserve headset in use
word-reserve-station = reserve station in use
word-reserve-flash = reserve flash drive in use
word-reserve-key = reserve key received
word-journal-rescued = journal taken from the disk
word-recordings-rescued = recordings taken from the disk
word-appeal-on-procedure = appeal on procedure
word-told-to-hot-line = told to the hot line
word-exported-with-deviations = exported with deviations
word-not-repairable = cannot be repaired on the spot
word-no-reserve = no reserve
word-no-reserve-printer = no reserve printer
word-no-reserve-scanner = no reserve scanner
word-no-reserve-headset = no reserve headset
word-no-reserve-station = no reserve station
word-no-reserve-flash = no reserve flash drive
word-no-reserve-kits = no reserve kits
word-no-other-member = no other member with a token
word-next-reserve = the next reserve station is taken
word-reserve-unusable = the reserve station does not start
word-act-on-exam-day = the act is sent on the exam day
word-paper-not-counted = the sheets were not counted
word-answers-not-counted = the answers in the list were not counted
word-given-up = given up
word-open-at-end = not closed by the end of the day

# -- short words: why
word-interrupted = a failure of the station broke the printing off
word-not-activated = the station is not activated
word-no-kits = not enough kits
word-answers-missing = not all answers were recorded
word-rejected-by-rcoi = rejected by the РЦОИ
word-in-force = already in force
word-nobody-there = nobody is there
word-token-lost = the token is not there
word-flatbed = the sheet lies on the glass
word-password = an access password is needed
word-not-over-by-next-noon = the day was not over by noon of the next day

# -- short words: refusals of stations and portal
word-computer-not-in-key = the computer's number is not in the key
word-wrong-room = the key is for another room
word-wrong-region = materials of another region
word-wrong-point = materials of another point
word-wrong-exam-date = materials of another date
word-wrong-subject = materials of another subject
word-wrong-password = wrong access password
word-password-of-another-room = password of another room
word-token-not-among-recipients = the key is not for this token
word-key-of-another-package = the key of another package
word-unknown-entry = unknown entry in the station's store
word-unreadable = the file is damaged
word-not-ours = this is no file of exam materials
word-truncated = the file breaks off, it was not copied whole
word-trailing-garbage = something follows the end of the file
word-damaged = the content of the file is damaged
word-format-unknown = the file's format is newer than this program
word-test-package = a test package in place of the exam's
word-no-test-package = a package of the exam in place of a test package
word-wrong-kind = a file of another kind
word-wrong-name = the name of the file does not fit its content
word-label-exchanged = the file's label belongs to another content
word-signer-unknown = the file is signed by an unknown key
word-signature-unsupported = this kind of signature cannot be checked
word-signature-wrong = the file's signature is wrong
word-wrong-content-key = another key opens the package
word-not-for-this-recipient = the package is encrypted for somebody else
word-older-key = a newer key is loaded
word-older-package = a newer package is loaded
word-exam-finished = the exam is finished on the station
word-key-not-activated = the key is not activated
word-kit-under-way = a kit is still being printed
word-no-kit-under-way = no kit is being printed
word-job-canceled = the print job was cancelled
word-kit-not-printed = the kit is not printed
word-no-scanner = the station has no scanner
word-bad-work-code = the code of the work cannot be a file name
word-answer-under-way = the answer is being recorded
word-recording-ends = the recording of the room is ending
word-retake-by-decision = the recording failed; another day by decision of the chairman, act ППЭ-22
word-no-such-answer = there is no such answer
word-recording-damaged = the recording on the disk is damaged
word-answer-complete = the answer is recorded already
word-export-not-authorised = the export is not authorised by a token
word-no-package = no package is loaded
word-no-key = no key is loaded
word-act-of-main-station-on-exam-day = on the exam day only acts of reserve stations are taken
word-acts-missing = not all acts are sent
word-member-not-assigned = the member is not assigned to this exam
word-key-not-yet-published = the key is not published yet
word-unknown-room = the portal does not know this room
word-station-without-act = the station has no act
word-reserve-key-already-issued = the reserve key is issued already
word-reserve-kits-used-up = the reserve kits are used up
word-no-request-registered = no request is registered
word-password-not-before-09-45 = passwords are issued from 09:45
word-key-was-had = the key was had, no password is needed
word-package-sent-before = the package was sent before
word-package-unknown = the portal does not know this package

# -- short words: work without a device
word-deliver-materials = delivery of the materials
word-briefing = briefing of the participants
word-escort-group = escorting the group
word-enter-password = entering the access password
word-rescue-journal = taking the journal from the disk
word-check-display = checking how the КИМ is shown
word-print-media-forms = printing the forms of the audio medium
word-rescue-recordings = taking the recordings from the disk

# -- faults in short
fault-jam = a sheet is stuck
fault-misfeed = a sheet is not picked
fault-out-of-paper = no paper
fault-toner-low = little toner
fault-toner-empty = no toner
fault-cover-open = a cover is open
fault-streak = streaks on the sheets
fault-offline = no connection to the device
fault-power-cut = no power
fault-slow = slow
fault-dead = broken
fault-double-feed = two sheets fed at once
fault-dirty-glass = dirty glass
fault-skew = crooked sheets
fault-removed = token pulled out
fault-locked = token locked
fault-foreign = a foreign key on the token
fault-hang = hangs
fault-port-dead = USB port broken
fault-unplugged = headset unplugged
fault-silent = microphone switched off
fault-quiet = weak microphone
fault-noise = noise
fault-hum = mains hum
fault-clipping = overload
fault-dropouts = dropouts
fault-clicks = clicks
fault-choppy = choppy sound
fault-other-voices = other voices
fault-echo = echo
fault-dc-offset = DC offset
fault-crash = crash of the program
fault-broken = computer broken
fault-down = no link
fault-drops = the link breaks off
fault-unreadable = drive unreadable
fault-lost = drive lost
fault-full = drive full
fault-absent = person not there
fault-complains = a complaint of the recording
fault-mistypes = mistakes in the password
fault-miscounts = answers miscounted

# -- faults in full, for the reference of the scenario language
meaning-printer-jam = The sheet under way, or else the next one, jams and is torn.
meaning-printer-misfeed = The printer fails to pick sheets; none is lost.
meaning-printer-out-of-paper = The trays are empty although nobody expected it.
meaning-printer-toner-low = The cartridge holds no more than this; pale pages may come.
meaning-printer-toner-empty = The cartridge is used up.
meaning-printer-cover-open = A cover is open; a sheet under way is caught and torn.
meaning-printer-streak = The drum leaves streaks on every page.
meaning-printer-offline = The data cable is out; the engine finishes what it has.
meaning-printer-power-cut = No power; jobs are lost, a sheet under way is caught.
meaning-printer-slow = The printer takes longer for every page.
meaning-printer-dead = The printer is broken and does not answer any more.
meaning-scanner-jam = The sheet under way, or else the next one, is stuck; damaged=1 tears it.
meaning-scanner-double-feed = Two sheets are pulled in as one.
meaning-scanner-dirty-glass = Dirt draws a line down every page, and some pages cannot be read.
meaning-scanner-skew = The feeder pulls the sheets in crooked.
meaning-scanner-cover-open = The cover is open; a sheet under way is caught.
meaning-scanner-offline = The cable is out; a sheet under way is caught.
meaning-scanner-slow = The scanner takes longer for every page.
meaning-scanner-dead = The scanner is broken and does not answer any more.
meaning-token-removed = The token is pulled out or fell out; if it never ends, it is lost.
meaning-token-locked = The attempts of the PIN are used up; only an administrator unlocks it.
meaning-token-dead = The token lights up but answers nothing any more.
meaning-token-foreign = The token holds another key than the one that the data is sealed for.
meaning-token-slow = Every call takes longer.
meaning-token-hang = Calls do not return until the fault passes.
meaning-port-port-dead = The USB port has no contact: an inserted token is not seen.
meaning-headset-unplugged = The plug has come out.
meaning-headset-dead = The headset is broken.
meaning-headset-silent = The microphone is switched off: silence without any error.
meaning-headset-quiet = The microphone is too weak or too far away.
meaning-headset-noise = Loud hiss of that level.
meaning-headset-hum = Mains hum of that level.
meaning-headset-clipping = The gain is so high that the sound is cut off.
meaning-headset-dropouts = Stretches of silence.
meaning-headset-clicks = Clicks of that peak level.
meaning-headset-choppy = Packets of sound are played again instead of new ones.
meaning-headset-other-voices = Other voices in the room make the gain drop by that much.
meaning-headset-echo = What the earphones play comes back into the microphone, later and weaker by that much.
meaning-headset-dc-offset = The converter is off centre by that much.
meaning-computer-crash = The system or the station's program stops; a restart helps.
meaning-computer-power-cut = No mains power; ends by itself or by a restart.
meaning-computer-broken = The hardware is broken: only the reserve station helps.
meaning-channel-down = The portal cannot be reached.
meaning-channel-slow = Transfers take longer.
meaning-channel-drops = Every transfer breaks off when that much of it is done.
meaning-flash-unreadable = The drive can be neither read nor written.
meaning-flash-lost = The drive is not to be found.
meaning-flash-full = No more room is left than this.
meaning-flash-slow = Reading and writing take longer.
meaning-participant-complains = The participant complains of the quality of the recording.
meaning-person-absent = The person is not there.
meaning-person-mistypes = The person types a wrong PIN that many times.
meaning-person-miscounts = The person counts that many answers too few in the ведомость.
meaning-person-slow = The person takes longer for everything.

# -- what a device counts (after, rate)
occurrence-listen = listening
occurrence-page = sheet
occurrence-job = print job
occurrence-login = PIN entry
occurrence-sign = signature
occurrence-unwrap = opening of a key
occurrence-open = use of the port
occurrence-record = recording
occurrence-play = playback
occurrence-block = block of a recording
occurrence-run = step of the station
occurrence-transfer = transfer
occurrence-write = writing of a file
occurrence-read = reading of a file
occurrence-request = request

# -- what people do
action-clear-jam = take the stuck sheet out
action-refeed-paper = lay the paper in again
action-add-paper = add paper
action-replace-cartridge = replace the cartridge
action-close-cover = close the cover
action-reconnect = check power and cable
action-inspect-print = check the quality of the print
action-hand-out = hand the kits out
action-put-aside = put spoiled sheets aside
action-count-paper = count the sheets
action-count-answers = count the answers in the list
action-collect-forms = collect the forms
action-load-feeder = lay the forms into the scanner
action-clear-feeder = clear the scanner
action-clean-scanner = clean the glass of the scanner
action-insert-token = insert the token
action-remove-token = remove the token
action-plug-in = plug the headset in
action-start-speaking = speak into the microphone
action-stop-speaking = stop speaking
action-listen = listen to the recording
action-start-station = start the station
action-repair-station = repair the station
action-replace-device = replace the device
action-carry-flash = carry the flash drive
action-replace-flash = replace the flash drive
action-repair-channel = restore the link
action-call-hot-line = call the hot line
action-work = do the work

role-technician = technician
role-organizer = organiser
role-commission-member = member of the commission
role-head = head of the point
role-participant = participant
