# What is wrong with a file or an option: problem-<code>. The place is written by problem-at-*.

problem-at-file = { $file }
problem-at-line = { $file }, line { $line }
problem-at-field = { $file }, { $field }
problem-at-line-field = { $file }, line { $line }, { $field }
problem-other = the value does not fit ({ $why }); correct it

# -- reading files
problem-no-such-scenario = no scenario and no file of that name; scenarios of the library: { $library }
problem-not-a-file = this is not a regular file; write the journal to a file and name that
problem-is-a-directory = this is a folder; name a file
problem-not-utf8 = the file is not in UTF-8 (byte { $byte }); save it in UTF-8
problem-cannot-read = the file cannot be read: { $why }; check name, rights and medium
problem-broken-yaml = this is not correct YAML: { $why }; check indents, quotes and brackets
problem-not-a-scenario = this is no scenario; it needs the fields title, about, exam, point
problem-key-twice = the key is there twice, first in line { $first }; keep one
problem-file-too-big = the file is too big, no scenario is bigger than { $most } MB; check that it is the right file
problem-nested-too-deep = nested too deep; a scenario has at most { $most } levels
problem-too-many-values = too many values (with those repeated by aliases more than { $most }); remove the aliases “*”
problem-bad-value = this YAML value cannot be read; write it as plain text or as an integer

# -- the option --set
problem-set-without-value = needs “path=value”, for example point.rooms.0.participants=12
problem-set-leads-nowhere = nothing is at that path (step “{ $step }”); steps are parted by dots, numbers count from 0

# -- journals
problem-bad-journal-line = this is no journal entry ({ $why }); take a whole journal file
problem-journal-torn = the last line is cut off (a power cut?); up to it the journal is whole
problem-journal-line-missing = entries are missing: { $expected } was expected, { $found } found; take a whole file
problem-journal-without-day = the journal has no beginning of a day; take the journal of a whole day, written with --journal
problem-journal-empty = the journal is empty; take a file written with --journal
problem-journal-line-too-long = the line has more than { $most } bytes: this is no journal; take a file written with --journal
problem-journal-bad-name = the flash drive's name “{ $name }” cannot be part of a file's name; the journal was changed: take the original
problem-journal-name-too-long = the journal has a name that does not go on a page; it was changed: take the original
problem-journal-unfinished = the journal is unfinished (no end of the day), and no recordings are exported in it yet: no forms can be made; take the journal of a whole day
problem-forms-of-another-day = the folder holds forms that are not of this journal: { $names }; name another folder, so that days are not mixed

# -- type and bounds of a field
problem-extra-forbidden = there is no such field; remove it or correct its name
problem-missing = the field is required; add it
problem-int-type = needs an integer, not “{ $input }”; correct it
problem-int-parsing = needs an integer, not “{ $input }”; correct it
problem-int-from-float = needs an integer, not “{ $input }”; correct it
problem-int-parsing-size = the number is too big; correct it
problem-string-type = needs a text, not “{ $input }”; put the value in quotes
problem-bool-type = needs true or false, not “{ $input }”; correct it
problem-scalar-type = needs a text, an integer or true/false, not “{ $input }”; correct it
problem-tuple-type = needs a list, not “{ $input }”; put “- ” before each value
problem-dict-type = needs fields as “name: value”, not “{ $input }”; correct it
problem-model-type = needs fields as “name: value”, not “{ $input }”; correct it
problem-enum = there is no “{ $input }”; possible: { $expected }
problem-literal-error = there is no “{ $input }”; possible: { $expected }
problem-greater-than-equal = must be at least { $ge }, not { $input }; correct it
problem-less-than-equal = must be at most { $le }, not { $input }; correct it
problem-string-pattern-mismatch = “{ $input }” has the wrong form; it must look like { $pattern }, for example
problem-string-too-short = the text is empty; write it
problem-too-short = the list is empty; write at least one value
problem-date-parsing = needs a date like 2024-05-28, not “{ $input }”; correct it
problem-date-type = needs a date like 2024-05-28, not “{ $input }”; correct it
problem-date-from-datetime-parsing = needs a date like 2024-05-28, not “{ $input }”; correct it
problem-date-from-datetime-inexact = needs a date without a time, like 2024-05-28, not “{ $input }”; correct it
problem-value-error = the value does not fit ({ $why }); correct it
problem-not-a-duration = “{ $input }” is not a duration; write 90s, 15 min or 3h 55min
problem-less-than-a-second = “{ $input }” is too short; a second or more is needed, such as "1s"
problem-not-a-clock-time = “{ $input }” is not a clock time; write in quotes "09:30", on the eve "-16:00"

# -- the scenario as a whole
problem-unknown-edition = there is no such edition of the regulation; there are: { $known }
problem-room-kind-of-other-exam = a room of kind { $kind } does not fit an exam of kind { $exam }; correct kind
problem-room-without-station = the room has no station; add { $kind ->
    [conduct] seats (workplaces with recording stations)
   *[other] station (an organiser station)
  }
problem-computers-not-seats = there must be as many computer numbers as seats: { $count }
problem-too-many-for-seats = more participants than can answer (at most { $most }); add seats
problem-more-absent-than-seated = more absent than seated ({ $seated }); correct it
problem-one-name-for-many-rooms = one name for { $count } rooms; remove name or describe them one by one
problem-one-number-for-many-rooms = one computer number for { $count } rooms; remove it
problem-no-conduct-room = an oral exam needs a room of kind conduct; add one
problem-oral-counts-differ = { $preparation } participants in preparation, { $conduct } in conduct; they must be the same
problem-unknown-profile = there is no profile “{ $profile }”; there are: { $known }
problem-computer-number-twice = computer number { $number } is taken; a number must be unique in the point
problem-room-twice = room { $room } is described twice; give it another number
problem-reserve-seat-twice = reserve seat { $seat } is taken; a number must be unique in the point
problem-more-forms-than-sheets = more forms than sheets in a kit ({ $sheets }); correct it
problem-unknown-target = there is no device “{ $target }” in this point; similar: { $near }
problem-unknown-fault = “{ $target }” cannot have the fault “{ $kind }”; it can have: { $known }
problem-unknown-param = this fault has no parameter “{ $param }”; it has: { $known }
problem-param-out-of-bounds = must be from { $least } to { $most }; correct it
problem-unknown-occurrence = “{ $target }” does not count “{ $what }”; possible: { $known }
problem-one-trigger = needs exactly one of at, after, rate; { $given } given; correct it
problem-certificate-of-nobody = there is no member { $member }, only { $members }; correct it
problem-certificate-twice = the certificate of member { $member } is described twice; keep one
problem-certificate-without-dates = give since, until or both
problem-certificate-ends-before = this is before since ({ $since }); correct it
problem-token-cannot = the token “{ $profile }” cannot sign or open keys by itself; take another profile, such as rutoken-ecp-3
problem-more-paper-than-trays = the trays of this printer do not hold so many sheets, at most { $holds }
problem-lasts-and-never = lasts and ends: never contradict each other; keep one
problem-alone-without-lasts = ends: alone never ends without lasts; add lasts
problem-that-or-event = needs exactly one of that and event; correct it
problem-unknown-event = there is no such event; there are: { $known }
problem-journal-unknown-field = no event has the field “{ $field }”: the journal comes from another version, or was changed
problem-event-field-type = the field “{ $field }” can never be “{ $value }”; write a value of its type
problem-fault-before-beginning = the clock of a run starts at { $beginning } (a minus sign means the eve); choose a later time
problem-unknown-event-field = this event has no field “{ $field }”; it has: { $known }

# -- why a file could not be opened
reason-no-rights = no rights
reason-no-such-file = no such file or folder
reason-not-a-folder = a part of the path is no folder
reason-is-a-folder = this is a folder
reason-is-a-file = that is a file, and a folder is needed
reason-no-space = the disk is full
reason-read-only = the medium is write-protected
reason-name-too-long = the name is too long
reason-io = the medium fails
reason-too-big = the file would be bigger than allowed
reason-links = links of files go in circles
reason-not-sound = it is no sound file
reason-flac-lost = the FLAC stream breaks off or is damaged
reason-sound-header = the header of the sound file breaks off or is damaged
reason-sound-malformed = the sound file is damaged inside

# -- what is wrong in the YAML
reason-control-character = a character that is not allowed
reason-bad-character = a character that no value can begin with (often a tab)
reason-colon = a colon too many
reason-no-colon = a colon is missing
reason-open-quote = a quote or bracket is not closed
reason-open-bracket = a bracket is not closed or a comma is missing
reason-indent = a wrong indent, or a quote not closed above
reason-no-anchor = the alias “*” points to nothing
reason-two-documents = a second document begins after the line “---”
reason-escape = a character after “\” that means nothing

# -- devices: what happened and what to do
device-device-error = The device failed. Check it and try again; if that fails, use the reserve.
device-not-found = The device is not found. Check name, cable and power.
device-gone = The device has been disconnected. Connect it again.
device-busy = The device is busy. Wait for the other work to end or close the other program.
device-timeout = The device did not answer in time. Check that it is on; restart it.
device-dead = The device is broken. Use the reserve.
device-access-denied = No right to use the device. Give the user the right and log in again.
device-not-supported = The device cannot do this. Choose another action or another device.
device-bad-reply = The device answered nonsense. Restart it; if it repeats, tell the hot line.
device-driver-missing = The driver's library is not installed. Install the extra named in brackets.
device-unknown-scheme = No driver for this address. Check the beginning of the address.
device-printer-error = The printer failed. Check it and try again; if that fails, use the reserve.
device-printer-attention = The printer needs attention. Do what its display asks.
device-paper-jam = Paper is jammed in the printer. Open the cover, take the sheet out, close the cover.
device-misfeed = The printer did not pick a sheet. Fan the paper and lay it in again.
device-out-of-paper = The tray is empty. Lay in paper.
device-toner-empty = The toner is used up. Replace the cartridge.
device-cover-open = A cover of the printer is open. Close the cover.
device-printer-offline = The printer does not answer. Check power and cable, switch it off and on.
device-job-aborted = The print job was aborted. Print again what is missing.
device-scanner-error = The scanner failed. Check it and try again; if that fails, use the reserve.
device-feeder-jam = A sheet is stuck in the scanner. Open the cover, take it out; scan an undamaged one again.
device-feeder-empty = No sheets in the scanner. Lay them in, face as marked on the device.
device-double-feed = The scanner fed two sheets at once. Fan the last sheets and go on from them.
device-scanner-cover-open = The scanner's cover is open. Close the cover.
device-token-error = The token failed. Pull it out and insert it; if that fails, use another member's token.
device-token-not-present = No token is inserted. Insert the token.
device-several-tokens = Several tokens are inserted. Pull the others out or name one: pkcs11:serial=…
device-token-removed = The token was pulled out. Insert it and repeat the step.
device-pin-incorrect = The PIN is wrong. Type it again from the envelope; do not use up the last attempt.
device-pin-locked = The token is locked by wrong PINs. Use another member's token.
device-certificate-expired = The token's certificate has expired. Use another member's token; this one needs a new certificate.
device-certificate-early = The token's certificate is not valid yet. See that the computer's date is right, else use another member's token.
device-last-try = One try of the PIN is left, and it was not used. Compare the PIN with the envelope and log in by hand: ppelab check token --last-try.
device-not-logged-in = The token is not logged in. Enter the PIN.
device-key-not-found = The token has no such key. Check whose token it is.
device-wrong-token = This token does not open the data. Use the token of a member assigned to the exam.
device-module-missing = The token's PKCS#11 module is not found. Install the Рутокен drivers.
device-pin-rejected = The token does not accept this PIN. Choose one of the length that it asks for.
device-audio-error = The sound device failed. Check it and try again; if that fails, use the reserve.
device-sound-spoiled = Sound from the microphone is missing. Take the reserve headset and make a test recording: the answer goes on in a further part.
device-headset-unplugged = The headset is not connected. Plug it or the reserve in and make a test recording.
device-headset-stopped = The headset is connected, but its sound has stopped. Pull it out and plug it or the reserve in, then make a test recording.
device-headset-silent = The microphone sends nothing but zeros. Check the switch on its cable and the plug, then make a test recording.
device-headset-muted = The microphone is switched off in the sound settings. Switch it on there and make a test recording.
device-sound-server-gone = The computer's sound server has ended. Try again in a few seconds, it starts by itself; if that fails, restart the computer.
device-format-unsupported = The device cannot do this sound format. Take another headset.
device-computer-failed = The station's computer stopped. Restart it; if that fails, use the reserve station.
device-disk-failed = The station's disk is full or broken. Go on at the reserve station; leave this computer as it is: its recordings will be exported.
device-channel-down = The portal is out of reach by this channel. Switch to the other one, repair this one.
device-storage-error = The flash drive failed. Use the reserve.
device-flash-unreadable = The flash drive cannot be read. Use the reserve.
device-flash-lost = The flash drive is missing. Use the reserve.
device-flash-full = The flash drive is full. Remove what is not needed or use the reserve.
device-file-missing = The file is not on the flash drive. Write it again and bring the drive back.
device-file-too-large = The file is larger than any file of its kind. Look whether the right file is on the drive, and write it again.
problem-device-form = write it as token=ADDRESS or headset=ADDRESS, for example token=pkcs11:serial=0012
problem-device-family = a run takes real devices of the kinds token and headset so far, not “{ $family }”
problem-token-twice = this address is given twice; one token belongs to one ГЭК member
device-not-for-the-day = the token will not be taken on the exam day ({ $date }). { $why } The run goes on without it; --set exam.date=YYYY-MM-DD sets another date
problem-device-same-token = this is the same token (no. { $serial }) as one before it; every ГЭК member has one of his own
problem-device-cannot = the token cannot be used: { $why }
problem-headset-same = this is the same headset as { $other }; every seat has one of its own
problem-headset-twice = this address is given twice; every seat has a headset of its own
problem-headset-cannot = the headset cannot be used: { $why } ppelab devices shows what is plugged in.
problem-headsets-none = this scenario has no headsets: it is no oral exam
problem-more-headsets-than-places = more headsets than the scenario has ({ $places }); leave some out
problem-more-tokens-than-members = more tokens than the scenario has ГЭК members ({ $members }); leave some out
problem-folder-not-empty = the folder is not empty; name a new one, so that recordings are mixed with nothing
problem-verify-with-recordings = a run that keeps recordings cannot be verified in fresh processes; leave out one of the two
problem-verify-with-devices = a run with real devices cannot be verified in fresh processes; leave out one of the two
