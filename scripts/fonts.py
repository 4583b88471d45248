"""Makes the fonts of the drawn reports again: subsets of Noto Sans SC, from one release of its npm package.

npm pack @expo-google-fonts/noto-sans-sc@0.4.3 && python scripts/fonts.py expo-google-fonts-noto-sans-sc-0.4.3.tgz
"""

from __future__ import annotations

import hashlib
import sys
import tarfile
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

SHA256 = "0d69d0f4971d2ff574e3d93cbc218dc950bf3f3f8f8e2c008d97687ed53aee59"
FOLDER = Path(__file__).parents[1] / "src" / "abst" / "reports" / "drawn" / "font"
DROPPED = [*Options().drop_tables, "BASE", "GPOS", "GSUB", "STAT", "gasp", "vhea", "vmtx"]
LATIN = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180)])) + "–—‘’“”•…‰−€£¥≤≥≠≈→↑↓▲▼●○■□✓"
NAMES = "喆堃珺玥璟祎翀昇瑀珏煊琰祐祺禤瑄琋璠赟龑彧旻旸犇燚淏湉潆沄芃莙峯衞裏着啓恒邨滙栢匯龢濬葳甦昺頴淼燊"


def rows(coding: str, first: int, last: int) -> str:
    """All characters of a double-byte code whose first byte stands in a range."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    return "".join(bytes([a, b]).decode(coding, "ignore") for a in range(first, last + 1) for b in trails)


def make(package: tarfile.TarFile, member: str, name: str, text: str) -> None:
    """Writes a font of the package with the glyphs of a text alone."""
    font = TTFont(package.extractfile(f"package/{member}"), recalcTimestamp=False)
    maker = Subsetter(Options(hinting=False, notdef_outline=True, name_IDs=["*"], drop_tables=DROPPED))
    maker.populate(text=text)
    maker.subset(font)
    font.flavor = "woff"
    font.save(FOLDER / name)


if __name__ == "__main__":
    if hashlib.sha256(Path(sys.argv[1]).read_bytes()).hexdigest() != SHA256:
        sys.exit("not the package this script knows")
    with tarfile.open(sys.argv[1]) as opened:
        words = (FOLDER.parent / "words.yaml").read_text(encoding="utf-8")
        common = LATIN + NAMES + words + rows("gb2312", 0xA1, 0xD7)
        make(opened, "600SemiBold/NotoSansSC_600SemiBold.ttf", "bold.woff", common)
        whole = common + rows("gb2312", 0xD8, 0xF7) + rows("big5", 0xA4, 0xC6)
        make(opened, "400Regular/NotoSansSC_400Regular.ttf", "regular.woff", whole)
        if licence := opened.extractfile("package/LICENSE_FONT"):
            (FOLDER / "OFL.txt").write_bytes(licence.read())
