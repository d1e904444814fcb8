# Печатные формы к флеш-накопителям с аудиозаписями
form-cover-title = Сопроводительный бланк к флеш-накопителю с аудиозаписями ответов
form-protocol-title = Протокол создания аудионосителя ППЭ
form-heading = Регион { $region }, ППЭ { $point }, предмет { $subject }, дата экзамена { $date }, флеш-накопитель { $flash }
form-number = №
form-room = Ауд.
form-seat = Место
form-package = Пакет
form-file = Файл
form-work = Работа
form-works = Работ
form-files = Ответов (файлов)
form-part = Часть
form-length = Длина
form-bytes = Размер, байт
form-sha256 = SHA-256
form-total = Всего
form-unfinished = { $count ->
    [one] Из них { $count } работа нигде не записана до конца.
    [few] Из них { $count } работы нигде не записаны до конца.
   *[many] Из них { $count } работ нигде не записано до конца.
  }
form-damaged-file = { $file } (повреждён)
form-damaged = Повреждённых файлов: { $count }. Диск станции отдал не то, что было записано; передано то, что осталось, при 0 байт не осталось ничего.
form-package-line = Пакет { $package }, файлов: { $files }, записан на накопитель в { $time }
form-signature = { $role } ____________________ / ______________________________
form-page = стр. { $number } из { $pages }
forms-none = На флеш-накопителях нет аудиозаписей: формы не нужны
forms-unfinished = { $file }: журнал не окончен (нет записи о конце дня): формы — только о том, что экспортировано до обрыва; записи на станциях проверьте отдельно
forms-written = Записан файл { $file }
