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
    [one] Из них { $count } работа не записана до конца или продолжена на другом месте.
    [few] Из них { $count } работы не записаны до конца или продолжены на другом месте.
   *[many] Из них { $count } работ не записано до конца или продолжено на другом месте.
  }
form-damaged-file = { $file } (повреждён)
form-damaged = Повреждённых файлов: { $count }. Диск станции отдал не то, что было записано; передано то, что осталось, при 0 байт не осталось ничего.
form-package-line = Пакет { $package }, файлов: { $files }, записан на накопитель в { $time }
form-signature = { $role } ____________________ / ______________________________
form-page = стр. { $number } из { $pages }
forms-none = На флеш-накопителях нет аудиозаписей: формы не нужны
forms-written = Записан файл { $file }
