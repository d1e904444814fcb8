"""The emergencies E1 – E19 of the regulation, each a whole day, told from the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import Any, BinaryIO

import msgspec
import pytest

from hal.journal import Entry, Journal
from hal.runtime import HOUR, MINUTE
from lab.forms.media import media
from scenarios.build import Builder
from scenarios.loading import parse
from scenarios.runner import Outcome, run
from simulators.computer import SimComputer
from simulators.headset import SimHeadset
from simulators.runtime import SimRuntime
from station_core.answers import NOWHERE, Answer
from station_core.day import oral
from station_core.day.headquarters import Headquarters
from station_core.day.recordings import close_recording
from station_core.heard import Heard
from station_core.point import Point, Room
from station_core.portal import Portal
from station_core.recording import RecordingStation
from tests.workplace import RATE, strike

WRITTEN = """
title: Письменный экзамен
about: Для проверки действий при происшествии.
exam: {kind: written, subject: 01-РУС, date: 2024-05-28, work_time: 2h}
point:
  rooms: [{count: 3, participants: 6, station: {}}]
  reserves: {organizer_stations: [{computer: 901}], printers: [pantum-p3300dn], flash_drives: 1, kits: 12}
  staff: {technicians: 2, commission_members: 2}
"""
ORAL = """
title: Устный экзамен
about: Для проверки действий при происшествии.
exam: {kind: oral, subject: 29-АНГ, date: 2024-06-07}
point:
  rooms:
    - {kind: preparation, participants: 4, station: {}}
    - {kind: conduct, participants: 4, seats: {count: 2}}
  reserves: {organizer_stations: [{}], recording_stations: [{seat: Р1}], headsets: [sennheiser-pc8]}
  staff: {technicians: 2, commission_members: 2}
"""


def held(base: str, *faults: str, sets: Sequence[str] = (), seed: int = 3) -> Outcome:
    """Run a day with these faults."""
    lines = "".join(f"  - {fault}\n" for fault in faults)
    return run(parse(base + (f"faults:\n{lines}" if faults else ""), "test", sets), seed)


def events(outcome: Outcome, name: str, **where: object) -> list[Entry]:
    return [
        entry
        for entry in outcome.entries
        if type(entry.event).event_name() == name
        and all(getattr(entry.event, field) == value for field, value in where.items())
    ]


def only(outcome: Outcome, name: str, **where: object) -> Any:
    found = events(outcome, name, **where)
    assert len(found) == 1, f"{name} {where}: {len(found)} of them"
    return found[0].event


def incident(outcome: Outcome, kind: str) -> Any:
    """Return how the only incident of that kind ended."""
    return only(outcome, "incident_closed", kind=kind)


def check_all_served(outcome: Outcome) -> None:
    assert events(outcome, "room_failed") == []
    assert outcome.accounts.all_problems() == []
    assert [(v.rule, v.subject) for v in outcome.violations] == []
    assert outcome.held


def test_e1_the_reserve_channel_takes_over() -> None:
    outcome = held(WRITTEN, "{target: channel-main, kind: down, at: '09:20', lasts: 2h}")
    assert only(outcome, "key_downloaded").channel == "channel-reserve"
    assert incident(outcome, "channel-down").resolved
    check_all_served(outcome)


def test_e2_without_any_link_passwords_open_the_materials() -> None:
    outcome = held(
        WRITTEN,
        "{target: channel-main, kind: down, at: '09:20', ends: never}",
        "{target: channel-reserve, kind: down, at: '09:20', lasts: 80 min, ends: alone}",
    )
    call = events(outcome, "hot_line_called", about="password")
    assert len(call) == 1
    assert call[0].t >= 9 * HOUR + 35 * MINUTE
    issued = events(outcome, "password_issued")
    assert [entry.event.count for entry in issued] == [2, 2, 2]  # type: ignore[attr-defined]
    assert min(entry.t for entry in issued) >= 9 * HOUR + 45 * MINUTE
    assert len(events(outcome, "password_applied")) == 3
    assert events(outcome, "key_activated") == []
    # the repair goes on, and the rest of the day uses the channel that came back
    assert events(outcome, "package_uploaded", channel="channel-reserve")
    assert events(outcome, "room_failed") == []
    assert {v.rule for v in outcome.violations} == set()


def test_e3_a_reserve_key_for_the_main_station() -> None:
    outcome = held(WRITTEN, "{target: printer-0002, kind: jam, after: {what: page, count: 30}}")
    request = only(outcome, "reserve_key_requested")
    assert (request.room, request.computer, request.kits, request.reserve_station) == ("0002", 2, 1, False)
    assert incident(outcome, "kits-used-up").how == "reserve-key"
    assert len(events(outcome, "key_activated", station="st-0002", key_kind="reserve")) == 1
    check_all_served(outcome)


def test_e3_when_the_reserve_is_used_up_the_hot_line_is_told_and_the_room_reported() -> None:
    outcome = held(
        WRITTEN,
        "{target: printer-0002, kind: jam, after: {what: page, count: 30}}",
        sets=["point.reserves.kits=0"],
    )
    assert only(outcome, "reserve_key_refused").why == "reserve-kits-used-up"
    assert only(outcome, "hot_line_called").about == "reserve-kits-used-up"
    failed = only(outcome, "room_failed")
    assert (failed.room, failed.unserved) == ("0002", 1)
    assert not incident(outcome, "kits-used-up").resolved
    assert outcome.accounts.balances


def test_e4_a_reserve_station_prints_what_is_left() -> None:
    outcome = held(WRITTEN, "{target: pc-0002, kind: broken, at: '10:02', ends: never}")
    replaced = only(outcome, "station_replaced")
    assert (replaced.room, replaced.old, replaced.new, replaced.computer) == ("0002", "st-0002", "st-r1", 901)
    before = len(events(outcome, "kit_printed", station="st-0002"))
    assert only(outcome, "reserve_key_requested").kits == 6 - before
    assert len(events(outcome, "kit_printed", station="st-r1")) == 6 - before
    check_all_served(outcome)


def test_e4_a_crash_is_repaired_and_needs_no_reserve_but_a_new_activation() -> None:
    outcome = held(WRITTEN, "{target: pc-0002, kind: crash, at: '10:02'}", sets=["point.rooms.0.kits=7"])
    assert events(outcome, "station_replaced") == []
    assert incident(outcome, "computer-failed").how == "restarted"
    assert len(events(outcome, "key_activated", station="st-0002")) == 2
    assert events(outcome, "station_started", station="st-0002", resumed=True)
    check_all_served(outcome)


def test_e6_a_station_without_an_act_works_only_as_a_reserve() -> None:
    outcome = held(WRITTEN, sets=["point.rooms.0.station.act=false", "point.rooms.0.count=1"])
    act = only(outcome, "act_sent", station="st-0001")
    assert (act.reserve, act.on_exam_day) == (True, True)
    assert only(outcome, "reserve_key_requested").reserve_station
    assert events(outcome, "room_failed") == []
    # the status of readiness could not be sent on the eve: that stays a breach, and is said
    assert [v.rule for v in outcome.violations] == ["control-by-17"]


def test_e7_a_recording_station_is_replaced_without_a_new_key() -> None:
    outcome = held(ORAL, "{target: pc-0101-1, kind: broken, after: {what: run, count: 8}, ends: never}")
    replaced = only(outcome, "station_replaced")
    assert (replaced.old, replaced.new, replaced.seat) == ("rec-0101-1", "rec-r1", "Р1")
    assert events(outcome, "reserve_key_requested") == []
    assert len(events(outcome, "answer_recorded")) == 4
    check_all_served(outcome)


def test_e7_a_part_recorded_before_the_failure_is_exported_too() -> None:
    outcome = held(ORAL, "{target: pc-0101-1, kind: broken, at: '10:25', ends: never}")
    interrupted = events(outcome, "answer_began", station="rec-0101-1")
    assert interrupted
    stations = [entry.event.station for entry in events(outcome, "audio_exported")]  # type: ignore[attr-defined]
    assert {"rec-0101-1", "rec-r1"} <= set(stations)
    assert events(outcome, "journal_sent", station="rec-0101-1")


def test_e9_nobody_came() -> None:
    outcome = held(WRITTEN, sets=["point.rooms.0.absent=6"])
    statuses = [entry.event.status for entry in events(outcome, "status_sent")]  # type: ignore[attr-defined]
    assert statuses[2:] == ["Ожидание участников", "Экзамен не состоялся", "Экзамен завершен"]
    assert len(events(outcome, "protocol_printed")) == 3
    assert len(events(outcome, "journal_sent")) == 4
    check_all_served(outcome)


def test_e10_a_bad_print_spoils_the_whole_kit() -> None:
    outcome = held(WRITTEN, "{target: printer-0001, kind: streak, after: {what: page, count: 20}}")
    rejected = events(outcome, "kit_rejected", why="bad-print")
    assert len(rejected) == 2
    assert incident(outcome, "bad-print").how == "cartridge-replaced"
    assert events(outcome, "room_failed") == []
    assert outcome.accounts.balances


def test_e15_a_headset_pulled_out_in_the_middle_of_an_answer() -> None:
    outcome = held(ORAL, "{target: headset-0101-2, kind: unplugged, after: {what: block, count: 200}}")
    interrupted = only(outcome, "answer_interrupted")
    recorded = only(outcome, "answer_recorded", recording=interrupted.recording)
    assert recorded.parts == 2
    assert recorded.frames >= 7 * 60 * 48_000
    check_all_served(outcome)


def test_e15_a_broken_headset_is_replaced_by_the_reserve() -> None:
    outcome = held(
        ORAL, "{target: headset-0101-2, kind: dead, after: {what: block, count: 200}, ends: never}"
    )
    assert only(outcome, "device_replaced").new == "headset-x1"
    check_all_served(outcome)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("misfeed", "misfeed"),
        ("out-of-paper", "out-of-paper"),
        ("toner-empty", "toner-empty"),
        ("offline", "printer-offline"),
    ],
)
def test_e16_what_a_technician_repairs(kind: str, code: str) -> None:
    outcome = held(WRITTEN, f"{{target: printer-0003, kind: {kind}, at: '10:01'}}")
    assert incident(outcome, code).resolved
    assert events(outcome, "device_replaced") == []
    assert events(outcome, "room_failed") == []
    assert outcome.accounts.balances


def test_e16_a_dead_printer_is_replaced_and_the_kit_under_way_spoiled() -> None:
    outcome = held(WRITTEN, "{target: printer-0003, kind: dead, after: {what: page, count: 25}, ends: never}")
    assert only(outcome, "device_replaced").new == "printer-x1"
    assert only(outcome, "kit_rejected").room == "0003"
    assert incident(outcome, "dead").how == "reserve-printer"
    check_all_served(outcome)


@pytest.mark.parametrize("kind", ["removed", "locked", "dead", "foreign", "hang"])
def test_e17_another_members_token(kind: str) -> None:
    outcome = held(WRITTEN, f"{{target: token-1, kind: {kind}, at: '09:32', ends: never}}")
    assert events(outcome, "room_failed") == []
    assert all(entry.event.resolved for entry in events(outcome, "incident_closed"))  # type: ignore[attr-defined]
    check_all_served(outcome)


def test_e17_no_token_works_at_all() -> None:
    outcome = held(
        WRITTEN,
        "{target: token-1, kind: dead, at: '09:00', ends: never}",
        "{target: token-2, kind: locked, at: '09:00', ends: never}",
    )
    assert len(events(outcome, "room_failed")) == 3
    assert not all(entry.event.resolved for entry in events(outcome, "incident_closed"))  # type: ignore[attr-defined]
    assert events(outcome, "kit_printed") == []
    assert outcome.accounts.balances


@pytest.mark.parametrize("base", [WRITTEN, ORAL], ids=["written", "oral"])
@pytest.mark.parametrize(
    ("dates", "code"),
    [
        ("until: {before}", "certificate-expired"),
        ("since: {after}", "certificate-early"),
        ("since: 2020-01-01, until: 2021-01-01", "certificate-expired"),
    ],
)
def test_e17_a_certificate_that_is_not_valid_on_the_exam_day(base: str, dates: str, code: str) -> None:
    day = date(2024, 5, 28) if base == WRITTEN else date(2024, 6, 7)
    dates = dates.format(before=day - timedelta(days=1), after=day + timedelta(days=1))
    outcome = held(base, sets=[f"point.staff.certificates=[{{member: 1, {dates}}}]"])
    found = events(outcome, "activation_failed", person="member-1", error=code)
    assert found[0].t < 0  # on the eve [001:109]
    assert events(outcome, "activation_failed") == found
    assert {each.event.person for each in events(outcome, "key_activated")} == {"member-2"}  # type: ignore[attr-defined]
    assert events(outcome, "key_downloaded", person="member-1") == []
    assert incident(outcome, code).how == "token-of-another-member"
    check_all_served(outcome)


@pytest.mark.parametrize("dates", ["until: 2024-05-28", "since: 2024-05-28"])
def test_both_days_belong_to_a_certificate(dates: str) -> None:
    outcome = held(WRITTEN, sets=[f"point.staff.certificates=[{{member: 1, {dates}}}]"])
    assert events(outcome, "activation_failed") == []
    check_all_served(outcome)


def test_e17_no_certificate_is_valid() -> None:
    certificates = "[{member: 1, until: 2024-05-27}, {member: 2, since: 2024-05-29}]"
    outcome = held(WRITTEN, sets=[f"point.staff.certificates={certificates}"])
    assert events(outcome, "key_downloaded") == []
    assert len(events(outcome, "room_failed")) == 3
    assert not all(entry.event.resolved for entry in events(outcome, "incident_closed"))  # type: ignore[attr-defined]
    assert outcome.accounts.balances


@pytest.mark.parametrize("kind", ["unreadable", "lost"])
def test_e18_the_reserve_flash_drive(kind: str) -> None:
    outcome = held(WRITTEN, f"{{target: flash-1, kind: {kind}, at: '09:32', ends: never}}")
    replaced = only(outcome, "device_replaced")
    assert (replaced.old, replaced.new) == ("flash-1", "flash-3")
    check_all_served(outcome)


@pytest.mark.parametrize("damaged", [0, 1])
def test_e19_a_form_stuck_in_the_scanner(damaged: int) -> None:
    jam = f"kind: jam, after: {{what: page, count: 9}}, params: {{damaged: {damaged}}}"
    # a torn form needs a scanner with a flatbed [002:8059-8067]
    with_flatbed = ["point.rooms.0.station.scanner=kyocera-ecosys-m2040dn"]
    outcome = held(WRITTEN, f"{{target: scanner-0001, {jam}}}", sets=with_flatbed)
    assert incident(outcome, "feeder-jam").resolved
    scanned = only(outcome, "forms_scanned", room="0001")
    assert (scanned.sheets, scanned.missing) == (24, 0)
    check_all_served(outcome)


def test_e19_a_torn_form_and_no_flatbed_is_reported() -> None:
    jam = "kind: jam, after: {what: page, count: 9}, params: {damaged: 1}"
    outcome = held(WRITTEN, f"{{target: scanner-0001, {jam}}}")
    assert only(outcome, "forms_scanned", room="0001").missing == 1
    assert incident(outcome, "forms-missing").how == "exported-with-deviations"
    assert events(outcome, "hot_line_called", about="forms-missing")
    assert outcome.accounts.balances


def test_e11_dirty_glass_is_cleaned_and_the_doubtful_sheets_scanned_again() -> None:
    fault = "{target: scanner-0001, kind: dirty-glass, at: '11:00', params: {illegible_per_million: 500000}}"
    outcome = held(WRITTEN, fault)
    assert incident(outcome, "doubtful-scan").how == "glass-cleaned"
    scanned = only(outcome, "forms_scanned", room="0001")
    assert scanned.missing == 0
    assert scanned.rescanned > 0 or scanned.sheets == 24
    check_all_served(outcome)


def test_no_pin_and_no_password_is_in_the_journal() -> None:
    outcome = held(
        WRITTEN,
        "{target: channel-main, kind: down, at: '09:20', ends: never}",
        "{target: channel-reserve, kind: down, at: '09:20', lasts: 80 min, ends: alone}",
        "{target: member-1, kind: mistypes, at: '-12:00'}",
    )
    runtime = SimRuntime()
    builder = Builder(parse(WRITTEN, "test"), 3, runtime, Journal(runtime.now), runtime.spawn)
    point = builder.build().point
    point.portal.register_hot_line_request(("0001",))
    point.portal.now = lambda: 10 * HOUR
    secrets = [pin for _, pin in builder.bench.tokens.values()]
    secrets += point.portal.password("0001", 6)[1]
    text = b"\n".join(msgspec.json.encode(entry.event) for entry in outcome.entries).decode()
    assert len(secrets) == 4
    assert [secret for secret in secrets if secret.reveal() in text] == []


# -- what a day must not pretend -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 11))
def test_two_conduct_rooms_without_faults_have_no_incidents(seed: int) -> None:
    """The technician is there before the test recording begins, however far apart the rooms are."""
    rooms = "{kind: preparation, participants: 8, station: {}}, "
    rooms += "{count: 2, kind: conduct, participants: 4, seats: {count: 2}}"
    outcome = held(ORAL, sets=[f"point.rooms=[{rooms}]", "point.reserves.headsets=[]"], seed=seed)
    assert events(outcome, "incident_opened") == []
    check_all_served(outcome)


def test_without_any_link_the_papers_are_still_counted_and_nothing_is_called_sent() -> None:
    outcome = held(
        WRITTEN,
        "{target: channel-main, kind: down, at: '12:30', ends: never}",
        "{target: channel-reserve, kind: down, at: '12:30', ends: never}",
    )
    assert len(events(outcome, "paper_counted")) == 3
    assert len(events(outcome, "protocol_printed")) == 3
    assert len(events(outcome, "journal_saved")) == 4
    assert events(outcome, "journal_sent") == []
    assert events(outcome, "status_sent", status="Бланки переданы в РЦОИ") == []
    assert not incident(outcome, "no-link").resolved
    assert not incident(outcome, "not-all-sent").resolved
    assert outcome.accounts.balances
    assert outcome.findings[0].held  # the day came to its end


def test_a_package_lost_on_the_way_is_exported_again() -> None:
    first = held(WRITTEN)
    exported = events(first, "package_exported")[0]
    seconds = exported.t // 1_000_000 + 1
    at = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    flash = events(first, "journal_saved", station=exported.event.station)[0].event.flash  # type: ignore[attr-defined]
    outcome = held(WRITTEN, f"{{target: {flash}, kind: lost, at: '{at}', ends: never}}")
    again = events(outcome, "package_exported", room=exported.event.room)  # type: ignore[attr-defined]
    assert len(again) == 2
    uploaded = events(outcome, "package_uploaded", room=exported.event.room)  # type: ignore[attr-defined]
    assert [entry.event.package for entry in uploaded] == [again[1].event.package]  # type: ignore[attr-defined]
    check_all_served(outcome)


def test_with_all_drives_lost_nothing_is_called_sent() -> None:
    lost = [f"{{target: flash-{i}, kind: lost, at: '11:00', ends: never}}" for i in (1, 2, 3)]
    outcome = held(WRITTEN, *lost)
    assert len(events(outcome, "export_failed")) == 3
    assert events(outcome, "journal_sent") == []
    assert events(outcome, "status_sent", status="Бланки переданы в РЦОИ") == []
    assert len(events(outcome, "incident_closed", kind="journal-missing", resolved=False)) == 4
    assert outcome.accounts.balances


def test_a_jam_on_the_eve_is_cleared_before_the_act_is_sent() -> None:
    outcome = held(WRITTEN, "{target: printer-0002, kind: jam, at: '-11:30'}")
    repaired = only(outcome, "fault_ended", device="printer-0002")
    assert repaired.how == "repaired"
    assert incident(outcome, "paper-jam").resolved
    ended = events(outcome, "fault_ended", device="printer-0002")[0].t
    assert ended < events(outcome, "act_sent", station="st-0002")[0].t
    assert events(outcome, "incident_opened", kind="busy") == []
    check_all_served(outcome)


def test_a_slow_channel_condemns_no_token() -> None:
    outcome = held(
        WRITTEN,
        "{target: channel-main, kind: slow, at: '09:00', ends: never, params: {factor_percent: 1000000}}",
    )
    assert only(outcome, "key_downloaded").channel == "channel-reserve"
    assert not events(outcome, "activation_failed")
    check_all_served(outcome)


def test_a_member_who_mistypes_all_day_does_not_lock_the_token() -> None:
    outcome = held(WRITTEN, "{target: member-1, kind: mistypes, at: '-12:30', params: {times: 50}}")
    assert not events(outcome, "activation_failed", error="pin-locked")
    assert events(outcome, "room_failed") == []
    assert len(events(outcome, "incident_opened", kind="pin-incorrect")) == 1


def test_one_dead_token_is_one_incident() -> None:
    outcome = held(WRITTEN, "{target: token-1, kind: dead, at: '09:00', ends: never}")
    assert len(events(outcome, "incident_opened")) == 1
    check_all_served(outcome)


def test_an_empty_room_among_others_is_closed_after_two_hours() -> None:
    room = "{participants: 6, absent: 6, station: {}}"
    outcome = held(WRITTEN, sets=[f"point.rooms=[{{count: 2, participants: 6, station: {{}}}}, {room}]"])
    assert only(outcome, "room_empty").room == "0003"
    assert events(outcome, "protocol_printed", room="0003")[0].t >= 12 * HOUR
    check_all_served(outcome)


@pytest.mark.parametrize("at", ["07:30", "08:30", "09:45"])
def test_e4_a_computer_that_breaks_before_printing_costs_nobody_a_kit(at: str) -> None:
    """Before 09:30 there is no key for a reserve: the swap waits, and the reserve is not thrown away."""
    outcome = held(WRITTEN, f"{{target: pc-0002, kind: broken, at: '{at}', ends: never}}")
    assert only(outcome, "station_replaced").new == "st-r1"
    assert all(entry.event.resolved for entry in events(outcome, "incident_closed"))  # type: ignore[attr-defined]
    check_all_served(outcome)


def test_a_short_absence_of_all_members_does_not_lose_the_day() -> None:
    away = "kind: absent, at: '09:29', lasts: 4 min, ends: alone"
    outcome = held(WRITTEN, f"{{target: member-1, {away}}}", f"{{target: member-2, {away}}}")
    assert events(outcome, "room_failed") == []
    assert len(events(outcome, "kit_handed_out")) == 18


def test_materials_that_nobody_brought_are_not_called_delivered() -> None:
    away = "kind: absent, at: '07:00', lasts: 1h, ends: alone"
    outcome = held(WRITTEN, f"{{target: member-1, {away}}}", f"{{target: member-2, {away}}}")
    assert events(outcome, "materials_delivered") == []
    assert "materials-by-0730" in {violation.rule for violation in outcome.violations}


@pytest.mark.parametrize("kind", ["misfeed", "cover-open", "out-of-paper"])
def test_a_printer_that_stops_at_every_page_is_replaced(kind: str) -> None:
    rate = "rate: {what: page, per_million: 1000000}"
    outcome = held(WRITTEN, f"{{target: printer-0001, kind: {kind}, {rate}}}")
    assert only(outcome, "device_replaced", old="printer-0001").new == "printer-x1"
    assert events(outcome, "room_failed") == []
    assert outcome.accounts.balances


@pytest.mark.parametrize(("port", "room"), [("port-st-0002", "0002"), ("port-hq", "hq")])
def test_a_dead_usb_port_is_repaired_and_no_token_is_blamed(port: str, room: str) -> None:
    outcome = held(WRITTEN, f"{{target: {port}, kind: port-dead, at: '09:00'}}")
    closed = incident(outcome, "token-not-present")
    assert (closed.place, closed.resolved) == (room, True)
    check_all_served(outcome)


def test_e5_a_reserve_key_that_was_issued_is_had_again_with_the_main_key() -> None:
    plain = held(WRITTEN, "{target: printer-0002, kind: jam, after: {what: page, count: 30}}")
    issued = events(plain, "key_downloaded", key_kind="reserve")[0].t // 1_000_000 + 20
    at = f"{issued // 3600:02}:{issued // 60 % 60:02}:{issued % 60:02}"
    outcome = held(
        WRITTEN,
        "{target: printer-0002, kind: jam, after: {what: page, count: 30}}",
        f"{{target: pc-0002, kind: crash, at: '{at}'}}",
    )
    assert len(events(outcome, "reserve_key_requested", computer=2)) == 1
    assert len(events(outcome, "key_downloaded", key_kind="main")) == 2
    check_all_served(outcome)


NO_SPARES = ["point.reserves.printers=[]", "point.reserves.headsets=[]"]


def test_e16_without_a_reserve_printer_the_reserve_station_brings_its_own() -> None:
    outcome = held(
        WRITTEN,
        "{target: printer-0002, kind: offline, after: {what: page, count: 40}, ends: never}",
        sets=NO_SPARES,
    )
    assert incident(outcome, "printer-offline").how == "reserve-station"
    assert only(outcome, "station_replaced").new == "st-r1"
    assert events(outcome, "journal_sent", station="st-0002")
    check_all_served(outcome)


def test_e15_without_a_reserve_headset_the_reserve_station_brings_its_own() -> None:
    outcome = held(
        ORAL, "{target: headset-0101-1, kind: unplugged, at: '10:15', ends: never}", sets=NO_SPARES
    )
    assert incident(outcome, "headset-unplugged").how == "reserve-station"
    assert len(events(outcome, "answer_recorded")) == 4
    check_all_served(outcome)


def test_who_loses_the_workplace_is_seated_at_another_one() -> None:
    nothing_else = [*NO_SPARES, "point.reserves.recording_stations=[]"]
    outcome = held(
        ORAL, "{target: headset-0101-1, kind: unplugged, at: '10:15', ends: never}", sets=nothing_else
    )
    assert not incident(outcome, "headset-unplugged").resolved
    assert [entry.event.participants for entry in events(outcome, "group_seated")] == [2, 1, 1, 1]  # type: ignore[attr-defined]
    assert len(events(outcome, "answer_recorded")) == 4
    assert outcome.accounts.all_problems() == []


def test_who_has_answered_is_not_seated_again_when_the_workplace_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The computer breaks while the participant listens; nothing is left to take its place."""
    play_back = RecordingStation.play_back  # this moment cannot be hit from outside
    broken: list[str] = []

    async def breaks(station: RecordingStation, recording: str, longest_us: int) -> None:
        if not broken:
            broken.append(station.name)
            assert isinstance(station.computer, SimComputer)
            strike(station.computer, "broken", never=True)
        await play_back(station, recording, longest_us)

    monkeypatch.setattr(RecordingStation, "play_back", breaks)
    outcome = held(ORAL, sets=[*NO_SPARES, "point.reserves.recording_stations=[]"])
    assert only(outcome, "incident_closed", how="no-reserve-station").kind == "computer-failed"
    assert [entry.event.participants for entry in events(outcome, "group_seated")] == [2, 1, 1]  # type: ignore[attr-defined]
    assert only(outcome, "exam_ended", room="0101").participants == 4
    assert events(outcome, "room_failed") == []


def test_no_workplace_takes_more_than_four() -> None:
    outcome = held(
        ORAL,
        "{target: headset-0101-1, kind: unplugged, at: '10:15', ends: never}",
        sets=[
            *NO_SPARES,
            "point.reserves.recording_stations=[]",
            *(f"point.rooms.{room}.participants=8" for room in (0, 1)),
        ],
    )
    assert len(events(outcome, "group_seated")) == 4
    assert only(outcome, "room_failed").unserved == 4


def test_in_a_large_point_the_key_does_not_wait_for_the_last_station() -> None:
    outcome = held(WRITTEN, sets=["point.rooms.0.count=60"])
    started = events(outcome, "station_started", resumed=True)
    (key,) = events(outcome, "key_downloaded")
    assert key.t < 9 * HOUR + 35 * MINUTE < started[-1].t
    assert events(outcome, "room_failed") == []
    assert outcome.accounts.all_problems() == []


def test_nobody_switches_the_stations_on_before_the_key_comes() -> None:
    away = [
        f"{{target: {n}, kind: absent, at: '07:55', lasts: 95min}}"
        for n in ("technician-1", "technician-2", "head")
    ]
    outcome = held(WRITTEN, *away)
    unresolved = [entry.event for entry in events(outcome, "incident_closed", resolved=False)]
    assert [event.how for event in unresolved] == ["nobody-there"] * 4  # type: ignore[attr-defined]
    assert all(entry.t > 9 * HOUR + 30 * MINUTE for entry in events(outcome, "station_started", resumed=True))
    assert events(outcome, "room_failed") == []
    assert outcome.accounts.all_problems() == []
    assert {violation.rule for violation in outcome.violations} == {"stations-hour-before"}


def test_e12_a_package_that_is_damaged_on_the_way_is_refused_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = Portal.upload
    damaged: list[str] = []

    def over_a_bad_line(portal: Portal, name: str, source: BinaryIO) -> None:
        if not damaged:
            damaged.append(name)
            source.seek(0)
            data = source.read()
            source = BytesIO(data[:100] + bytes([data[100] ^ 1]) + data[101:])
        upload(portal, name, source)

    monkeypatch.setattr(Portal, "upload", over_a_bad_line)
    outcome = held(WRITTEN)
    rejected = only(outcome, "package_rejected")
    assert rejected.package == damaged[0]
    assert not incident(outcome, "package-rejected").resolved
    assert not incident(outcome, "not-all-sent").resolved
    assert len(events(outcome, "package_confirmed")) == 2


def test_an_answer_of_which_nothing_was_kept_is_no_work_on_the_papers() -> None:
    one_seat = [
        "point.reserves.recording_stations=[]",
        "point.rooms.0.participants=2",
        "point.rooms.1.participants=2",
        "point.rooms.1.seats.count=1",
    ]
    last = events(held(ORAL, sets=one_seat), "answer_began")[-1].t // 1_000_000 + 1
    at = f"{last // 3600:02}:{last // 60 % 60:02}:{last % 60:02}"  # before its first block has come
    outcome = held(ORAL, f"{{target: pc-0101-1, kind: broken, at: '{at}', ends: never}}", sets=one_seat)
    assert only(outcome, "answer_interrupted").frames == 0
    printed = only(outcome, "medium_forms_printed")
    (medium,) = media(outcome.entries)
    assert (printed.works, printed.files) == (len(medium.works), len(medium.files)) == (1, 1)
    assert outcome.accounts.all_problems() == []


def test_a_list_that_says_otherwise_than_the_stations_is_told_to_the_hot_line() -> None:
    wrong = "{{target: organizer-0101-{}, kind: miscounts, at: '09:00', ends: never}}"
    outcome = held(ORAL, wrong.format(1), wrong.format(2))
    counted = only(outcome, "recordings_counted")
    assert (counted.expected, counted.found) == (3, 4)
    assert only(outcome, "hot_line_called").about == "recordings-differ"
    assert not incident(outcome, "recordings-differ").resolved
    assert outcome.accounts.all_problems() == [
        "0101: participants: 4 began, 3 answered, 0 reported as not served",
        "0101: recordings: 3 expected, 4 found",
    ]


def test_a_recording_that_is_lost_on_its_station_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def without_one(point: Point, hq: Headquarters, room: Room, answered: int) -> None:
        room.seats[0].answers.popitem()
        await close_recording(point, hq, room, answered)

    monkeypatch.setattr(oral, "close_recording", without_one)
    outcome = held(ORAL)
    counted = only(outcome, "recordings_counted")
    assert (counted.expected, counted.found) == (4, 3)
    assert not incident(outcome, "recordings-differ").resolved
    assert "0101: recordings: 4 expected, 3 found" in outcome.accounts.all_problems()


def test_without_anybody_to_count_the_list_that_is_said() -> None:
    away = [
        f"{{target: {name}, kind: absent, at: '10:40', ends: never}}"
        for name in ("organizer-0001-1", "organizer-0001-2", "organizer-0101-1", "organizer-0101-2", "head")
    ]
    outcome = held(ORAL, *away)
    told = events(outcome, "incident_closed", how="answers-not-counted")
    assert [entry.event.place for entry in told] == ["0101"]  # type: ignore[attr-defined]
    assert events(outcome, "recordings_counted") == []
    assert not outcome.accounts.balances


@pytest.fixture
def failing_at_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The first computer fails when the answer is complete, before the station can say so; item: how."""
    how: list[str] = []
    record = RecordingStation._record_answer  # this moment cannot be hit from outside

    async def fails(station: RecordingStation, *args: Any) -> Heard:
        heard = await record(station, *args)
        if how:
            computer = station.computer
            assert isinstance(computer, SimComputer)
            strike(computer, how[0], never=how.pop() == "broken")
        return heard

    monkeypatch.setattr(RecordingStation, "_record_answer", fails)
    yield how
    assert not how


@pytest.mark.parametrize(("kind", "how"), [("crash", "restarted"), ("broken", "reserve-station")])
def test_an_answer_that_was_complete_when_the_computer_failed_is_not_recorded_again(
    failing_at_the_end: list[str], kind: str, how: str
) -> None:
    failing_at_the_end.append(kind)
    outcome = held(ORAL)
    assert events(outcome, "incident_closed", kind="computer-failed")[0].event.how == how  # type: ignore[attr-defined]
    assert len(events(outcome, "answer_recorded")) == 4
    assert events(outcome, "answer_began", part=2) == []
    assert events(outcome, "incident_opened", kind="answer-recorded-twice") == []
    check_all_served(outcome)


def test_a_bad_answer_is_one_also_when_the_computer_failed_before_it_could_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = RecordingStation._record_answer  # this moment cannot be hit from outside
    bad: list[str] = []

    async def fails(station: RecordingStation, *args: Any) -> Heard:
        first = not bad
        if first:
            bad.append(args[1])
            assert isinstance(station.headset, SimHeadset)
            strike(station.headset, "noise", never=True, level_dbfs=-30)
        heard = await record(station, *args)
        if first:
            assert not heard.ok
            assert isinstance(station.computer, SimComputer)
            strike(station.computer, "broken", never=True)
        return heard

    monkeypatch.setattr(RecordingStation, "_record_answer", fails)
    outcome = held(ORAL)
    assert only(outcome, "incident_opened", kind="bad-answer").device == bad[0]
    assert not only(outcome, "answer_listened", recording=bad[0]).content


def test_an_answer_that_is_recorded_twice_is_told_to_the_hot_line(
    failing_at_the_end: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody tells the reserve station that the answer is complete on the one that failed."""
    monkeypatch.setattr(oral, "complete_answer", lambda *_: None)
    monkeypatch.setattr(oral, "held_elsewhere", lambda *_: NOWHERE)
    failing_at_the_end.append("broken")
    outcome = held(ORAL)
    recorded: list[Any] = [entry.event for entry in events(outcome, "answer_recorded")]
    (twice,) = [name for name, times in Counter(each.recording for each in recorded).items() if times == 2]
    opened = only(outcome, "incident_opened", kind="answer-recorded-twice")
    assert opened.device == twice
    assert only(outcome, "hot_line_called").about == "answer-recorded-twice"
    assert not incident(outcome, "answer-recorded-twice").resolved
    assert outcome.accounts.all_problems() == []


def test_a_disk_that_takes_nothing_any_more_does_not_end_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even that the part was cut off; the reserve station records the rest."""
    change = RecordingStation._change

    full: list[str] = []

    def until_full(station: RecordingStation, recording: str, answer: Answer, event: Any = None) -> None:
        if not full and answer.frames >= 5 * RATE:
            full.append(station.name)
        if station.name in full:
            raise OSError("disk full")
        change(station, recording, answer, event)

    monkeypatch.setattr(RecordingStation, "_change", until_full)
    outcome = held(ORAL)
    told = [entry.event for entry in events(outcome, "incident_closed", kind="disk-failed")]
    assert [event.how for event in told] == ["reserve-station", "not-rescued"]  # type: ignore[attr-defined]
    assert len(events(outcome, "answer_recorded")) == 4


def test_recordings_rescued_from_a_disk_are_signed_in_the_hq_and_taken() -> None:
    outcome = held(ORAL, "{target: pc-0101-1, kind: broken, at: '10:25', ends: never}")
    voices: list[Any] = [entry.event for entry in events(outcome, "audio_exported")]
    confirmed: list[Any] = [entry.event for entry in events(outcome, "package_confirmed")]
    assert voices
    assert {voice.package for voice in voices} <= {event.package for event in confirmed}
    rescue = only(outcome, "incident_closed", how="recordings-rescued")
    assert rescue.resolved
    assert events(outcome, "package_rejected") == []
