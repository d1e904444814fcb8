# The report of the day: all texts begin with report-.

report-overline = Report of an exam day
report-skip = To the picture of the day
report-footer = This report is made from the journal and from nothing else. The same scenario with the same seed gives the same journal, byte for byte. The data are of a trial, not of a real exam.

# -- verdict
report-verdict-held = The day held
report-verdict-failed = The day did not hold
report-verdict-count = { NUMBER($all) ->
    [one] { $held } of { $all } expectation was met.
   *[other] { $held } of { $all } expectations were met.
  }
report-aborted = The day was cut off: { $why }.
report-incomplete = The journal breaks off: the end of the day is not in it.

report-tile-begin = Exam began
report-tile-none = did not begin
report-tile-kits = Received kits
report-tile-answers = Answers recorded
report-tile-of = { $part } of { $whole }
report-tile-incidents = Incidents
report-tile-incidents-value = { $count ->
    [0] none
   *[other] { $unresolved ->
        [0] { $count }, all resolved
       *[other] { $count }, { $unresolved } not resolved
      }
  }
report-tile-violations = Rules broken
report-tile-violations-value = { $count ->
    [0] none
   *[other] { $count }
  }
report-tile-accounts = Accounting
report-tile-end = Day ended

report-fact-exam = Exam
report-fact-date = Date
report-fact-point = Point
report-fact-size = Size
report-fact-edition = Edition of the rules
report-fact-rules = Shows the rules
report-fact-run = Scenario
report-fact-journal = Journal
report-exam-written = written
report-exam-oral = oral («Говорение»)
report-point = exam point (ППЭ) { $point }, region { $region }
report-size-rooms = { NUMBER($rooms) ->
    [one] { $rooms } room
   *[other] { $rooms } rooms
  }
report-size-technicians = { NUMBER($technicians) ->
    [one] { $technicians } technician
   *[other] { $technicians } technicians
  }
report-size-members = { NUMBER($members) ->
    [one] { $members } commission member (ГЭК)
   *[other] { $members } commission members (ГЭК)
  }
report-seed = seed { $seed }
report-journal-lines = { NUMBER($count) ->
    [one] { $count } entry
   *[other] { $count } entries
  }

# -- picture
report-picture = Picture of the day
report-picture-note = Time runs from left to right; quiet hours are folded (hatching, a zigzag on the axis), busy ones are stretched. Vertical lines are the times that the rules set.
report-picture-note-screen = Numbers lead to the incidents. Click the name of a room to open it: its devices and organisers are there.
report-picture-eve = Incidents of the eve, not in the picture: No.
report-axis = Axis of time and the times that the rules set
report-zoom = Zoom
report-open-all = Open all
report-close-all = Close all
report-folded = folded { $span }
report-hq = Headquarters
report-room = Room { $room }
report-reserve = Reserve
report-people = Staff
report-other-devices = Tokens and others
report-lane-portal = Portal
report-seat = seat { $seat }
report-seat-reserve = { $station }, seat { $seat }
report-group = group { $group }
report-group-size = { NUMBER($people) ->
    [one] { $people } participant
   *[other] { $people } participants
  }

report-legend = Legend
report-legend-stations = Stations
report-legend-people = Work of people
report-legend-trouble = Trouble
report-legend-signs = Signs
report-legend-fault = fault
report-legend-repair = repair, replacement
report-legend-resolved = incident resolved
report-legend-unresolved = incident NOT resolved
report-legend-failed = attempt failed

report-phase-ready = started
report-phase-key = key loaded
report-phase-open = key activated
report-phase-printing = printing
report-phase-handing = handing out
report-phase-exam = exam
report-phase-collecting = collecting
report-phase-scanning = scanning
report-phase-export = export
report-phase-closing = closing
report-phase-down = down
report-phase-out = replaced
report-phase-answer = recording an answer
report-bar-answer = Answer of participant { $participant }: { $period }
report-bar-answer-bad = Answer of participant { $participant }, bad quality: { $period }
report-bar-answer-cut = Answer of participant { $participant } interrupted: { $period }

report-work-token = token
report-work-flash = flash drive
report-work-paper = paper and print
report-work-repair = repair, replacement
report-work-other = other
report-not-done = not done

report-sign-key = key, password
report-sign-kit = kit printed
report-sign-reject = rejected, refused
report-sign-good = check passed, confirmed
report-sign-bad = check failed
report-sign-swap = replacement
report-sign-finish = station finished the exam
report-sign-up = package sent
report-sign-flag = status
report-sign-call = hot line, request

report-mark-kit = { $time } kit { $kit } printed
report-mark-rejected = { $time } kit { $kit } rejected: { $why }; sheets out: { $sheets }
report-mark-activated = { $time } key activated: { $person }
report-mark-password = { $time } materials opened with the password
report-mark-not-activated = { $time } key not activated ({ $person }): { $why }
report-mark-print-good = { $time } test page is good
report-mark-print-bad = { $time } test page is bad
report-mark-replaced = { $time } replacement: { $old } → { $new }
report-mark-finished = { $time } the station finished the exam
report-mark-test-good = { $time } test recording is good: voice { $level } dB, noise { $noise } dB
report-mark-test-bad = { $time } test recording is bad ({ $why }): voice { $level } dB, noise { $noise } dB
report-mark-complaint = { $time } participant { $participant } complains about the recording
report-trouble = Incident { $number }: { $what }, { $time }

# -- names
report-name-station = station { $n }
report-name-reserve-station = reserve station { $n }
report-name-recorder = recording station { $n }
report-name-reserve-recorder = reserve recorder { $n }
report-name-computer = computer { $n }
report-name-printer = printer { $n }
report-name-scanner = scanner { $n }
report-name-headset = headset { $n }
report-name-port = USB port { $n }
report-name-token = token { $n }
report-name-flash = flash drive { $n }
report-name-channel-main = main channel
report-name-channel-reserve = reserve channel
report-name-technician = technician { $n }
report-name-member = member { $n }
report-name-organizer = organiser { $n }
report-name-head = head of the point
report-name-portal = portal
report-name-hq = headquarters

# -- time
report-eve-time = { $time } (eve)
report-period = { $begin } – { $end } ({ $span })
report-span-hours = { $hours } h { $minutes } min
report-span-minutes = { $minutes } min { $seconds } s
report-span-whole-minutes = { $minutes } min
report-span-seconds = { $seconds } s
report-from = from { $time }
report-until = until { $time }
report-margin-kept = { $span } to spare
report-margin-broken = broken by { $span }
report-margin-exact = exactly on time

# -- regulated times in the picture
report-guide-time-from = from { $time } { $what }
report-guide-time-until = by { $time } { $what }
report-guide-time-at = { $time } { $what }
report-guide-materials-by-0730 = materials
report-guide-stations-hour-before = stations
report-guide-key-from-0930 = key
report-guide-key-by-1000 = key
report-guide-hot-line-from-0935 = hot line
report-guide-password-from-0945 = password
report-guide-print-from-1000 = print
report-guide-exam-from-1000 = exam
report-guide-exam-by-1100 = begin exam
report-guide-waiting-from-1030 = waiting
report-guide-not-held-from-1200 = not held
report-guide-packages-by-1730 = packages
report-guide-journals-by-1900 = journals

# -- rules (in the Russian report they stand as the edition has them)
report-rule-preparation-by-17 = Technical preparation is over by 17:00 of the eve
report-rule-control-by-17 = Control of readiness is over by 17:00 of the eve
report-rule-control-needs-acts = Control of readiness only with the acts of all stations
report-rule-computer-unique = Computer numbers are unique in the point
report-rule-two-technicians = At least two technicians
report-rule-two-members = At least two commission members
report-rule-materials-by-0730 = Materials are delivered by 07:30
report-rule-stations-hour-before = Stations run at least an hour before the beginning
report-rule-print-checked = Printing is checked before materials are printed
report-rule-act-on-day-reserve-only = On the exam day only a reserve station is registered
report-rule-key-from-0930 = The access key is downloaded from 09:30 on
report-rule-key-by-1000 = The access key is downloaded by 10:00
report-rule-no-link-call-hot-line = No link at 09:35: call the hot line
report-rule-hot-line-from-0935 = The password is asked for from 09:35 on
report-rule-password-from-0945 = The password is not issued before 09:45
report-rule-password-requested = The password is issued on request
report-rule-password-count = One to five passwords a room
report-rule-loaded-key-downloaded = The key that is loaded came from the portal
report-rule-activate-loaded-key = The key that is activated was loaded
report-rule-reserve-key-once = A reserve key is not requested twice
report-rule-reserve-key-needs-act = The act of the reserve station was sent
report-rule-swap-needs-reserve-key = An organiser station is replaced with a reserve key
report-rule-print-from-1000 = Materials are printed from 10:00 on
report-rule-print-activated = Printing only after the key is activated or the password entered
report-rule-kit-printed-once = A kit is printed once
report-rule-kit-handed-out-once = A kit is handed to one participant
report-rule-hand-out-printed = A kit that is handed out was printed
report-rule-no-rejected-kit = A rejected kit is not handed out
report-rule-exam-from-1000 = The exam does not begin before 10:00
report-rule-exam-by-1100 = The exam begins by 11:00
report-rule-begin-status-after-all = Status of the beginning when the exam began in all rooms
report-rule-waiting-from-1030 = Status «Ожидание участников» from 10:30 on
report-rule-waiting-replaced = Status «Ожидание участников» is replaced before the end
report-rule-not-held-from-1200 = Status «Экзамен не состоялся» after two hours
report-rule-tested-before-answer = A good test recording before the answer
report-rule-display-checked = The КИМ has been looked at on the screen
report-rule-passport-saved = The passport of the recording station is saved
report-rule-answer-activated = Answers are recorded after the key is activated
report-rule-group-after-group = The next group enters when all have finished
report-rule-packages-by-1730 = Packages are sent by 17:30
report-rule-journals-by-1900 = Journals are sent by 19:00
report-rule-journal-saved-first = A journal that is sent was saved
report-rule-sent-status-after-confirmation = Status of the transfer after the confirmation by the РЦОИ

# -- tables
report-incidents = Incidents
report-incidents-none = There were no incidents.
report-resolved = resolved
report-unresolved = NOT RESOLVED
report-still-open = not closed in the journal
report-faults = Faults of the scenario
report-fault-how-repaired = repaired
report-fault-how-passed = passed by itself
report-fault-how-replaced = device replaced
report-fault-how-lasts = lasted until the end of the day
report-fault-idle = did not strike: { $why }
report-fault-never-came = did not strike: its condition was not met
report-moments = Key moments and regulated times
report-moment-admitted = Participants are seated
report-moment-printed = Printing is over in all rooms
report-moment-first-exam = Exam began in the first room
report-moment-last-exam = Exam began in the last room
report-moment-exams-over = Exam ended in the last room
report-moment-scanned = Forms are scanned
report-moment-confirmed = The РЦОИ confirmed the last package
report-moment-day-over = End of the day
report-expectations = Expectations and rules
report-finding-day-ends = The day came to its end
report-finding-accounting-balances = The accounting balances: nothing lost, nothing too much
report-finding-everybody-served = No participant was left without a kit or an answer
report-finding-incidents-resolved = All incidents are resolved
report-finding-regulation-holds = The rules were kept
report-finding-event = The named event happened
report-finding-event-of = Event: { $what }
report-finding-times = times: { $count }
report-finding-held = met
report-finding-failed = NOT MET
report-violations = Rules broken
report-violations-none = No rule was broken.
report-accounts = Accounting by room
report-accounts-note = Printed = handed out + spoiled + left. Three independent witnesses: the word of the station, the hand count of the organisers, the counters of the printers.
report-accounts-none = Nothing was printed or recorded on this day.
report-paper = Paper
report-recordings = Recorded answers
report-recordings-point = Whole point: { $recorded } answers recorded, { $exported } exported.
report-balances = balances
report-balances-not = DOES NOT BALANCE
report-total = Total
report-forms-missing = { $count } not readable
report-journal = Journal
report-journal-open = { NUMBER($count) ->
    [one] Show { $count } entry of the journal in words
   *[other] Show { $count } entries of the journal in words
  }
report-filter = Show entries that contain:
report-filtered = {"{"}n{"}"} shown

report-col-number = No.
report-col-time = Time
report-col-what = What happened
report-col-where = Where
report-col-device = Device
report-col-how = How it ended
report-col-closed = When
report-col-lasted = Lasted
report-col-fault = Fault
report-col-began = Began
report-col-ended = When and how it ended
report-col-noticed = Incident
report-col-moment = Moment
report-col-regulated = By the rules
report-col-actual = Actual
report-col-margin = Margin
report-col-source = Source
report-col-expectation = Expectation
report-col-result = Result
report-col-found = Found
report-col-rule = Rule
report-col-subject = Whom it concerns
report-col-room = Room
report-col-kits = Kits (by the station)
report-col-sheets = Sheets
report-col-forms = Forms, sheets
report-col-printed = printed
report-col-handed = handed out
report-col-spoiled = spoiled
report-col-left = left
report-col-counter = by counters
report-col-by-hand = by hand
report-col-test = test pages
report-col-collected = collected
report-col-scanned = scanned
report-col-participants = participants
report-col-due = by the list
report-col-unserved = no answer
report-col-stored = on stations
report-col-event = Event
report-rule-sent-status-needs-packages = Status of the transmission when there is something to confirm
report-rule-sent-status-needs-every-room = Completeness: the package of every room is sent
report-rule-sent-status-needs-every-answer = Completeness: the recordings of every room are sent
