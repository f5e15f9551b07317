"""Pack the bridge as WordPress's "Upload Plugin" takes it: `python -m scripts.bridge_zip FOLDER`."""

import sys
import zipfile
from pathlib import Path

from scripts.bridge import REPOSITORY, SLUG, SOURCES

LEFT_OUT = {"phpcs.xml.dist"}


def pack(folder: Path) -> Path:
    """Write the archive; the same sources give the same bytes."""
    contents = {
        path.relative_to(SOURCES).as_posix(): path
        for path in SOURCES.rglob("*")
        if path.is_file() and path.name not in LEFT_OUT and not path.name.startswith(".")
    }
    contents["LICENSE"] = REPOSITORY / "LICENSE"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{SLUG}.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(f"{SLUG}/{name}")  # dated 1980, as all are
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, or the rights below mean nothing
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, contents[name].read_bytes(), compresslevel=9)
    return target


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
