# The ppelab command: help, progress of the day, summary.

# -- help
help-usage = Usage:{ " " }
help-arguments = Arguments
help-options = Options
help-commands = Commands
help-command = COMMAND
help-file = FILE
help-folder = FOLDER
help-path = PATH
help-name = NAME
help-text = TEXT
help-name-or-file = NAME|FILE
help-path-value = PATH=VALUE
help-help = show this help
help-version = show the version
help-lang = language: ru or en (else from the variable PPELAB_LANG, else ru)
help-ppelab = PPE lab: whole exam days with faults, exactly repeatable.
help-examples = Examples:
    ppelab scenarios list
    ppelab run printer-jam --journal day.jsonl --report day.html
    ppelab run printer-jam --seed 7 --set point.rooms.0.participants=10
    ppelab journal show day.jsonl --about printer-0002
help-run = run a day by a scenario and show what came of it
help-run-scenario = name of a scenario of the library, or a YAML file
help-seed = luck: an integer from 0 (normally 1); the same number, the same day
help-set = change a field of the scenario; may be repeated
help-pace = course of time: 0 as fast as possible, 1 as on the clock, 60 a minute a second
help-journal-file = write the journal (JSON, one event a line)
help-report-file = write the report (HTML, one file)
help-verify = run twice more in other surroundings and compare the journals
help-json = print the summary as JSON
help-scenarios = scenarios: list, show, check, schema
help-scenarios-list = list the scenarios of the library
help-scenarios-show = tell a scenario in words
help-scenarios-check = check scenario files
help-scenarios-schema = print the JSON Schema of the scenario language
help-check-files = scenario file
help-journal = a journal in words; comparing journals; printed forms
help-devices = show what is connected, its state and what to do about it
help-check = check a device
help-serve = a virtual device for any program, until it is stopped
help-ctl = do something to a virtual device: pull it out, break it, cut the wire, see its state
help-journal-show = show a journal in words
help-journal-diff = name the first event in which journals differ
help-journal-forms = make the printed forms for flash drives with recordings (PDF)
help-forms-out = folder for the forms
help-journal-to-read = journal file
help-event = only events of that name, such as kit_rejected; may be repeated
help-about = only entries with this text in them, such as printer-0002

# -- errors in the command line
usage-error = { $prog }: { $message } (help: { $prog } --help)
usage-needs-value = { $option } needs a value
usage-choice = { $option }: there is no { $value }; possible: { $known }
usage-takes-no-value = { $option } takes no value, but { $value } is given
usage-required = missing: { $names }
usage-unknown = too much or unknown: { $names }
usage-argument = { $option }: { $why }
usage-other = the command line cannot be understood ({ $why })
usage-seed = needs an integer from 0 to { $most }, not “{ $value }”
usage-pace = needs 0 or a number from 0.01 to 1000000, not “{ $value }”
usage-whole = needs a whole number from { $low } to { $high }, not “{ $value }”
usage-real-pace = needs a number from 0.01 to 1000000, not “{ $value }”
not-written = The output was not written: { $why }. Make room and try again.
output-closed = The output was not shown: it is closed (>&-). Leave it open and try again.
interrupted = Interrupted.

# -- files that the command writes
problem-cannot-write = the file cannot be written: { $why }; name another place
problem-output-standard = the file is not written to standard output; give a name (a file of the name “-” is written ./-)
problem-output-is-a-directory = this is a folder; name a file
problem-output-no-name = the name of the file is empty (an unset variable?); give one
problem-output-no-folder = there is no folder { $folder }; create it or name another
problem-output-not-a-file = this is no ordinary file; name another
problem-output-is-the-scenario = this is the file of the scenario itself; name another
problem-output-twice = journal and report cannot be one file; name two
problem-output-among-recordings = nothing but recordings lies in their folder; give another place
problem-verify-failed = the repeated run failed: { $why }
journal-written = Journal written: { $file }
recordings-written = Recordings of the answers (FLAC) are in the folder { $folder }
recordings-none = There are no recordings of answers: the folder { $folder } is empty
journal-kept = The day did not end. Its journal is kept, incomplete: { $file }
journal-kept-beside = The day did not end. The earlier journal is untouched, the incomplete one is beside it: { $file }
recordings-kept = The recordings that were made are in the folder { $folder }
report-written = Report written: { $file }

# -- time and place
clock-eve = { $clock } (eve)
clock-next-day = { $clock } (+1 day)
duration-seconds = { $seconds } s
duration-minutes = { $minutes } min { $seconds } s
duration-hours = { $hours } h { $minutes } min
place-hq = headquarters
place-room = room { $room }

# -- summary
summary-title = { $title } (seed { $seed }, regulation { $edition })
summary-held = RESULT: everything held{ $open ->
    [0] {""}
   *[other] ; incidents not resolved: { $open }
  }
summary-not-held = RESULT: not everything held{ $open ->
    [0] {""}
   *[other] ; incidents not resolved: { $open }
  }
summary-hash = SHA-256 of the journal: { $sha256 }

moments-title = Key moments
moment-prepared = Technical preparation done
moment-controlled = Control of readiness done
moment-materials = Materials delivered
moment-stations = Stations started
moment-key = Access key downloaded
moment-password = Access passwords issued
moment-activated = Key activated in the rooms
moment-printing = Printing began
moment-exam-began = Exam began
moment-began-status = Status “Экзамены успешно начались”
moment-waiting-status = Status “Ожидание участников”
moment-not-held-status = Status “Экзамен не состоялся”
moment-exam-ended = Exam ended
moment-uploaded = Packages sent
moment-sent-status = Status “Бланки переданы в РЦОИ”
moment-finished-status = Status “Экзамен завершен”
moment-journals = Journals sent
moment-missing = did not happen
norm-between = { $low }–{ $high }
norm-from = from { $low }
norm-until = until { $high }
kept = in time
not-kept = NOT IN TIME

incidents-none = There were no incidents
faults-not-struck = Faults of the scenario that never struck, for what they wait for did not happen:
incidents-title = Incidents: { $count }, not resolved: { $open }
incident-line = { $number }. { $clock }  { $device } ({ $place }): { $kind }
incident-resolved = {"      "}resolved at { $clock } (after { $duration }): { $how }
incident-unresolved = {"      "}NOT RESOLVED, closed at { $clock } (after { $duration }): { $how }
incident-advice = {"      "}what to do: { $advice }

findings-title = What must hold
held = yes
not-held = NO
finding-day-ends = the day comes to its end
finding-accounting-balances = all sheets and recordings are accounted for
finding-regulation-holds = the regulation is kept
finding-incidents-resolved = all incidents are resolved
finding-everybody-served = every participant gets what is due
expect-event = event { $event }: { $count ->
    [any] at least one
   *[other] exactly { $count }
  }
expect-by = { $said }, not later than { $clock }
detail-violations = { $count ->
    [one] { $count } violation
   *[other] { $count } violations
  }, listed below
detail-incidents = { $count ->
    [one] { $count } incident is not resolved
   *[other] { $count } incidents are not resolved
  }, listed above
detail-room = room { $room }: { $why }; { $count ->
    [one] { $count } participant left over
   *[other] { $count } participants left over
  }
detail-found = found: { $found }

violations-none = No violations of the regulation
violations-title = Violations of the regulation: { $count }

accounts-title = Sheets and recordings accounted for
accounts-sheets = {"  "}Sheets: printed = handed out + spoiled + left + test
accounts-kits = {"  "}Kits and forms
accounts-recordings = {"  "}Recordings of answers
accounts-exported = {"    "}recorded on the stations { $recorded }, exported { $exported }
accounts-balance = {"  "}Everything balances
accounts-do-not-balance = {"  "}DOES NOT BALANCE
column-room = room
column-handed-out = handed out
column-spoiled = spoiled
column-left = left
column-test = test
column-by-hand = total by hand
column-counters = by counters
column-printed = printed
column-rejected = rejected
column-forms = forms collected
column-scanned = scanned
column-unread = not readable
column-participants = participants
column-due = by the list
column-found = found
column-unserved = no answer
column-total = total

# -- accounting: what does not balance
imbalance-kit-printed-twice = kit { $kit } was printed twice
imbalance-kit-never-printed = kit { $kit } was handed out but never printed
imbalance-kit-rejected = kit { $kit } was handed out although rejected
imbalance-kits = good kits { $printed } by the station; by hand { $handed_out } handed out, { $left } left
imbalance-sheets = sheets { $counters } by the counters, { $by_hand } by hand
imbalance-not-counted = kits were printed, but the paper was never counted
imbalance-forms = forms collected { $due }, scanned { $scanned }, not readable { $missing }
imbalance-participants = { $began } began the exam, { $answered } answered, { $unserved } reported as not served
imbalance-recordings = recordings by the list { $due }, found { $found }
imbalance-handed-out = kits handed out { $noted } by the list, { $handed_out } by hand
imbalance-answers = answers recorded { $recorded }, found on the stations { $found }
imbalance-works = works scanned { $scanned }, exported { $exported }
imbalance-exported = answers recorded { $recorded }, exported { $exported }

# -- check of repeatability
verify-running = Verifying: two more runs in other surroundings…
verify-run = { $name ->
    [own] this run
   *[other] run { $name }
  }
verify-same = Verified: the journals of three runs are the same byte for byte
verify-differs = Verified: THE JOURNALS DIFFER

# -- scenarios
scenario-rules = Rules: { $rules }
scenario-edition = Edition of the regulation: { $edition }
scenario-exam = Exam: { $kind }, { $subject }, { $date }
exam-written = written
exam-oral = oral
scenario-point = Point { $region }-{ $code }
scenario-rooms = {"  "}{ $count ->
    [one] { $count } room
   *[other] { $count } rooms
  }{ $kind ->
    [preparation] { " " }of preparation
    [conduct] { " " }of conduct
   *[exam] { "" }
  }: { $participants } participants each, { $absent } absent; { $devices }
scenario-reserves = {"  "}Reserves: stations { $stations }, recording stations { $recorders }, printers { $printers }, scanners { $scanners }, headsets { $headsets }, flash drives { $flashes }, kits { $kits }
scenario-staff = {"  "}Staff: technicians { $technicians }, members of the commission { $members }
scenario-faults = Faults:
scenario-no-faults = No faults
scenario-expectations = What must hold:
scenario-correct = { $file }: no errors
fault-line = { $target }: { $kind } — { $when }; { $until }
trigger-at = at { $clock }
trigger-after = when the count comes to { $what } no. { $count }
trigger-rate = with a chance of { $percent } % at each { $what }
ending-lasts = lasts { $duration }
ending-repaired = until repaired
ending-alone = ends only by itself
ending-never = cannot be repaired

# -- journals
journal-nothing-found = There are no such entries
diff-same = The journals are the same: entries { $count }, SHA-256 { $sha256 }
diff-first = The journals differ from entry { $n } on:
diff-ended = the journal has already ended
diff-field = {"    "}{ $name }: { $left } | { $right }
diff-spelling = {"    "}the same meaning, written differently

help-recordings = a new folder where the stations keep the recordings of answers (FLAC)
help-device = a real device: token=pkcs11:… for the next member of the exam commission, headset=portaudio:… for the next seat; may be repeated
help-family-url = FAMILY=ADDRESS
