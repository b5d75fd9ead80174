import pytest

from rag.file_bytes import EmptyFile, UnreadableFile
from rag.text.decoding import decoded

SAMPLES = {
    "cp1252": [
        "Farbe,Preis\nGrün,10\n",
        "Vérifiez la pression des pneus à froid. Le véhicule doit être arrêté depuis trois heures.",
        "Price: 20 € – incl. VAT “net”",
        "Torque 120 Nm at 20 °C ± 2",
        "Don’t over-tighten – “hand tight” is enough… 5 m³, 3 × 2 mm²",
        "Compruebe la presión de los neumáticos en frío. ¿Cuándo debe cambiarse el aceite del motor? Cada año.",
        "Kontrollera däcktrycket före körning. Bromsvätskan byts vartannat år på din återförsäljare.",
    ],
    "cp1250": [
        "Sprawdź ciśnienie w oponach, zanim wyruszysz w długą podróż. Żółta lampka ostrzega kierowcę.",
        "Před jízdou zkontrolujte tlak v pneumatikách. Olej měňte každých 15 000 kilometrů nebo jednou ročně.",
    ],
    "cp1251": ["Проверьте давление в шинах перед поездкой. Масло меняют каждые 15 000 км."],
    "koi8-r": ["Проверьте давление в шинах перед поездкой. Масло меняют каждые 15 000 км."],
    "cp1253": ["Ελέγξτε την πίεση των ελαστικών πριν από κάθε μεγάλο ταξίδι."],
    "cp932": ["ブレーキ警告灯", "code,meaning\nP0301,シリンダー1失火\nP0420,触媒効率低下\n"],
    "iso2022_jp": ["ブレーキ警告灯を確認"],
    "euc_jp": ["タイヤの空気圧を確認してください。エンジンオイルは一万キロごとに交換します。"],
    "gb18030": ["请检查轮胎气压。发动机机油每一万公里更换一次。"],
    "big5": ["請檢查輪胎氣壓。引擎機油每一萬公里更換一次。"],
    "cp949": ["타이어 공기압을 확인하십시오. 엔진 오일은 1만 킬로미터마다 교환합니다."],
    "utf-8": ["Grün", "plain"],
    "utf-8-sig": ["Grün"],
    "utf-16": ["タイヤの空気圧\n"],
    "utf-16-le": ["Check the oil", "タイヤの空気圧 を確認\n"],
    "utf-16-be": ["Check the oil at 20 °C ☃"],
    "utf-32": ["Check"],
    "utf-32-le": ["Check the oil"],
    "utf-32-be": ["Check the oil"],
}


@pytest.mark.parametrize(("encoding", "text"), [(name, text) for name, texts in SAMPLES.items() for text in texts])
def test_text_is_read_whatever_wrote_it(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding)) == (text, "")


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251", "cp932"])
def test_a_large_file_is_judged_by_its_first_foreign_words(encoding: str) -> None:
    text = "plain words\n" * 40_000 + SAMPLES[encoding][-1] + "\n" + "more words\n" * 10_000
    assert decoded(text.encode(encoding))[0] == text


def test_a_long_line_is_judged_by_whole_characters() -> None:
    text = SAMPLES["gb18030"][0] * 2000 + ", " + SAMPLES["gb18030"][0] * 2000
    assert decoded(text.encode("gb18030"))[0] == text


def test_what_the_file_states_comes_before_looks() -> None:
    data = "Größe".encode("iso8859-2")
    assert decoded(data, "iso-8859-2")[0] == "Größe"
    assert decoded("Größe".encode(), "us-ascii")[0] != ""
    for codec_of_no_text in ("base64", "rot13", "unicode_escape", "nonsense", ""):
        assert decoded(b"cm90", codec_of_no_text)[0] == "cm90"


def test_bytes_that_are_no_text_are_marked_and_told() -> None:
    text, note = decoded("Ölwechsel für Räder ".encode() + b"\xff and more")
    assert text == "Ölwechsel für Räder \ufffd and more"
    assert "(1 in all)" in note
    assert decoded(b"before \xed\xa0\x80 after")[0] == "before \ufffd after"
    assert decoded(b"\xed\xa0\xbd\xed\xb8\x80")[0] == "\U0001f600"  # a pair, written as its two halves


def test_line_ends_become_one() -> None:
    assert decoded(b"a\r\nb\rc\n")[0] == "a\nb\nc\n"


@pytest.mark.parametrize("data", [b"a\0b", bytes(range(256)) * 4, b"\x89PNG\r\n\x1a\n", b"\x01\x02words"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r": .+\."):
        decoded(data)


@pytest.mark.parametrize("data", [b"", b" \n", b"\xff\xfe", b"\xff\xfe\0\0", bytes(8)])
def test_blanks_are_an_empty_file(data: bytes) -> None:
    with pytest.raises(EmptyFile):
        decoded(data)
