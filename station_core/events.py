"""What the stations, the Штаб and the portal write to the journal.

Names of devices, stations, rooms and people are those of the scenario. Sheets are counted, not listed;
a kit is named by its number. No PIN and no password ever stands in an event.
"""

from __future__ import annotations

from hal.journal import Event

# -- the frame of the day ------------------------------------------------------------------------------


class DayBegan(Event, frozen=True):
    """First line of every journal: what is run."""

    scenario: str
    title: str
    seed: int
    edition: str
    exam_kind: str
    subject: str
    exam_date: str
    region: str
    point: str
    rooms: int
    participants: int
    technicians: int
    commission_members: int


class DayEnded(Event, frozen=True):
    """Last line: the day came to its end; ``aborted`` names the error if it could not go on."""

    aborted: str = ""


class StatusSent(Event, frozen=True):
    """A status reached the monitoring system (система мониторинга готовности ППЭ)."""

    status: str


class MaterialsDelivered(Event, frozen=True):
    """The ГЭК member handed the materials over in the Штаб [001:250]."""

    person: str


class ParticipantsAdmitted(Event, frozen=True):
    """Everybody who came to this room is seated."""

    room: str
    present: int
    absent: int


class RoomEmpty(Event, frozen=True):
    """Nobody came to this room; it is closed after two hours [000:53-56]."""

    room: str


class ExamBegan(Event, frozen=True):
    """The exam began in the room; the work clock runs."""

    room: str
    participants: int


class ExamEnded(Event, frozen=True):
    """The exam ended in the room."""

    room: str
    participants: int


class RoomFailed(Event, frozen=True):
    """The room could not do its work; ``unserved`` participants got no kit or gave no answer."""

    room: str
    why: str
    unserved: int


# -- stations ------------------------------------------------------------------------------------------


class StationPrepared(Event, frozen=True):
    """Technical preparation of a station is done on the eve; ``act`` says whether its act was sent."""

    station: str
    station_kind: str
    computer: int
    room: str
    reserve: bool
    act: bool


class ActSent(Event, frozen=True):
    """The act of technical readiness of a station is sent (on the day: reserves only [001:131])."""

    station: str
    computer: int
    reserve: bool
    on_exam_day: bool


class StationStarted(Event, frozen=True):
    """A station program runs; ``resumed`` tells that it found an earlier state in its store."""

    station: str
    station_kind: str
    computer: int
    room: str
    reserve: bool
    resumed: bool


class PackageLoaded(Event, frozen=True):
    """The интернет-пакет is on the station."""

    station: str
    package: str


class PrintChecked(Event, frozen=True):
    """The test page of the morning [001:131]."""

    station: str
    printer: str
    good: bool


class KeyLoaded(Event, frozen=True):
    """A key file was loaded from the flash drive; the room of a reserve station follows from it."""

    station: str
    room: str
    key: str
    key_kind: str


class KeyActivated(Event, frozen=True):
    """A ГЭК member opened the key on the station with the token."""

    station: str
    room: str
    key: str
    key_kind: str
    person: str
    token: str


class PasswordApplied(Event, frozen=True):
    """The package was opened with a password of the hot line instead of the key (E2)."""

    station: str
    room: str


class ActivationFailed(Event, frozen=True):
    """One attempt to activate a key came to nothing."""

    station: str
    person: str
    token: str
    error: str


class StationReplaced(Event, frozen=True):
    """A reserve station took over (E4, E7)."""

    room: str
    seat: str
    old: str
    new: str
    computer: int


class DeviceReplaced(Event, frozen=True):
    """A reserve device took over (E15, E16, E18)."""

    station: str
    old: str
    new: str


class ProtocolPrinted(Event, frozen=True):
    """The протокол использования станции is printed."""

    station: str
    room: str
    printed: int
    rejected: int


class JournalSaved(Event, frozen=True):
    """The station's electronic journal is on the flash drive."""

    station: str
    flash: str


class StationFinished(Event, frozen=True):
    """«Завершить экзамен» was pressed on the station."""

    station: str
    room: str


# -- Штаб and portal -----------------------------------------------------------------------------------


class KeyDownloaded(Event, frozen=True):
    """A key file came from the portal."""

    key: str
    key_kind: str
    channel: str
    person: str


class HotLineCalled(Event, frozen=True):
    """A request is registered at the hot line [001:139, 151, 157]."""

    about: str
    place: str
    person: str


class PasswordIssued(Event, frozen=True):
    """Passwords for a room; how many, never which (E2)."""

    room: str
    count: int


class ReserveKeyRequested(Event, frozen=True):
    """A reserve key is asked for (E3, E4, E6)."""

    room: str
    computer: int
    kits: int
    reserve_station: bool


class ReserveKeyRefused(Event, frozen=True):
    """The portal said no; ``why`` is a key of the message catalogue."""

    room: str
    computer: int
    why: str


class PackageUploaded(Event, frozen=True):
    """An export package is on the portal, then sent to the РЦОИ."""

    package: str
    package_kind: str
    room: str
    works: int
    channel: str


class PackageConfirmed(Event, frozen=True):
    """The РЦОИ decrypted and confirmed the package (status «Подтвержден»)."""

    package: str


class PackageRejected(Event, frozen=True):
    """The РЦОИ or the upload check rejected the package (E12)."""

    package: str
    why: str


class JournalSent(Event, frozen=True):
    """The electronic journal of a station reached the monitoring system."""

    station: str


# -- printing ------------------------------------------------------------------------------------------


class PrintingBegan(Event, frozen=True):
    """The room began to print its kits."""

    station: str
    room: str
    kits: int


class KitPrinted(Event, frozen=True):
    """A kit came out whole."""

    station: str
    room: str
    kit: str
    sheets: int


class KitRejected(Event, frozen=True):
    """«Забраковать»: the whole kit is spoiled [003:49]; ``sheets`` of it were printed, whole or torn."""

    station: str
    room: str
    kit: str
    why: str
    sheets: int


class PrintingEnded(Event, frozen=True):
    """The room has enough good kits, or cannot print more."""

    station: str
    room: str
    printed: int
    rejected: int


class KitHandedOut(Event, frozen=True):
    """A participant received a kit."""

    room: str
    kit: str
    participant: str


class PaperCounted(Event, frozen=True):
    """The organisers counted the paper of the room by hand, sheet by sheet, at the end.

    ``counter_sheets`` is what the page counters of the printers that stood in the room show for the day;
    -1 where one of them shows nothing any more.
    """

    room: str
    handed_out_sheets: int
    spoiled_sheets: int
    left_sheets: int
    test_sheets: int
    counter_sheets: int
    kits_handed_out: int
    kits_left: int


# -- scanning ------------------------------------------------------------------------------------------


class FormsCollected(Event, frozen=True):
    """The filled forms of the room lie ready to be scanned."""

    room: str
    works: int
    sheets: int


class FormsScanned(Event, frozen=True):
    """The scanning of the room is over; ``missing`` forms lie there on paper but could not be read."""

    station: str
    room: str
    sheets: int
    works: int
    rescanned: int
    missing: int


class PackageExported(Event, frozen=True):
    """An encrypted export package is on the flash drive."""

    station: str
    room: str
    package: str
    package_kind: str
    works: int
    size_bytes: int


class ExportFailed(Event, frozen=True):
    """A package could not be exported; the works stay on the station, and an incident says why."""

    station: str
    room: str
    package_kind: str
    works: int


# -- recording -----------------------------------------------------------------------------------------


class RecordingTested(Event, frozen=True):
    """A test recording was measured; levels in tenths of dBFS (``reasons`` is empty when it is good)."""

    station: str
    seat: str
    headset: str
    good: bool
    active_level_tenth_db: int
    noise_tenth_db: int
    reasons: tuple[str, ...] = ()


class DisplayChecked(Event, frozen=True):
    """The КИМ is shown well at a workplace [001:108]."""

    station: str
    seat: str


class PassportSaved(Event, frozen=True):
    """The паспорт станции записи is on a flash drive [001:111]."""

    station: str
    flash: str


class GroupSeated(Event, frozen=True):
    """The next group took its seats; only when all of the previous one have finished [001:14-25]."""

    room: str
    group: int
    participants: int


class AnswerBegan(Event, frozen=True):
    """The recording of an answer began, or goes on: ``part`` counts its parts from 1, at all stations."""

    room: str
    station: str
    seat: str
    headset: str
    participant: str
    recording: str
    part: int = 1


class AnswerInterrupted(Event, frozen=True):
    """The recording stopped in the middle; ``frames`` were recorded so far at this station and are kept."""

    room: str
    station: str
    seat: str
    participant: str
    recording: str
    frames: int
    error: str


class AnswerRecorded(Event, frozen=True):
    """An answer is safe; ``digest`` names what this station holds of it.

    ``frames`` and ``parts`` are those of the whole answer, at whatever stations it was recorded. The verdict
    is that of all parts here that were heard to their end, the levels are those of the longest of these;
    ``unheard`` counts the parts that a crash cut off, which nobody has judged.
    """

    room: str
    station: str
    seat: str
    headset: str
    participant: str
    recording: str
    frames: int
    parts: int
    digest: str
    good: bool
    active_level_tenth_db: int
    noise_tenth_db: int
    reasons: tuple[str, ...] = ()
    unheard: int = 0


class AnswerListened(Event, frozen=True):
    """The participant listened to the answer; a complaint leads to an appeal (E14)."""

    station: str
    participant: str
    recording: str
    content: bool


class AudioExported(Event, frozen=True):
    """The recordings of a station are on the flash drive."""

    station: str
    seat: str
    package: str
    recordings: int
    frames: int
    flash: str = ""


class AnswerFileExported(Event, frozen=True):
    """A file of an audio package: part ``part`` of an answer, with its size and SHA-256 [001:162].

    A damaged one is what the station's disk gave back of it; 0 bytes: it gave nothing, and no file is there.
    """

    station: str
    seat: str
    flash: str
    package: str
    file: str
    recording: str
    part: int
    frames: int
    size_bytes: int
    digest: str
    damaged: bool = False


class MediumFormsPrinted(Event, frozen=True):
    """Сопроводительный бланк and протокол создания аудионосителя of a drive are printed [001:162-163]."""

    room: str
    flash: str
    packages: int
    works: int
    files: int


class RecordingsCounted(Event, frozen=True):
    """Recordings on the stations against the ведомость, as an organiser counted it [001:160]."""

    room: str
    expected: int
    found: int


# -- incidents -----------------------------------------------------------------------------------------


class IncidentOpened(Event, frozen=True):
    """Something went wrong; ``incident`` numbers them from 1."""

    incident: int
    kind: str
    device: str
    place: str


class IncidentClosed(Event, frozen=True):
    """What came of it; ``how`` is a key of the message catalogue."""

    incident: int
    kind: str
    device: str
    place: str
    resolved: bool
    how: str
    opened: int
