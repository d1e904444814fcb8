# Printed forms for the flash drives with recordings
form-cover-title = Cover form of a flash drive with recorded answers
form-protocol-title = Protocol of the making of an audio medium
form-heading = Region { $region }, exam point { $point }, subject { $subject }, exam date { $date }, flash drive { $flash }
form-number = No.
form-room = Room
form-seat = Seat
form-package = Package
form-file = File
form-work = Work
form-works = Works
form-files = Answers (files)
form-part = Part
form-length = Length
form-bytes = Size, bytes
form-sha256 = SHA-256
form-total = Total
form-unfinished = { $count ->
    [one] { $count } work of them was recorded to its end nowhere.
   *[other] { $count } works of them were recorded to their end nowhere.
  }
form-damaged-file = { $file } (damaged)
form-damaged = Damaged files: { $count }. The station's disk gave back something else than was recorded; what was left is handed over, with 0 bytes nothing was left.
form-package-line = Package { $package }, files: { $files }, written to the drive at { $time }
form-signature = { $role } ____________________ / ______________________________
form-page = page { $number } of { $pages }
forms-none = There are no recordings on flash drives: no forms are needed
forms-unfinished = { $file }: the journal is unfinished (no end of the day): the forms tell only what was exported until then; see to the recordings on the stations
forms-written = Written: { $file }
